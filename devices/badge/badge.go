// Package badge drives staff badge readers: Line is an OSDP line (RS-485) with one or more
// readers on it, Serial a reader that says card numbers unasked and in clear text. What
// follows is about the former.
//
//	link ◄──► bus loop ──► facts queue ──► reporting goroutine ──► Sink
//	             ▲
//	             └── Signal, Pulse (queued per reader, sent at most once),
//	                 ChangeKey, Install, ChangeAddress, ChangeSpeed
//
// It reports each reader up when its secure channel has proved itself, and down with the
// reason when it is gone; cards, completed keypad entries, and changes of inputs. A card
// that a reader kept while it was out of reach is not reported: nobody knows when it was
// shown, and the person is no longer there.
//
// A reader that has something to tell is asked back to back, an idle one at the poll
// interval (the rule is in package osdp). A reader that was unplugged is back within 2 s
// of its return.
//
// What a known attack on the line looks like is reported with a code of its own:
//
//	clear-text       a card, key or status came in clear, after a handshake or instead of one
//	security-denied  the reader was heard to have no secure channel
//	default-key      it holds the published key outside of an install window
//	weak-key         it holds one of the 768 keys that are tried first
//	key-change-failed  a new key was kept from the reader, again and again
//
// It refuses readers without a key of their own, and never speaks with a reader in clear
// beyond the handshake (package osdp). Card numbers and digits reach no log.
//
// When the engine is slow, the polling is held back, and the readers keep their cards.
package badge

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/firmware-protocols/osdp"
	"trilock/firmware-protocols/wiegand"
)

// Codes of fact.DeviceReport that package devices does not have.
const (
	// CodeSecureChannelLost: the session with the reader broke; a new one is being made.
	CodeSecureChannelLost = "secure-channel-lost"
	// CodeClearText: something came in clear that belongs into the secure channel. Somebody
	// may be on the line.
	CodeClearText = "clear-text"
	// CodeSecurityDenied: the reader was heard to say that it has no secure channel. When it
	// is up all the same, somebody on the line said so in its name.
	CodeSecurityDenied = "security-denied"
	// CodeDefaultKey: the reader holds the published default key, outside of a window of Install.
	CodeDefaultKey = "default-key"
	// CodeWeakKey: the reader holds a key that anybody would guess.
	CodeWeakKey = "weak-key"
	// CodeKeyChanging: the secure channel is made anew with the reader's new key.
	CodeKeyChanging = "key-changing"
	// CodeKeyChanged: the reader has proved its new key.
	CodeKeyChanged = "key-changed"
	// CodeKeyChangeFailed: the reader keeps its old key.
	CodeKeyChangeFailed = "key-change-failed"
	// CodeInstallOpened, CodeInstallUsed and CodeInstallClosed: the published default key is
	// accepted from this reader; it was, and the reader's own key went out; it is no more.
	CodeInstallOpened = "install-opened"
	CodeInstallUsed   = "install-used"
	CodeInstallClosed = "install-closed"
	// CodeMoving: the reader, or its whole line, takes another address or speed.
	CodeMoving = "moving"
	// CodeAddressChanged: the reader has proved itself at its new address.
	CodeAddressChanged = "address-changed"
	// CodeTamper: the reader's housing, or that of a reader head behind it, is open.
	CodeTamper = "tamper"
	// CodeHeadMissing: a reader head behind the unit is not connected.
	CodeHeadMissing = "head-missing"
)

// Errors of Signal and Pulse.
var (
	// ErrUnknownReader: the device is not on this line.
	ErrUnknownReader = errors.New("not a badge reader of this line")
	// ErrOffline: the reader has no secure channel at the moment.
	ErrOffline = osdp.ErrOffline
	// ErrQueueFull: too many commands are waiting for the reader.
	ErrQueueFull = osdp.ErrQueueFull
)

// ReaderSettings is one reader.
type ReaderSettings struct {
	Device fact.DeviceID
	// Address is the reader's on the line, at most 0x7E.
	Address uint8
	// Key is the reader's own; the published default key and keys of one repeated byte
	// are refused.
	Key osdp.Key
	// Formats are those of the cards that are let in: a card of another length, or with a
	// wrong parity, is none. Empty takes the bits of every card as they are.
	Formats []wiegand.Layout
	// Next is the key of a change that was not through when the panel stopped, or zero: the
	// reader may hold either, and the change goes on by itself.
	Next osdp.Key
}

// Settings is one line.
type Settings struct {
	// Line names the line in logs and errors.
	Line    fact.DeviceID
	Readers []ReaderSettings
	// PollInterval is how often an idle reader is asked; 0 is osdp.DefaultPollInterval.
	PollInterval time.Duration
	// BaudRate is the line's speed in bit/s, one of those that OSDP has. It is what times
	// on the line are computed from; the port is opened by somebody else.
	BaudRate int
	// Random makes the panel's challenges; nil is the system's own source, and anything else
	// is for playing a recorded line again.
	Random io.Reader
	Log    *slog.Logger
}

// Line drives one OSDP line. It implements devices.Driver. Signal and Pulse may be
// called from any goroutine, at any time.
type Line struct {
	settings Settings

	mu      sync.Mutex // guards what follows, and every call of bus
	bus     *osdp.Bus  // nil while Run is not running
	ear     ear        // of the running loop
	began   time.Time
	readers map[fact.DeviceID]*reader
	changes map[fact.DeviceID]*keyChange // that somebody waits for
	move    *lineMove                    // that somebody waits for
}

// New checks the settings and returns a line. It fails as osdp.NewBus does, and on a
// device that is named twice or not at all.
func New(s Settings) (*Line, error) {
	s.Readers = slices.Clone(s.Readers)
	l := &Line{
		settings: s, readers: map[fact.DeviceID]*reader{}, changes: map[fact.DeviceID]*keyChange{},
	}
	if s.Random == nil {
		l.settings.Random = rand.Reader
	}
	if s.Log == nil {
		return nil, fmt.Errorf("badge line %s: no logger", s.Line)
	}
	for _, r := range s.Readers {
		if r.Device == "" || l.readers[r.Device] != nil {
			return nil, fmt.Errorf("badge line %s: reader %q is named twice or not at all", s.Line, r.Device)
		}
		for _, f := range r.Formats {
			if err := f.Validate(); err != nil {
				return nil, fmt.Errorf("badge line %s: reader %s: %w", s.Line, r.Device, err)
			}
		}
		l.readers[r.Device] = &reader{device: r.Device, address: r.Address, formats: r.Formats, log: s.Log.With("reader", r.Device)}
	}
	if _, err := l.newBus(); err != nil {
		return nil, err
	}
	return l, nil
}

// newBus makes the protocol machine for one Run.
func (l *Line) newBus() (*osdp.Bus, error) {
	s := osdp.BusSettings{BitsPerSecond: l.settings.BaudRate, PollInterval: l.settings.PollInterval, Random: l.settings.Random}
	for _, r := range l.settings.Readers {
		s.Readers = append(s.Readers, osdp.ReaderSettings{Address: r.Address, Key: r.Key, Next: r.Next})
	}
	bus, err := osdp.NewBus(s)
	if err != nil {
		return nil, fmt.Errorf("badge line %s: %w", l.settings.Line, err)
	}
	return bus, nil
}

// queue hands commands to a reader's queue, all or none.
func (l *Line) queue(ctx context.Context, device fact.DeviceID, commands ...osdp.Command) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.readers[device]
	if r == nil {
		return fmt.Errorf("%s on line %s: %w", device, l.settings.Line, ErrUnknownReader)
	}
	if l.bus == nil {
		return fmt.Errorf("%s: line %s is not connected: %w", device, l.settings.Line, ErrOffline)
	}
	if err := l.bus.Queue(time.Since(l.began), r.address, commands...); err != nil {
		return fmt.Errorf("%s: %w", device, err)
	}
	l.poke()
	return nil
}

// poke lets the loop look again at once. The lock is held, and Run is running.
func (l *Line) poke() { l.ear.Interrupt() }

// lineLost is the error of a line that failed.
func (l *Line) lineLost(what string, err error) error {
	if known := (*devices.Error)(nil); errors.As(err, &known) {
		return fmt.Errorf("badge line %s: %s: %w", l.settings.Line, what, err)
	}
	return &devices.Error{
		Code:   devices.CodeLineLost,
		Detail: fmt.Sprintf("badge line %s: %s failed: check the adapter and its plug", l.settings.Line, what),
		Err:    err,
	}
}
