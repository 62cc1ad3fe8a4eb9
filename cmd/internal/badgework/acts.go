package badgework

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"trilock/configs"
	"trilock/custody/fact"
	"trilock/devices"
)

// actsFile is the name of the record of work in the data folder.
const actsFile = "badge-acts"

// Limits of the record of work, each with its reason.
const (
	// actLen is one line: ids of 40 characters, and a sentence.
	actLen = 4 << 10
	// MaxActs is what the daemon takes at one start; the rest stays for the next. A site that
	// changes all keys at once has some hundreds.
	MaxActs = 1000
)

// Act is one thing that was done to a reader, in the name of two persons.
type Act struct {
	At     time.Time     `json:"at"`
	Device fact.DeviceID `json:"device"`
	// Code is one of the codes of package badge or of those below.
	Code   string           `json:"code"`
	By     [2]fact.PersonID `json:"by"`
	Detail string           `json:"detail"`
}

// Codes of acts beside those of package badge.
const (
	// CodeActBegun: two persons have begun with a reader; what came of it follows.
	CodeActBegun = "act-begun"
	// CodeActFailed: what two persons had begun came to nothing.
	CodeActFailed = "act-failed"
	// CodeSpeedChanged: the readers of a line have proved themselves at another speed.
	CodeSpeedChanged = "speed-changed"
)

// Note makes an act durable.
func Note(data configs.File, a Act) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	path := filepath.Join(string(data), actsFile)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("record of work on readers: %w", err)
	}
	// The daemon, not the superuser who may have made the file, has to take it up.
	if folder, e := os.Stat(string(data)); e == nil && os.Geteuid() == 0 {
		if owner, ok := folder.Sys().(*syscall.Stat_t); ok {
			err = f.Chown(int(owner.Uid), int(owner.Gid))
		}
	}
	if err == nil {
		_, err = f.Write(append(text, '\n'))
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("record of work on readers: %w", err)
	}
	return syncFolder(path)
}

// Handover is the acts that the daemon takes into its record.
type Handover struct {
	path string
	acts []Act
	size int64 // of what was read
}

// Acts reads what was noted. A line that cannot be read, as a power cut may leave it, is
// an act of its own, so that it is looked into.
func Acts(data configs.File) (*Handover, error) {
	h := &Handover{path: filepath.Join(string(data), actsFile)}
	f, err := os.Open(h.path)
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err != nil {
		return nil, fmt.Errorf("record of work on readers: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	lines := bufio.NewReaderSize(f, actLen)
	for len(h.acts) < MaxActs {
		line, err := lines.ReadSlice('\n')
		h.size += int64(len(line))
		if len(line) > 0 {
			h.acts = append(h.acts, readAct(line))
		}
		if errors.Is(err, io.EOF) {
			return h, nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, fmt.Errorf("record of work on readers: %w", err)
		}
	}
	return h, nil
}

func readAct(line []byte) Act {
	var a Act
	if json.Unmarshal(line, &a) != nil || a.Device == "" {
		return Act{Code: CodeActBegun, Detail: fmt.Sprintf("a line of %d bytes in %s cannot be read", len(line), actsFile)}
	}
	return a
}

// Report hands the acts to the record, as reports of their devices. devices is who there
// is: an act of another device, or one that cannot be read, is reported of the first.
func (h *Handover) Report(ctx context.Context, sink devices.Sink, known []fact.DeviceID) error {
	if len(known) == 0 {
		return nil
	}
	for _, a := range h.acts {
		device, detail := known[0], fmt.Sprintf("%s: %s", a.Device, a.Detail)
		for _, d := range known {
			if d == a.Device {
				device, detail = d, a.Detail
			}
		}
		detail = fmt.Sprintf("%s and %s at %s: %s", a.By[0], a.By[1], a.At.Format(time.DateTime), detail)
		if err := sink.Report(ctx, fact.DeviceReport{Device: device, State: fact.DeviceUnknown, Code: a.Code, Detail: detail}); err != nil {
			return err
		}
	}
	return nil
}

// Done takes the acts that were handed over out of the file. What was noted since stays.
func (h *Handover) Done() error {
	if h.size == 0 {
		return nil
	}
	text, err := os.ReadFile(h.path)
	if err != nil || int64(len(text)) < h.size {
		return errors.Join(err, errShrunk)
	}
	if int64(len(text)) == h.size {
		return errors.Join(os.Remove(h.path), syncFolder(h.path))
	}
	rest := h.path + ".rest"
	f, err := os.OpenFile(rest, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text[h.size:])
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return errors.Join(os.Rename(rest, h.path), syncFolder(h.path))
}

var errShrunk = errors.New("the record of work on readers is shorter than it was: somebody has changed it")
