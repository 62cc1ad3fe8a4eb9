package daemon

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// secretLen is the length of the daemon's own keys: what HMAC-SHA-256 takes without hashing.
const secretLen = 32

// secret returns the key of a name from the data folder, making it at the first start.
// Losing pin.key makes every registered PIN useless; losing session.key signs everybody out.
func secret(dir, name string) ([]byte, error) {
	path := filepath.Join(dir, name)
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newSecret(path)
	}
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", path, err)
	}
	if len(key) != secretLen {
		return nil, fmt.Errorf("key %s has %d bytes, want %d: restore it from the backup", path, len(key), secretLen)
	}
	return key, nil
}

func newSecret(path string) ([]byte, error) {
	key := make([]byte, secretLen)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making key %s: %w", path, err)
	}
	_, err = f.Write(key)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("making key %s: %w", path, err)
	}
	return key, syncDir(filepath.Dir(path))
}

// syncDir makes a new file's name durable, not only its content.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
