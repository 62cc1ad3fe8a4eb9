package line

import "time"

// Limits of the line, each with its reason.
const (
	// connectMax and writeMax bound one attempt and one write.
	connectMax = 5 * time.Second
	writeMax   = 5 * time.Second
	// answerMax bounds the wait for one answer of the broker: an attempt and a write.
	answerMax = connectMax + writeMax
	// goodbyeMax bounds what is said before a line is closed.
	goodbyeMax = writeMax
	// keepAlive is how soon a dead connection is noticed (SPEC.md of lockwire, section 1).
	keepAlive = 5 * time.Second
)
