package badge

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/firmware-protocols/osdp"
)

var errRunning = errors.New("badge line is already running")

// session is one Run.
type session struct {
	line   *Line
	link   devices.Link
	ear    ear
	bus    *osdp.Bus
	byPD   map[uint8]*reader
	facts  chan fact.Fact
	began  time.Time
	buffer [readSize]byte
}

// Run speaks with the line's readers until ctx ends (nil) or the link fails (a
// *devices.Error). Readers that do not answer are no failure of the line: they are
// reported down, and asked again for ever. Only one Run at a time; a Line can be Run
// again, on the same or another link, and starts with new handshakes.
func (l *Line) Run(ctx context.Context, link devices.Link, facts devices.Sink) error {
	s, err := l.start(link)
	if err != nil {
		return err
	}
	var reporter sync.WaitGroup
	reporter.Go(func() { s.report(ctx, facts) })
	unwatch := context.AfterFunc(ctx, s.ear.Interrupt)
	err = s.loop(ctx)

	unwatch()
	l.stop(s)
	close(s.facts)
	reporter.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// start makes the session's bus, so that commands are taken from now on.
func (l *Line) start(link devices.Link) (*session, error) {
	bus, err := l.newBus()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bus != nil {
		return nil, errRunning
	}
	s := &session{
		line: l, link: link, ear: earOf(link), bus: bus, byPD: map[uint8]*reader{},
		facts: make(chan fact.Fact, factQueue), began: time.Now(),
	}
	l.bus, l.began, l.ear = bus, s.began, s.ear
	for _, r := range l.readers {
		s.byPD[r.address] = r
	}
	return s, nil
}

// stop lets commands fail from now on. An install window ends with the line.
func (l *Line) stop(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bus, l.ear = nil, nil
	for _, f := range l.interruptChanges() {
		select {
		case s.facts <- f:
		default: // the engine stands still; the log has it
		}
	}
}

// loop is the bus loop: it alone drives the protocol machine, writes and reads.
func (s *session) loop(ctx context.Context) error {
	var heard []byte
	for ctx.Err() == nil {
		wake, err := s.advance(ctx, heard)
		if err != nil {
			return err
		}
		n, err := s.ear.ReadUntil(s.buffer[:], s.began.Add(wake))
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return s.line.lineLost("reading", err)
		}
		heard = s.buffer[:n]
	}
	return ctx.Err()
}

// now is the time on the bus's clock.
func (s *session) now() time.Duration { return time.Since(s.began) }

// advance lets the machine take one step and does what it says.
func (s *session) advance(ctx context.Context, heard []byte) (wake time.Duration, err error) {
	step, facts := s.step(heard)
	for _, f := range facts {
		select {
		case s.facts <- f: // full only if the engine stands still although polling was held back
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	if step.BitsPerSecond != 0 {
		if err := s.switchSpeed(step.BitsPerSecond); err != nil {
			return 0, err
		}
	}
	if len(step.Send) > 0 {
		if _, err := s.link.Write(step.Send); err != nil {
			return 0, s.line.lineLost("writing", err)
		}
	}
	return step.Wake, nil
}

// step is the part of advance that must not run beside Signal and Pulse.
func (s *session) step(heard []byte) (osdp.Step, []fact.Fact) {
	s.line.mu.Lock()
	defer s.line.mu.Unlock()
	now := s.now()
	s.bus.Hold(len(s.facts) >= holdAt)
	step := s.bus.Advance(now, heard)
	var facts []fact.Fact
	for _, e := range step.Events {
		if r := s.byPD[e.PD()]; r != nil {
			facts = append(facts, r.facts(now, e)...)
			s.line.settleChange(r.device, e)
			s.settleMove(e)
		}
	}
	return step, facts
}

// report is the reporting goroutine: it may be as slow as the engine.
func (s *session) report(ctx context.Context, sink devices.Sink) {
	for f := range s.facts {
		if sink.Report(ctx, f) != nil {
			return // ctx has ended, and the loop with it
		}
		if len(s.facts) < holdAt {
			s.ear.Interrupt() // polling may have been held back
		}
	}
}
