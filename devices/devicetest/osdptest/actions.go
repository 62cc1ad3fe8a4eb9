package osdptest

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"

	"trilock/firmware-protocols/osdp"
)

// act carries out a command for lights, sound, text or outputs; false if it makes no sense.
func (p *PD) act(code osdp.CommandCode, data []byte) bool {
	switch code {
	case osdp.CommandLED:
		return p.actLED(data)
	case osdp.CommandOutput:
		return p.actOutput(data)
	case osdp.CommandBuzzer:
		if len(data) != 5 {
			return false
		}
		p.buzzers = keepLast(p.buzzers, Buzzer{osdp.Tone(data[1]), data[2], data[3], data[4]})
		return true
	default:
		if len(data) < 6 || int(data[5]) != len(data)-6 {
			return false
		}
		p.texts = keepLast(p.texts, string(data[6:]))
		return true
	}
}

// keepLast bounds the records of what was done.
func keepLast[T any](list []T, item T) []T {
	if len(list) >= maxEvents {
		list = list[1:]
	}
	return append(list, item)
}

func (p *PD) actLED(data []byte) bool {
	if len(data) == 0 || len(data)%14 != 0 {
		return false
	}
	for ; len(data) > 0; data = data[14:] {
		led := osdp.LED{
			Reader: data[0], Number: data[1], Temporary: osdp.LEDAction(data[2]),
			TemporaryBlink: blink(data[3:7]), TimerTenths: binary.LittleEndian.Uint16(data[7:]),
			PermanentBlink: blink(data[10:14]),
		}
		if data[9] == 1 {
			led.Permanent = osdp.LEDSet
		}
		if led.Temporary == osdp.LEDSet && data[3] == 0 && data[4] == 0 || data[9] == 1 && data[10] == 0 && data[11] == 0 {
			return false // as libosdp's readers do
		}
		p.leds = keepLast(p.leds, led)
		p.lit++
	}
	return true
}

func blink(data []byte) osdp.Blink {
	return osdp.Blink{OnTenths: data[0], OffTenths: data[1], OnColour: osdp.Colour(data[2]), OffColour: osdp.Colour(data[3])}
}

func (p *PD) actOutput(data []byte) bool {
	if len(data) == 0 || len(data)%4 != 0 {
		return false
	}
	for i := 0; i < len(data); i += 4 {
		if int(data[i]) >= len(p.outputs) || data[i+1] > 6 {
			return false
		}
	}
	for ; len(data) > 0; data = data[4:] {
		o := &p.outputs[data[0]]
		timer := time.Duration(binary.LittleEndian.Uint16(data[2:])) * 100 * time.Millisecond
		switch action := osdp.OutputAction(data[1]); action {
		case osdp.OutputOff, osdp.OutputOn:
			*o = output{on: action == osdp.OutputOn}
		case osdp.OutputOffAfter, osdp.OutputOnAfter:
			o.on = action == osdp.OutputOnAfter
		case osdp.OutputOnFor, osdp.OutputOffFor:
			o.pulse, o.until = action == osdp.OutputOnFor, p.now+timer
			p.pulses = keepLast(p.pulses, Pulse{data[0], timer})
		}
	}
	return true
}

// ShowCard holds a card to the reader: data is left-justified, as on the wire.
func (p *PD) ShowCard(bits int, data []byte) {
	payload := []byte{0, byte(osdp.FormatUnspecified)}
	payload = binary.LittleEndian.AppendUint16(payload, uint16(bits)) //nolint:gosec // the wire has 16 bits
	p.happen(osdp.ReplyCard, append(payload, data...))
}

// PressKeys presses keys, which the reader reports in one reply: digits, '*' for clear,
// '#' for enter.
func (p *PD) PressKeys(keys string) {
	wire := strings.NewReplacer("*", "\x7f", "#", "\x0d").Replace(keys)
	p.happen(osdp.ReplyKeypad, append([]byte{0, byte(len(wire))}, wire...))
}

// SetInput opens or closes an input. Inputs that the reader does not have are ignored.
func (p *PD) SetInput(input int, active bool) {
	state := osdp.InputInactive
	if active {
		state = osdp.InputActive
	}
	p.SetInputState(input, state)
}

// SetInputState gives an input any state of ISTATR.
func (p *PD) SetInputState(input int, state osdp.InputState) {
	p.mu.Lock()
	known := input >= 0 && input < len(p.inputs)
	if known {
		p.inputs[input] = byte(state)
	}
	states := bytes.Clone(p.inputs)
	p.mu.Unlock()
	if known {
		p.happen(osdp.ReplyInputs, states)
	}
}

// SetTamper opens or closes the reader's housing.
func (p *PD) SetTamper(open bool) {
	p.mu.Lock()
	p.tamper = open
	status := p.localStatus()
	p.mu.Unlock()
	p.happen(osdp.ReplyLocalStatus, status)
}

// SetPowerFailure lets the reader's supply fail or return.
func (p *PD) SetPowerFailure(failing bool) {
	p.mu.Lock()
	p.power = failing
	status := p.localStatus()
	p.mu.Unlock()
	p.happen(osdp.ReplyLocalStatus, status)
}

// Happen queues any reply as the answer to a later poll.
func (p *PD) Happen(code osdp.ReplyCode, data []byte) { p.happen(code, bytes.Clone(data)) }

// happen queues an event for the next poll.
func (p *PD) happen(code osdp.ReplyCode, data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.events) < maxEvents {
		p.events = append(p.events, event{code, data})
	}
}

// LastLED returns the last light that was set; false if there was none.
func (p *PD) LastLED() (osdp.LED, bool) { return last(p, &p.leds) }

// Lit counts the lights that were set since the reader was made.
func (p *PD) Lit() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lit
}

// LastBuzzer returns the last sound; false if there was none.
func (p *PD) LastBuzzer() (Buzzer, bool) { return last(p, &p.buzzers) }

// LastText returns the last text; false if there was none.
func (p *PD) LastText() (string, bool) { return last(p, &p.texts) }

func last[T any](p *PD, list *[]T) (T, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var none T
	if len(*list) == 0 {
		return none, false
	}
	return (*list)[len(*list)-1], true
}

// Pulses returns the timed switchings of outputs so far, the latest maxEvents of them.
func (p *PD) Pulses() []Pulse {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Pulse(nil), p.pulses...)
}

// Outputs returns the outputs as they were when the reader last heard a command.
func (p *PD) Outputs() []bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	states := make([]bool, len(p.outputs))
	for i, b := range p.outputStates() {
		states[i] = b != 0
	}
	return states
}

// Handshakes returns how many sessions came to stand.
func (p *PD) Handshakes() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.handshakes
}

// Polls returns how many polls were carried out, repeats not included.
func (p *PD) Polls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.polls
}

// Pending returns how many events were not fetched yet.
func (p *PD) Pending() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.events)
}

// Secure reports whether a session stands.
func (p *PD) Secure() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.channel != nil
}
