package badge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/firmware-protocols/wiegand"
)

// CodeListening: the reader says something only when a card is shown. That its port is
// there is all that is known of it.
const CodeListening = "listening"

// SerialSettings is one reader that speaks unasked, on a line of its own.
type SerialSettings struct {
	Device fact.DeviceID
	// Formats are those of the cards that are let in; none lets every card in.
	Formats []wiegand.Layout
	Log     *slog.Logger
}

// Serial drives a 125 kHz reader of type RDM6300, which says the number of a card again
// and again, in clear text, for as long as the card is there. It cannot be asked anything,
// has no lights, and whoever can reach its line can be anybody: it is for places where a
// forged card opens nothing. A card is reported once, as "raw:40:" and its ten hexadecimal
// digits, until it was away for a while. It implements devices.Driver.
type Serial struct{ settings SerialSettings }

// NewSerial checks the settings and returns the driver. It fails without a device or a
// logger, and on a layout that wiegand refuses.
func NewSerial(s SerialSettings) (*Serial, error) {
	if s.Device == "" || s.Log == nil {
		return nil, fmt.Errorf("badge reader %q: no name or no logger", s.Device)
	}
	for _, l := range s.Formats {
		if err := l.Validate(); err != nil {
			return nil, fmt.Errorf("badge reader %s: %w", s.Device, err)
		}
	}
	return &Serial{settings: s}, nil
}

// Run listens until ctx ends (nil) or the line fails (a *devices.Error).
func (d *Serial) Run(ctx context.Context, link devices.Link, facts devices.Sink) error {
	if err := link.SetReadDeadline(time.Time{}); err != nil {
		return d.lost(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = link.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	up := fact.DeviceReport{Device: d.settings.Device, State: fact.DeviceUp, Code: CodeListening,
		Detail: "the reader speaks only when a card is shown: its port is there, and more is not known"}
	if facts.Report(ctx, up) != nil {
		return nil //nolint:nilerr // ctx has ended
	}
	var decoder wiegand.Decoder
	var shown presentation
	buffer := make([]byte, readSize)
	for {
		n, err := link.Read(buffer)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return d.lost(err)
		}
		for _, b := range buffer[:n] {
			card, ok := decoder.Push(b)
			if !ok || !shown.isNew(time.Now(), card) || !d.letIn(card) {
				continue
			}
			if facts.Report(ctx, fact.BadgeShown{Reader: d.settings.Device, Card: fact.CardID(fmt.Sprintf("raw:%d:%v", em4100Bits, card))}) != nil {
				return nil //nolint:nilerr // ctx has ended
			}
		}
	}
}

// em4100Bits is the length of a 125 kHz card's number.
const em4100Bits = 40

// letIn reports whether a card has one of the reader's formats: all of its bits, or, as
// many readers pass it on, its low 24 bits between two parities, which are right by then.
func (d *Serial) letIn(card wiegand.EM4100) bool {
	if len(d.settings.Formats) == 0 {
		return true
	}
	short, err := wiegand.Encode(wiegand.H10301, card.Wiegand26())
	whole := wiegand.Bits{Count: em4100Bits, Data: []byte{card.Version, byte(card.Number >> 24), byte(card.Number >> 16), byte(card.Number >> 8), byte(card.Number)}}
	for _, l := range d.settings.Formats {
		if _, wrong := l.Decode(whole); wrong == nil {
			return true
		}
		if _, wrong := l.Decode(short); err == nil && wrong == nil {
			return true
		}
	}
	d.settings.Log.Warn("card of another format than the reader's was not taken", "reader", d.settings.Device)
	return false
}

func (d *Serial) lost(err error) error {
	if known := (*devices.Error)(nil); errors.As(err, &known) {
		return fmt.Errorf("badge reader %s: reading: %w", d.settings.Device, err)
	}
	return &devices.Error{
		Code:   devices.CodeLineLost,
		Detail: fmt.Sprintf("badge reader %s: reading failed: check the adapter and its plug", d.settings.Device),
		Err:    err,
	}
}

// presentation tells a card that is shown from one that is still there.
type presentation struct {
	card wiegand.EM4100
	last time.Time
}

// isNew takes a frame and reports whether a card begins to be shown with it.
func (p *presentation) isNew(now time.Time, card wiegand.EM4100) bool {
	fresh := card != p.card || now.Sub(p.last) > presentationGap
	p.card, p.last = card, now
	return fresh
}
