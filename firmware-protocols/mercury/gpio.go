package mercury

import (
	"errors"
	"fmt"
)

// OpGetGPIO asks for the levels of a module's pins.
const OpGetGPIO Opcode = 0x66

// gpioAll is the option that asks for all pins, with their direction.
const gpioAll = 0x01

// Pin is one general-purpose pin of a module.
type Pin struct {
	// Number counts from 1, as the modules' sheets do.
	Number uint8
	Output bool
	High   bool
}

const pinLen = 3

// ErrPin says that a pin was told to be neither low nor high, or to have no direction.
var ErrPin = errors.New("mercury: no level or no direction of a pin")

// AppendGetGPIO appends the request for the levels of all pins.
func AppendGetGPIO(dst []byte) []byte {
	return AppendFrame(dst, Frame{Opcode: OpGetGPIO, Request: true, Data: []byte{gpioAll}})
}

// AppendGPIO appends the answer to such a request. There must not be more than maxPins.
func AppendGPIO(dst []byte, pins []Pin) []byte {
	data := append(make([]byte, 0, 1+pinLen*len(pins)), gpioAll)
	bit := func(b bool) byte {
		if b {
			return 1
		}
		return 0
	}
	for _, p := range pins {
		data = append(data, p.Number, bit(p.Output), bit(p.High))
	}
	return AppendFrame(dst, Frame{Opcode: OpGetGPIO, Data: data})
}

// ParseGPIO reads the data of such an answer.
func ParseGPIO(data []byte) ([]Pin, error) {
	if len(data)%pinLen != 1 || data[0] != gpioAll || len(data) > 1+pinLen*maxPins {
		return nil, ErrLength
	}
	pins := make([]Pin, 0, maxPins)
	for data = data[1:]; len(data) > 0; data = data[pinLen:] {
		if data[1] > 1 || data[2] > 1 {
			return nil, fmt.Errorf("%w: %X", ErrPin, data[:pinLen])
		}
		pins = append(pins, Pin{Number: data[0], Output: data[1] == 1, High: data[2] == 1})
	}
	return pins, nil
}
