package r2000

import (
	"errors"
	"fmt"
)

// What a reader tells about itself besides its reads.
const (
	CommandReadGPIO    Command = 0x60 // the levels of its inputs
	CommandSetDetector Command = 0x62 // the antenna connection detector's threshold
	CommandGetDetector Command = 0x63
	CommandTemperature Command = 0x7B
)

// Inputs is how many inputs CommandReadGPIO tells: GPIO 1 and 2. (3 and 4 are outputs.)
const Inputs = 2

// ErrLevel says that an input was told to be neither low nor high.
var ErrLevel = errors.New("r2000: no level of an input")

// AppendInputs appends the answer to CommandReadGPIO, as a reader does.
func AppendInputs(dst []byte, address uint8, high [Inputs]bool) []byte {
	var data [Inputs]byte
	for i, level := range high {
		if level {
			data[i] = 1
		}
	}
	return AppendFrame(dst, Frame{address, CommandReadGPIO, data[:]})
}

// ParseInputs reads the answer to CommandReadGPIO: whether each input is high. A level
// that is neither 0 nor 1 is none (ErrLevel).
func ParseInputs(data []byte) (high [Inputs]bool, err error) {
	if len(data) != Inputs {
		return high, ErrLength
	}
	for i, level := range data {
		if level > 1 {
			return high, fmt.Errorf("%w: %02X", ErrLevel, level)
		}
		high[i] = level == 1
	}
	return high, nil
}

// AppendSetDetector appends the request to watch the antennas: a port whose return loss
// is below so many dB counts as not connected (ErrorAntennaMissing). 0 switches the
// detector off: then a port without a cable makes rounds in which nothing is heard.
func AppendSetDetector(dst []byte, address, dB uint8) []byte {
	return AppendFrame(dst, Frame{address, CommandSetDetector, []byte{dB}})
}

// AppendDetector appends the answer to CommandGetDetector.
func AppendDetector(dst []byte, address, dB uint8) []byte {
	return AppendFrame(dst, Frame{address, CommandGetDetector, []byte{dB}})
}

// ParseDetector reads the threshold, in dB, out of the answer to CommandGetDetector or of
// a request of CommandSetDetector; 0 is off.
func ParseDetector(data []byte) (dB uint8, err error) {
	if len(data) != 1 {
		return 0, ErrLength
	}
	return data[0], nil
}

// Temperature is what a reader tells of its inside: a sign and whole degrees Celsius.
type Temperature struct {
	// Sign is the sign as it came. UNSURE: two public drivers take 0 for minus, a third
	// takes 1. In a heated room the question does not arise.
	Sign    uint8
	Degrees uint8
}

// AppendTemperature appends the answer to CommandTemperature.
func AppendTemperature(dst []byte, address uint8, t Temperature) []byte {
	return AppendFrame(dst, Frame{address, CommandTemperature, []byte{t.Sign, t.Degrees}})
}

// ParseTemperature reads the answer to CommandTemperature.
func ParseTemperature(data []byte) (Temperature, error) {
	if len(data) != 2 {
		return Temperature{}, ErrLength
	}
	return Temperature{data[0], data[1]}, nil
}
