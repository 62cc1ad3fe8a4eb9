package uhf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"trilock/devices"
)

// decoder is what the codecs of all protocols offer.
type decoder[F any] interface {
	Feed(p []byte) int
	Next() (F, bool)
	Resync()
	Pending() int
	Dropped() uint64
	BadChecks() uint64
}

// wire reads frames of type F off a link and writes bytes to it.
type wire[F any] struct {
	link devices.Link
	dec  decoder[F]
	buf  []byte
	rest []byte // read from the link and not fed yet
	// dead: the line has been quiet for quietGap, so what the decoder holds is not going to be completed.
	dead   bool
	frames uint64
	// junk is what the decoder had dropped when the last frame came.
	junk uint64
}

func newWire[F any](link devices.Link, dec decoder[F]) *wire[F] {
	return &wire[F]{link: link, dec: dec, buf: make([]byte, readSize)}
}

// errQuiet says that a deadline passed without a frame.
var errQuiet = errors.New("the reader said nothing in time")

// pass calls next, which waits for a frame, until an instant: errQuiet, too, ends it well.
// A reader that never stops speaking cannot make it last.
func pass(until time.Time, next func() error) error {
	for {
		if err := next(); errors.Is(err, errQuiet) {
			return nil
		} else if err != nil {
			return err
		}
		if !time.Now().Before(until) {
			return nil
		}
	}
}

// next returns the next frame, errQuiet when there was none until then, ctx's error, or
// a devices.Error when the line is lost. The frame is valid until the next call.
func (w *wire[F]) next(ctx context.Context, until time.Time) (F, error) {
	for {
		if f, ok := w.dec.Next(); ok {
			w.frames++
			w.junk = w.dec.Dropped()
			return f, nil
		}
		switch {
		case w.dead && w.dec.Pending() > 0:
			w.dec.Resync()
		case len(w.rest) > 0:
			w.rest = w.rest[w.dec.Feed(w.rest):]
		default:
			if err := w.fill(ctx, until); err != nil {
				var none F
				return none, err
			}
		}
	}
}

// fill waits for bytes. It returns nil after a pause within a frame, too.
func (w *wire[F]) fill(ctx context.Context, until time.Time) error {
	deadline := until
	inFrame := w.dec.Pending() > 0
	if gap := time.Now().Add(quietGap); inFrame && gap.Before(until) {
		deadline = gap
	}
	if err := w.link.SetReadDeadline(deadline); err != nil {
		return lineLost(err)
	}
	if err := ctx.Err(); err != nil { // looked at behind the deadline, which the end of ctx overrules
		return err
	}
	n, err := w.link.Read(w.buf)
	switch {
	case n > 0:
		w.rest, w.dead = w.buf[:n], false
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		return lineLost(io.ErrNoProgress)
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return lineLost(err)
	case inFrame && deadline.Before(until):
		w.dead = true
		return nil
	}
	return errQuiet
}

// send writes one request.
func (w *wire[F]) send(p []byte) error {
	if _, err := w.link.Write(p); err != nil {
		return lineLost(err)
	}
	return nil
}

// settle reads and forgets until the line has been quiet for a while.
func (w *wire[F]) settle(ctx context.Context) error {
	for end := time.Now().Add(settleMax); time.Now().Before(end); {
		if _, err := w.next(ctx, time.Now().Add(settleGap)); errors.Is(err, errQuiet) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// damage is what the line has lost so far.
type damage struct{ dropped, badChecks uint64 }

func (w *wire[F]) damage() damage { return damage{w.dec.Dropped(), w.dec.BadChecks()} }

// since reports whether more was lost since then than a round may lose.
func (d damage) since(then damage) bool {
	return d.badChecks != then.badChecks || d.dropped-then.dropped > noiseBytesMax
}

// stall returns until when a running round may stay silent: not as long once something
// was lost in it, because that was perhaps its end, and the round does not count anyway.
func (w *wire[F]) stall(before damage) time.Time {
	if w.damage().since(before) {
		return time.Now().Add(stallDamaged)
	}
	return time.Now().Add(stallMax)
}

// silence is the error of a reader that did not answer: nothing came, or nothing that
// makes sense. From a reader that has made sense before, it takes more than a start-up
// message to be called nonsense.
func (w *wire[F]) silence(asked string) error {
	junk := w.dec.Dropped() - w.junk + uint64(w.dec.Pending()) //nolint:gosec // never negative
	if junk > babbleMin || w.frames == 0 && junk > 0 {
		return &devices.Error{
			Code:   devices.CodeGarbage,
			Detail: "bytes arrive that are not of this protocol: check protocol, baud rate, and whether another program drives the same reader",
			Err:    errQuiet,
		}
	}
	return &devices.Error{
		Code:   devices.CodeNoAnswer,
		Detail: fmt.Sprintf("the reader does not answer %s: check its power, the cable and the baud rate", asked),
		Err:    errQuiet,
	}
}

// lineLost keeps the link's own account, where it gives one.
func lineLost(err error) error {
	var known *devices.Error
	if errors.As(err, &known) {
		return err
	}
	return &devices.Error{Code: devices.CodeLineLost, Detail: "the line to the reader failed while it was in use", Err: err}
}
