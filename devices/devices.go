// Package devices is what is plugged into the site: it owns ports and connections,
// reports facts and carries out commands. It decides nothing.
//
// One line, one driver, one goroutine:
//
//	          dial                    Run
//	serial ─────────► Link ─────────────────► Driver ──facts──► Sink (the engine)
//	  ▲                                         │
//	  └──────────── Supervisor redials ◄────────┘ returns when the line or the peer fails
//
// A driver never redials: it returns an error that says what happened, and the
// Supervisor reports the device down, waits and dials again, for ever.
package devices

import (
	"context"
	"io"
	"time"

	"trilock/custody/fact"
)

// Link is an open line to one device (or, on RS-485, to several). Read returns
// os.ErrDeadlineExceeded when the deadline passes; after any other error the link is
// dead. net.Pipe satisfies it.
type Link interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
}

// Sink takes facts. It blocks while the engine's queue is full, which slows the driver
// down to what can be recorded, and returns an error only when ctx ended.
type Sink interface {
	Report(ctx context.Context, f fact.Fact) error
}

// Driver speaks with what is on the other end of a link. Run returns when ctx ends
// (nil) or when the line or the peer failed (an error that says how, never nil). It
// does not close the link and never redials. A Driver can be Run again on a new link.
type Driver interface {
	Run(ctx context.Context, l Link, facts Sink) error
}

// Dial opens a link. The error of a port that does not exist must satisfy
// errors.Is(err, fs.ErrNotExist); of a port in use by another program, ErrBusy.
type Dial func(ctx context.Context) (Link, error)
