// Package capture keeps what went over a line: every read and write of a devices.Link
// with its direction and its time, written as text, and played to a driver again.
//
//	driver ── Recorder ── Link ── port        recording: a line of text for each read and write
//	driver ── Playback                        playing: the text answers in the port's place
//
// A capture is a text file (X.bytes), so that it can be read, cut and compared by eye:
//
//	trilock capture 1
//	protocol gx-5a
//	baud 115200
//	0.000132 > 5A000102FF0000885A
//	0.004467 < 5A000102FF0001003D0E
//
// Each line of bytes has the seconds since the start, > for what the host wrote and < for
// what it read, and the bytes in hexadecimal. Times never run backwards.
//
// Playback is strict: a driver that writes something else than was recorded fails there
// and then, and Close fails when anything of the capture was left over. A session whose
// bytes depend on random numbers of the host (a secure channel of OSDP) is played to a
// driver that is given the recorded numbers, and the key, in place of its own.
package capture

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Direction is who spoke.
type Direction uint8

// The directions, as the host sees them.
const (
	// Received is what the host read.
	Received Direction = iota
	// Sent is what the host wrote.
	Sent
)

// String returns the mark of the direction in a capture: "<" or ">".
func (d Direction) String() string {
	if d == Sent {
		return ">"
	}
	return "<"
}

// Event is one read or write.
type Event struct {
	// At is the time since the recording began, in whole microseconds.
	At        time.Duration
	Direction Direction
	// Bytes is never empty.
	Bytes []byte
}

// Header says what line was recorded.
type Header struct {
	// Protocol is the protocol's name, for example "gx-5a".
	Protocol string
	// Baud is the line's speed in bit/s.
	Baud int
}

// Capture is a recorded line.
type Capture struct {
	Header
	Events []Event
}

const (
	magic        = "trilock capture 1"
	wordProtocol = "protocol "
	wordBaud     = "baud "
)

// Errors of Read.
var (
	// ErrFormat says that a text is not a capture.
	ErrFormat = errors.New("not a capture")
	// ErrTooLong says that a capture is longer than EventsMax reads and writes.
	ErrTooLong = errors.New("capture too long")
)

// Read reads a whole capture. Its errors name the line of the text and wrap ErrFormat or
// ErrTooLong, or are those of r.
func Read(r io.Reader) (Capture, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, lineMax)
	var c Capture
	for n := 1; lines.Scan(); n++ {
		if err := c.take(n, lines.Text()); err != nil {
			return Capture{}, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return Capture{}, fmt.Errorf("%w: a line of more than %d bytes", ErrFormat, lineMax)
	}
	if lines.Err() != nil {
		return Capture{}, lines.Err()
	}
	if c.Protocol == "" || c.Baud == 0 {
		return Capture{}, fmt.Errorf("%w: it ends within its head of three lines", ErrFormat)
	}
	return c, nil
}

// take reads line n of the text.
func (c *Capture) take(n int, text string) (err error) {
	switch n {
	case 1:
		if text != magic {
			return fmt.Errorf("%w: want %q, have %.40q", ErrFormat, magic, text)
		}
	case 2:
		name, ok := strings.CutPrefix(text, wordProtocol)
		if !ok || !isName(name) {
			return fmt.Errorf("%w: want %q and a name, have %.40q", ErrFormat, wordProtocol, text)
		}
		c.Protocol = name
	case 3:
		digits, ok := strings.CutPrefix(text, wordBaud)
		if c.Baud, err = strconv.Atoi(digits); !ok || err != nil || c.Baud < 1 || c.Baud > baudMax {
			return fmt.Errorf("%w: want %q and a speed in bit/s, have %.40q", ErrFormat, wordBaud, text)
		}
	default:
		e, err := parseEvent(text)
		if err != nil {
			return err
		}
		if len(c.Events) == EventsMax {
			return fmt.Errorf("%w: more than %d reads and writes", ErrTooLong, EventsMax)
		}
		if last := len(c.Events) - 1; last >= 0 && e.At < c.Events[last].At {
			return fmt.Errorf("%w: its time lies before that of the line above", ErrFormat)
		}
		c.Events = append(c.Events, e)
	}
	return nil
}

// isName reports whether a text is one word of the protocols' names.
func isName(text string) bool {
	for _, b := range []byte(text) {
		if (b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '-' {
			return false
		}
	}
	return text != "" && len(text) <= nameMax
}

func parseEvent(text string) (Event, error) {
	parts := strings.Split(text, " ")
	if len(parts) != 3 || parts[1] != "<" && parts[1] != ">" {
		return Event{}, fmt.Errorf("%w: want seconds, < or >, and bytes, have %.40q", ErrFormat, text)
	}
	at, err := parseSeconds(parts[0])
	if err != nil {
		return Event{}, err
	}
	raw, err := hex.DecodeString(parts[2])
	if err != nil || len(raw) == 0 || len(raw) > EventBytesMax {
		return Event{}, fmt.Errorf("%w: want 1 to %d bytes in hexadecimal", ErrFormat, EventBytesMax)
	}
	e := Event{At: at, Bytes: raw}
	if parts[1] == ">" {
		e.Direction = Sent
	}
	return e, nil
}

// parseSeconds reads "12.000345", always with six digits behind the point.
func parseSeconds(text string) (time.Duration, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	seconds, err := strconv.ParseUint(whole, 10, 32)
	micros, err2 := strconv.ParseUint(fraction, 10, 32)
	if err != nil || err2 != nil || len(fraction) != 6 || seconds > uint64(durationMax/time.Second) {
		return 0, fmt.Errorf("%w: want seconds with six digits behind the point, have %.40q", ErrFormat, text)
	}
	return time.Duration(seconds)*time.Second + time.Duration(micros)*time.Microsecond, nil //nolint:gosec // at most durationMax
}

// AppendText appends the capture as Read reads it.
func (c Capture) AppendText(dst []byte) []byte {
	dst = c.appendHead(dst)
	for _, e := range c.Events {
		dst = e.appendText(dst)
	}
	return dst
}

func (h Header) appendHead(dst []byte) []byte {
	return fmt.Appendf(dst, "%s\n%s%s\n%s%d\n", magic, wordProtocol, h.Protocol, wordBaud, h.Baud)
}

func (e Event) appendText(dst []byte) []byte {
	return fmt.Appendf(dst, "%d.%06d %v %X\n", e.At/time.Second, e.At%time.Second/time.Microsecond, e.Direction, e.Bytes)
}
