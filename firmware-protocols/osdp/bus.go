package osdp

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// Errors of Bus.Queue.
var (
	ErrUnknownReader = errors.New("no such reader on this line")
	ErrOffline       = errors.New("reader is offline")
	ErrQueueFull     = errors.New("too many commands are waiting")
	ErrNotForQueue   = errors.New("only light, sound, text and output commands can be queued")
	ErrTooLong       = errors.New("command is longer than the reader can take")
)

// ReaderSettings is one reader of a bus.
type ReaderSettings struct {
	Address uint8 // at most MaxAddress
	// Key is the reader's own key; see Key.Validate for those that are refused.
	Key Key
	// Next is a key that the reader was being given when the panel stopped, or zero: the
	// reader may hold either, and the change goes on.
	Next Key
}

// BusSettings is what NewBus needs to know.
type BusSettings struct {
	Readers []ReaderSettings
	// BitsPerSecond is the line's speed, from which the line times follow.
	BitsPerSecond int
	// PollInterval is how often an idle reader is asked; 0 is DefaultPollInterval, or back
	// to back on a line so slow (9600 baud) that one exchange takes most of that time.
	PollInterval time.Duration
	// Random makes the panel's challenges. It must be a cryptographic source.
	Random io.Reader
}

// Bus is the control panel's end of one line with one or more readers. It has no clock
// and no port: the caller brings bytes and time, and does what Step says. A Bus is not
// for concurrent use.
type Bus struct {
	links         []*link
	bitsPerSecond int
	interval      time.Duration // as it was asked for; 0 follows from the speed
	decoder       Decoder
	now           time.Duration
	events        []Event
	hold          bool
	change        *speedChange // nil unless the line's speed is being changed
	switchTo      int          // the port is to be switched; 0 is no

	active  *link         // whose reply is awaited
	sentAt  time.Duration // end of our transmission
	heardAt time.Duration // last byte from the line
	quietAt time.Duration // when the line has rested for long enough
	freeAt  time.Duration // since when we have wanted to transmit
	echoes  uint64
	rounds  int // healthy exchanges since the last probe
	inARow  int // queued commands since the last poll
}

// Step is what Advance wants done.
type Step struct {
	// BitsPerSecond, if not 0, is the speed that the port is to be switched to, before Send is
	// written. See ChangeSpeed.
	BitsPerSecond int
	// Send is to be written to the line at once, if not empty. Its bytes are good until the
	// next call of Advance.
	Send []byte
	// Wake is when Advance must be called again at the latest; bytes from the line and
	// queued commands are reasons to call it earlier.
	Wake time.Duration
	// Events happened in this step, in order. The slice is the caller's.
	Events []Event
}

// NewBus returns a bus on which no reader is online yet. It fails on no readers or too
// many, on addresses out of range or used twice, on keys that Key.Validate refuses, on
// a poll interval out of range, on a line speed that OSDP does not have, and without a
// source of random numbers.
func NewBus(s BusSettings) (*Bus, error) {
	if len(s.Readers) == 0 || len(s.Readers) > MaxReaders {
		return nil, fmt.Errorf("OSDP line with %d readers: want 1 to %d", len(s.Readers), MaxReaders)
	}
	asked := s.PollInterval
	if s.PollInterval == 0 {
		s.PollInterval = defaultInterval(s.BitsPerSecond)
	}
	if s.PollInterval < MinPollInterval || s.PollInterval > MaxPollInterval {
		return nil, fmt.Errorf("OSDP poll interval %v: want %v to %v", s.PollInterval, MinPollInterval, MaxPollInterval)
	}
	if !ValidSpeed(s.BitsPerSecond) {
		return nil, fmt.Errorf("OSDP line speed %d: want 9600, 19200, 38400, 57600, 115200 or 230400", s.BitsPerSecond)
	}
	if s.Random == nil {
		return nil, errors.New("OSDP line without a source of random numbers")
	}
	b := &Bus{bitsPerSecond: s.BitsPerSecond, interval: asked}
	used := map[uint8]bool{}
	for _, r := range s.Readers {
		if r.Address > MaxAddress || used[r.Address] {
			return nil, fmt.Errorf("OSDP address 0x%02X: out of range or used twice", r.Address)
		}
		used[r.Address] = true
		if err := r.Key.Validate(); err != nil {
			return nil, fmt.Errorf("OSDP address 0x%02X: %w", r.Address, err)
		}
		if r.Next != (Key{}) {
			if err := r.Next.Validate(); err != nil {
				return nil, fmt.Errorf("OSDP address 0x%02X: next key: %w", r.Address, err)
			}
		}
		b.links = append(b.links, &link{
			id: r.Address, address: r.Address, key: r.Key, newKey: r.Next, random: s.Random, interval: s.PollInterval,
			emit: func(e Event) { b.events = append(b.events, e) },
		})
	}
	return b, nil
}

// defaultInterval is the poll interval where none was asked for. Where a poll and its
// answer (15 characters each) fill more than half of the usual interval, resting would
// make a card wait for nothing.
func defaultInterval(bitsPerSecond int) time.Duration {
	const exchange = 2 * (15 + GapCharacters) * 10 * time.Second
	if exchange/time.Duration(max(bitsPerSecond, 1)) > DefaultPollInterval/2 {
		return MinPollInterval
	}
	return DefaultPollInterval
}

// Queue adds commands for one reader, all of them or none; they are sent in order, each
// at most once. It fails with one of the errors above. After it, Advance must be called
// without waiting for Wake. Commands that come to nothing are reported as CommandLost.
func (b *Bus) Queue(now time.Duration, address uint8, commands ...Command) error {
	l, err := b.link(address)
	if err != nil {
		return err
	}
	return l.enqueue(max(now, b.now), commands)
}

// Hold stops asking for events while hold is true; the readers keep theirs. Sessions are
// kept alive by status queries, and queued commands are still sent.
func (b *Bus) Hold(hold bool) { b.hold = hold }

// Status returns what is known about a reader; false if there is none at the address.
func (b *Bus) Status(address uint8) (Status, bool) {
	for _, l := range b.links {
		if l.id == address {
			s := l.status
			s.Check = l.check
			return s, true
		}
	}
	return Status{}, false
}

// LineCounts says what the line brought besides good frames; echoes are frames of our
// own that an adapter returned.
func (b *Bus) LineCounts() (counts DecoderCounts, echoes uint64) {
	return b.decoder.Counts(), b.echoes
}

// Advance takes the bytes heard since the last call and the time, on any clock that never
// runs backwards, and says what to do.
func (b *Bus) Advance(now time.Duration, heard []byte) Step {
	b.now = max(now, b.now)
	b.hear(heard)
	b.checkDeadline()
	for _, l := range b.links {
		if l != b.active {
			l.tick(b.now)
		}
	}
	b.advanceSpeed()
	send := b.transmit()
	step := Step{BitsPerSecond: b.switchTo, Send: send, Wake: b.wake(), Events: b.events}
	b.events, b.switchTo = nil, 0
	return step
}

// hear feeds the decoder. Outside of an exchange nobody may speak: such bytes only
// postpone our next transmission.
func (b *Bus) hear(heard []byte) {
	if len(heard) == 0 {
		return
	}
	if b.active != nil && b.now > b.heardAt+CharacterTimeout {
		b.expirePartial()
	}
	b.heardAt = b.now
	b.quietAt = max(b.quietAt, b.now+b.lineTime(GapCharacters))
	for len(heard) > 0 && b.active != nil {
		heard = heard[b.decoder.Write(heard):]
		b.drain()
	}
}

// drain hands complete frames to the link that waits for one.
func (b *Bus) drain() {
	for b.active != nil {
		f, ok := b.decoder.Next()
		if !ok {
			return
		}
		if !f.Reply {
			b.echoes++
			continue
		}
		if f.Address == b.active.address && b.active.reply(b.now, f) {
			// The answer proves that our transmission is over, however long it should take.
			b.quietAt = b.now + b.lineTime(GapCharacters)
			b.endExchange()
		}
	}
}

// endExchange frees the line.
func (b *Bus) endExchange() {
	b.active, b.freeAt = nil, b.now
	b.decoder.Reset()
}

// expirePartial gives up a frame that stalled, and all that seemed to begin inside it.
func (b *Bus) expirePartial() {
	for b.active != nil && b.decoder.Partial() {
		b.decoder.Expire()
		b.drain()
	}
}

// checkDeadline ends the wait for a reply that does not come.
func (b *Bus) checkDeadline() {
	if b.active != nil && b.decoder.Partial() && b.now >= b.heardAt+CharacterTimeout {
		b.expirePartial()
	}
	if b.active != nil && b.now >= b.replyDeadline() {
		b.expirePartial()
	}
	if b.active != nil && b.now >= b.replyDeadline() {
		silent := b.active
		b.endExchange()
		silent.silence(b.now)
	}
}

// replyDeadline is when the wait ends: ReplyTimeout after our transmission, or later if
// a frame is arriving, but never later than a frame of MinReceive bytes with one long
// pause in it needs.
func (b *Bus) replyDeadline() time.Duration {
	deadline := b.sentAt + ReplyTimeout
	if b.decoder.Partial() {
		deadline = max(deadline, min(b.heardAt, deadline+b.lineTime(MinReceive))+CharacterTimeout)
	}
	return deadline
}

// transmit starts the next exchange if the line is free and somebody is due.
func (b *Bus) transmit() []byte {
	trying := b.change != nil && b.change.stage == speedTrying // the port may have another speed than the readers
	if b.active != nil || b.now < b.clearAt() || trying {
		return nil
	}
	for range len(b.links) + 1 {
		l, t := b.pick()
		if l == nil {
			return nil
		}
		probe := !l.healthy()
		raw := l.next(b.now, t)
		if raw == nil {
			continue
		}
		b.count(probe, t == turnCommand)
		b.active = l
		b.decoder.Reset()
		b.sentAt = b.now + b.lineTime(len(raw))
		b.quietAt = b.sentAt + b.lineTime(GapCharacters)
		return raw
	}
	return nil
}

// count keeps the two fairness counters.
func (b *Bus) count(probe, command bool) {
	b.rounds++
	if probe {
		b.rounds = 0
	}
	b.inARow++
	if !command {
		b.inARow = 0
	}
}

// clearAt is when the line may be used: after its rest, or when the rest was waited for
// in vain.
func (b *Bus) clearAt() time.Duration {
	return min(b.quietAt, max(b.sentAt, b.freeAt)+MaxGapWait)
}

// wantsCommand reports whether a queued command is what the link would send next.
func (l *link) wantsCommand() bool {
	return l.inSession() && !l.troubled && l.pending == nil && len(l.startup) == 0 && len(l.queue) > 0
}

// doubted reports whether the reader has just said in clear that its session is gone: it is
// asked once more at once, and if it says so again, a handshake follows.
func (l *link) doubted() bool { return l.pending != nil && l.pending.refused > 0 }

// dueAt is when a link wants to transmit.
func (b *Bus) dueAt(l *link) time.Duration {
	if l.parked {
		return math.MaxInt64
	}
	if b.hold && l.inSession() && !l.troubled && l.pending == nil && len(l.startup) == 0 {
		return max(l.due, l.lastGood+HoldKeepAlive)
	}
	return l.due
}

// pick chooses whose turn it is: a queued command before polls, a handshake with a reader
// that answers before both, the oldest due poll before others, and at most one probe of a
// reader that may not answer (the one not tried for longest) per round of those that do, so that dead readers cannot slow
// the living down. A handshake is four exchanges and cannot keep the others waiting.
func (b *Bus) pick() (*link, turn) {
	var poll, probe, command, start *link
	for _, l := range b.links {
		if l.wantsCommand() && (command == nil || l.queue[0].expires < command.queue[0].expires) {
			command = l
		}
		if b.dueAt(l) > b.now {
			continue
		}
		if l.healthy() && (l.phase < phaseOnline || l.doubted()) {
			start = l
		} else if l.healthy() {
			if poll == nil || b.dueAt(l) < b.dueAt(poll) {
				poll = l
			}
		} else if probe == nil || l.tried < probe.tried {
			probe = l
		}
	}
	switch {
	case start != nil:
		return start, turnPoll
	case command != nil && (poll == nil || b.inARow < MaxCommandsInRow):
		return command, turnCommand
	case probe != nil && b.mayProbe():
		return probe, turnPoll
	case b.hold:
		return poll, turnKeep
	default:
		return poll, turnPoll
	}
}

// mayProbe reports whether every healthy reader had its turn since the last probe.
func (b *Bus) mayProbe() bool {
	healthy := 0
	for _, l := range b.links {
		if l.healthy() && l.phase == phaseOnline {
			healthy++
		}
	}
	return b.rounds >= healthy
}

// wake is the next time at which something will have to be done.
func (b *Bus) wake() time.Duration {
	at := b.now + MaxBackoff
	if b.change != nil && b.active == nil {
		at = min(at, b.change.until)
		if b.change.stage == speedTrying {
			at = min(at, b.clearAt())
		}
	}
	probing := b.mayProbe()
	for _, l := range b.links {
		if l == b.active {
			continue
		}
		if alarm, ok := l.alarm(); ok {
			at = min(at, alarm)
		}
		if b.active == nil && (l.healthy() || probing) {
			at = min(at, max(b.dueAt(l), b.clearAt()))
		}
		if b.active == nil && l.wantsCommand() {
			at = min(at, b.clearAt())
		}
	}
	if b.active != nil {
		at = min(at, b.replyDeadline())
		if b.decoder.Partial() {
			at = min(at, b.heardAt+CharacterTimeout)
		}
	}
	return max(at, b.now)
}

// lineTime is how long n characters of 10 bits take on the line.
func (b *Bus) lineTime(n int) time.Duration {
	return time.Duration(n) * 10 * time.Second / time.Duration(b.bitsPerSecond)
}
