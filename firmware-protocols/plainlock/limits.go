package plainlock

// Limits of the conventions, each with its reason.
const (
	// MaxPayloadBytes bounds one message: a Zigbee2MQTT state with every attribute of a lock
	// is below 2 KiB, and the built-in broker carries no more than this.
	MaxPayloadBytes = 4096
	// MaxTopicBytes bounds a topic: longer than any that a person types.
	MaxTopicBytes = 128
	// maxTopicLevels bounds the levels of a topic; brokers keep a tree of them.
	maxTopicLevels = 8
	// maxKeys bounds the keys of one JSON state: locks with every feature have some thirty.
	maxKeys = 128
	// maxDepth bounds how deep a JSON state nests: pin codes and schedules are three deep.
	maxDepth = 8
	// maxWordBytes bounds a plain word: the longest of any convention is "UNLOCKING".
	maxWordBytes = 16
	// maxJSONStringBytes bounds a string that is read, before its escapes are undone; others
	// are skipped at any length.
	maxJSONStringBytes = 64
)
