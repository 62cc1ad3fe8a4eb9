package journal

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"trilock/custody"
	"trilock/custody/fact"
)

const leafHeader = "trilock entry 1\n"

// row is an entry as the table holds it: every field in the form that is hashed.
type row struct {
	seq     uint64
	monoNS  int64
	wall    string
	kind    string
	actor   string
	subject string
	data    string
	leaf    tlog.Hash
}

// rowOf puts an entry into its record form, or says why it cannot be recorded.
func rowOf(e custody.Entry) (row, error) {
	refuse := func(what string, args ...any) (row, error) {
		return row{}, &BatchError{Seq: e.Seq, What: fmt.Sprintf(what, args...)}
	}
	if e.Event == nil {
		return refuse("it has no event")
	}
	if y := e.At.Wall.UTC().Year(); y < 1 || y > 9999 {
		return refuse("wall time in year %d: want 1 to 9999", y)
	}
	if e.At.Mono < 0 {
		return refuse("site time %v is before the first entry", e.At.Mono)
	}
	data, err := custody.EncodeEvent(e.Event)
	if err != nil {
		return refuse("event of kind %q cannot be encoded: %v", e.Event.Kind(), err)
	}
	if len(data) > MaxEventBytes {
		return refuse("event of kind %q has %d bytes: at most %d", e.Event.Kind(), len(data), MaxEventBytes)
	}
	r := row{
		seq: e.Seq, monoNS: int64(e.At.Mono), wall: e.At.Wall.UTC().Format(time.RFC3339Nano),
		kind: e.Event.Kind(), actor: e.Actor, subject: e.Subject, data: string(data),
	}
	if r.kind == "" {
		return refuse("its event has no kind")
	}
	for _, f := range []struct{ name, text string }{{"kind", r.kind}, {"actor", r.actor}, {"subject", r.subject}} {
		if what := wordFault(f.text); what != "" {
			return refuse("%s %s", f.name, what)
		}
	}
	r.leaf = tlog.RecordHash(r.encode())
	return r, nil
}

// wordFault says what is wrong with a short text of the record, or "". A NUL byte is
// refused because SQL functions stop there: what is shown would not be what is hashed.
func wordFault(text string) string {
	switch {
	case len(text) > MaxWordBytes:
		return fmt.Sprintf("has %d bytes: at most %d", len(text), MaxWordBytes)
	case !utf8.ValidString(text):
		return "is not valid UTF-8"
	case strings.IndexByte(text, 0) >= 0:
		return "holds a NUL byte"
	}
	return ""
}

// encode returns the leaf's data: see the package comment.
func (r row) encode() []byte {
	size := len(leafHeader) + 16 + len(r.wall) + len(r.kind) + len(r.actor) + len(r.subject) + len(r.data) + 5*4
	b := append(make([]byte, 0, size), leafHeader...)
	b = binary.BigEndian.AppendUint64(b, r.seq)
	b = binary.BigEndian.AppendUint64(b, uint64(r.monoNS)) //nolint:gosec // two's complement is the format
	for _, text := range []string{r.wall, r.kind, r.actor, r.subject, r.data} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text))) //nolint:gosec // bounded by MaxEventBytes
		b = append(b, text...)
	}
	return b
}

// entry turns the row back into what was appended.
func (r row) entry(decode decoder) (custody.Entry, error) {
	wall, err := time.Parse(time.RFC3339Nano, r.wall)
	if err != nil {
		return custody.Entry{}, fmt.Errorf("wall time %q: %w", r.wall, err)
	}
	event, err := decode(r.kind, []byte(r.data))
	if err != nil {
		return custody.Entry{}, err
	}
	return custody.Entry{
		Seq: r.seq, Actor: r.actor, Subject: r.subject, Event: event,
		At: fact.Stamp{Mono: time.Duration(r.monoNS), Wall: wall.UTC()},
	}, nil
}

// decoder is custody.DecodeEvent, or a test's own.
type decoder func(kind string, data []byte) (custody.Event, error)
