package uhf

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
)

// reader is one protocol on one open line.
type reader interface {
	// connect stops what the reader was doing, finds out who it is, and sets it up.
	connect(ctx context.Context) (hello, error)
	// take has one antenna make one round and gives its reads to the collector. It returns
	// as soon as the round's last byte has been read: nil for a complete round, a
	// *refusal when the reader did not make it, errQuiet when its end did not come.
	take(ctx context.Context, port uint8) error
	// idle passes the gap between two rounds, and listens.
	idle(ctx context.Context, until time.Time) error
	// restarted asks whether the reader has restarted since connect.
	restarted(ctx context.Context) (bool, error)
	// damage is what the line has lost so far.
	damage() damage
}

// hello is what connect found out.
type hello struct {
	identity  string
	restarted bool   // since the last connect of this session
	power     string // what is wrong with the power that was read back, or ""
	antennas  string // why the reader does not check its antennas although it should, or ""
}

// refusal says that the reader did not make a round, and why.
type refusal struct{ code, detail string }

func (r *refusal) Error() string { return r.code + ": " + r.detail }

// session is one run of a driver.
type session struct {
	settings Settings
	facts    devices.Sink
	reader   reader
	round    *collector
	faults   faults
	identity string
	// spoiled and silent count rounds in a row that could not be reported.
	spoiled, silent int
	checked         time.Time
	complained      time.Time // when a damaged round was last logged
	// odd: a record that makes no sense was met and logged in this run.
	odd bool
	// inputs is the last state of each input: only changes are facts.
	inputs map[uint8]fact.InputState
	// inputsUntold and warmthUntold: the reader does not know the question.
	inputsUntold, warmthUntold bool
}

func (s *session) run(ctx context.Context) error {
	if err := s.connect(ctx, CodeConnected); err != nil {
		return err
	}
	for {
		for _, port := range s.settings.Antennas {
			if err := s.takeRound(ctx, port); err != nil {
				return err
			}
			if err := s.polledInputs(ctx); err != nil {
				return err
			}
			if err := s.reader.idle(ctx, time.Now().Add(s.settings.RoundGap)); err != nil {
				return err
			}
		}
		if time.Since(s.checked) < checkEvery {
			continue
		}
		s.checked = time.Now()
		if err := s.check(ctx); err != nil {
			return err
		}
	}
}

// connect sets the reader up. It reports the reader up with the code, unless the code is
// empty and the reader has not restarted: then nothing is new.
func (s *session) connect(ctx context.Context, code string) error {
	h, err := s.reader.connect(ctx)
	if err != nil {
		return err
	}
	s.identity, s.checked = h.identity, time.Now()
	if h.restarted {
		code = CodeRestarted
	}
	celsius, warm, err := s.warmth(ctx)
	if err != nil {
		return err
	}
	if code != "" {
		r := fact.DeviceReport{Device: s.settings.Device, State: fact.DeviceUp, Code: code, Identity: h.identity}
		if code == CodeRestarted {
			r.Detail = "the reader has restarted and was set up again: check its power supply if this repeats"
		}
		if warm {
			r.Detail = strings.TrimPrefix(fmt.Sprintf("%s; %d degrees Celsius inside", r.Detail, celsius), "; ")
		}
		s.faults = nil // those that last come again with the next round
		clear(s.inputs)
		s.inputsUntold = false
		s.settings.Log.Info("reader is set up", "code", code, "identity", h.identity)
		if err := s.facts.Report(ctx, r); err != nil {
			return err
		}
	}
	if h.power != "" {
		if err := s.fault(ctx, "power", CodePowerMismatch, h.power); err != nil {
			return err
		}
	}
	if h.antennas != "" {
		if err := s.fault(ctx, "antenna check", CodeAntennaUnchecked, h.antennas); err != nil {
			return err
		}
	}
	if warm {
		if err := s.judgeWarmth(ctx, celsius); err != nil {
			return err
		}
	}
	return s.watchInputs(ctx)
}

func (s *session) fault(ctx context.Context, about, code, detail string) error {
	if !s.faults.raise(about, code, detail) {
		return nil
	}
	s.settings.Log.Warn("reader has a fault", "about", about, "code", code, "detail", detail)
	return s.facts.Report(ctx, s.faults.report(s.settings.Device, s.identity))
}

func (s *session) settled(ctx context.Context, about string) error {
	if !s.faults.settle(about) {
		return nil
	}
	s.settings.Log.Info("fault is over", "about", about)
	return s.facts.Report(ctx, s.faults.report(s.settings.Device, s.identity))
}

// takeRound takes one round and reports it if it can be believed.
func (s *session) takeRound(ctx context.Context, port uint8) error {
	s.round.begin()
	before := s.reader.damage()
	begun := time.Now()
	err := s.reader.take(ctx, port)
	listened := time.Since(begun)
	if err == nil && s.round.spoiled == "" && s.reader.damage().since(before) {
		s.round.spoiled = "bytes were lost on the line"
	}
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		s.silent = 0
		return s.fault(ctx, antennaName(port), refused.code, refused.detail)
	case errors.Is(err, errQuiet):
		return s.unfinished(ctx, port)
	case err != nil:
		return err
	case s.round.spoiled != "":
		return s.spoil(port)
	}
	s.spoiled, s.silent = 0, 0
	if err := s.facts.Report(ctx, fact.Round{
		Antenna: fact.Antenna{Reader: s.settings.Device, Port: port}, Reads: s.round.taken(), Duration: listened,
	}); err != nil {
		return err
	}
	return s.afterRound(ctx, port)
}

// afterRound keeps the account of faults, once the round itself is on its way.
func (s *session) afterRound(ctx context.Context, port uint8) error {
	about := "tags at " + antennaName(port)
	if s.round.cut {
		if err := s.fault(ctx, about, CodeTooManyTags, fmt.Sprintf("more than %d tags in one round; the rest were not counted", fact.MaxReadsPerRound)); err != nil {
			return err
		}
	} else if err := s.settled(ctx, about); err != nil {
		return err
	}
	return s.settled(ctx, antennaName(port))
}

// spoil counts a round that ended and cannot be believed.
func (s *session) spoil(port uint8) error {
	s.spoiled++
	if time.Since(s.complained) >= checkEvery {
		s.complained = time.Now()
		s.settings.Log.Warn("round not counted", "antenna", port, "why", s.round.spoiled)
	}
	if s.spoiled < spoiledMax {
		return nil
	}
	return &devices.Error{
		Code:   devices.CodeGarbage,
		Detail: fmt.Sprintf("%d rounds in a row were damaged (%s): check cable, earthing and baud rate", s.spoiled, s.round.spoiled),
	}
}

// unfinished deals with a round whose end did not come: the reader is set up anew, which
// also finds out whether it is still there.
func (s *session) unfinished(ctx context.Context, port uint8) error {
	s.silent++
	s.settings.Log.Warn("round did not end", "antenna", port, "in_a_row", s.silent)
	if s.silent >= silentMax {
		return &devices.Error{
			Code:   devices.CodeNoAnswer,
			Detail: fmt.Sprintf("the reader answers questions but ended none of %d rounds: switch it off and on", s.silent),
			Err:    errQuiet,
		}
	}
	return s.connect(ctx, "")
}

// oddRecord notes a record that is whole and makes no sense. It does not spoil the
// round: otherwise one strange tag could blind the reader.
func (s *session) oddRecord(record []byte, why error) {
	if s.odd {
		return
	}
	s.odd = true
	s.settings.Log.Warn("tag record makes no sense and is left out; further ones are not logged", "why", why, "record", fmt.Sprintf("%X", record))
}
