package feig

import "fmt"

// Status is the first byte of an answer's data.
type Status uint8

// The states that a driver must tell apart.
const (
	StatusOK             Status = 0x00
	StatusNoTransponder  Status = 0x01
	StatusWriteFailed    Status = 0x03
	StatusAddress        Status = 0x04 // a block beyond the tag's memory
	StatusCollision      Status = 0x0B
	StatusUnknownCommand Status = 0x80
	StatusNotAvailable   Status = 0x82 // in this mode of the reader
	StatusRF             Status = 0x83
	StatusRFWarning      Status = 0x84
	StatusWriteProtected Status = 0x16
	StatusTag            Status = 0x95 // the tag's own code follows
	StatusMoreData       Status = 0x94 // the answer holds only the first tags
	StatusHardware       Status = 0xF1
)

// String says the status in words.
func (s Status) String() string {
	if word, known := statusWords(s); known {
		return word
	}
	return fmt.Sprintf("status %02X", uint8(s))
}

// statusWords is the maker's table.
func statusWords(s Status) (string, bool) {
	words := map[Status]string{
		StatusOK: "success", StatusNoTransponder: "no transponder", 0x02: "data false", StatusWriteFailed: "write failed", StatusAddress: "address beyond the memory",
		0x05: "wrong transponder type", 0x08: "authentication failed", StatusCollision: "collision of transponders", 0x0E: "general error",
		0x10: "EEPROM failure", 0x11: "parameter out of range", 0x13: "login needed", 0x14: "login failed", 0x15: "read protected", StatusWriteProtected: "write protected",
		0x17: "firmware must be activated", 0x31: "SAM not detected", 0x32: "SAM not activated", 0x33: "SAM already activated",
		0x34: "SAM protocol not supported", 0x35: "SAM communication", 0x36: "SAM timeout", 0x37: "SAM baud rate",
		StatusUnknownCommand: "unknown command", 0x81: "wrong length", StatusNotAvailable: "command not available in this mode",
		StatusRF: "RF communication failed", StatusRFWarning: "RF warning", 0x85: "EPC error",
		0x92: "no valid data in the buffer", 0x93: "buffer overflow", StatusMoreData: "more data", StatusTag: "ISO 15693 tag error",
		0x96: "ISO 14443 error", 0x97: "cryptography error", StatusHardware: "hardware warning",
	}
	word, known := words[s]
	return word, known
}
