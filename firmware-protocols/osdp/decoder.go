package osdp

import (
	"bytes"
	"errors"
)

// Decoder finds frames in a stream of bytes. Its buffer holds one frame at most. A
// frame that turns out to be wrong is not thrown away whole: the search goes on at the
// byte behind its start, because the start may have been noise and the true frame lie
// inside. The zero value is ready to use.
type Decoder struct {
	buffer [MaxFrame]byte
	n      int
	frame  [MaxFrame]byte // of the last good frame
	counts DecoderCounts
}

// DecoderCounts says what the line brought besides good frames.
type DecoderCounts struct {
	// Noise counts bytes outside of frames, marks not included.
	Noise uint64
	// BadChecks counts candidates whose check was wrong.
	BadChecks uint64
	// Malformed counts candidates with a right check and an impossible content.
	Malformed uint64
	// Stalled counts frames that were begun and not finished in time.
	Stalled uint64
}

// Counts returns what was counted so far.
func (d *Decoder) Counts() DecoderCounts { return d.counts }

// Write takes as many of in's bytes as there is room for and returns how many. Call
// Next until it finds nothing more, then write the rest: after that there is always
// room for at least one byte.
func (d *Decoder) Write(in []byte) int {
	n := copy(d.buffer[d.n:], in)
	d.n += n
	return n
}

// Next returns the next good frame. Its bytes are good until the next call of Next.
func (d *Decoder) Next() (Frame, bool) {
	for {
		d.seekStart()
		if d.n < headerLen {
			return Frame{}, false
		}
		length := int(d.buffer[2]) | int(d.buffer[3])<<8
		if length < headerLen+2 || length > MaxFrame {
			d.drop(1)
			d.counts.Noise++
			continue
		}
		if d.n < length {
			return Frame{}, false
		}
		f, err := DecodeFrame(d.frame[:copy(d.frame[:], d.buffer[:length])])
		if err == nil {
			d.drop(length)
			return f, true
		}
		if errors.Is(err, ErrCheck) {
			d.counts.BadChecks++
		} else {
			d.counts.Malformed++
		}
		d.drop(1)
	}
}

// Partial reports whether the beginning of a frame is waiting for its end. It speaks of
// what Next left behind.
func (d *Decoder) Partial() bool { return d.n > 0 }

// Expire gives up the frame that was begun first, because the line has been silent for
// too long inside it. What lies behind its start byte is searched again by Next.
func (d *Decoder) Expire() {
	if d.n > 0 {
		d.counts.Stalled++
		d.drop(1)
	}
}

// Reset forgets all bytes that are not yet part of a frame.
func (d *Decoder) Reset() { d.n = 0 }

// seekStart drops everything before the first start byte.
func (d *Decoder) seekStart() {
	i := bytes.IndexByte(d.buffer[:d.n], som)
	if i < 0 {
		i = d.n
	}
	for _, b := range d.buffer[:i] {
		if b != mark {
			d.counts.Noise++
		}
	}
	d.drop(i)
}

// drop forgets the first n bytes.
func (d *Decoder) drop(n int) {
	copy(d.buffer[:], d.buffer[n:d.n])
	d.n -= n
}
