package badge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"trilock/custody/fact"
	"trilock/firmware-protocols/osdp"
)

// Errors of ChangeSpeed and ChangeAddress, beside those of package osdp.
var (
	// ErrSpeedKept: the line and its readers have their old speed again. A reader that is
	// named and stays away has to be looked for by itself.
	ErrSpeedKept = errors.New("the line keeps its old speed")
	// ErrAddressKept: the reader is at its old address.
	ErrAddressKept = errors.New("the reader keeps its old address")
	// ErrReaderLost: the reader was found neither at its new address nor at the old one.
	ErrReaderLost = errors.New("the reader was not found at its new address and not at its old one")
	// ErrPortSpeed: the port cannot be switched while it is open.
	ErrPortSpeed = errors.New("the port cannot take the new speed")
)

// lineMove is a change of the speed or of an address that somebody waits for.
type lineMove struct {
	device fact.DeviceID // whose address; empty for a speed
	done   chan error    // takes one value without blocking
}

// ChangeSpeed gives the line and all its readers another speed, and returns when every
// reader has proved itself there, or when all of them are back at the old speed
// (ErrSpeedKept). The next Run, on a port opened at the new speed, begins there. Should ctx
// end before, the change goes on by itself. It fails with ErrOffline when the line is not
// connected, with ErrPortSpeed, ErrInterrupted, osdp.ErrSpeed and osdp.ErrChanging.
func (l *Line) ChangeSpeed(ctx context.Context, bitsPerSecond int) error {
	return l.moveLine(ctx, "", func(bus *osdp.Bus, now time.Duration) error { return bus.ChangeSpeed(now, bitsPerSecond) })
}

// ChangeAddress gives a reader another address and returns when it has proved itself there.
// It fails with ErrUnknownReader, ErrOffline, ErrAddressKept, ErrReaderLost, ErrInterrupted,
// osdp.ErrAddress and osdp.ErrChanging.
func (l *Line) ChangeAddress(ctx context.Context, device fact.DeviceID, address uint8) error {
	return l.moveLine(ctx, device, func(bus *osdp.Bus, now time.Duration) error {
		r := l.readers[device]
		if r == nil {
			return ErrUnknownReader
		}
		return bus.ChangeAddress(now, r.address, address)
	})
}

// moveLine begins a change and waits for its end.
func (l *Line) moveLine(ctx context.Context, device fact.DeviceID, begin func(*osdp.Bus, time.Duration) error) error {
	m, err := l.beginMove(device, begin)
	if err != nil {
		return fmt.Errorf("badge line %s: %w", l.settings.Line, err)
	}
	select {
	case err := <-m.done:
		if err != nil {
			return fmt.Errorf("badge line %s: %w", l.settings.Line, err)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *Line) beginMove(device fact.DeviceID, begin func(*osdp.Bus, time.Duration) error) (*lineMove, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bus == nil {
		return nil, fmt.Errorf("it is not connected: %w", ErrOffline)
	}
	if err := begin(l.bus, time.Since(l.began)); err != nil {
		return nil, err
	}
	m := &lineMove{device: device, done: make(chan error, 1)}
	l.move = m
	l.poke()
	return m, nil
}

// settleMove follows a change: it keeps the settings true and frees who waits. The lock
// is held.
func (s *session) settleMove(e osdp.Event) {
	l := s.line
	var result error
	switch e := e.(type) {
	case osdp.SpeedChanged:
		l.settings.BaudRate = e.BitsPerSecond
	case osdp.SpeedChangeFailed:
		result = s.speedFailure(e)
	case osdp.AddressChanged:
		r := s.byPD[e.Address]
		delete(s.byPD, e.Address)
		s.byPD[e.Next], r.address = r, e.Next
		l.configured(r.device).Address = e.Next
	case osdp.AddressChangeFailed:
		result = ErrAddressKept
		if e.Lost {
			result = ErrReaderLost
		}
	default:
		return
	}
	if l.move != nil {
		l.move.done <- result
		l.move = nil
	}
}

// speedFailure says why the line has its old speed.
func (s *session) speedFailure(e osdp.SpeedChangeFailed) error {
	if len(e.Readers) == 0 {
		return fmt.Errorf("%w %d: %w", ErrPortSpeed, e.BitsPerSecond, ErrSpeedKept)
	}
	var names []string
	for _, address := range e.Readers {
		if r := s.byPD[address]; r != nil {
			names = append(names, string(r.device))
		}
	}
	why := "were not found at"
	if e.Refused {
		why = "did not take"
	}
	return fmt.Errorf("%s %s %d bit/s: %w", strings.Join(names, ", "), why, e.BitsPerSecond, ErrSpeedKept)
}

// switchSpeed switches the port, as the protocol machine asks for. A port that cannot leave
// its speed ends the change; one that cannot come back to it is lost.
func (s *session) switchSpeed(bitsPerSecond int) error {
	err := error(ErrPortSpeed)
	if port, ok := s.link.(interface{ SetSpeed(int) error }); ok {
		err = port.SetSpeed(bitsPerSecond)
	}
	if err == nil {
		return nil
	}
	s.line.mu.Lock()
	defer s.line.mu.Unlock()
	if s.bus.SpeedRefused(s.now()) {
		s.line.settings.Log.Warn("the port of a badge line cannot take another speed", "line", s.line.settings.Line, "bit/s", bitsPerSecond, "err", err)
		return nil
	}
	return s.line.lineLost("switching its speed back", err)
}

// moveFact reports on a reader's address.
func (r *reader) moveFact(e osdp.Event) []fact.Fact {
	switch e := e.(type) {
	case osdp.AddressChanged:
		return []fact.Fact{r.report(CodeAddressChanged, fmt.Sprintf("the reader has proved itself at its new address %d; it was %d", e.Next, e.Address))}
	case osdp.AddressChangeFailed:
		r.log.Warn("badge reader has not changed its address", "refused", e.Refused, "lost", e.Lost)
	case osdp.SpeedChanged:
		r.log.Info("badge line has another speed", "bit/s", e.BitsPerSecond)
	case osdp.SpeedChangeFailed:
		r.log.Warn("badge line keeps its old speed", "wanted bit/s", e.BitsPerSecond, "because of addresses", e.Readers, "refused", e.Refused)
	}
	return nil
}
