package devices

import (
	"errors"
	"io/fs"
)

// The codes of a device that is down, for fact.DeviceReport.
const (
	// CodePortMissing: the port is not there. The adapter is unplugged, or the path is wrong.
	CodePortMissing = "port-missing"
	// CodePortBusy: another program has the port.
	CodePortBusy = "port-busy"
	// CodePortUnusable: the port is there but cannot be opened (rights, not a serial port).
	CodePortUnusable = "port-unusable"
	// CodeLineLost: the port went away, or failed, while it was in use.
	CodeLineLost = "line-lost"
	// CodeNoAnswer: the line works and nobody answers on it.
	CodeNoAnswer = "no-answer"
	// CodeGarbage: something answers and it makes no sense: baud rate, cabling, another protocol.
	CodeGarbage = "garbage"
	// CodeHandshakeFailed: the device answers and refuses what it was asked at the start.
	CodeHandshakeFailed = "handshake-failed"
	// CodeUnstable: the device comes and goes all the time. It is at fault until one state lasts.
	CodeUnstable = "unstable"
	// CodeStopped: the driver ended without saying why. It is a fault of the program.
	CodeStopped = "driver-stopped"
)

// ErrBusy says that a port is in use by another program.
var ErrBusy = errors.New("port is in use by another program")

// Error is why a line or a device failed.
type Error struct {
	// Code is one of the codes above, in one word.
	Code string
	// Detail says it in a sentence for the technician: what, where, and what to do next.
	Detail string
	// Err is what lay underneath, or nil.
	Err error
}

// Error returns the code, the sentence and the cause.
func (e *Error) Error() string {
	text := e.Code + ": " + e.Detail
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of any error of a Dial or a Driver: the code of the Error in
// its chain, or what can be told from ErrBusy and fs.ErrNotExist, or CodeLineLost.
func CodeOf(err error) string {
	var known *Error
	switch {
	case errors.As(err, &known):
		return known.Code
	case errors.Is(err, fs.ErrNotExist):
		return CodePortMissing
	case errors.Is(err, ErrBusy):
		return CodePortBusy
	}
	return CodeLineLost
}

// detailOf returns the sentence for the technician.
func detailOf(err error) string {
	var known *Error
	if errors.As(err, &known) {
		return known.Detail
	}
	return err.Error()
}
