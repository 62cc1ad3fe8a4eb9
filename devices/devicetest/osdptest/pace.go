package osdptest

import (
	"io"
	"time"
)

// Paced is a line of a real speed on top of one that has none, such as a pty: what the
// panel sends is heard when its last byte has had its time on the line, and what a reader
// says goes out byte by byte. A character is 10 bits. Read and Write are for one goroutine,
// as ServeLine uses them.
type Paced struct {
	rw        io.ReadWriter
	character time.Duration
	freeAt    time.Time // when the last byte that was read has passed
}

// NewPaced puts a line of bitsPerSecond on rw.
func NewPaced(rw io.ReadWriter, bitsPerSecond int) *Paced {
	return &Paced{rw: rw, character: 10 * time.Second / time.Duration(bitsPerSecond)}
}

// Read returns when what it read has had its time on the line.
func (p *Paced) Read(b []byte) (int, error) {
	n, err := p.rw.Read(b)
	start := time.Now()
	if start.Before(p.freeAt) {
		start = p.freeAt
	}
	p.freeAt = start.Add(time.Duration(n) * p.character)
	waitUntil(p.freeAt)
	return n, err
}

// Write sends each byte when it would have arrived whole.
func (p *Paced) Write(b []byte) (int, error) {
	start, sent := time.Now(), 0
	for sent < len(b) {
		waitUntil(start.Add(time.Duration(sent+1) * p.character))
		due := min(max(int(time.Since(start)/p.character), sent+1), len(b))
		n, err := p.rw.Write(b[sent:due])
		sent += n
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// SetDeadline passes on what ends a waiting read.
func (p *Paced) SetDeadline(t time.Time) error {
	if d, ok := p.rw.(interface{ SetDeadline(time.Time) error }); ok {
		return d.SetDeadline(t)
	}
	return nil
}
