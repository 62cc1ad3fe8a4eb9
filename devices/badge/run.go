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

// session is one Run: the loop's ends of its two other goroutines.
type session struct {
	line    *Line
	link    devices.Link
	bus     *osdp.Bus
	byPD    map[uint8]*reader
	facts   chan fact.Fact
	heard   chan []byte
	readErr chan error
	done    chan struct{}
	began   time.Time
	rested  time.Duration // the end of the last short rest
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
	var reporter, reader sync.WaitGroup
	reporter.Go(func() { s.report(ctx, facts) })
	reader.Go(s.read)
	err = s.loop(ctx)

	l.stop(s)
	close(s.done)
	close(s.facts)
	_ = link.SetReadDeadline(time.Now()) // ends a read; a link that cannot ends it by itself soon
	reader.Wait()
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
	l.bus, l.began = bus, time.Now()
	s := &session{
		line: l, link: link, bus: bus, byPD: map[uint8]*reader{},
		facts: make(chan fact.Fact, factQueue), heard: make(chan []byte, chunkQueue), readErr: make(chan error, 1),
		done: make(chan struct{}), began: l.began,
	}
	for _, r := range l.readers {
		s.byPD[r.address] = r
	}
	return s, nil
}

// stop lets commands fail from now on. An install window ends with the line.
func (l *Line) stop(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bus = nil
	for _, f := range l.interruptChanges() {
		select {
		case s.facts <- f:
		default: // the engine stands still; the log has it
		}
	}
}

// loop is the bus loop: it alone drives the protocol machine.
func (s *session) loop(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var heard []byte
	for {
		wake, err := s.advance(ctx, heard)
		if err != nil {
			return err
		}
		heard = nil
		if pause := wake - s.now(); pause > 0 && pause < shortRest {
			rest(pause)
			s.rested = wake
			if ctx.Err() != nil {
				return ctx.Err()
			}
			continue
		}
		timer.Reset(wake - s.now())
		select {
		case heard = <-s.heard:
		case <-timer.C:
		case <-s.line.wake:
		case err := <-s.readErr:
			return s.line.lineLost("reading", err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// now is the time on the bus's clock. What was rested has passed, whatever the clock says:
// its steps may be longer.
func (s *session) now() time.Duration { return max(time.Since(s.began), s.rested) }

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
		}
	}
	return step, facts
}

// read is the reading goroutine.
func (s *session) read() {
	buffer := make([]byte, readSize)
	for {
		err := s.link.SetReadDeadline(time.Now().Add(readPause))
		n := 0
		if err == nil {
			n, err = s.link.Read(buffer)
		}
		if n > 0 {
			select {
			case s.heard <- append([]byte(nil), buffer[:n]...):
			case <-s.done:
			}
		}
		select {
		case <-s.done:
			return
		default:
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			s.readErr <- err
			return
		}
	}
}

// report is the reporting goroutine: it may be as slow as the engine.
func (s *session) report(ctx context.Context, sink devices.Sink) {
	for f := range s.facts {
		if sink.Report(ctx, f) != nil {
			return // ctx has ended, and the loop with it
		}
		if len(s.facts) < holdAt {
			s.line.poke() // polling may have been held back
		}
	}
}
