package osdptest

import (
	"bytes"
	"time"

	"trilock/firmware-protocols/osdp"
)

// faults is what shall go wrong, counted down reply by reply.
type faults struct {
	silent        bool
	deaf          int
	busy          int
	naks          int
	nak           osdp.NakCode
	drop          int
	corrupt       int
	truncate      int
	badMAC        int
	wrongSequence int
	zeroSequence  int
	late          int
	delay         time.Duration
	refuseKeys    bool
	clearNAKs     int
	sealedNAKs    int
	noisy         int
	silence       time.Duration
	silentUntil   time.Duration

	refuseSettings bool
	stay           bool
}

// instead returns a reply that replaces the processing of a command.
func (t *faults) instead(p *PD, f osdp.Frame) ([]byte, bool) {
	switch {
	case t.busy > 0:
		t.busy--
		reply := p.header(f, osdp.ReplyBusy, nil)
		reply.Sequence = 0
		return encode(reply), true
	case t.naks > 0:
		t.naks--
		if t.nak != osdp.NakCheck {
			p.forget()
		}
		return p.clear(f, osdp.ReplyNak, byte(t.nak)), true
	case t.clearNAKs > 0 && p.channel != nil:
		t.clearNAKs--
		return p.clear(f, osdp.ReplyNak, byte(t.nak)), true
	}
	return nil, false
}

// refuses reports whether a command inside the session is to be refused there.
func (t *faults) refuses() bool {
	if t.sealedNAKs == 0 {
		return false
	}
	t.sealedNAKs--
	return true
}

// noise is what a disturbed line adds in front of a reply: bytes of nothing, and the start
// of a frame that never comes.
var noise = []byte{0x00, 0x81, 0x53, 0x7E, 0xFF, 0x53, 0x85, 0x30, 0x00, 0x0D, 0x02}

// spoil damages a reply on its way to the line.
func (t *faults) spoil(raw []byte) (Transmission, bool) {
	if raw == nil {
		return Transmission{}, false
	}
	raw = bytes.Clone(raw)
	var after time.Duration
	switch {
	case t.drop > 0:
		t.drop--
		return Transmission{}, false
	case t.corrupt > 0:
		t.corrupt--
		raw[len(raw)/2] ^= 0x10
	case t.truncate > 0:
		t.truncate--
		raw = raw[:len(raw)-3]
	case t.badMAC > 0:
		t.badMAC--
		raw = reencode(raw, func(f *osdp.Frame) { f.MAC[0] ^= 1 })
	case t.wrongSequence > 0:
		t.wrongSequence--
		raw = reencode(raw, func(f *osdp.Frame) { f.Sequence = f.Sequence%3 + 1 })
	case t.zeroSequence > 0:
		t.zeroSequence--
		raw = reencode(raw, func(f *osdp.Frame) { f.Sequence = 0 })
	case t.noisy > 0:
		t.noisy--
		raw = append(bytes.Clone(noise), raw...)
	case t.late > 0:
		t.late--
		after = t.delay
	}
	return Transmission{Raw: append([]byte{0xFF}, raw...), After: after}, true
}

// reencode changes a frame and gives it a right check again.
func reencode(raw []byte, change func(*osdp.Frame)) []byte {
	f, err := osdp.DecodeFrame(raw)
	if err != nil {
		return raw
	}
	change(&f)
	return encode(f)
}

// with changes the faults under the lock.
func (p *PD) with(change func(*faults)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.faults)
}

// SetSilent cuts the reader off the line, both ways, or connects it again.
func (p *PD) SetSilent(silent bool) { p.with(func(t *faults) { t.silent = silent }) }

// DropCommands lets the next n commands not reach the reader.
func (p *PD) DropCommands(n int) { p.with(func(t *faults) { t.deaf = n }) }

// DropReplies loses the next n replies on the line; the commands are carried out.
func (p *PD) DropReplies(n int) { p.with(func(t *faults) { t.drop = n }) }

// CorruptReplies flips a bit in the next n replies.
func (p *PD) CorruptReplies(n int) { p.with(func(t *faults) { t.corrupt = n }) }

// TruncateReplies cuts the end off the next n replies.
func (p *PD) TruncateReplies(n int) { p.with(func(t *faults) { t.truncate = n }) }

// Busy answers the next n commands with BUSY.
func (p *PD) Busy(n int) { p.with(func(t *faults) { t.busy = n }) }

// BadMAC gives the next n replies a wrong MAC and a right check.
func (p *PD) BadMAC(n int) { p.with(func(t *faults) { t.badMAC = n }) }

// WrongSequence gives the next n replies another sequence number than the command's.
func (p *PD) WrongSequence(n int) { p.with(func(t *faults) { t.wrongSequence = n }) }

// ZeroSequence gives the next n replies sequence number 0.
func (p *PD) ZeroSequence(n int) { p.with(func(t *faults) { t.zeroSequence = n }) }

// NAK refuses the next n commands in clear; all codes but 1 also end the reader's session.
func (p *PD) NAK(code osdp.NakCode, n int) {
	p.with(func(t *faults) { t.nak, t.naks = code, n })
}

// ClearNAK refuses the next n commands in clear; the reader's session goes on.
func (p *PD) ClearNAK(code osdp.NakCode, n int) {
	p.with(func(t *faults) { t.nak, t.clearNAKs = code, n })
}

// SealedNAK refuses the next n commands of the session under its MAC; they are not carried out.
func (p *PD) SealedNAK(code osdp.NakCode, n int) {
	p.with(func(t *faults) { t.nak, t.sealedNAKs = code, n })
}

// NoisyReplies puts noise in front of the next n replies.
func (p *PD) NoisyReplies(n int) { p.with(func(t *faults) { t.noisy = n }) }

// SilenceFor lets the reader hear nothing for d, from the next command on.
func (p *PD) SilenceFor(d time.Duration) { p.with(func(t *faults) { t.silence = d }) }

// Late delays the next n replies.
func (p *PD) Late(delay time.Duration, n int) {
	p.with(func(t *faults) { t.delay, t.late = delay, n })
}

// RefuseKeys lets the reader refuse new keys with NAK 9, or take them again.
func (p *PD) RefuseKeys(refuse bool) { p.with(func(t *faults) { t.refuseKeys = refuse }) }

// RefuseSettings lets the reader refuse another address and speed with NAK 9.
func (p *PD) RefuseSettings(refuse bool) { p.with(func(t *faults) { t.refuseSettings = refuse }) }

// Stay lets the reader say that it takes another address and speed, and keep its own.
func (p *PD) Stay(stay bool) { p.with(func(t *faults) { t.stay = stay }) }

// NoFaults ends all faults, silence included.
func (p *PD) NoFaults() { p.with(func(t *faults) { *t = faults{} }) }

// Restart takes the reader's power away and returns it: session, sequence and unreported
// events are gone.
func (p *PD) Restart() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget()
	p.events = nil
}
