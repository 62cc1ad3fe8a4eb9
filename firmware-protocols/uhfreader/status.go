package uhfreader

import "fmt"

// Status is the fourth byte of an answer.
type Status uint8

// The statuses that a driver must tell apart.
const (
	StatusOK          Status = 0x00
	StatusFinished    Status = 0x01 // inventory: this is its last frame
	StatusTimeUp      Status = 0x02 // inventory: its scan time was over first
	StatusMore        Status = 0x03 // inventory: more frames follow
	StatusMemoryFull  Status = 0x04 // inventory: the reader could not hold all tags
	StatusPassword    Status = 0x05
	StatusKillFailed  Status = 0x09
	StatusKillZero    Status = 0x0A // a tag with a kill password of zero cannot be killed
	StatusAccessZero  Status = 0x0C // a tag with an access password of zero cannot be locked
	StatusStatistics  Status = 0x26 // inventory: counters, only when they were asked for
	StatusHeartbeat   Status = 0x28 // real-time mode
	StatusAntenna     Status = 0xF8
	StatusExecution   Status = 0xF9
	StatusPoorLink    Status = 0xFA
	StatusNoTag       Status = 0xFB
	StatusTagError    Status = 0xFC // the tag's own code follows
	StatusLength      Status = 0xFD
	StatusNotAccepted Status = 0xFE // unknown command, or its CRC was bad
	StatusParameter   Status = 0xFF
)

// String says the status in words.
func (s Status) String() string {
	if word, known := statusWords(s); known {
		return word
	}
	return fmt.Sprintf("status %02X", uint8(s))
}

// statusWords is the manual's table.
func statusWords(s Status) (string, bool) {
	words := map[Status]string{
		StatusOK: "done", StatusFinished: "inventory finished", StatusTimeUp: "scan time over", StatusMore: "more data follows",
		StatusMemoryFull: "the reader's memory is full", StatusPassword: "access password is wrong", StatusKillFailed: "kill failed",
		StatusKillZero: "kill password is zero", 0x0B: "not supported by the tag", StatusAccessZero: "access password is zero",
		0x0D: "the tag is protected already", 0x0E: "the tag is not protected", 0x10: "6B byte is locked",
		0x11: "6B byte cannot be locked", 0x12: "6B byte is locked already", 0x13: "setting could not be saved",
		0x14: "cannot be adjusted", 0x15: "6B inventory finished", 0x16: "6B scan time over", 0x17: "6B more data follows",
		0x18: "6B memory is full", 0x19: "EAS or custom command failed", 0x1A: "custom command failed",
		StatusStatistics: "statistics", StatusHeartbeat: "heartbeat", StatusAntenna: "antenna is not connected",
		StatusExecution: "execution failed", StatusPoorLink: "poor communication with the tag", StatusNoTag: "no tag in the field",
		StatusTagError: "the tag reported an error", StatusLength: "wrong length",
		StatusNotAccepted: "unknown command, or damaged on the line", StatusParameter: "parameter out of range",
	}
	word, known := words[s]
	return word, known
}
