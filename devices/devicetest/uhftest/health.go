package uhftest

import (
	"trilock/firmware-protocols/gx5a"
	"trilock/firmware-protocols/mercury"
	"trilock/firmware-protocols/r2000"
)

const (
	// inputCount is how many inputs a simulated reader has; an r2000-a0 reader tells the
	// first two.
	inputCount = 4
	// celsiusAtStart is how warm a simulated r2000-a0 reader is until SetCelsius.
	celsiusAtStart = 41
	// detectorDelivered is the antenna check of an r2000-a0 reader as delivered, in dB.
	detectorDelivered = 3
)

// Input closes (active, high) or opens a GPI, counted from 0 to 3. A gx-5a reader reports
// it at once; r2000-a0 and thingmagic readers tell it when they are asked.
func (r *Reader) Input(input uint8, active bool) {
	r.change(func() {
		r.inputs[input] = active
		if gx, ok := r.firmware.(*gxFirmware); ok {
			gx.input(input, active)
		}
	})
}

// SetCelsius warms an r2000-a0 reader up, or cools it down, to so many degrees Celsius.
func (r *Reader) SetCelsius(degrees uint8) { r.change(func() { r.celsius = degrees }) }

// health answers what an r2000-a0 reader tells about itself.
func (f *r2000Firmware) health(frame r2000.Frame) {
	r, own := f.r, f.address()
	switch frame.Command {
	case r2000.CommandReadGPIO:
		r.say(r2000.AppendInputs(nil, own, [r2000.Inputs]bool(r.inputs[:r2000.Inputs])))
	case r2000.CommandTemperature:
		r.say(r2000.AppendTemperature(nil, own, r2000.Temperature{Sign: 1, Degrees: r.celsius}))
	case r2000.CommandGetDetector:
		r.say(r2000.AppendDetector(nil, own, f.detector))
	case r2000.CommandSetDetector:
		code := r2000ErrorParameter
		if dB, err := r2000.ParseDetector(frame.Data); err == nil {
			f.detector, code = dB, r2000.Success
		}
		r.say(r2000.AppendResult(nil, own, frame.Command, code))
	}
}

// deliveredDetector is the antenna check that a start brings back.
func (f *r2000Firmware) deliveredDetector() uint8 {
	if f.r.settings.AntennaCheckOff {
		return 0
	}
	return detectorDelivered
}

// pins returns a thingmagic module's pins: the inputs, counted from 1.
func (m *mercuryFirmware) pins() (pins []mercury.Pin) {
	for i, high := range m.r.inputs {
		pins = append(pins, mercury.Pin{Number: uint8(i + 1), High: high}) //nolint:gosec // four
	}
	return pins
}

// levels returns a gx-5a reader's inputs.
func (g *gxFirmware) levels() (levels []gx5a.InputLevel) {
	for i, high := range g.r.inputs {
		levels = append(levels, gx5a.InputLevel{Input: uint8(i), High: high}) //nolint:gosec // four
	}
	return levels
}
