package broker

import "time"

// Limits of the broker, each with its reason.
const (
	// maxLocks bounds the locks of one broker: ten safes and a spare hand.
	maxLocks = 32
	// maxPlainClients bounds the bridges of plain locks: one for each lock at the most, and
	// the daemon's second identity.
	maxPlainClients = 65
	// maxPlainTopics bounds what one of them may reach: three topics of each of 64 locks.
	maxPlainTopics = 192
	// maxNameBytes bounds a client's name, as lockwire and pki do.
	maxNameBytes = 40
	// maxPayloadBytes is twice the largest message of lockwire, with room for the broker's own header.
	maxPayloadBytes = 4096
	// maxStoreBytes bounds what is kept on disk for a daemon that is away: about 100 000
	// events; when it is full, new events are refused and locks keep what they have.
	maxStoreBytes = 64 << 20
	// maxMemoryBytes bounds the broker's streams held in memory; it uses none by choice.
	maxMemoryBytes = 16 << 20
	// maxUnacked is how many events may wait for one subscriber's acknowledgement.
	maxUnacked = 64
	// redeliverAfter is how long an event that went to a connection as it died waits before
	// it is delivered again: longer than the daemon takes to record one, short for a person who waits.
	redeliverAfter = 10 * time.Second
	// maxPendingBytes is what may wait in memory for a subscriber that does not read; then it is cut off.
	maxPendingBytes = 1 << 20
	// spareConnections are those beyond one per client: handshakes under way, old
	// connections that nobody has noticed to be dead, strangers that will be turned away.
	spareConnections = 32
	// subscriptionsPerTopic: the broker keeps two for one at QoS 1.
	subscriptionsPerTopic = 2
	// handshakeMax is how long a stranger may hold a connection before showing a certificate and a CONNECT.
	handshakeMax = 5 * time.Second
	// readyMax is how long Start waits for the listener: normally milliseconds; a slow disk at boot takes longer.
	readyMax = 20 * time.Second
	// writeMax is how long a write to a client may take before it is cut off.
	writeMax = 5 * time.Second
	// warningsPerSecond and warningsAtOnce keep a port scan from filling the log.
	warningsPerSecond = 1
	warningsAtOnce    = 20
)
