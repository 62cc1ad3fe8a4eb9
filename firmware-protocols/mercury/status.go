package mercury

import "fmt"

// Status is the two bytes behind the opcode of every answer.
type Status uint16

// The states that a driver must tell apart.
const (
	StatusOK Status = 0x0000
	// StatusInvalidOpcode also means that the module is in its boot loader; to OpBoot,
	// that it is not.
	StatusInvalidOpcode Status = 0x0101
	StatusPowerTooHigh  Status = 0x0103
	StatusParameter     Status = 0x0105
	StatusPowerTooLow   Status = 0x0106
	StatusRegion        Status = 0x010B // none is set, or one that the module may not use
	StatusNoTags        Status = 0x0400 // in a stream: alive, and no tag
	StatusNoProtocol    Status = 0x0401
	StatusNoData        Status = 0x0404
	StatusWriteFailed   Status = 0x0406
	StatusTag           Status = 0x040A
	StatusKillPassword  Status = 0x040C
	StatusKillFailed    Status = 0x040E
	// Those from here on are the tag's own code behind 042.
	StatusTagOther         Status = 0x0420
	StatusTagOverrun       Status = 0x0423
	StatusTagLocked        Status = 0x0424
	StatusTagPower         Status = 0x042B
	StatusTagUnknown       Status = 0x042F
	StatusAntennaMissing   Status = 0x0503
	StatusOverTemperature  Status = 0x0504
	StatusReturnLoss       Status = 0x0505
	StatusAntennaUndefined Status = 0x0507
	StatusBufferFull       Status = 0x0601
)

// String says the status in words.
func (s Status) String() string {
	if word, known := statusWords(s); known {
		return word
	}
	return fmt.Sprintf("status %04X", uint16(s))
}

// statusWords is the maker's table.
func statusWords(s Status) (string, bool) {
	words := map[Status]string{
		StatusOK: "success", 0x0100: "wrong data length", StatusInvalidOpcode: "invalid opcode", 0x0102: "opcode not implemented",
		StatusPowerTooHigh: "power too high", 0x0104: "frequency not supported", StatusParameter: "parameter not supported",
		StatusPowerTooLow: "power too low", 0x0109: "feature not implemented", 0x010A: "baud rate not supported",
		StatusRegion: "region not set or not supported", 0x010C: "licence key not accepted",
		0x0200: "firmware image damaged", 0x0201: "firmware image ends too late",
		0x0300: "flash: undefined error", 0x0301: "flash: illegal sector", 0x0302: "flash: write into an area not erased",
		0x0303: "flash: write to an illegal sector", 0x0304: "flash: verification failed", 0x0305: "flash: erase failed", 0x0306: "flash: error 0306",
		StatusNoTags: "no tag", StatusNoProtocol: "no tag protocol set", 0x0402: "tag protocol not supported",
		0x0403: "written, but not locked", StatusNoData: "no data read", 0x0405: "carrier not on", StatusWriteFailed: "write failed",
		0x0407: "not with this tag protocol", 0x0408: "bad tag data", 0x0409: "bad tag address", StatusTag: "tag error",
		0x040B: "too large", StatusKillPassword: "kill password", StatusKillFailed: "kill failed", 0x040F: "tag could not be decoded",
		0x0410: "bad EPC", 0x0411: "bad count", StatusTagOther: "tag: other error", StatusTagOverrun: "tag: memory overrun or bad PC",
		StatusTagLocked: "tag: memory locked", StatusTagPower: "tag: not enough power", StatusTagUnknown: "tag: unspecific error", 0x0430: "tag: unknown error",
		0x0500: "frequency invalid", 0x0501: "channel busy", 0x0502: "transmitter already on",
		StatusAntennaMissing: "antenna not connected", StatusOverTemperature: "too hot",
		StatusReturnLoss: "too much power is reflected", StatusAntennaUndefined: "antenna configuration not valid",
		0x0600: "not as many tags in the buffer", StatusBufferFull: "tag buffer full", 0x0602: "repeated tag", 0x0603: "more tags than the buffer holds",
		0x7F00: "system error", 0x7F01: "module stopped itself",
	}
	word, known := words[s]
	return word, known
}
