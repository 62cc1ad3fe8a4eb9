package osdp

import (
	"fmt"
	"io"
	"math"
	"time"
)

// phase is how far a link has come.
type phase uint8

const (
	phaseIdentify phase = iota
	phaseCapabilities
	phaseChallenge
	phaseCryptogram
	phaseProving // the session stands; the reader has not yet used it
	phaseOnline
)

// exchange is the command that a link waits for an answer to. Its bytes never change:
// a reader tells a repeat from a new command by them.
type exchange struct {
	raw      []byte // mark and frame
	command  Command
	sequence uint8
	queued   bool          // it came from the queue, not from the machine
	expires  time.Duration // only if queued
	silent   int           // transmissions without a usable answer
	busy     int
	strange  int // replies in clear with a wrong sequence number
	refused  int // refusals in clear
	sent     bool
}

// queuedCommand is a command that waits for its turn.
type queuedCommand struct {
	command Command
	expires time.Duration
}

// link is the machine of one reader. It knows nothing of the wire: the Bus calls next
// when it may transmit, reply for every frame from this reader, silence when the time
// for the reply is over, and tick as time passes.
type link struct {
	id       uint8 // the address under which the caller knows the reader
	address  uint8 // on the wire
	key      Key
	random   io.Reader
	interval time.Duration
	emit     func(Event)

	newKey   Key       // what the reader is being given; zero is "nothing"
	keyTries int       // how often it was sent
	trusts   keyChoice // the key of the handshake or session under way
	install  *install

	move        *move         // new settings that the reader is being given
	parked      bool          // it is not to be asked: the line has not followed it yet
	readdress   bool          // its address is being changed
	readdressBy time.Duration // and is given up
	former      uint8         // the other address at which it may be

	phase    phase
	check    CheckKind
	sequence uint8         // of the next new command
	pending  *exchange     // nil, or &exchange
	exchange exchange      // the last one: its memory serves the next
	due      time.Duration // when it wants to transmit next
	pace     time.Duration // the pause after the last poll: short after an event
	tried    time.Duration // when it last transmitted
	spoke    bool          // its last transmission was answered
	troubled bool          // the command under way was answered badly, or not at all

	identity     Identity
	capabilities Capabilities
	rndA         [8]byte
	keys         *SessionKeys
	server       [16]byte
	channel      *Channel

	taken   [MaxLate]taken // replies of this session that were accepted
	takenAt int            // where the next one is noted

	startup []Command // status queries still to be sent in this session
	queue   []queuedCommand
	known   contacts

	begun       time.Duration // when the attempt or the session began
	lastGood    time.Duration // last accepted reply
	everSecure  bool
	lastSecure  time.Duration // last accepted reply under a MAC, in any session
	held        bool          // events may stem from before the session
	failures    int
	told        [len(reasonWords)]bool // reasons given in this outage
	quietProbes int                    // attempts without any answer, since the last answer
	status      Status
}

// taken tells an accepted reply from every other one of its session.
type taken struct {
	mac      [macLen]byte
	sequence uint8
	used     bool
}

// contacts is what the reader last reported about itself; nil and false are "nothing yet".
type contacts struct {
	inputs        Inputs
	outputs       Outputs
	attached      Attached
	tamper, power bool
}

// inSession reports whether a secure channel stands.
func (l *link) inSession() bool { return l.phase >= phaseProving }

// healthy reports whether the link's next transmission is expected to be answered, because
// the last one was.
func (l *link) healthy() bool { return l.spoke && !l.troubled }

// turn is what a link is asked to transmit, unless a command is pending.
type turn uint8

const (
	turnPoll    turn = iota // or the next step of the handshake
	turnCommand             // from the queue
	turnKeep                // something harmless that brings no event
)

// next returns the bytes to transmit now: the pending command once more, or a new one.
// It returns nil if there is nothing to send after all; due then tells when.
func (l *link) next(now time.Duration, t turn) []byte {
	if l.pending == nil && !l.compose(now, t) {
		return nil
	}
	l.tried = now
	if l.pending.sent {
		l.status.Repeats++
	}
	l.pending.sent = true
	return l.pending.raw
}

// compose makes the next command.
func (l *link) compose(now time.Duration, t turn) bool {
	switch l.phase {
	case phaseIdentify:
		l.begun, l.lastGood, l.sequence = now, now, 0
		return l.composeClear(now, Identify(), NoBlock)
	case phaseCapabilities:
		return l.composeClear(now, AskCapabilities(), NoBlock)
	case phaseChallenge:
		if _, err := io.ReadFull(l.random, l.rndA[:]); err != nil {
			l.fail(now, HandshakeFailed, fmt.Sprintf("no random numbers for the handshake: %v", err))
			return false
		}
		l.sequence = 0 // some readers accept a challenge only as the start of a link
		l.chooseTrust()
		return l.composeClear(now, Challenge(l.rndA), BlockChallenge)
	case phaseCryptogram:
		return l.composeClear(now, ProveServer(l.server), BlockServerCryptogram)
	default:
		return l.composeSealed(now, t)
	}
}

// composeClear makes one of the four commands that come before the session.
func (l *link) composeClear(now time.Duration, c Command, block BlockType) bool {
	f := Frame{Address: l.address, Sequence: l.sequence, Check: l.check, Block: block, Code: byte(c.Code), Data: c.Data}
	if block != NoBlock {
		f.BlockData = []byte{l.selector()}
	}
	raw, err := AppendFrame(append(l.exchange.raw[:0], mark), f)
	if err != nil {
		l.fail(now, HandshakeFailed, err.Error())
		return false
	}
	l.begin(exchange{raw: raw, command: c, sequence: l.sequence})
	return true
}

// begin makes an exchange the pending one.
func (l *link) begin(e exchange) {
	l.exchange = e
	l.pending = &l.exchange
}

// composeSealed makes the next command of a session: a status query after connecting,
// a queued command, or a poll.
func (l *link) composeSealed(now time.Duration, t turn) bool {
	next := exchange{sequence: l.sequence}
	switch {
	case l.trusts == publishedKey:
		var ok bool
		if next.command, ok = l.composeInstall(now); !ok {
			return false
		}
	case len(l.startup) > 0:
		next.command, l.startup = l.startup[0], l.startup[1:]
	case t == turnCommand:
		next.command, next.expires, next.queued = l.queue[0].command, l.queue[0].expires, true
		l.queue = append(l.queue[:0], l.queue[1:]...)
	case t == turnKeep:
		next.command = AskLocalStatus()
	default:
		next.command = Poll()
	}
	raw, err := l.channel.AppendCommand(append(l.exchange.raw[:0], mark), Frame{
		Address: l.address, Sequence: l.sequence, Check: l.check,
		Code: byte(next.command.Code), Data: next.command.Data,
	})
	if err != nil {
		l.fail(now, SecureChannelLost, err.Error())
		return false
	}
	next.raw = raw
	l.begin(next)
	return true
}

// silence says that the time for the reply is over.
func (l *link) silence(now time.Duration) {
	l.troubled, l.spoke = true, false
	l.missed(now)
}

// missed counts a transmission that brought no usable answer and decides when to repeat.
func (l *link) missed(now time.Duration) {
	p := l.pending
	p.silent++
	l.due = now
	switch {
	case p.command.Code == CommandCommunication && l.move != nil && p.silent > QuickRepeats:
		l.gone(now) // its answer was lost, and it cannot hear us any more
	case p.strange > QuickRepeats && l.inSession():
		l.fail(now, SecureChannelLost, "the reader counts its replies differently than we do")
	case l.phase == phaseIdentify && l.status.Reason == NoAnswer, !l.inSession() && p.silent > QuickRepeats:
		if l.phase == phaseIdentify {
			l.countQuietProbe()
		}
		l.fail(now, NoAnswer, fmt.Sprintf("no usable reply to command 0x%02X at address 0x%02X: check the reader's power, wiring, address and line speed",
			uint8(p.command.Code), l.address))
	case p.silent > QuickRepeats:
		l.due = now + SlowRepeat
	}
}

// countQuietProbe tries the other kind of check from the ChecksumAfter-th silent attempt on.
func (l *link) countQuietProbe() {
	l.quietProbes++
	if l.quietProbes >= ChecksumAfter {
		l.check = otherCheck(l.check)
	}
}

func otherCheck(k CheckKind) CheckKind {
	if k == CRC16 {
		return Checksum
	}
	return CRC16
}

// tick ends what has lasted too long. It must not be called while the reply to this
// link is being waited for.
func (l *link) tick(now time.Duration) {
	if l.install != nil && now >= l.install.until {
		l.closeInstall(now, InstallExpired)
	}
	l.tickAddress(now)
	if l.phase > phaseIdentify && now >= l.lastGood+OfflineAfter {
		l.fail(now, NoAnswer, fmt.Sprintf("no usable reply for %v: check the reader's power and wiring", OfflineAfter))
		return
	}
	if l.latePulse(now) {
		l.fail(now, SecureChannelLost, "an output command went unanswered: session given up so that it cannot act late")
		return
	}
	kept := l.queue[:0]
	for _, q := range l.queue {
		if now < q.expires {
			kept = append(kept, q)
			continue
		}
		l.emit(CommandLost{At: At{l.id}, Code: q.command.Code, Why: LostExpired})
	}
	l.queue = kept
}

// latePulse reports whether an output command is waiting to be repeated although its
// time is over. A repeat must be identical, so the session is the only thing that can be
// given up instead.
func (l *link) latePulse(now time.Duration) bool {
	return l.pending != nil && l.pending.queued && l.pending.command.Code == CommandOutput && now >= l.pending.expires
}

// alarm returns the next time at which tick has something to do.
func (l *link) alarm() (time.Duration, bool) {
	at, ok := time.Duration(math.MaxInt64), false
	if l.install != nil {
		at, ok = l.install.until, true
	}
	if l.readdress {
		at, ok = min(at, l.readdressBy), true
	}
	if l.phase == phaseIdentify {
		return at, ok
	}
	at = min(at, l.lastGood+OfflineAfter)
	for _, q := range l.queue {
		at = min(at, q.expires)
	}
	if l.pending != nil && l.pending.queued && l.pending.command.Code == CommandOutput {
		at = min(at, l.pending.expires)
	}
	return at, true
}

// enqueue adds commands, all or none.
func (l *link) enqueue(now time.Duration, commands []Command) error {
	if l.phase != phaseOnline {
		return fmt.Errorf("reader at address 0x%02X: %w", l.address, ErrOffline)
	}
	if len(l.queue)+len(commands) > MaxQueued {
		return fmt.Errorf("reader at address 0x%02X: %w", l.address, ErrQueueFull)
	}
	for _, c := range commands {
		switch c.Code {
		case CommandOutput, CommandLED, CommandBuzzer, CommandText:
		default:
			return fmt.Errorf("command 0x%02X: %w", uint8(c.Code), ErrNotForQueue)
		}
		if room := l.capabilities.ReceiveSize(); sealedSize(len(c.Data)) > room {
			return fmt.Errorf("command 0x%02X takes %d bytes, the reader at address 0x%02X %d: %w",
				uint8(c.Code), sealedSize(len(c.Data)), l.address, room, ErrTooLong)
		}
	}
	for _, c := range commands {
		l.queue = append(l.queue, queuedCommand{c, now + CommandLifetime})
	}
	return nil
}

// sealedSize is the length of a frame in a session with n bytes of data.
func sealedSize(n int) int {
	if n > 0 {
		n = n/16*16 + 16
	}
	return headerLen + 2 + 1 + n + macLen + CRC16.size()
}

// fail ends the attempt or the session: all secrets of it are dropped, so are the
// commands that were waiting, and the next attempt starts from the beginning.
func (l *link) fail(now time.Duration, reason Reason, detail string) {
	proved := l.phase == phaseOnline
	if proved && now-l.begun >= StableAfter {
		l.failures = 0
	}
	l.loseCommands()
	l.lostMove()
	l.tryOtherAddress()
	l.keys, l.channel, l.server, l.rndA, l.trusts = nil, nil, [16]byte{}, [8]byte{}, ownKey
	l.phase, l.sequence, l.pending, l.startup, l.known = phaseIdentify, 0, nil, nil, contacts{}
	l.troubled = false
	l.due = now + l.backoff(reason, proved)
	if l.install != nil && reason != NoAnswer {
		l.install.turnOwn = !l.install.turnOwn
	}
	if !l.told[reason] {
		l.told[reason] = true
		l.emit(Offline{At: At{l.id}, Reason: reason, Detail: detail})
	}
	l.status.Online, l.status.Reason = false, reason
}

// backoff is the pause before the next attempt. A session that broke for the first time in
// a while, and one that we ended ourselves, are followed by a new one at once; only
// sessions that do not come about wait for longer and longer.
func (l *link) backoff(reason Reason, proved bool) time.Duration {
	switch {
	case reason == KeyChanging, reason == Moving:
		return 0
	case reason == NoAnswer:
		return ProbeInterval
	case l.install != nil:
		return MinBackoff
	}
	l.failures++
	if reason == SecureChannelLost && (proved || l.failures == 1) {
		return min(time.Duration(l.failures-1)*MinBackoff, MinBackoff)
	}
	return min(MinBackoff<<min(l.failures-1, 8), MaxBackoff)
}

// loseCommands reports and forgets all commands from the queue, the one on the wire included.
func (l *link) loseCommands() {
	if l.pending != nil && l.pending.queued {
		l.emit(CommandLost{At: At{l.id}, Code: l.pending.command.Code, Why: LostSession})
	}
	for _, q := range l.queue {
		l.emit(CommandLost{At: At{l.id}, Code: q.command.Code, Why: LostSession})
	}
	l.queue = nil
}
