package fact

// Limits of the ground floor, each with its reason.
const (
	// MaxEPCBytes: the PC word counts at most 31 words of 16 bits.
	MaxEPCBytes = 62
	// MaxNameLen bounds every configured identifier: long enough for "archive-room-2-cabinet-14",
	// short enough for an MQTT topic, a metric label and a table on 80 columns.
	MaxNameLen = 40
	// MaxReadsPerRound bounds one round. A dense cabinet holds a few hundred folders; a reader or a tag
	// emulator that claims more in one round is cut here, and the cut is reported by the driver.
	MaxReadsPerRound = 4096
	// MaxPINDigits is what a keypad entry may hold; longer entries are dropped by the driver.
	MaxPINDigits = 12
)
