package daemon

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"trilock/custody/presence"
)

const (
	// learntName is the file in the data folder that keeps what presence has learnt.
	learntName = "presence.learnt"
	// learntMax bounds it: a million tags, and a site whose antennas all hear one another's places.
	learntMax = 256 << 20
	// learntForm numbers its form.
	learntForm = 1
)

// learntFile keeps what presence has learnt beyond a restart: a line that says what follows, and then that, as
// trilock calibrate writes it. It is a cache: whatever is wrong with it, presence learns again.
type learntFile struct {
	path string
	plan string
}

// learntHead is the first line of the file.
type learntHead struct {
	Form   int    `json:"form"`
	Plan   string `json:"plan"` // the fingerprint of the places and antennas that it was learnt with
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// newLearntFile returns the file of a site in its data folder.
func newLearntFile(dir string, site presence.Site) (learntFile, error) {
	// Which place an antenna watches and what adjoins what decides what can be learnt; doors have their own names.
	plan, err := json.Marshal(presence.Site{Places: site.Places, Antennas: site.Antennas})
	if err != nil {
		return learntFile{}, fmt.Errorf("fingerprint of the site plan: %w", err)
	}
	return learntFile{path: filepath.Join(dir, learntName), plan: fingerprint(plan)}, nil
}

func fingerprint(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Learnt returns what was kept last. The error says why there is nothing, or nothing that can be used.
func (f learntFile) Learnt() (presence.Learnt, error) {
	text, err := readAtMost(f.path, learntMax)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return presence.Learnt{}, fmt.Errorf("%s is not there: nothing was kept yet", f.path)
	case err != nil:
		return presence.Learnt{}, err
	}
	first, body, _ := bytes.Cut(text, []byte("\n"))
	var head learntHead
	if err := json.Unmarshal(first, &head); err != nil {
		return presence.Learnt{}, fmt.Errorf("%s is damaged: its first line is none that the daemon writes", f.path)
	}
	switch {
	case head.Form != learntForm:
		return presence.Learnt{}, fmt.Errorf("%s has form %d, this version reads form %d", f.path, head.Form, learntForm)
	case head.Plan != f.plan:
		return presence.Learnt{}, fmt.Errorf("%s was learnt with other places or antennas than the configuration has now", f.path)
	case len(body) != head.Bytes || fingerprint(body) != head.SHA256:
		return presence.Learnt{}, fmt.Errorf("%s is damaged: its content is not what was written", f.path)
	}
	var learnt presence.Learnt
	if err := json.Unmarshal(body, &learnt); err != nil {
		return presence.Learnt{}, fmt.Errorf("%s: %w", f.path, err)
	}
	return learnt, nil
}

// readAtMost reads a file, and fails when it is longer than most.
func readAtMost(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("%s is longer than %d bytes, which the daemon never writes", path, most)
	}
	return text, err
}

// Keep replaces what was kept before: there is the old or the new, whole, whenever the power fails.
func (f learntFile) Keep(learnt presence.Learnt) error {
	body, err := json.Marshal(learnt)
	if err != nil {
		return fmt.Errorf("keeping what presence has learnt: %w", err)
	}
	head, err := json.Marshal(learntHead{Form: learntForm, Plan: f.plan, Bytes: len(body), SHA256: fingerprint(body)})
	switch {
	case err != nil:
		return fmt.Errorf("keeping what presence has learnt: %w", err)
	case len(head)+1+len(body) > learntMax:
		return fmt.Errorf("keeping what presence has learnt: %d bytes, at most %d are kept", len(body), learntMax)
	}
	next := f.path + ".new"
	err = writeDurably(next, append(append(head, '\n'), body...))
	if err == nil {
		err = os.Rename(next, f.path)
	}
	if err != nil {
		return fmt.Errorf("keeping what presence has learnt: %w", err)
	}
	return syncDir(filepath.Dir(f.path))
}

func writeDurably(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}
