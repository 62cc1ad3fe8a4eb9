package link

import "time"

// Limits of the connection, each with its reason.
const (
	// lookEvery is how often Look is called: small against the second that a lock may at
	// least be silent.
	lookEvery = 250 * time.Millisecond
	// redialFirst and redialMax bound the wait between attempts to reach the broker; with
	// redialJitter on top, which keeps three locks and a daemon from dialling in step, it stays below 5 s.
	redialFirst  = 100 * time.Millisecond
	redialMax    = 4 * time.Second
	redialJitter = 0.2
	// connectMax bounds one attempt, writeMax one write.
	connectMax = 5 * time.Second
	writeMax   = 3 * time.Second
	// keepAlive is how soon a broker that went without a word is noticed: twice this, at most.
	keepAlive = 5 * time.Second
	// commandMax bounds the wait for the broker's acknowledgement of a command: a nonce
	// lives 60 s, and people are standing there.
	commandMax = 5 * time.Second
	// goodbyeMillis is how long closing waits for the broker to take the goodbye.
	goodbyeMillis = 250
	// arrivalsMax is how many messages wait between the connection and the driver: what a
	// broker sends before it must be acknowledged, for every lock (broker.maxUnacked is 64).
	arrivalsMax = 256
)
