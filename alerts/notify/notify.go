// Package notify is the seam between the outbox and the world: what a channel is, and what
// its errors mean. It owns no channel; each has a package of its own below this one.
//
// It refuses fire-and-forget: a channel says nil only when the other side has taken the
// notice, and otherwise says whether trying again can help.
package notify

import (
	"context"
	"errors"
	"time"

	"trilock/alerts"
)

// Notifier is one channel to people.
type Notifier interface {
	// Notify hands one notice to the other side and returns when it has taken it. Any error
	// means that it may not have: the notice will be sent again under the same ID, unless the
	// error is Permanent. Notify gives up when ctx ends. It is never called twice at a time.
	Notify(ctx context.Context, n alerts.Notice) error
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

// Permanent marks an error as final: the other side has refused this notice, or the channel can
// never carry it, and sending it again would end the same. Nil stays nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

// IsPermanent reports whether err, or an error that it wraps, is marked by Permanent.
func IsPermanent(err error) bool {
	var p *permanentError
	return errors.As(err, &p)
}

type laterError struct {
	err   error
	after time.Duration
}

func (e *laterError) Error() string { return e.err.Error() }
func (e *laterError) Unwrap() error { return e.err }

// Later marks a temporary error with the time that the other side asked to be left alone
// for. Nil stays nil.
func Later(err error, after time.Duration) error {
	if err == nil {
		return nil
	}
	return &laterError{err, after}
}

// After returns how long the other side asked to be left alone, as marked by Later; 0 when
// it did not ask.
func After(err error) time.Duration {
	var l *laterError
	if errors.As(err, &l) {
		return l.after
	}
	return 0
}
