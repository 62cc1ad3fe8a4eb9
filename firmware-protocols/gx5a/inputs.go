package gx5a

import (
	"errors"
	"fmt"
)

// CodeInputs asks for the levels of all inputs.
const CodeInputs Code = 0x010A

// InputLevel is the level of one general-purpose input (GPI).
type InputLevel struct {
	// Input is the input's number, as in an InputEvent.
	Input uint8
	High  bool
}

// ErrLevel says that an input was told to be neither low nor high.
var ErrLevel = errors.New("gx5a: no level of an input")

// AppendInputs appends the answer to CodeInputs: a pair of number and level for each input.
// There must not be more than maxInputs.
func AppendInputs(dst []byte, inputs []InputLevel) []byte {
	data := make([]byte, 0, 2*len(inputs))
	for _, in := range inputs {
		level := byte(0)
		if in.High {
			level = 1
		}
		data = append(data, in.Input, level)
	}
	return message(dst, CodeInputs, data...)
}

// ParseInputs reads the data of such an answer.
func ParseInputs(data []byte) ([]InputLevel, error) {
	switch {
	case len(data)%2 != 0:
		return nil, ErrShort
	case len(data) > 2*maxInputs:
		return nil, ErrLong
	}
	inputs := make([]InputLevel, 0, maxInputs)
	for ; len(data) > 0; data = data[2:] {
		if data[1] > 1 {
			return nil, fmt.Errorf("%w: %02X of input %d", ErrLevel, data[1], data[0])
		}
		inputs = append(inputs, InputLevel{data[0], data[1] == 1})
	}
	return inputs, nil
}
