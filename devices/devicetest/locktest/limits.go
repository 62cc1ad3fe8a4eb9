package locktest

import "time"

// Limits of the simulated lock and of the broker's starter, each with its reason.
const (
	// motorTravel is how long the bolt's motor runs: a small gear motor on a safe bolt.
	motorTravel = 80 * time.Millisecond
	// heartbeatEvery is what SPEC.md of lockwire asks for.
	heartbeatEvery = time.Second
	// outboxMax is how many events a lock keeps while it cannot send: the memory of a small
	// microcontroller. The oldest give way; the State after reconnecting tells how things are.
	outboxMax = 64
	// refusalsPerSecond bounds the answers to messages that cannot be read (SPEC.md section 5).
	refusalsPerSecond = 5
	// redialFirst and redialMax bound the wait between two attempts to reach the broker.
	redialFirst = 100 * time.Millisecond
	redialMax   = 5 * time.Second
	// connectMax and writeMax bound one attempt and one write.
	connectMax = 5 * time.Second
	writeMax   = 5 * time.Second
	// keepAlive is how soon a dead connection is noticed (SPEC.md section 1).
	keepAlive = 5 * time.Second
	// brokerStartMax and brokerStopMax bound the start and the stop of a real mosquitto.
	brokerStartMax = 20 * time.Second
	brokerStopMax  = 10 * time.Second
	// brokerLookEvery is how often the starter tries whether mosquitto answers already.
	brokerLookEvery = 20 * time.Millisecond
	// brokerLogShown is how much of mosquitto's log goes into an error.
	brokerLogShown = 2000
)
