package osdp

import (
	"errors"
	"fmt"
	"time"
)

// Errors of Bus.ChangeKey and Bus.OpenInstall.
var (
	// ErrKeyPending: another change of this reader's key is not through yet, and the reader
	// may hold that key already. Only the same key can be sent again.
	ErrKeyPending = errors.New("an earlier change of the reader's key is not through yet")
	// ErrInstallOpen: an install window is open on this line already.
	ErrInstallOpen = errors.New("install mode is open on this line already")
	// ErrHasKey: the reader is online with a key of its own and needs no install mode.
	ErrHasKey = errors.New("the reader has a key of its own: change it instead")
	// ErrWitnesses: an install window needs the names of two different persons.
	ErrWitnesses = errors.New("install mode needs two different persons")
	// ErrWindow: an install window is longer than 0 and at most MaxInstallWindow.
	ErrWindow = errors.New("install mode is open for more than 0 and at most 10 minutes")
)

// Install is what OpenInstall needs to know.
type Install struct {
	Address uint8
	// Key is what the reader is given: 16 random bytes. See Key.Validate for those that are refused.
	Key Key
	// By names the two persons who open the window.
	By     [2]string
	Window time.Duration
}

// keyChoice says which key a handshake is about.
type keyChoice uint8

const (
	ownKey keyChoice = iota
	nextKey
	publishedKey // SCBK-D, inside an install window only
)

// install is an open window. It belongs to one link.
type install struct {
	by      [2]string
	until   time.Duration
	turnOwn bool // the next attempt asks for a key that we know
}

// ChangeKey gives an online reader another key. The caller must have made next durable,
// beside the old key, before: from now on either may be the one that the reader holds.
// The machine sends the key inside the session, ends the session, and makes one in which
// the reader proves which key it has; with the old one it sends the key again, MaxKeyTries
// times in all. The end is KeyChanged or KeyChangeFailed, however long the reader is away
// in between. It fails on a weak key, and with ErrUnknownReader, ErrOffline or
// ErrKeyPending. After it, Advance must be called without waiting for Wake.
func (b *Bus) ChangeKey(now time.Duration, address uint8, next Key) error {
	l, err := b.link(address)
	if err != nil {
		return err
	}
	if err := l.mayTake(next); err != nil {
		return err
	}
	if l.phase != phaseOnline {
		return fmt.Errorf("reader at address 0x%02X: %w", address, ErrOffline)
	}
	if b.change != nil || l.readdress {
		return fmt.Errorf("reader at address 0x%02X: %w", address, ErrChanging)
	}
	if l.newKey == next {
		return nil // it is on its way
	}
	l.newKey, l.keyTries = next, 0
	l.sendKey()
	l.due = max(now, b.now)
	return nil
}

// OpenInstall accepts the published default key from one reader for a while, in order to
// give it a key of its own at once. The caller must have made the key durable before. The
// reader is never online with the default key: nothing but the new key is sent to it, and
// nothing that it says is believed. The window closes when the reader has acknowledged
// its key, when MaxKeyTries keys went unanswered, and when its time is over.
//
// Whoever listens on the line while it is used learns the key, because everybody knows
// the one that it travels under: install on a line that nobody else can reach.
//
// It fails on a weak key, and with ErrUnknownReader, ErrHasKey, ErrKeyPending,
// ErrInstallOpen, ErrWitnesses or ErrWindow.
func (b *Bus) OpenInstall(now time.Duration, i Install) error {
	l, err := b.link(i.Address)
	if err != nil {
		return err
	}
	for _, other := range b.links {
		if other.install != nil {
			return fmt.Errorf("reader at address 0x%02X: %w", other.address, ErrInstallOpen)
		}
	}
	switch a, c := i.By[0], i.By[1]; {
	case l.inSession():
		return fmt.Errorf("reader at address 0x%02X: %w", i.Address, ErrHasKey)
	case a == "" || c == "" || a == c || len(a) > MaxPersonLen || len(c) > MaxPersonLen:
		return ErrWitnesses
	case i.Window <= 0 || i.Window > MaxInstallWindow:
		return ErrWindow
	}
	if err := l.mayTake(i.Key); err != nil {
		return err
	}
	if b.change != nil || l.readdress {
		return fmt.Errorf("reader at address 0x%02X: %w", i.Address, ErrChanging)
	}
	now = max(now, b.now)
	l.newKey, l.keyTries, l.failures = i.Key, 0, 0
	l.install = &install{by: i.By, until: now + i.Window}
	if l.phase == phaseIdentify {
		l.due = min(l.due, now)
	}
	l.emit(InstallOpened{At: At{l.id}, By: i.By, Window: i.Window})
	return nil
}

// CloseInstall closes a window before its time; without one it does nothing.
func (b *Bus) CloseInstall(now time.Duration, address uint8) {
	if l, err := b.link(address); err == nil && l.install != nil {
		l.closeInstall(max(now, b.now), InstallCancelled)
	}
}

// link returns the reader's machine.
func (b *Bus) link(address uint8) (*link, error) {
	for _, l := range b.links {
		if l.id == address {
			return l, nil
		}
	}
	return nil, fmt.Errorf("address 0x%02X: %w", address, ErrUnknownReader)
}

// mayTake reports whether a key may become the reader's next.
func (l *link) mayTake(next Key) error {
	if err := next.Validate(); err != nil {
		return fmt.Errorf("reader at address 0x%02X: %w", l.address, err)
	}
	if l.newKey != (Key{}) && l.newKey != next {
		return fmt.Errorf("reader at address 0x%02X: %w", l.address, ErrKeyPending)
	}
	return nil
}

// candidate is one key that a handshake may be about.
type candidate struct {
	choice keyChoice
	key    Key
}

// candidates are the keys that the reader may prove in this attempt, in the order of trust.
func (l *link) candidates() []candidate {
	switch {
	case l.trusts == publishedKey:
		return []candidate{{publishedKey, defaultKey()}}
	case l.newKey != Key{}:
		return []candidate{{nextKey, l.newKey}, {ownKey, l.key}}
	}
	return []candidate{{ownKey, l.key}}
}

// selector is what the blocks of the handshake say about the key.
func (l *link) selector() byte {
	if l.trusts == publishedKey {
		return SelectorDefault
	}
	return SelectorSCBK
}

// chooseTrust is called at the start of each handshake. Only here the default key comes
// into play, and only while a window is open.
func (l *link) chooseTrust() {
	l.trusts = ownKey
	if l.install != nil && !l.install.turnOwn {
		l.trusts = publishedKey
	}
}

// composeInstall makes the one command that a session with the default key is for.
func (l *link) composeInstall(now time.Duration) (Command, bool) {
	if l.keyTries >= MaxKeyTries {
		l.closeInstall(now, InstallUseless)
		return Command{}, false
	}
	command, err := SetKey(l.newKey)
	if err != nil || l.install == nil {
		l.fail(now, HandshakeFailed, "install mode is closed")
		return Command{}, false
	}
	l.keyTries++
	l.emit(InstallUsed{At: At{l.id}, By: l.install.by})
	return command, true
}

// sendKey puts the new key behind the status queries of this session.
func (l *link) sendKey() {
	command, err := SetKey(l.newKey)
	if err != nil {
		return // it was validated when it came in
	}
	l.startup = append(l.startup, command)
	l.keyTries++
}

// settleKey is called when a session has proved itself.
func (l *link) settleKey(now time.Duration) {
	switch {
	case l.install == nil:
	case l.trusts == nextKey:
		l.endInstall(InstallDone)
	default:
		l.endInstall(InstallNotNeeded)
	}
	switch {
	case l.trusts == nextKey:
		l.key, l.newKey, l.trusts = l.newKey, Key{}, ownKey
		l.emit(KeyChanged{At{l.id}})
	case l.newKey == Key{}:
	case l.keyTries >= MaxKeyTries:
		l.newKey = Key{}
		l.emit(KeyChangeFailed{At: At{l.id}})
	default:
		l.sendKey()
	}
}

// keySetReply takes the answer to a new key, under a MAC. Only an ACK, and a refusal that
// keeps the session, say anything for certain.
func (l *link) keySetReply(now time.Duration, reply Reply) {
	switch r := reply.(type) {
	case Ack:
		l.keyTaken(now)
	case Nak:
		l.status.Naks++
		switch r.Code {
		case NakSequence, NakNoSecureChannel, NakEncryptionWant:
			l.fail(now, SecureChannelLost, fmt.Sprintf("the reader refused the session with NAK %d when its key was changed", r.Code))
			return
		}
		l.newKey = Key{}
		l.emit(KeyChangeFailed{At: At{l.id}, Nak: r.Code})
		l.due = now + l.interval
		if l.trusts == publishedKey {
			l.closeInstall(now, InstallUseless)
		}
	default:
		l.fail(now, SecureChannelLost, "the reader answered a new key with something else than ACK or NAK")
	}
}

// keyTaken ends the session in which the key was changed; the next one proves the change.
// It is called for an ACK in clear, too, which some readers send because their session
// ends with the change: it proves nothing, and nothing is concluded from it.
func (l *link) keyTaken(now time.Duration) {
	if l.install != nil {
		l.endInstall(InstallDone)
	}
	l.fail(now, KeyChanging, "the reader's key was changed: its secure channel is made anew")
}

// endInstall ends the window and says so.
func (l *link) endInstall(why InstallEnd) {
	l.emit(InstallClosed{At: At{l.id}, By: l.install.by, Why: why, KeySent: l.keyTries > 0})
	l.install = nil
	if l.keyTries == 0 && l.trusts != nextKey {
		l.newKey = Key{} // nobody has heard it
	}
}

// closeInstall ends the window, and whatever goes on with the default key.
func (l *link) closeInstall(now time.Duration, why InstallEnd) {
	l.endInstall(why)
	if l.trusts == publishedKey {
		l.trusts = ownKey
		if l.phase > phaseIdentify {
			l.fail(now, HandshakeFailed, "install mode is closed")
		}
	}
}

// recognise finds the key that the reader has proved and derives the session's keys from
// it. One answer of the reader is enough to tell old and new key apart.
func (l *link) recognise(proof ClientProof) bool {
	for _, c := range l.candidates() {
		keys := DeriveSessionKeys(c.key, l.rndA)
		if SameProof(proof.Cryptogram, keys.ClientCryptogram(l.rndA, proof.RndB)) {
			l.keys, l.trusts = keys, c.choice
			return true
		}
	}
	return false
}

const defaultKeyDetail = "the reader holds the published default key: it was left in install mode, or somebody has put it there; give it a key of its own in an install window"

// strangeKey says what is wrong with a proof that recognise does not know.
func (l *link) strangeKey(proof ClientProof) (Reason, string) {
	published := DeriveSessionKeys(defaultKey(), l.rndA)
	switch {
	case SameProof(proof.Cryptogram, published.ClientCryptogram(l.rndA, proof.RndB)):
		return DefaultKey, defaultKeyDetail
	case guessable(l.rndA, proof):
		return WeakKey, "the reader holds a key that anybody would guess: it is not the one configured for it; give it that one"
	}
	return HandshakeFailed, "the reader holds another key than the one configured for it"
}
