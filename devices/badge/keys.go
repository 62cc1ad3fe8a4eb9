package badge

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"trilock/custody/fact"
	"trilock/firmware-protocols/osdp"
)

// Errors of ChangeKey and Install, beside those of package osdp.
var (
	// ErrKeyChange: a change of this reader's key is under way already.
	ErrKeyChange = errors.New("a change of this reader's key is under way")
	// ErrKeyRefused: the reader keeps its old key.
	ErrKeyRefused = errors.New("the reader did not take its new key and keeps the old one")
	// ErrInterrupted: the line was lost in the middle. A key that was sent already is looked
	// for as soon as the line is back.
	ErrInterrupted = errors.New("the line was lost in the middle of the change")
	// ErrInstallClosed: the window closed before the reader had acknowledged its key.
	ErrInstallClosed = errors.New("install mode closed before the reader had its key")
)

// KeepKey makes a reader's next key durable, beside the key that it has, before it is
// sent. When it returns an error the key is not sent. A panel that stops in the middle of
// a change must be given both keys (ReaderSettings.Next) when it starts again.
type KeepKey func(ctx context.Context, next osdp.Key) error

// keyChange is a change that somebody waits for.
type keyChange struct {
	next    osdp.Key
	install bool
	sent    bool       // an install's key went out
	done    chan error // takes one value without blocking
}

// ChangeKey gives a reader a new random key and returns when the reader has proved it:
// the old key can then be forgotten. Should ctx end before, the change goes on by itself;
// its end is reported with CodeKeyChanged or CodeKeyChangeFailed. It fails with
// ErrUnknownReader, ErrOffline, ErrKeyChange, ErrKeyRefused, ErrInterrupted, and with the
// error of keep.
func (l *Line) ChangeKey(ctx context.Context, device fact.DeviceID, keep KeepKey) error {
	c, err := l.beginChange(device, false)
	if err != nil {
		return err
	}
	return l.carryOut(ctx, device, c, keep, func(bus *osdp.Bus, now time.Duration, address uint8) error {
		return bus.ChangeKey(now, address, c.next)
	})
}

// InstallWindow is what Install needs to know.
type InstallWindow struct {
	Reader fact.DeviceID
	// By are the two different persons who want it. That they do is for the caller to find out.
	By [2]fact.PersonID
	// Time is how long the window stays open at most, up to osdp.MaxInstallWindow.
	Time time.Duration
}

// Install opens a window in which the published default key is accepted from one reader,
// gives that reader a random key at once, and returns when the reader has proved it. The
// window is closed by the reader's acknowledgement, by the end of its time or of ctx, and
// by the loss of the line; opening, use and end are reported with CodeInstallOpened,
// CodeInstallUsed and CodeInstallClosed, with the names of both persons. The reader's
// line must be out of everybody else's reach meanwhile: see osdp.Bus.OpenInstall. It fails
// as ChangeKey does, and with ErrInstallClosed and the errors of osdp.Bus.OpenInstall.
func (l *Line) Install(ctx context.Context, w InstallWindow, keep KeepKey) error {
	c, err := l.beginChange(w.Reader, true)
	if err != nil {
		return err
	}
	err = l.carryOut(ctx, w.Reader, c, keep, func(bus *osdp.Bus, now time.Duration, address uint8) error {
		return bus.OpenInstall(now, osdp.Install{
			Address: address, Key: c.next, By: [2]string{string(w.By[0]), string(w.By[1])}, Window: w.Time,
		})
	})
	if ctx.Err() != nil {
		l.closeInstall(w.Reader)
	}
	return err
}

// KeyPending reports whether a key that was given to the reader may be the one that it
// holds, without having been proved yet.
func (l *Line) KeyPending(device fact.DeviceID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.configured(device).Next != osdp.Key{}
}

// closeInstall ends the window of a reader, if there is one.
func (l *Line) closeInstall(device fact.DeviceID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.readers[device]; r != nil && l.bus != nil {
		l.bus.CloseInstall(time.Since(l.began), r.address)
		l.poke()
	}
}

// beginChange takes the reader's turn and makes the key: the one that it may hold already
// from an earlier change, or a new one.
func (l *Line) beginChange(device fact.DeviceID, install bool) (*keyChange, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.readers[device]
	switch {
	case r == nil:
		return nil, fmt.Errorf("%s on line %s: %w", device, l.settings.Line, ErrUnknownReader)
	case l.changes[device] != nil:
		return nil, fmt.Errorf("%s: %w", device, ErrKeyChange)
	case l.bus == nil, !install && !r.up:
		return nil, fmt.Errorf("%s: %w", device, ErrOffline)
	}
	c := &keyChange{next: l.configured(device).Next, install: install, done: make(chan error, 1)}
	c.sent = c.next != osdp.Key{}
	for c.next.Validate() != nil {
		_, _ = rand.Read(c.next[:]) // never fails: it ends the program instead
	}
	l.changes[device] = c
	return c, nil
}

// carryOut makes the key durable, lets start begin with it, and waits for the end.
func (l *Line) carryOut(ctx context.Context, device fact.DeviceID, c *keyChange, keep KeepKey,
	start func(*osdp.Bus, time.Duration, uint8) error,
) error {
	if err := keep(ctx, c.next); err != nil {
		l.endChange(device, c)
		return fmt.Errorf("%s: its next key could not be kept, and was not sent: %w", device, err)
	}
	if err := l.startChange(device, c, start); err != nil {
		l.endChange(device, c)
		return fmt.Errorf("%s: %w", device, err)
	}
	select {
	case err := <-c.done:
		if err != nil {
			return fmt.Errorf("%s: %w", device, err)
		}
		return nil
	case <-ctx.Done():
		l.endChange(device, c)
		return ctx.Err()
	}
}

// startChange hands the change to the protocol machine.
func (l *Line) startChange(device fact.DeviceID, c *keyChange, start func(*osdp.Bus, time.Duration, uint8) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bus == nil || l.changes[device] != c {
		return ErrOffline
	}
	if err := start(l.bus, time.Since(l.began), l.readers[device].address); err != nil {
		return err
	}
	l.configured(device).Next = c.next
	l.poke()
	return nil
}

// endChange gives the reader's turn back.
func (l *Line) endChange(device fact.DeviceID, c *keyChange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changes[device] == c {
		delete(l.changes, device)
	}
}

// configured is the reader's entry of the settings, which the next Run begins with.
func (l *Line) configured(device fact.DeviceID) *ReaderSettings {
	for i := range l.settings.Readers {
		if l.settings.Readers[i].Device == device {
			return &l.settings.Readers[i]
		}
	}
	return &ReaderSettings{} // never: every reader has an entry
}

// settleChange follows a change: it keeps the settings true and frees who waits. The
// lock is held.
func (l *Line) settleChange(device fact.DeviceID, e osdp.Event) {
	settings, c := l.configured(device), l.changes[device]
	var result error
	switch e := e.(type) {
	case osdp.InstallUsed:
		if c != nil {
			c.sent = true
		}
		return
	case osdp.KeyChanged:
		settings.Key, settings.Next = settings.Next, osdp.Key{}
	case osdp.KeyChangeFailed:
		settings.Next = osdp.Key{}
		result = ErrKeyRefused
	case osdp.InstallClosed:
		if e.Why == osdp.InstallDone {
			return // KeyChanged is the end
		}
		if !e.KeySent {
			settings.Next = osdp.Key{}
		}
		result = ErrInstallClosed
	default:
		return
	}
	if c != nil {
		delete(l.changes, device)
		c.done <- result
	}
}

// interruptChanges frees all who wait, because the line is lost. The lock is held.
func (l *Line) interruptChanges() []fact.Fact {
	if l.move != nil {
		l.move.done <- ErrInterrupted
		l.move = nil
	}
	var facts []fact.Fact
	for device, c := range l.changes {
		delete(l.changes, device)
		c.done <- ErrInterrupted
		if !c.install {
			continue
		}
		if !c.sent {
			l.configured(device).Next = osdp.Key{}
		}
		r := l.readers[device]
		r.reset()
		r.log.Warn("install mode is closed: the line was lost")
		facts = append(facts, r.report(CodeInstallClosed, "install mode is closed: the line was lost"))
	}
	return facts
}

// installEnds says why a window closed.
var installEnds = map[osdp.InstallEnd]string{
	osdp.InstallDone:      "the reader took a key of its own",
	osdp.InstallExpired:   "its time was over before the reader took a key",
	osdp.InstallCancelled: "it was cancelled",
	osdp.InstallUseless:   "the reader did not acknowledge any of the keys sent to it",
	osdp.InstallNotNeeded: "the reader has a key of its own already",
}

// keyFact reports on a key change that failed and on an install window.
func (r *reader) keyFact(e osdp.Event) fact.Fact {
	switch e := e.(type) {
	case osdp.KeyChangeFailed:
		detail := "the reader's key could not be changed: its session broke each time; look along its line for a device that does not belong there"
		if e.Nak != osdp.NakNone {
			detail = fmt.Sprintf("the reader refused its new key with NAK %d and keeps the old one", e.Nak)
		}
		return r.report(CodeKeyChangeFailed, detail)
	case osdp.InstallOpened:
		return r.report(CodeInstallOpened, fmt.Sprintf("install mode opened by %s and %s for %v: the published default key is accepted from this reader", e.By[0], e.By[1], e.Window))
	case osdp.InstallUsed:
		return r.report(CodeInstallUsed, fmt.Sprintf("install mode (%s, %s): the published default key was accepted and a key of its own sent", e.By[0], e.By[1]))
	case osdp.InstallClosed:
		return r.report(CodeInstallClosed, fmt.Sprintf("install mode (%s, %s) is closed: %s", e.By[0], e.By[1], installEnds[e.Why]))
	}
	return nil
}
