package lock

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"sync"

	"trilock/firmware-protocols/lockwire"
)

// sessionNames translates between the record's names of openings ("S-000042", which
// begin again with a new record) and the 128-bit ids on the wire, which never repeat: an id
// is a keyed hash of the name under a key drawn at start. Its methods may be called
// from any goroutine.
type sessionNames struct {
	key [sha256.Size]byte

	mu    sync.Mutex
	names map[lockwire.SessionID]string
	order []lockwire.SessionID // oldest first: the way out
}

func newSessionNames() *sessionNames {
	n := &sessionNames{names: map[lockwire.SessionID]string{}}
	_, _ = rand.Read(n.key[:]) // never fails: crypto/rand ends the program instead
	return n
}

// id returns the wire's id of a name, and remembers it for the answers.
func (n *sessionNames) id(name string) (lockwire.SessionID, error) {
	if name == "" || len(name) > maxSessionBytes {
		return lockwire.SessionID{}, fmt.Errorf("session name of %d bytes: want 1 to %d", len(name), maxSessionBytes)
	}
	mac := hmac.New(sha256.New, n.key[:])
	_, _ = mac.Write([]byte(name)) // a hash never fails
	var id lockwire.SessionID
	copy(id[:], mac.Sum(nil))
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, known := n.names[id]; known {
		return id, nil
	}
	if len(n.order) == sessionsKept {
		delete(n.names, n.order[0])
		n.order = n.order[1:]
	}
	n.names[id], n.order = name, append(n.order, id)
	return id, nil
}

// name returns the name behind an id; of an id from before this start, or of nobody's, its digits.
func (n *sessionNames) name(id lockwire.SessionID) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if name, known := n.names[id]; known {
		return name
	}
	return id.String()
}
