package badgework

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"trilock/configs"
	"trilock/firmware-protocols/osdp"
)

// KeepNext makes a reader's next key durable beside its key file, with the owner and the
// mode of that file. A key that stands there already must be the same: the reader may hold it.
func KeepNext(file configs.File, key osdp.Key) error {
	if was, pending, err := configs.ReadNextBadgeKey(file); err != nil {
		return err
	} else if pending {
		if osdp.Key(was) != key {
			return fmt.Errorf("%s%s holds another key, which the reader may have by now: end that change first", file, configs.NextKeySuffix)
		}
		return nil
	}
	like, err := os.Stat(string(file))
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	next := string(file) + configs.NextKeySuffix
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("next key: %w", err)
	}
	_, err = f.WriteString(hex.EncodeToString(key[:]) + "\n")
	if owner, ok := like.Sys().(*syscall.Stat_t); ok && err == nil && os.Geteuid() == 0 {
		err = f.Chown(int(owner.Uid), int(owner.Gid))
	}
	if err == nil {
		err = f.Chmod(like.Mode().Perm())
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = os.Remove(next) // half a key would keep the daemon from starting; it was not sent
		return fmt.Errorf("next key: %w", err)
	}
	return syncFolder(next)
}

// TakeNext puts the next key in the place of the key file: the reader has proved it.
func TakeNext(file configs.File) error {
	next := string(file) + configs.NextKeySuffix
	if err := os.Rename(next, string(file)); err != nil {
		return fmt.Errorf("the reader has proved its new key, which stands in %s: %w", next, err)
	}
	return syncFolder(next)
}

// DropNext forgets the next key: the reader is known not to hold it.
func DropNext(file configs.File) error {
	next := string(file) + configs.NextKeySuffix
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("next key: %w", err)
	}
	return syncFolder(next)
}

// syncFolder makes the names in a file's folder durable.
func syncFolder(file string) error {
	f, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
