package configs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// literal is a setting of one scalar that has a form of its own.
type literal interface {
	// set takes the text and reports whether it has the form. It keeps the text even when
	// it has not, where that helps later checks to say less.
	set(text string) bool
	// form says in words what fits.
	form() string
	// schema returns the JSON Schema of the form.
	schema() map[string]any
}

// vocabulary is a setting that is one of a fixed set of words.
type vocabulary interface{ words() []string }

// ID names a place, a door, a safe, a device or a channel: [a-z0-9][a-z0-9-]*, at most MaxIDLen bytes.
type ID string

const idPattern = `^[a-z0-9][a-z0-9-]*$`

var idForm = regexp.MustCompile(idPattern)

func (id *ID) set(text string) bool {
	*id = ID(text)
	return len(text) <= MaxIDLen && idForm.MatchString(text)
}

func (*ID) form() string {
	return "an id of a-z, 0-9 and hyphens that begins with no hyphen, at most 40 characters"
}

func (*ID) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": idPattern, "maxLength": MaxIDLen}
}

// PersonID is a person's number in the site's register, for example "P-0001".
type PersonID string

const personPattern = `^[A-Za-z0-9][A-Za-z0-9-]*$`

var personForm = regexp.MustCompile(personPattern)

func (p *PersonID) set(text string) bool {
	*p = PersonID(text)
	return len(text) <= MaxIDLen && personForm.MatchString(text)
}

func (*PersonID) form() string { return "a person's number in the register, such as P-0001" }

func (*PersonID) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": personPattern, "maxLength": MaxIDLen}
}

// Duration is a length of time, written as Go writes it: "30s", "10m", "1h30m".
type Duration time.Duration

const durationPattern = `^([0-9]+(\.[0-9]*)?(ns|us|µs|μs|ms|s|m|h))+$`

// Std returns the duration as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String writes the duration as a person would: "10m", not "10m0s".
func (d Duration) String() string {
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func (d *Duration) set(text string) bool {
	parsed, err := time.ParseDuration(text)
	*d = Duration(parsed)
	return err == nil
}

func (*Duration) form() string { return "a duration such as 30s, 10m or 48h" }

func (*Duration) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": durationPattern}
}

// TimeOfDay is a time of day as people write it, counted from midnight: "08:00". "24:00" is
// the end of the day.
type TimeOfDay time.Duration

const timeOfDayPattern = `^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$`

var timeOfDayForm = regexp.MustCompile(timeOfDayPattern)

// Std returns the time since midnight.
func (t TimeOfDay) Std() time.Duration { return time.Duration(t) }

// String writes the time as it is written in the file.
func (t TimeOfDay) String() string {
	return fmt.Sprintf("%02d:%02d", int(t.Std().Hours()), int(t.Std().Minutes())%60)
}

func (t *TimeOfDay) set(text string) bool {
	if !timeOfDayForm.MatchString(text) {
		return false
	}
	var hour, minute int
	if _, err := fmt.Sscanf(text, "%d:%d", &hour, &minute); err != nil {
		return false
	}
	*t = TimeOfDay(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	return true
}

func (*TimeOfDay) form() string { return "a time of day such as 08:00" }

func (*TimeOfDay) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": timeOfDayPattern}
}

// File is the path of a file or folder. After loading it is resolved: relative paths
// are relative to the configuration's folder.
type File string

func (f *File) set(text string) bool {
	*f = File(text)
	return text != "" && !strings.ContainsRune(text, 0)
}

func (*File) form() string { return "a path" }

func (*File) schema() map[string]any {
	return map[string]any{"type": "string", "minLength": 1, "maxLength": MaxTextLen}
}

// in returns the path as seen from folder dir.
func (f File) in(dir string) File {
	if filepath.IsAbs(string(f)) {
		return File(filepath.Clean(string(f)))
	}
	return File(filepath.Join(dir, string(f)))
}

// SerialPort is the path of a serial port, absolute and cleaned.
type SerialPort string

func (p *SerialPort) set(text string) bool {
	*p = SerialPort(filepath.Clean(text))
	return filepath.IsAbs(text)
}

func (*SerialPort) form() string { return "a path such as /dev/serial/by-id/..." }

func (*SerialPort) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": "^/", "maxLength": MaxTextLen}
}

// TokenHash is the SHA-256 of an account's token. The token itself is in no file.
type TokenHash [sha256.Size]byte

func (h *TokenHash) set(text string) bool {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(h) {
		return false
	}
	copy(h[:], raw)
	return true
}

func (*TokenHash) form() string {
	return "the SHA-256 of the token as 64 hexadecimal digits"
}

func (*TokenHash) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": "^[0-9A-Fa-f]{64}$"}
}

// String returns the first digits of the hash: enough to tell two accounts apart, useless to guess from.
func (h TokenHash) String() string { return "sha256:" + hex.EncodeToString(h[:3]) + "…" }
