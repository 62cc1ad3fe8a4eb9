package osdp

import (
	"fmt"
	"slices"
	"time"
)

// reply takes a frame that came from this link's reader while its answer was awaited.
// It returns false for a frame that is not the answer, so that waiting goes on.
func (l *link) reply(now time.Duration, f Frame) bool {
	l.spoke = true
	if f.Block == NoBlock && ReplyCode(f.Code) == ReplyBusy && (f.Sequence == 0 || f.Sequence == l.pending.sequence) {
		l.busy(now)
		return true
	}
	if l.isLateCopy(f) {
		return false
	}
	if f.Sequence != l.pending.sequence {
		return l.wrongSequence(now, f)
	}
	if l.inSession() {
		l.sessionReply(now, f)
		return true
	}
	return l.handshakeReply(now, f)
}

// busy repeats the command a little later; nothing else moves. A reader that does
// nothing but say BUSY runs into OfflineAfter.
func (l *link) busy(now time.Duration) {
	l.status.Busy++
	l.troubled = false
	l.pending.busy++
	l.due = now + BusyDelay
	if !l.inSession() && l.pending.busy > MaxBusy {
		l.fail(now, NoAnswer, "the reader says that it is busy and nothing else: restart it")
	}
}

// isLateCopy reports whether a reply is one that was accepted already: the reader answered
// a command and its repeat, and the first answer took its time. The chain of MACs makes
// every reply of a session another one.
func (l *link) isLateCopy(f Frame) bool {
	if !l.inSession() || !f.Block.carriesMAC() {
		return false
	}
	return slices.Contains(l.taken[:], taken{f.MAC, f.Sequence, true})
}

// wrongSequence decides about a reply that does not carry the command's number. Inside a
// session, number 0 means that the reader has started anew, and any other under a MAC that
// it counts differently than we do. Before a session, and in clear, it may be a late reply
// to an earlier command, and is ignored; missed notices if nothing else ever comes.
func (l *link) wrongSequence(now time.Duration, f Frame) bool {
	switch {
	case f.Sequence == 0 && l.inSession():
		l.fail(now, SecureChannelLost, "the reader has restarted")
	case f.Block.carriesMAC() && l.inSession():
		l.fail(now, SecureChannelLost, "the reader counts its replies differently than we do")
	default:
		l.pending.strange++
		return false
	}
	return true
}

// accepted closes the exchange: the reply was good and new.
func (l *link) accepted(now time.Duration) *exchange {
	p := l.pending
	l.pending, l.troubled, l.lastGood, l.quietProbes = nil, false, now, 0
	l.sequence = l.sequence%3 + 1
	l.status.LastReply = now
	l.status.Replies++
	return p
}

// handshakeReply takes a reply in clear, before the session. It returns false for a
// reply that belongs to an earlier step.
func (l *link) handshakeReply(now time.Duration, f Frame) bool {
	reply := ParseReply(ReplyCode(f.Code), f.Data)
	if nak, ok := reply.(Nak); ok && f.Block == NoBlock {
		l.handshakeNak(now, nak)
		return true
	}
	if f.Block == NoBlock && isEvent(ReplyCode(f.Code)) {
		l.fail(now, ClearText, clearTextDetail(f.Code))
		return true
	}
	switch l.phase {
	case phaseIdentify:
		identity, ok := reply.(Identity)
		if !ok || f.Block != NoBlock {
			return false
		}
		l.identity, l.capabilities = identity, nil
		l.proceed(now, phaseCapabilities)
	case phaseCapabilities:
		capabilities, ok := reply.(Capabilities)
		if !ok || f.Block != NoBlock {
			return false
		}
		l.capabilities = capabilities
		l.proceed(now, phaseChallenge)
	case phaseChallenge:
		proof, ok := reply.(ClientProof)
		if !ok || f.Block != BlockClientCryptogram {
			return false
		}
		l.checkClient(now, f, proof)
	default:
		if ReplyCode(f.Code) != ReplyInitialRMAC || f.Block != BlockInitialRMAC {
			return false
		}
		initial, _ := reply.(InitialRMAC)
		l.checkInitialRMAC(now, f, initial)
	}
	return true
}

// proceed goes on to the next step of the handshake.
func (l *link) proceed(now time.Duration, to phase) {
	l.accepted(now)
	l.phase, l.due = to, now
}

// handshakeNak takes a refusal before the session.
func (l *link) handshakeNak(now time.Duration, nak Nak) {
	l.status.Naks++
	switch {
	case nak.Code == NakCheck && l.phase == phaseIdentify && l.pending.silent < QuickRepeats:
		silent := l.pending.silent + 1
		l.check = otherCheck(l.check)
		if l.compose(now, turnPoll) {
			l.pending.silent, l.due = silent, now
		}
	case nak.Code == NakCheck:
		l.missed(now)
	case nak.Code == NakUnknownCommand && l.phase == phaseCapabilities:
		l.proceed(now, phaseChallenge)
	case l.trusts == ownKey && l.phase >= phaseChallenge && l.capabilities != nil && !l.capabilities.Secure():
		l.fail(now, SecurityDenied, fmt.Sprintf("the reader says that it has no secure channel and refused command 0x%02X with NAK %d: enable its secure channel; if it had one before, somebody is on the line",
			uint8(l.pending.command.Code), nak.Code))
	default:
		l.fail(now, HandshakeFailed, fmt.Sprintf("the reader refused command 0x%02X with NAK %d: check that it holds this site's key and has the secure channel enabled",
			uint8(l.pending.command.Code), nak.Code))
	}
}

// checkClient verifies the reader's cryptogram: only who holds the key can make it.
func (l *link) checkClient(now time.Duration, f Frame, proof ClientProof) {
	if len(f.BlockData) != 1 || f.BlockData[0] != l.selector() {
		reason, detail := HandshakeFailed, "the reader answered with another kind of key than it was asked for"
		if len(f.BlockData) == 1 && f.BlockData[0] == SelectorDefault {
			reason, detail = DefaultKey, defaultKeyDetail
		}
		l.fail(now, reason, detail)
		return
	}
	if !l.recognise(proof) {
		reason, detail := l.strangeKey(proof)
		l.fail(now, reason, detail)
		return
	}
	l.server = l.keys.ServerCryptogram(l.rndA, proof.RndB)
	l.proceed(now, phaseCryptogram)
}

// checkInitialRMAC verifies that the reader took our cryptogram and computes like us.
func (l *link) checkInitialRMAC(now time.Duration, f Frame, initial InitialRMAC) {
	if len(f.BlockData) != 1 || f.BlockData[0] != HandshakeAccepted {
		l.fail(now, HandshakeFailed, fmt.Sprintf("the reader did not accept our proof of the key (status %X)", f.BlockData))
		return
	}
	want := l.keys.InitialRMAC(l.server)
	if !SameProof(initial, want) {
		l.fail(now, HandshakeFailed, "the reader's first message authentication code is wrong")
		return
	}
	l.proceed(now, phaseProving)
	l.channel, l.taken = NewChannel(l.keys, want), [MaxLate]taken{}
	l.begun = now
	l.pace = l.interval
	if l.trusts == publishedKey {
		return // nothing but a new key is said to a reader that anybody could be
	}
	l.startup = []Command{AskCapabilities(), AskLocalStatus(), AskInputs(), AskOutputs(), AskReaders()}
	l.held = !l.everSecure || now-l.lastSecure > HeldAfter
}

// sessionReply takes a reply inside the session.
func (l *link) sessionReply(now time.Duration, f Frame) {
	if f.Block == NoBlock {
		l.clearReply(now, f)
		return
	}
	data, encrypted, err := l.channel.OpenReply(f)
	if err != nil {
		l.fail(now, SecureChannelLost, err.Error())
		return
	}
	code := ReplyCode(f.Code)
	if !encrypted && len(data) > 0 {
		if !isStatusReport(code) {
			l.fail(now, SecureChannelLost, fmt.Sprintf("the reader sent reply 0x%02X unencrypted", f.Code))
			return
		}
		l.status.PlainStatus++
	}
	l.taken[l.takenAt], l.takenAt = taken{f.MAC, f.Sequence, true}, (l.takenAt+1)%MaxLate
	done := l.accepted(now)
	reply := ParseReply(code, data)
	if done.command.Code == CommandKeySet {
		l.keySetReply(now, reply)
		return
	}
	if done.command.Code == CommandCommunication && l.move != nil {
		l.moveReply(now, reply)
		return
	}
	l.everSecure, l.lastSecure = true, now
	if !done.queued {
		l.due = now + l.nextPause(done, reply) // a light signal does not postpone the next card
	}
	if l.phase == phaseProving {
		l.comeOnline(now, reply)
	}
	if len(l.startup) > 0 {
		l.due = now
	}
	if now-l.begun >= StableAfter {
		l.failures = 0
	}
	l.deliver(now, done, reply)
}

// nextPause is how long the reader is left alone after a reply: not at all if it had
// something to tell, and else for longer and longer, up to the interval.
func (l *link) nextPause(done *exchange, reply Reply) time.Duration {
	if done.command.Code != CommandPoll {
		return min(l.pace, l.interval)
	}
	if _, empty := reply.(Ack); empty {
		l.pace = min(max(2*l.pace, MinPollInterval), l.interval)
	} else {
		l.pace = 0
	}
	return l.pace
}

// clearReply takes a reply without MAC inside a session. "Repeat" is harmless, another
// refusal has to be said again before it is believed, and anything else means that the
// reader has no session with us any more.
func (l *link) clearReply(now time.Duration, f Frame) {
	nak, ok := ParseReply(ReplyCode(f.Code), f.Data).(Nak)
	if ok {
		l.status.Naks++
	}
	if ok && nak.Code == NakCheck {
		l.troubled = l.pending.silent >= QuickRepeats
		l.missed(now)
		return
	}
	switch {
	case l.pending.command.Code == CommandKeySet && ReplyCode(f.Code) == ReplyAck:
		l.keyTaken(now)
	case ok && l.pending.refused < ClearRefusals:
		l.pending.refused++
		l.troubled, l.due = false, now // somebody is there
	case ok:
		l.fail(now, SecureChannelLost, fmt.Sprintf("the reader refused the session with NAK %d", nak.Code))
	default:
		l.fail(now, ClearText, clearTextDetail(f.Code))
	}
}

// isEvent tells the replies that belong into a session only.
func isEvent(c ReplyCode) bool {
	return isStatusReport(c) || c == ReplyCard || c == ReplyKeypad
}

// clearTextDetail says what to do about a reply in clear.
func clearTextDetail(code uint8) string {
	return fmt.Sprintf("reply 0x%02X came in clear and was not believed: look at the reader and along its line for a device that does not belong there", code)
}

// isStatusReport tells the four reports that some readers send unencrypted under a MAC.
// Cards and keys are not among them: who sends those in clear has given them away.
func isStatusReport(c ReplyCode) bool {
	return c >= ReplyLocalStatus && c <= ReplyReaders
}

// comeOnline is called on the first good reply under a MAC.
func (l *link) comeOnline(now time.Duration, first Reply) {
	denied := l.capabilities != nil && !l.capabilities.Secure()
	if under, ok := first.(Capabilities); ok {
		l.capabilities = under
	}
	l.phase = phaseOnline
	l.told = [len(l.told)]bool{}
	l.status.Online, l.status.Reason = true, NotOffline
	l.status.Handshakes++
	l.emit(Online{At: At{l.id}, Identity: l.identity, Capabilities: l.capabilities})
	if denied && l.capabilities.Secure() {
		l.emit(Downgrade{At{l.id}})
	}
	l.settleKey(now)
}

// deliver turns an accepted reply into events.
func (l *link) deliver(now time.Duration, done *exchange, reply Reply) {
	at := At{l.id}
	switch r := reply.(type) {
	case Ack:
		if done.command.Code == CommandPoll {
			l.held = false // its queue is empty: all that comes is new
		}
		return
	case Nak:
		l.sessionNak(now, done, r)
		return
	case CardData:
		l.emit(Card{At: at, CardData: r, Held: l.held})
	case Keys:
		l.emit(Keypad{At: at, Keys: r, Held: l.held})
	case LocalStatus:
		l.localStatus(r)
	case Inputs:
		l.inputs(r)
	case Outputs:
		l.outputs(r)
	case Attached:
		l.attached(r)
	case Unknown:
		l.emit(Unexpected{At: at, Unknown: r})
	}
	if done.command.Code == CommandPoll {
		l.due = now // there may be more where this came from
	}
}

// sessionNak takes a refusal under a MAC. Those about sequence and security mean that
// the reader has given the session up; the others concern one command.
func (l *link) sessionNak(now time.Duration, done *exchange, nak Nak) {
	l.status.Naks++
	if done.queued {
		l.emit(CommandLost{At: At{l.id}, Code: done.command.Code, Nak: nak.Code, Why: LostRefused})
	}
	switch nak.Code {
	case NakSequence, NakNoSecureChannel, NakEncryptionWant:
		l.fail(now, SecureChannelLost, fmt.Sprintf("the reader refused the session with NAK %d", nak.Code))
	}
}

func (l *link) localStatus(r LocalStatus) {
	if r.Tamper != l.known.tamper {
		l.known.tamper = r.Tamper
		l.emit(Tamper{At: At{l.id}, Active: r.Tamper})
	}
	if r.PowerFailure != l.known.power {
		l.known.power = r.PowerFailure
		l.emit(Power{At: At{l.id}, Failing: r.PowerFailure})
	}
}

func (l *link) inputs(r Inputs) {
	for i, state := range r {
		if i >= len(l.known.inputs) || l.known.inputs[i] != state {
			l.emit(InputChanged{At: At{l.id}, Input: uint8(i), State: state}) //nolint:gosec // at most MaxContacts
		}
	}
	l.known.inputs = r
}

func (l *link) outputs(r Outputs) {
	for i, on := range r {
		if i >= len(l.known.outputs) || l.known.outputs[i] != on {
			l.emit(OutputChanged{At: At{l.id}, Output: uint8(i), On: on}) //nolint:gosec // at most MaxContacts
		}
	}
	l.known.outputs = r
}

func (l *link) attached(r Attached) {
	for i, state := range r {
		before := AttachedNormal
		if i < len(l.known.attached) {
			before = l.known.attached[i]
		}
		if before != state {
			l.emit(AttachedChanged{At: At{l.id}, Reader: uint8(i), State: state}) //nolint:gosec // at most MaxContacts
		}
	}
	l.known.attached = r
}
