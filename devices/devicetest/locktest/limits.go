package locktest

import "time"

// Limits of the simulated lock and of the broker's starter, each with its reason.
const (
	// motorTravel is how long the bolt's motor runs: a small gear motor on a safe bolt.
	motorTravel = 80 * time.Millisecond
	// roundTripsKept are enough for a 99th percentile.
	roundTripsKept = 4096
	// throwAttempts and throwAgainAfter: a bolt that did not arrive is thrown again, a few
	// times and not at once, so that the motor does not burn.
	throwAttempts   = 3
	throwAgainAfter = 300 * time.Millisecond
	// batteryLow is the percentage at which a lock asks for a new battery.
	batteryLow = 20
	// heartbeatEvery is what SPEC.md of lockwire asks for.
	heartbeatEvery = time.Second
	// outboxMax is how many events a lock keeps while it cannot send: the memory of a small
	// microcontroller. The oldest give way; the State after reconnecting tells how things are.
	outboxMax = 64
	// refusalsPerSecond bounds the answers to messages that cannot be read (SPEC.md section 5).
	refusalsPerSecond = 5
	// redialFirst and redialMax bound the wait between two attempts to reach the broker.
	// With redialJitter on top it stays below the 5 s of SPEC.md section 1.
	redialFirst  = 100 * time.Millisecond
	redialMax    = 4 * time.Second
	redialJitter = 0.2
	// brokerStartMax and brokerStopMax bound the start and the stop of a real mosquitto.
	brokerStartMax = 20 * time.Second
	brokerStopMax  = 10 * time.Second
	// brokerLookEvery is how often the starter tries whether mosquitto answers already.
	brokerLookEvery = 20 * time.Millisecond
	// brokerLogShown is how much of mosquitto's log goes into an error.
	brokerLogShown = 2000
)
