package lockwire

import (
	"fmt"
	"strings"
)

// Role is the direction of a topic. It is part of what every message's signature
// covers, so that an event can never be played back as a command.
type Role string

// The roles. Presence carries "1" or "0" unsigned and is therefore only a hint.
const (
	RoleCommand  Role = "cmd"    // daemon to lock
	RoleEvent    Role = "evt"    // lock to daemon
	RolePresence Role = "online" // lock to daemon, retained; the lock's will sets "0"
)

// Payloads of the presence topic.
const (
	PresenceOnline  = "1"
	PresenceOffline = "0"
)

const topicRoot = "trilock/lock/"

// Topic returns "trilock/lock/<lock>/<role>". The lock id must be valid (see ValidName).
func Topic(lock string, role Role) string { return topicRoot + lock + "/" + string(role) }

// ParseTopic takes a topic apart. Anything but exactly what Topic writes is an error.
func ParseTopic(topic string) (lock string, role Role, err error) {
	rest, found := strings.CutPrefix(topic, topicRoot)
	id, last, split := strings.Cut(rest, "/")
	role = Role(last)
	known := role == RoleCommand || role == RoleEvent || role == RolePresence
	if !found || !split || !known || !ValidName(id) {
		return "", "", fmt.Errorf("topic %.80q is none of a lock's", topic)
	}
	return id, role, nil
}

// ValidName reports whether text can name a lock or a safe: 1 to MaxNameBytes of a-z,
// 0-9 and '-', not beginning with '-'. No such name holds a character that means
// something in a topic, a file name or a certificate.
func ValidName(text string) bool { return validName(text, MaxNameBytes) }

func validName[S string | []byte](text S, most int) bool {
	if len(text) == 0 || len(text) > most || text[0] == '-' {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
