package uhf

import (
	"context"
	"errors"
	"fmt"

	"trilock/custody/fact"
)

// Codes of what a reader tells about itself.
const (
	// CodeInputsUnread: the site uses inputs of the reader, and it does not tell their levels.
	CodeInputsUnread = "inputs-unread"
	// CodeAntennaUnchecked: the reader does not check whether its antennas are connected.
	CodeAntennaUnchecked = "antenna-unchecked"
)

// inputReader is a reader whose inputs can be asked for.
type inputReader interface {
	// levels returns whether each input is high, by its number from 0. The error is
	// errUntold when the reader does not know the question.
	levels(ctx context.Context) (map[uint8]bool, error)
	// tellsChanges reports whether the reader tells by itself what changes between two questions.
	tellsChanges() bool
}

// thermometer is a reader that knows how warm it is.
type thermometer interface {
	// celsius returns the temperature. The error is errUntold when the reader does not
	// know the question.
	celsius(ctx context.Context) (int, error)
}

// errUntold says that a reader does not answer a question that not all readers know.
var errUntold = errors.New("the reader does not tell")

// untold makes of a question that was not answered, or not in the documented form, one
// that the reader does not know; known says that it has answered it before.
func untold(err error, known bool) error {
	if errors.Is(err, errQuiet) && !known {
		return fmt.Errorf("%w: %w", errUntold, err)
	}
	return err
}

// watchInputs asks for the inputs that the site uses and reports those that changed.
func (s *session) watchInputs(ctx context.Context) error {
	r, ok := s.reader.(inputReader)
	if len(s.settings.Inputs) == 0 || !ok || s.inputsUntold {
		return nil
	}
	high, err := r.levels(ctx)
	if errors.Is(err, errUntold) {
		s.inputsUntold = true
		return s.fault(ctx, "inputs", CodeInputsUnread,
			fmt.Sprintf("the reader does not tell the levels of its inputs (%v): connect what hangs on them to a badge reader", err))
	}
	if err != nil {
		return err
	}
	for _, n := range s.settings.Inputs {
		level, told := high[n]
		if !told {
			s.inputsUntold = true
			return s.fault(ctx, "inputs", CodeInputsUnread, fmt.Sprintf("the reader has no input %d, counted from 0: correct the site's configuration", n))
		}
		state := fact.InputInactive
		if level != s.settings.InputsActiveLow {
			state = fact.InputActive
		}
		if err := s.input(ctx, n, state); err != nil {
			return err
		}
	}
	return nil
}

// input reports an input's state if it is another than before.
func (s *session) input(ctx context.Context, n uint8, state fact.InputState) error {
	if s.inputs[n] == state {
		return nil
	}
	s.inputs[n] = state
	return s.facts.Report(ctx, fact.InputChanged{Device: s.settings.Device, Input: n, State: state})
}

// polledInputs asks for the inputs of a reader that does not tell their changes.
func (s *session) polledInputs(ctx context.Context) error {
	if r, ok := s.reader.(inputReader); !ok || r.tellsChanges() {
		return nil
	}
	return s.watchInputs(ctx)
}

// warmth asks for the temperature where that is wanted; told is false where it cannot be known.
func (s *session) warmth(ctx context.Context) (celsius int, told bool, err error) {
	r, ok := s.reader.(thermometer)
	if s.settings.TemperatureMaxC == 0 || !ok || s.warmthUntold {
		return 0, false, nil
	}
	celsius, err = r.celsius(ctx)
	if errors.Is(err, errUntold) {
		s.warmthUntold = true
		s.settings.Log.Warn("the reader does not tell its temperature; it cannot be watched", "err", err)
		return 0, false, nil
	}
	return celsius, err == nil, err
}

// judgeWarmth raises or ends the fault of a reader that is too hot.
func (s *session) judgeWarmth(ctx context.Context, celsius int) error {
	const about = "temperature"
	limit := int(s.settings.TemperatureMaxC)
	switch {
	case celsius > limit:
		return s.fault(ctx, about, CodeOverheated,
			fmt.Sprintf("it is %d degrees Celsius inside, more than %d: give it air or a heat sink, or lower its power", celsius, limit))
	case celsius <= limit-coolerBy && s.faults.end(about):
		s.settings.Log.Info("the reader has cooled down", "celsius", celsius)
		return s.facts.Report(ctx, s.faults.report(s.settings.Device, s.identity))
	}
	return nil
}

// check asks what a reader does not say by itself: whether it has restarted, how warm it
// is, and (in case a change was lost) where its inputs stand.
func (s *session) check(ctx context.Context) error {
	lost, err := s.reader.restarted(ctx)
	if err != nil {
		return err
	}
	if lost {
		return s.connect(ctx, CodeRestarted)
	}
	celsius, told, err := s.warmth(ctx)
	if err == nil && told {
		err = s.judgeWarmth(ctx, celsius)
	}
	if err != nil {
		return err
	}
	return s.watchInputs(ctx)
}
