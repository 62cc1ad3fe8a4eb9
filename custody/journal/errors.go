package journal

import (
	"errors"
	"fmt"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// Error says which file is concerned, what was found, and what to do next. It is what
// Open, Append and Probe return when the file, the disk or the record is at fault.
type Error struct {
	// Path is the file or folder concerned.
	Path string
	// Found is what was found, in a short sentence without a period.
	Found string
	// Next is the operator's next step.
	Next string
	// Err is the cause; nil when Found says it all.
	Err error
}

// Error returns "journal <path>: <found>: <cause>; <next>".
func (e *Error) Error() string {
	text := "journal " + e.Path + ": " + e.Found
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text + "; " + e.Next
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ErrStale says that the record on disk has grown by another hand than this Journal's.
// Nothing was written. The process must be restarted, so that it replays what it missed.
var ErrStale = errors.New("the record on disk is not where this process left it")

// BatchError says that a batch was refused because of what it holds. It is a fault of
// the program that built the batch, and would be refused again.
type BatchError struct {
	// Seq is the entry concerned; 0 when it is a posting or a settlement.
	Seq uint64
	// What says what is wrong.
	What string
}

// Error returns the sentence.
func (e *BatchError) Error() string {
	if e.Seq == 0 {
		return "journal: batch refused: " + e.What
	}
	return fmt.Sprintf("journal: batch refused: entry %d: %s", e.Seq, e.What)
}

// storage wraps an error of SQLite with the next step that its code suggests.
func (j *Journal) storage(doing string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Path: j.path, Found: doing, Err: err, Next: nextStep(err)}
}

// nextStep turns SQLite's result code into advice.
func nextStep(err error) string {
	var se sqlite3.Error
	if !errors.As(err, &se) {
		return "read the cause; when it stays, restart the daemon"
	}
	switch se.Code {
	case sqlite3.ErrFull:
		return "free space on this file system (df -h); recording goes on by itself"
	case sqlite3.ErrIoErr:
		return "check the disk and its limits (dmesg, df -h, quota); recording goes on by itself once it can be written"
	case sqlite3.ErrReadonly, sqlite3.ErrPerm, sqlite3.ErrCantOpen:
		return "make the file and its folder writable for the daemon's user, then restart"
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return "run 'trilock verify' on a copy and restore the last verified backup"
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return "another program holds the file: find it (fuser -v) and end it"
	case sqlite3.ErrConstraint:
		return "run 'trilock verify', then restart the daemon"
	}
	return "read the cause; when it stays, restart the daemon"
}
