package r2000

import (
	"errors"
	"fmt"
)

// ErrLength says that an answer's data has not the length that its command asks for.
var ErrLength = errors.New("r2000: answer of the wrong length")

// ErrorCode is the one data byte of most answers.
type ErrorCode uint8

// The codes that a driver must tell apart.
const (
	Success             ErrorCode = 0x10
	ErrorAntennaMissing ErrorCode = 0x22
	ErrorReadFailed     ErrorCode = 0x32
	ErrorWriteFailed    ErrorCode = 0x33
	ErrorLockFailed     ErrorCode = 0x34
	ErrorKillFailed     ErrorCode = 0x35
	ErrorNoTag          ErrorCode = 0x36
	ErrorAccessFailed   ErrorCode = 0x37 // a tag was found, and did not do what was asked
	ErrorPassword       ErrorCode = 0x40
	ErrorParameter      ErrorCode = 0x41
	ErrorWordCount      ErrorCode = 0x42
	ErrorPowerRange     ErrorCode = 0x48
	ErrorNoAnswer       ErrorCode = 0x50
)

// String says the code in words.
func (c ErrorCode) String() string {
	if word, known := errorWords(c); known {
		return word
	}
	return fmt.Sprintf("error %02X", uint8(c))
}

// errorWords is the vendor's table.
func errorWords(c ErrorCode) (string, bool) {
	words := map[ErrorCode]string{
		Success: "success", 0x11: "command failed",
		0x20: "reader reset", 0x21: "carrier could not be switched on", ErrorAntennaMissing: "antenna not connected",
		0x23: "flash could not be written", 0x24: "flash could not be read", 0x25: "power could not be set",
		0x31: "inventory failed", ErrorReadFailed: "read failed", ErrorWriteFailed: "write failed", ErrorLockFailed: "lock failed", ErrorKillFailed: "kill failed",
		ErrorNoTag: "no tag", ErrorAccessFailed: "inventory done but access failed", 0x38: "buffer empty", 0x3C: "chip command failed",
		ErrorPassword: "access or password", ErrorParameter: "invalid parameter", ErrorWordCount: "word count", 0x43: "memory bank",
		0x44: "lock area", 0x45: "lock action", 0x46: "reader address", 0x47: "antenna number",
		ErrorPowerRange: "power out of range", 0x49: "frequency region", 0x4A: "baud rate", 0x4B: "beeper mode",
		0x4C: "EPC match length", 0x4D: "EPC match", 0x4E: "EPC match mode", 0x4F: "frequency range",
		ErrorNoAnswer: "no answer from the tag", 0x51: "DRM mode", 0x52: "PLL not locked", 0x53: "RF chip does not answer",
		0x54: "output power not reached", 0x55: "copyright check", 0x56: "spectrum rule", 0x57: "output power too low",
		0xEE: "return loss measurement failed",
	}
	word, known := words[c]
	return word, known
}

// AppendQuery appends a request without data: CommandFirmwareVersion, CommandGetPower
// or CommandGetPowerEight.
func AppendQuery(dst []byte, address uint8, command Command) []byte {
	return AppendFrame(dst, Frame{Address: address, Command: command})
}

// AppendResult appends a one-byte answer.
func AppendResult(dst []byte, address uint8, command Command, code ErrorCode) []byte {
	return AppendFrame(dst, Frame{address, command, []byte{byte(code)}})
}

// ParseResult reads a one-byte answer.
func ParseResult(data []byte) (ErrorCode, error) {
	if len(data) != 1 {
		return 0, ErrLength
	}
	return ErrorCode(data[0]), nil
}

// AppendSetWorkAntenna appends the request to use one antenna from now on. antenna is the
// 0-based port; the result is read with ParseResult.
func AppendSetWorkAntenna(dst []byte, address, antenna uint8) []byte {
	return AppendFrame(dst, Frame{address, CommandSetWorkAntenna, []byte{antenna}})
}

// AppendSetPower appends the request to set the transmit power in dBm (0 to
// MaxPowerDBm): one byte for all ports, or four or eight bytes for ports 1 to 4 or 8.
// command is CommandSetPower or CommandSetPowerStored.
func AppendSetPower(dst []byte, address uint8, command Command, dBm []uint8) []byte {
	return AppendFrame(dst, Frame{address, command, dBm})
}

// ParsePower reads the powers of a set request, of CommandGetPower's or of
// CommandGetPowerEight's answer: 1 (all ports alike), 4 or 8 bytes of dBm. The result
// points into data. A one-byte answer to a get is a power, not a result code; the
// answers to the sets are read with ParseResult.
func ParsePower(data []byte) ([]uint8, error) {
	switch len(data) {
	case 1, 4, 8:
		return data, nil
	}
	return nil, ErrLength
}

// PowerOf returns one port's power out of what ParsePower returned. port counts from 1;
// it reports false when the reader did not say that port.
func PowerOf(powers []uint8, port uint8) (uint8, bool) {
	switch {
	case len(powers) == 1:
		return powers[0], true
	case port >= 1 && int(port) <= len(powers):
		return powers[port-1], true
	}
	return 0, false
}

// FirmwareVersion is what a reader says about itself.
type FirmwareVersion struct{ Major, Minor uint8 }

// String returns "major.minor".
func (v FirmwareVersion) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// ParseFirmwareVersion reads the answer to CommandFirmwareVersion.
func ParseFirmwareVersion(data []byte) (FirmwareVersion, error) {
	if len(data) != 2 {
		return FirmwareVersion{}, ErrLength
	}
	return FirmwareVersion{data[0], data[1]}, nil
}

// AppendFirmwareVersion appends the answer to CommandFirmwareVersion.
func AppendFirmwareVersion(dst []byte, address uint8, v FirmwareVersion) []byte {
	return AppendFrame(dst, Frame{address, CommandFirmwareVersion, []byte{v.Major, v.Minor}})
}
