package osdp

import (
	"encoding/binary"
	"fmt"
)

// CommandCode is the code of a command from the panel.
type CommandCode uint8

// The commands of this package.
const (
	CommandPoll             CommandCode = 0x60
	CommandID               CommandCode = 0x61
	CommandCapabilities     CommandCode = 0x62
	CommandLocalStatus      CommandCode = 0x64
	CommandInputStatus      CommandCode = 0x65
	CommandOutputStatus     CommandCode = 0x66
	CommandReaderStatus     CommandCode = 0x67
	CommandOutput           CommandCode = 0x68
	CommandLED              CommandCode = 0x69
	CommandBuzzer           CommandCode = 0x6A
	CommandText             CommandCode = 0x6B
	CommandCommunication    CommandCode = 0x6E
	CommandKeySet           CommandCode = 0x75
	CommandChallenge        CommandCode = 0x76
	CommandServerCryptogram CommandCode = 0x77
	CommandReceiveSize      CommandCode = 0x7B
)

// Command is a command's code and data, in clear. The builders below make them; only
// they know the layouts.
type Command struct {
	Code CommandCode
	Data []byte
}

// Poll asks a reader for its next event.
func Poll() Command { return Command{Code: CommandPoll} }

// Identify asks for a reader's standard identification (PDID).
func Identify() Command { return Command{CommandID, []byte{0}} }

// AskCapabilities asks what a reader can do (PDCAP).
func AskCapabilities() Command { return Command{CommandCapabilities, []byte{0}} }

// AskLocalStatus asks for tamper and power (LSTATR).
func AskLocalStatus() Command { return Command{Code: CommandLocalStatus} }

// AskInputs asks for the state of all inputs (ISTATR).
func AskInputs() Command { return Command{Code: CommandInputStatus} }

// AskOutputs asks for the state of all outputs (OSTATR).
func AskOutputs() Command { return Command{Code: CommandOutputStatus} }

// AskReaders asks for the state of the attached readers (RSTATR).
func AskReaders() Command { return Command{Code: CommandReaderStatus} }

// OutputAction is what an output shall do.
type OutputAction uint8

// The actions of osdp_OUT.
const (
	OutputNoChange OutputAction = iota
	OutputOff                   // now, and end a running timer
	OutputOn                    // now, and end a running timer
	OutputOffAfter              // when the running timer ends
	OutputOnAfter               // when the running timer ends
	OutputOnFor                 // for the timer's time, then back
	OutputOffFor                // for the timer's time, then back
)

// OutputControl is one record of osdp_OUT.
type OutputControl struct {
	Output uint8 // counts from 0
	Action OutputAction
	// TimerTenths is in tenths of a second; OutputOnFor and OutputOffFor need 1 or more.
	TimerTenths uint16
}

// SetOutputs switches outputs. It fails on no records, on more than MaxOutputRecords,
// on an unknown action, and on a timed action without time.
func SetOutputs(records ...OutputControl) (Command, error) {
	if len(records) == 0 || len(records) > MaxOutputRecords {
		return Command{}, fmt.Errorf("OSDP output command with %d records: want 1 to %d", len(records), MaxOutputRecords)
	}
	var data []byte
	for _, r := range records {
		timed := r.Action == OutputOnFor || r.Action == OutputOffFor
		if r.Action > OutputOffFor || timed && r.TimerTenths == 0 {
			return Command{}, fmt.Errorf("OSDP output %d: action %d with timer %d is not possible", r.Output, r.Action, r.TimerTenths)
		}
		data = append(data, r.Output, byte(r.Action))
		data = binary.LittleEndian.AppendUint16(data, r.TimerTenths)
	}
	return Command{CommandOutput, data}, nil
}

// Colour is a colour of a reader's light.
type Colour uint8

// The colours; Black is "dark".
const (
	Black Colour = iota
	Red
	Green
	Amber
	Blue
	Magenta
	Cyan
	White
)

// LEDAction says what becomes of one half of an LED record.
type LEDAction uint8

// The actions of the temporary half. In the permanent half the wire says 1 for "set";
// SetLEDs translates.
const (
	LEDKeep LEDAction = iota
	LEDCancel
	LEDSet
)

// Blink is a light pattern: on for OnTenths, then off for OffTenths, in tenths of a
// second. A steady light has OffTenths 0.
type Blink struct {
	OnTenths, OffTenths uint8
	OnColour, OffColour Colour
}

// LED is one record of osdp_LED.
type LED struct {
	Reader, Number uint8
	// Temporary is shown for TimerTenths (tenths of a second), then the permanent
	// pattern returns. LEDCancel ends one that is being shown.
	Temporary      LEDAction
	TemporaryBlink Blink
	TimerTenths    uint16
	// Permanent is LEDKeep or LEDSet.
	Permanent      LEDAction
	PermanentBlink Blink
}

// SetLEDs changes lights. It fails on no records, on more than MaxLEDRecords, and on a
// pattern that is neither on nor off: readers take that in different ways.
func SetLEDs(records ...LED) (Command, error) {
	if len(records) == 0 || len(records) > MaxLEDRecords {
		return Command{}, fmt.Errorf("OSDP LED command with %d records: want 1 to %d", len(records), MaxLEDRecords)
	}
	var data []byte
	for _, r := range records {
		if r.Temporary > LEDSet || r.Permanent == LEDCancel || r.Permanent > LEDSet {
			return Command{}, fmt.Errorf("OSDP LED %d: actions %d and %d are not possible", r.Number, r.Temporary, r.Permanent)
		}
		if r.Temporary == LEDSet && (!r.TemporaryBlink.valid() || r.TimerTenths == 0) ||
			r.Permanent == LEDSet && !r.PermanentBlink.valid() {
			return Command{}, fmt.Errorf("OSDP LED %d: a pattern needs an on time or an off time, known colours, and a timer if temporary", r.Number)
		}
		data = append(data, r.Reader, r.Number, byte(r.Temporary))
		data = r.TemporaryBlink.append(data)
		data = binary.LittleEndian.AppendUint16(data, r.TimerTenths)
		data = append(data, byte(r.Permanent/LEDSet))
		data = r.PermanentBlink.append(data)
	}
	return Command{CommandLED, data}, nil
}

func (b Blink) valid() bool {
	return (b.OnTenths > 0 || b.OffTenths > 0) && b.OnColour <= White && b.OffColour <= White
}

func (b Blink) append(data []byte) []byte {
	return append(data, b.OnTenths, b.OffTenths, byte(b.OnColour), byte(b.OffColour))
}

// Tone is what a reader's buzzer shall do.
type Tone uint8

// The tones of osdp_BUZ.
const (
	ToneNone Tone = iota
	ToneOff
	ToneDefault
)

// Buzz sounds a reader's buzzer count times (0 = until changed), on and off in tenths of
// a second.
func Buzz(reader uint8, tone Tone, onTenths, offTenths, count uint8) Command {
	return Command{CommandBuzzer, []byte{reader, byte(tone), onTenths, offTenths, count}}
}

// Text is the content of osdp_TEXT.
type Text struct {
	Reader uint8
	Wrap   bool
	// Seconds is how long the text is shown; 0 shows it until it is replaced.
	Seconds     uint8
	Row, Column uint8 // count from 1
	// Line is ASCII; readers have no other characters in common.
	Line string
}

// ShowText writes on a reader's display. It fails on an empty or too long line, on
// characters that are not printable ASCII, and on row or column 0.
func ShowText(t Text) (Command, error) {
	if len(t.Line) == 0 || len(t.Line) > MaxTextLen || t.Row == 0 || t.Column == 0 {
		return Command{}, fmt.Errorf("OSDP text of %d bytes at row %d, column %d: want 1 to %d bytes, row and column from 1",
			len(t.Line), t.Row, t.Column, MaxTextLen)
	}
	for i := range len(t.Line) {
		if t.Line[i] < 0x20 || t.Line[i] > 0x7E {
			return Command{}, fmt.Errorf("OSDP text: byte %d is not printable ASCII", i)
		}
	}
	action := byte(1)
	if t.Seconds > 0 {
		action = 3
	}
	if t.Wrap {
		action++
	}
	data := []byte{t.Reader, action, t.Seconds, t.Row, t.Column, byte(len(t.Line))}
	return Command{CommandText, append(data, t.Line...)}, nil
}

// SetCommunication gives a reader another address (up to MaxAddress) and line speed in
// bits per second. The reader answers with its old settings and then switches.
func SetCommunication(address uint8, bitsPerSecond uint32) (Command, error) {
	if address > MaxAddress {
		return Command{}, fmt.Errorf("OSDP address 0x%02X: at most 0x%02X", address, MaxAddress)
	}
	return Command{CommandCommunication, binary.LittleEndian.AppendUint32([]byte{address}, bitsPerSecond)}, nil
}

// SetKey gives a reader another key, inside a session only. It fails on a weak key.
func SetKey(k Key) (Command, error) {
	if err := k.Validate(); err != nil {
		return Command{}, err
	}
	return Command{CommandKeySet, append([]byte{1, byte(len(k))}, k[:]...)}, nil
}

// Challenge begins the handshake with the panel's random number. Its frame carries
// BlockChallenge.
func Challenge(rndA [8]byte) Command { return Command{CommandChallenge, rndA[:]} }

// ProveServer answers the reader's cryptogram with ours. Its frame carries
// BlockServerCryptogram.
func ProveServer(cryptogram [16]byte) Command {
	return Command{CommandServerCryptogram, cryptogram[:]}
}

// AnnounceReceiveSize tells a reader how long a frame the panel can take.
func AnnounceReceiveSize(bytes uint16) Command {
	return Command{CommandReceiveSize, binary.LittleEndian.AppendUint16(nil, bytes)}
}
