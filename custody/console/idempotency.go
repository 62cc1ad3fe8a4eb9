package console

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"sync"
)

// keyHeader is the header that makes a retry harmless.
const keyHeader = "Idempotency-Key"

// validKey reports whether a key is 1 to maxKeyLen printable ASCII characters without spaces.
func validKey(key string) bool {
	if key == "" || len(key) > maxKeyLen {
		return false
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return true
}

// keyUse remembers which request a key came with. The core answers a known key with its
// first answer, whatever is asked; without this, a key used twice by mistake would have a
// person believe that the second act was done.
type keyUse struct {
	mu    sync.Mutex
	uses  map[string][sha256.Size]byte
	order []string
}

// differs reports whether the key was seen with another request; a new one is remembered.
func (k *keyUse) differs(key string, request [sha256.Size]byte) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if seen, known := k.uses[key]; known {
		return seen != request
	}
	if k.uses == nil {
		k.uses = map[string][sha256.Size]byte{}
	}
	if len(k.order) >= maxKeysRemembered {
		delete(k.uses, k.order[0])
		k.order = k.order[1:]
	}
	k.uses[key] = request
	k.order = append(k.order, key)
	return false
}

// keyed checks the Idempotency-Key of an act and returns it in the account's own name space.
func (c *console) keyed(r *http.Request, a Account) (string, *Problem) {
	key := r.Header.Get(keyHeader)
	if key == "" {
		return "", problem(http.StatusBadRequest, "idempotency-key-missing")
	}
	if !validKey(key) {
		return "", problem(http.StatusBadRequest, "idempotency-key-malformed").fill(maxKeyLen)
	}
	body, err := io.ReadAll(r.Body)
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return "", problem(http.StatusRequestEntityTooLarge, "too-large").fill(maxBodyBytes)
	}
	if err != nil {
		return "", problem(http.StatusBadRequest, "invalid-request")
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	request := sha256.Sum256(append([]byte(r.Method+" "+r.URL.Path+"\x00"), body...))
	key = a.Name + "/" + key
	if c.keys.differs(key, request) {
		return "", problem(http.StatusUnprocessableEntity, "idempotency-key-reused")
	}
	return key, nil
}
