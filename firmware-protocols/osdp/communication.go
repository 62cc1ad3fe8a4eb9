package osdp

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Errors of Bus.ChangeSpeed and Bus.ChangeAddress.
var (
	// ErrChanging: another change on this line is not through yet: of its speed, of an
	// address, or of a key.
	ErrChanging = errors.New("another change on this line is not through yet")
	// ErrSpeed: it is not a speed that OSDP has, or the line has it already.
	ErrSpeed = errors.New("not another speed of OSDP: want 9600, 19200, 38400, 57600, 115200 or 230400")
	// ErrAddress: the new address is out of range, or a reader on the line has it.
	ErrAddress = errors.New("address is out of range or taken")
)

// ValidSpeed reports whether OSDP has a line speed, in bits per second.
func ValidSpeed(bitsPerSecond int) bool {
	switch bitsPerSecond {
	case 9600, 19200, 38400, 57600, 115200, 230400:
		return true
	}
	return false
}

// speedStage is how far a change of the line's speed has come:
//
//	trying ─► moving ─► verifying ─► done
//	             │          │
//	             └──────────┴─► returning ─► failed
//
// All readers of a line share its speed, so that all of them change or none: each is told
// inside its session, answers under its old settings and switches; then the line switches
// and every reader has to prove itself in a new secure channel. If one refuses, or is not
// found at the new speed, those that are found there are told to go back, and the line
// goes back too.
type speedStage uint8

const (
	speedTrying    speedStage = iota // the port is switched there and back, before any reader is told
	speedMoving                      // the readers are told
	speedVerifying                   // they prove themselves at the new speed
	speedReturning                   // those that switched are told to go back
)

// speedChange is a change of the line's speed under way.
type speedChange struct {
	from, to int
	stage    speedStage
	until    time.Duration // when the stage ends at the latest
	missing  []uint8       // readers that spoiled it
	refused  bool          // one of them said no
}

// move is one reader's part in a change of its address or of the line's speed.
type move struct {
	address       uint8
	bitsPerSecond int
	state         moveState
}

type moveState uint8

const (
	moveAsked   moveState = iota // osdp_COMSET is to be sent, or on its way
	moveGone                     // the reader said that it switches, or fell silent at the question
	moveRefused                  // the reader stays as it is
)

// ChangeSpeed gives the line and all its readers another speed. Step.BitsPerSecond says
// when the port is to be switched; SpeedRefused says that it could not be. The end is
// SpeedChanged or SpeedChangeFailed. A reader that is offline is not told, and looked for at
// the new speed: a change that was broken off in the middle can be carried out again. It
// fails with ErrSpeed or ErrChanging. After it, Advance must be called without waiting for Wake.
func (b *Bus) ChangeSpeed(now time.Duration, bitsPerSecond int) error {
	if !ValidSpeed(bitsPerSecond) || bitsPerSecond == b.bitsPerSecond {
		return fmt.Errorf("speed %d on a line of %d: %w", bitsPerSecond, b.bitsPerSecond, ErrSpeed)
	}
	if err := b.mayChange(); err != nil {
		return err
	}
	b.change = &speedChange{from: b.bitsPerSecond, to: bitsPerSecond, until: max(now, b.now) + MoveTime}
	return nil
}

// ChangeAddress gives one reader, which must be online, another address. It is found at the
// new address, or else at the old one, and has to prove itself there. The end is
// AddressChanged or AddressChangeFailed. It fails with ErrUnknownReader, ErrOffline,
// ErrAddress or ErrChanging. After it, Advance must be called without waiting for Wake.
func (b *Bus) ChangeAddress(now time.Duration, address, next uint8) error {
	l, err := b.link(address)
	if err != nil {
		return err
	}
	if next > MaxAddress || slices.ContainsFunc(b.links, func(o *link) bool { return o.id == next }) {
		return fmt.Errorf("address 0x%02X: %w", next, ErrAddress)
	}
	if err := b.mayChange(); err != nil {
		return err
	}
	if l.phase != phaseOnline {
		return fmt.Errorf("reader at address 0x%02X: %w", address, ErrOffline)
	}
	now = max(now, b.now)
	l.readdress, l.readdressBy = true, now+MoveTime
	l.ask(now, move{address: next, bitsPerSecond: b.bitsPerSecond})
	return nil
}

// SpeedRefused says that the port could not be switched as Step.BitsPerSecond asked for,
// which ends the change. It returns false when there is none: then the port could not be
// switched back, and nothing can be said on it.
func (b *Bus) SpeedRefused(now time.Duration) bool {
	if b.change == nil {
		return false
	}
	b.now = max(now, b.now)
	b.setSpeed(b.change.from)
	b.switchTo = 0
	b.failSpeed()
	return true
}

// mayChange reports whether nothing else is under way.
func (b *Bus) mayChange() error {
	busy := b.change != nil
	for _, l := range b.links {
		busy = busy || l.readdress || l.install != nil || l.newKey != Key{}
	}
	if busy {
		return ErrChanging
	}
	return nil
}

// ask puts osdp_COMSET behind the status queries of the session.
func (l *link) ask(now time.Duration, m move) {
	command, err := SetCommunication(m.address, uint32(m.bitsPerSecond)) //nolint:gosec // at most 230400
	if err != nil {
		return // it was validated when it came in
	}
	l.move = &m
	l.startup = append(l.startup, command)
	l.due = now
}

// moveReply takes the answer to osdp_COMSET, under a MAC. What the reader says there is
// what it will do.
func (l *link) moveReply(now time.Duration, reply Reply) {
	if nak, ok := reply.(Nak); ok {
		l.status.Naks++
		switch nak.Code {
		case NakSequence, NakNoSecureChannel, NakEncryptionWant:
			l.fail(now, SecureChannelLost, fmt.Sprintf("the reader refused the session with NAK %d when its settings were changed", nak.Code))
			return
		}
		l.move.state = moveRefused
		l.due = now
		return
	}
	said, ok := reply.(Communication)
	if !ok {
		l.fail(now, SecureChannelLost, "the reader answered new settings with something else than its settings")
		return
	}
	if said.Address == l.move.address && int64(said.BitsPerSecond) == int64(l.move.bitsPerSecond) {
		l.gone(now)
		return
	}
	l.move.state = moveRefused
	l.fail(now, Moving, fmt.Sprintf("the reader was given address 0x%02X and %d bit/s and says that it will use 0x%02X and %d",
		l.move.address, l.move.bitsPerSecond, said.Address, said.BitsPerSecond))
}

// gone ends the session of a reader that switches, or may have switched.
func (l *link) gone(now time.Duration) {
	m := l.move
	l.move = nil // the end of this session is no loss
	l.fail(now, Moving, "the reader takes its new address or speed: its secure channel is made anew")
	l.move, m.state = m, moveGone
	if l.readdress {
		l.former, l.address = l.address, l.move.address
		l.due = now + SwitchPause
	} else {
		l.parked = true // until the line has followed
	}
}

// lostMove is called when a session ends in the middle: a reader that never heard the
// question is asked again, and one that was asked may be gone.
func (l *link) lostMove() {
	if l.move != nil && l.move.state == moveAsked {
		l.move = nil
	}
}

// tickAddress ends a change of address: by the reader's proof, or by its time.
func (l *link) tickAddress(now time.Duration) {
	if !l.readdress {
		return
	}
	asked := l.move
	switch {
	case l.phase == phaseOnline && asked != nil && asked.state == moveRefused:
		l.endAddress(AddressChangeFailed{At: At{l.id}, Refused: true})
	case l.phase == phaseOnline && asked != nil && asked.state == moveGone && l.address == asked.address:
		done := AddressChanged{At: At{l.id}, Next: l.address}
		l.id = l.address
		l.endAddress(done)
	case l.phase == phaseOnline && (asked == nil || asked.state == moveGone):
		l.endAddress(AddressChangeFailed{At: At{l.id}})
	case now >= l.readdressBy:
		l.address = l.id
		l.endAddress(AddressChangeFailed{At: At{l.id}, Lost: true})
	}
}

func (l *link) endAddress(e Event) {
	l.emit(e)
	l.readdress, l.move = false, nil
}

// tryOtherAddress is called when an attempt fails: a reader whose address is being changed
// is looked for where it was not found, and it may be somebody else who has answered.
func (l *link) tryOtherAddress() {
	if l.readdress && l.move != nil && l.move.state == moveGone {
		l.former, l.address = l.address, l.former
	}
}

// advanceSpeed carries a change of the line's speed on. It is called while nobody's reply
// is awaited.
func (b *Bus) advanceSpeed() {
	c := b.change
	if c == nil || b.active != nil {
		return
	}
	switch c.stage {
	case speedTrying:
		b.trySpeed()
	case speedMoving:
		if b.askAll(c.to) || b.now >= c.until {
			b.judgeMoves()
		}
	case speedVerifying:
		if b.allOnline() {
			b.endSpeed(SpeedChanged{At: At{b.links[0].id}, BitsPerSecond: c.to})
		} else if b.now >= c.until {
			b.beginReturn()
		}
	case speedReturning:
		if b.askAll(c.from) || b.now >= c.until {
			b.switchLine(c.from)
			b.failSpeed()
		}
	}
}

// trySpeed lets the port show that it can: to the new speed, and back.
func (b *Bus) trySpeed() {
	if b.now < b.clearAt() {
		return // no reader may be cut off in its words
	}
	if b.bitsPerSecond == b.change.from {
		b.setSpeed(b.change.to)
		return
	}
	b.setSpeed(b.change.from)
	b.change.stage, b.change.until = speedMoving, b.now+MoveTime
}

// setSpeed has the port switched, and times on the line computed anew.
func (b *Bus) setSpeed(bitsPerSecond int) {
	b.bitsPerSecond, b.switchTo = bitsPerSecond, bitsPerSecond
	for _, l := range b.links {
		l.interval = b.interval
		if b.interval == 0 {
			l.interval = defaultInterval(bitsPerSecond)
		}
	}
}

// askAll tells every reader that is online, and not told yet, its new speed. It reports
// whether there is nobody left to be waited for.
func (b *Bus) askAll(bitsPerSecond int) bool {
	done := true
	for _, l := range b.links {
		switch {
		case l.move != nil && l.move.state != moveAsked, l.parked:
		case l.move == nil && l.phase == phaseOnline:
			l.ask(b.now, move{address: l.address, bitsPerSecond: bitsPerSecond})
			done = false
		case l.move != nil, l.healthy(), b.change.stage == speedReturning:
			done = false // the question is on its way, or a session is about to stand
		}
	}
	return done
}

// judgeMoves follows the readers to the new speed, or calls them back.
func (b *Bus) judgeMoves() {
	var gone, refused []uint8
	for _, l := range b.links {
		switch {
		case l.move != nil && l.move.state == moveGone:
			gone = append(gone, l.id)
		case l.move != nil || l.inSession():
			refused = append(refused, l.id)
		}
	}
	c := b.change
	if len(refused) == 0 {
		b.switchLine(c.to)
		c.stage, c.until = speedVerifying, b.now+SwitchPause+MoveTime+time.Duration(len(b.links))*ProbeInterval
		return
	}
	c.missing, c.refused = refused, true
	if len(gone) == 0 {
		b.failSpeed()
		return
	}
	b.switchLine(c.to)
	for _, l := range b.links {
		l.parked = slices.Contains(refused, l.id) // it has stayed where it was
	}
	c.stage, c.until = speedReturning, b.now+SwitchPause+MoveTime+time.Duration(len(gone))*ProbeInterval
}

// beginReturn calls the readers back that were found at the new speed.
func (b *Bus) beginReturn() {
	c := b.change
	for _, l := range b.links {
		if l.phase != phaseOnline {
			c.missing = append(c.missing, l.id)
			l.parked = true
		}
	}
	c.stage, c.until = speedReturning, b.now+MoveTime
}

// switchLine lets the line follow its readers: all of them begin anew at its new speed.
func (b *Bus) switchLine(bitsPerSecond int) {
	b.setSpeed(bitsPerSecond)
	for _, l := range b.links {
		if l.phase != phaseIdentify {
			l.fail(b.now, Moving, "the line takes another speed: the secure channel is made anew")
		}
		l.parked, l.move, l.spoke = false, nil, true // the handshakes go before everything else
		l.due = b.now + SwitchPause
	}
}

func (b *Bus) allOnline() bool {
	return !slices.ContainsFunc(b.links, func(l *link) bool { return l.phase != phaseOnline })
}

func (b *Bus) failSpeed() {
	c := b.change
	b.endSpeed(SpeedChangeFailed{At: At{b.links[0].id}, BitsPerSecond: c.to, Readers: c.missing, Refused: c.refused})
}

func (b *Bus) endSpeed(e Event) {
	for _, l := range b.links {
		l.parked, l.move = false, nil
		l.due = min(l.due, b.now+SwitchPause)
	}
	b.events = append(b.events, e)
	b.change = nil
}
