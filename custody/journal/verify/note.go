package verify

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// algEd25519 is the algorithm byte of a note key (c2sp.org/signed-note).
const algEd25519 = 1

// strict base64 leaves no bit of a signature without meaning.
var strict = base64.StdEncoding.Strict()

// publicKey is a note verifier key: "<name>+<8 hex digits>+<base64 of algorithm and key>".
type publicKey struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func parseKey(text string) (publicKey, error) {
	parts := strings.SplitN(strings.TrimSpace(text), "+", 3)
	if len(parts) != 3 || parts[0] == "" {
		return publicKey{}, errors.New("not of the form <name>+<hash>+<key>")
	}
	raw, err := strict.DecodeString(parts[2])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != algEd25519 {
		return publicKey{}, errors.New("not an Ed25519 key")
	}
	sum := sha256.Sum256([]byte(parts[0] + "\n" + string(raw)))
	id := binary.BigEndian.Uint32(sum[:])
	if parts[1] != fmt.Sprintf("%08x", id) {
		return publicKey{}, errors.New("its hash does not belong to it: it was not copied whole")
	}
	return publicKey{name: parts[0], id: id, key: raw[1:]}, nil
}

// open checks the signature of a checkpoint and returns what it says. The note has exactly one
// signature line, and no byte that does not count.
func (k publicKey) open(note []byte) (size uint64, root hash, err error) {
	if !utf8.Valid(note) || !bytes.HasSuffix(note, []byte("\n")) {
		return 0, root, errors.New("it is not a note")
	}
	text, signature, found := strings.Cut(string(note), "\n\n")
	if !found {
		return 0, root, errors.New("it has no signature")
	}
	text += "\n"
	encoded, ours := strings.CutPrefix(strings.TrimSuffix(signature, "\n"), "— "+k.name+" ")
	// Even a strict decoder passes over line breaks: a note with any is not ours.
	if !ours || strings.ContainsAny(encoded, "\r\n") {
		return 0, root, errors.New("it is not signed under this name")
	}
	raw, err := strict.DecodeString(encoded)
	if err != nil || len(raw) != 4+ed25519.SignatureSize || binary.BigEndian.Uint32(raw) != k.id {
		return 0, root, errors.New("its signature is by another key, or damaged")
	}
	if !ed25519.Verify(k.key, []byte(text), raw[4:]) {
		return 0, root, errors.New("its signature does not fit its text")
	}
	return k.parse(text)
}

// parse reads the three lines of a checkpoint: origin, size, root.
func (k publicKey) parse(text string) (size uint64, root hash, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] != k.name || lines[3] != "" {
		return 0, root, errors.New("it has not the three lines of a checkpoint of this site")
	}
	size, err = strconv.ParseUint(lines[1], 10, 63)
	if err != nil || strconv.FormatUint(size, 10) != lines[1] {
		return 0, root, fmt.Errorf("its size is %q", lines[1])
	}
	raw, err := strict.DecodeString(lines[2])
	if err != nil || len(raw) != len(root) {
		return 0, root, fmt.Errorf("its root is %q", lines[2])
	}
	return size, hash(raw), nil
}
