package osdptest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"trilock/firmware-protocols/osdp"
)

// ServeLine puts readers on the far end of a line, for example the master side of a pty
// or one end of a net.Pipe, until ctx ends (nil) or the line fails. The end of ctx frees a
// waiting read by rw's SetDeadline; if rw has none that works, it is closed. (A file in
// blocking mode can be freed by neither.)
func ServeLine(ctx context.Context, rw io.ReadWriter, pds ...*PD) error {
	ctx, cancel := context.WithCancel(ctx)
	l := &line{rw: rw, pds: pds, start: time.Now()}
	defer l.late.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { free(rw) })
	defer stop()
	buffer := make([]byte, 512)
	for {
		n, err := rw.Read(buffer)
		if ctx.Err() != nil {
			return nil
		}
		if err := l.hear(ctx, buffer[:n]); ctx.Err() != nil {
			return nil
		} else if err != nil {
			return err
		}
		if err != nil {
			return fmt.Errorf("simulated OSDP line: read: %w", err)
		}
	}
}

// free ends a waiting read or write.
func free(rw io.ReadWriter) {
	if d, ok := rw.(interface{ SetDeadline(time.Time) error }); ok && d.SetDeadline(time.Unix(1, 0)) == nil {
		return
	}
	if c, ok := rw.(io.Closer); ok {
		_ = c.Close()
	}
}

// line is what all readers of one line hear.
type line struct {
	rw        io.ReadWriter
	pds       []*PD
	start     time.Time
	decoder   osdp.Decoder
	heardAt   time.Duration
	writeLock sync.Mutex
	late      sync.WaitGroup
}

// hear decodes what was read and lets every reader answer.
func (l *line) hear(ctx context.Context, heard []byte) error {
	now := time.Since(l.start)
	if now > l.heardAt+osdp.CharacterTimeout {
		l.decoder.Reset()
	}
	l.heardAt = now
	for len(heard) > 0 {
		heard = heard[l.decoder.Write(heard):]
		for f, ok := l.decoder.Next(); ok; f, ok = l.decoder.Next() {
			for _, p := range l.pds {
				if err := l.answer(ctx, p, f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// answer lets one reader answer one frame, now or later.
func (l *line) answer(ctx context.Context, p *PD, f osdp.Frame) error {
	t, ok := p.Answer(time.Since(l.start), f)
	if !ok {
		return nil
	}
	if t.After == 0 {
		return l.write(t.Raw)
	}
	l.late.Add(1)
	go func() {
		defer l.late.Done()
		timer := time.NewTimer(t.After)
		defer timer.Stop()
		select {
		case <-timer.C:
			_ = l.write(t.Raw) // the line's reader learns of a dead line by itself
		case <-ctx.Done():
		}
	}()
	return nil
}

func (l *line) write(raw []byte) error {
	l.writeLock.Lock()
	defer l.writeLock.Unlock()
	if n, err := l.rw.Write(raw); err != nil || n != len(raw) {
		return fmt.Errorf("simulated OSDP line: write: %w", errors.Join(err, shortWrite(n, len(raw))))
	}
	return nil
}

func shortWrite(n, want int) error {
	if n != want {
		return io.ErrShortWrite
	}
	return nil
}
