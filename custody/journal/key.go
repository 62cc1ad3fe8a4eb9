package journal

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	keyFile    = "journal.key"
	publicFile = "journal.pub"
	// newSuffix marks a key whose record is not begun yet.
	newSuffix = ".new"
)

// signingKey signs checkpoints and checks them.
type signingKey struct {
	signer   note.Signer
	verifier note.Verifier
	public   string // the verifier's text form
}

// loadKey reads the key of dir.
func loadKey(dir, origin string) (signingKey, error) {
	path := filepath.Join(dir, keyFile)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return signingKey{}, &Error{Path: path, Found: "the record exists but its signing key is gone",
			Next: "restore " + keyFile + " from the backup; a new key would hide that the old one was lost"}
	case err != nil:
		return signingKey{}, &Error{Path: path, Found: "the signing key cannot be examined", Err: err,
			Next: "give it to the daemon's user with mode 0600"}
	case info.Mode().Perm()&0o077 != 0:
		return signingKey{}, &Error{Path: path, Found: fmt.Sprintf("the signing key has mode %04o: others can use it", info.Mode().Perm()),
			Next: "set mode 0600 and find out who could have read it"}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return signingKey{}, &Error{Path: path, Found: "the signing key cannot be read", Err: err,
			Next: "give it to the daemon's user with mode 0600"}
	}
	key, err := parseKey(strings.TrimSpace(string(text)))
	if err != nil {
		return signingKey{}, &Error{Path: path, Found: "the signing key is damaged", Err: err, Next: "restore it from the backup"}
	}
	if key.signer.Name() != origin {
		return signingKey{}, &Error{Path: path, Found: fmt.Sprintf("the signing key is for %q, the site signs as %q", key.signer.Name(), origin),
			Next: "set the site's name back in the configuration, or use this site's own data folder"}
	}
	return key, nil
}

// createKey makes the site's key, under a preliminary name: see adoptKey. A key that is
// there already, without a record, is the sign of a record that got lost.
func createKey(dir, origin string) (signingKey, error) {
	path := filepath.Join(dir, keyFile)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return signingKey{}, &Error{Path: path, Found: "there is a signing key but no record that it signed", Err: err,
			Next: "restore " + databaseFile + " from the backup; to begin a new record on purpose, move " + keyFile + " away"}
	}
	secret, public, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return signingKey{}, fmt.Errorf("journal %s: create the signing key: %w", dir, err)
	}
	err = writeSynced(filepath.Join(dir, publicFile), public+"\n", 0o644)
	if err == nil {
		err = writeSynced(path+newSuffix, secret+"\n", 0o600)
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return signingKey{}, &Error{Path: path, Found: "the signing key cannot be written", Err: err,
			Next: "make the folder writable for the daemon's user and free space on its disk"}
	}
	return parseKey(secret)
}

// adoptKey gives the new key its final name once the record that it signs is durable. After a
// first start that was cut short in between, the next start does it.
func adoptKey(dir string) error {
	path := filepath.Join(dir, keyFile)
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	if _, err := os.Lstat(path + newSuffix); errors.Is(err, fs.ErrNotExist) {
		return nil // loadKey says that the key is gone
	}
	if err := errors.Join(os.Rename(path+newSuffix, path), syncDir(dir)); err != nil {
		return &Error{Path: path, Found: "the signing key cannot take its name", Err: err, Next: "make the folder writable for the daemon's user"}
	}
	return nil
}

// writeSynced writes a file and waits until the disk has it.
func writeSynced(path, text string, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir makes new names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// parseKey reads "PRIVATE+KEY+<name>+<hash>+<base64 of algorithm byte and seed>" and derives
// the public half, which the note package does not hand out.
func parseKey(text string) (signingKey, error) {
	signer, err := note.NewSigner(text)
	if err != nil {
		return signingKey{}, err
	}
	parts := strings.SplitN(text, "+", 5)
	if len(parts) != 5 {
		return signingKey{}, errors.New("not a private note key")
	}
	raw, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return signingKey{}, errors.New("not an Ed25519 note key")
	}
	pub, ok := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return signingKey{}, errors.New("not an Ed25519 note key")
	}
	public, err := note.NewEd25519VerifierKey(signer.Name(), pub)
	if err != nil {
		return signingKey{}, err
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return signingKey{}, err
	}
	return signingKey{signer: signer, verifier: verifier, public: public}, nil
}

// sign returns the checkpoint over a tree: see the package comment.
func (k signingKey) sign(size int64, root tlog.Hash) ([]byte, error) {
	text := k.signer.Name() + "\n" + strconv.FormatInt(size, 10) + "\n" + root.String() + "\n"
	return note.Sign(&note.Note{Text: text}, k.signer)
}

// open checks a checkpoint's signature and returns what it says.
func (k signingKey) open(signed []byte) (size int64, root tlog.Hash, err error) {
	n, err := note.Open(signed, note.VerifierList(k.verifier))
	if err != nil {
		return 0, root, fmt.Errorf("checkpoint: %w", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != k.signer.Name() || lines[3] != "" {
		return 0, root, errors.New("checkpoint: not the three lines of this site")
	}
	size, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return 0, root, fmt.Errorf("checkpoint: size %q", lines[1])
	}
	root, err = tlog.ParseHash(lines[2])
	if err != nil {
		return 0, root, fmt.Errorf("checkpoint: root: %w", err)
	}
	return size, root, nil
}
