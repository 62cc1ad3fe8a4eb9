package framestest

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Request is one request of a host.
type Request struct {
	wire  string
	frame []byte
	read  func(data []byte) (got any, same bool, err error)
}

// Made returns the request that goes over the wire as wire, in hexadecimal, that the
// protocol made as frame, and whose data reads as want.
func Made[R any](wire string, frame []byte, parse func(data []byte) (R, error), want R) Request {
	return Request{wire, frame, func(data []byte) (any, bool, error) {
		got, err := parse(data)
		return got, cmp.Equal(got, want), err
	}}
}

// Parse reads data as the request's.
func (r Request) Parse(data []byte) (any, error) {
	got, _, err := r.read(data)
	return got, err
}

// Shape says where the data of a protocol's requests lies and what of it may be missing.
type Shape struct {
	// Head and Tail are how many bytes of a frame stand before its data and behind it.
	Head, Tail int
	// Optional: parts at the end of the data may be left out. What is cut off may then read
	// as another request, and must not read as this one.
	Optional bool
	// Refusal is what data of a wrong length is refused with; nil is any error.
	Refusal error
}

// Requests checks that each request was made as its wire has it, that its data reads as
// what was meant, and that neither a part of it nor more than it does. It returns the data of each.
func (s Shape) Requests(t *testing.T, requests ...Request) (all [][]byte) {
	t.Helper()
	for _, r := range requests {
		if !bytes.Equal(r.frame, Unhex(t, r.wire)) {
			t.Errorf("%s: made %X", r.wire, r.frame)
		}
		data := r.frame[s.Head : len(r.frame)-s.Tail]
		if got, same, err := r.read(data); err != nil || !same {
			t.Errorf("%s: %+v, %v", r.wire, got, err)
		}
		for n := range len(data) {
			got, same, err := r.read(data[:n:n])
			if another := s.Optional && err == nil && !same; !another && !s.refused(err) {
				t.Errorf("%s: %X was taken for %+v, %v", r.wire, data[:n], got, err)
			}
		}
		if got, _, err := r.read(append(bytes.Clone(data), 0xFE)); !s.refused(err) {
			t.Errorf("%s: a byte more was taken for %+v, %v", r.wire, got, err)
		}
		all = append(all, data)
	}
	return all
}

func (s Shape) refused(err error) bool {
	return err != nil && (s.Refusal == nil || errors.Is(err, s.Refusal))
}
