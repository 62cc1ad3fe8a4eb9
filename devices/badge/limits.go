package badge

import "time"

// Limits of the driver, each with its reason.
const (
	// keyPause is the longest pause between two keys of one entry: who needs longer has
	// walked away, and the digits must not serve the next person.
	keyPause = 10 * time.Second
	// factQueue is how many facts may wait for the engine. When it is full, the line rests.
	factQueue = 512
	// holdAt is how many waiting facts stop the polling: the readers then keep their
	// cards themselves, while their sessions are kept alive. The distance to factQueue
	// takes what status queries may still bring.
	holdAt = 64
	// readSize is one read from the line; the longest reply of a reader is 128 bytes.
	readSize = 512
	// presentationGap is how long a card of a reader that repeats itself must have been away
	// to be shown anew: they repeat every 50 ms or so, and a hand that shakes breaks that off.
	presentationGap = time.Second
	// maxPulse bounds the time of a strike: a door that is held open for longer is
	// wedged by mistake.
	maxPulse = time.Minute
	// tenth is the unit of all times in a reader.
	tenth = 100 * time.Millisecond
)
