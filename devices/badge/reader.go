package badge

import (
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/firmware-protocols/osdp"
	"trilock/firmware-protocols/wiegand"
)

// reader turns one reader's events into facts.
type reader struct {
	device  fact.DeviceID
	address uint8
	log     *slog.Logger
	formats []wiegand.Layout // of the cards that are let in; none lets all in

	outputs  uint8 // what it says it has
	identity string
	tamper   bool
	heads    map[uint8]osdp.AttachedState
	up       bool
	denied   bool   // somebody said in its name that it has no secure channel
	fault    string // the code last reported
	pin      pin
}

// pin is a keypad entry under way.
type pin struct {
	digits  []byte
	tooLong bool
	lastKey time.Duration
}

// facts returns what an event means. now is on any clock that does not run backwards.
func (r *reader) facts(now time.Duration, e osdp.Event) []fact.Fact {
	switch e := e.(type) {
	case osdp.Online:
		return r.online(e)
	case osdp.Offline:
		return r.offline(e)
	case osdp.Card:
		return r.card(e)
	case osdp.Keypad:
		return r.keys(now, e)
	case osdp.InputChanged:
		return []fact.Fact{fact.InputChanged{Device: r.device, Input: e.Input, State: inputState(e.State)}}
	case osdp.Tamper:
		r.tamper = e.Active
		return r.faults()
	case osdp.AttachedChanged:
		r.heads[e.Reader] = e.State
		return r.faults()
	case osdp.Downgrade:
		r.denied = true
		return r.faults()
	case osdp.KeyChanged:
		return []fact.Fact{r.report(CodeKeyChanged, "the reader has proved its new key; the old one is not accepted any more")}
	case osdp.KeyChangeFailed, osdp.InstallOpened, osdp.InstallUsed, osdp.InstallClosed:
		return []fact.Fact{r.keyFact(e)}
	case osdp.SpeedChanged, osdp.SpeedChangeFailed, osdp.AddressChanged, osdp.AddressChangeFailed:
		return r.moveFact(e)
	case osdp.Power:
		// Readers say so after each power-up, too: it is no fault as long as they answer.
		r.log.Info("badge reader reports on its power supply", "failing", e.Failing)
	case osdp.CommandLost:
		r.log.Warn("command for a badge reader came to nothing", "command", fmt.Sprintf("0x%02X", uint8(e.Code)), "why", lossText(e))
	case osdp.Unexpected:
		r.log.Warn("badge reader sent what cannot be used", "reply", fmt.Sprintf("0x%02X", uint8(e.Code)), "bytes", len(e.Data))
	}
	return nil
}

// reset forgets what belongs to a session.
func (r *reader) reset() {
	r.outputs, r.tamper, r.heads, r.fault = 0, false, map[uint8]osdp.AttachedState{}, ""
	r.up, r.denied = false, false
	r.pin.clear()
}

func (r *reader) online(e osdp.Online) []fact.Fact {
	r.reset()
	r.identity = e.Identity.String()
	outputs, _ := e.Capabilities.Find(osdp.FunctionOutputs)
	r.outputs, r.up = outputs.Count, true
	return []fact.Fact{r.report("", "")}
}

// report is a report in the state that the reader is in.
func (r *reader) report(code, detail string) fact.Fact {
	state := fact.DeviceDown
	if r.up {
		state = fact.DeviceUp
	}
	return fact.DeviceReport{Device: r.device, State: state, Code: code, Detail: detail, Identity: r.identity}
}

func (r *reader) offline(e osdp.Offline) []fact.Fact {
	r.reset()
	return []fact.Fact{r.report(offlineCodes[e.Reason], e.Detail)}
}

// offlineCodes are the codes of the reasons.
var offlineCodes = map[osdp.Reason]string{
	osdp.NoAnswer: devices.CodeNoAnswer, osdp.HandshakeFailed: devices.CodeHandshakeFailed,
	osdp.SecureChannelLost: CodeSecureChannelLost, osdp.ClearText: CodeClearText, osdp.DefaultKey: CodeDefaultKey,
	osdp.WeakKey: CodeWeakKey, osdp.SecurityDenied: CodeSecurityDenied, osdp.KeyChanging: CodeKeyChanging,
	osdp.Moving: CodeMoving,
}

// faults reports the reader faulty, or up again, when that changed.
func (r *reader) faults() []fact.Fact {
	code, detail := "", ""
	for _, state := range r.heads {
		if state == osdp.AttachedMissing {
			code, detail = CodeHeadMissing, "a reader head is not connected to its unit: check the cable between them"
		}
	}
	for _, state := range r.heads {
		if state == osdp.AttachedTamper {
			code, detail = CodeTamper, "a reader head reports that its housing was opened: look at it before trusting it"
		}
	}
	if r.tamper {
		code, detail = CodeTamper, "the reader reports that its housing was opened: look at it before trusting it"
	}
	if r.denied {
		code, detail = CodeSecurityDenied, "before the secure channel stood, somebody said in the reader's name that it has none: look along the reader's line for a device that does not belong there"
	}
	if code == r.fault {
		return nil
	}
	r.fault = code
	if code == "" {
		return []fact.Fact{r.report("", "")}
	}
	return []fact.Fact{fact.DeviceReport{Device: r.device, State: fact.DeviceFault, Code: code, Detail: detail, Identity: r.identity}}
}

// card reports a card, unless nobody knows when it was shown.
func (r *reader) card(e osdp.Card) []fact.Fact {
	card := cardID(e)
	if e.Held {
		r.log.Warn("card dropped: the reader kept it while it was out of reach; it must be shown again", "card", card.Masked())
		return nil
	}
	if !r.letsIn(e) {
		r.log.Warn("card dropped: it has none of the formats of this reader, or a wrong parity", "bits", e.Bits, "card", card.Masked())
		return nil
	}
	return []fact.Fact{fact.BadgeShown{Reader: r.device, Card: card}}
}

// letsIn reports whether a card has one of the reader's formats.
func (r *reader) letsIn(e osdp.Card) bool {
	for _, f := range r.formats {
		if _, err := f.Decode(wiegand.Bits{Count: int(e.Bits), Data: e.Data}); err == nil {
			return true
		}
	}
	return len(r.formats) == 0
}

// cardID is the documented form of a card number, "raw:26:A8ED3140".
func cardID(e osdp.Card) fact.CardID {
	return fact.CardID(fmt.Sprintf("raw:%d:%s", e.Bits, strings.ToUpper(hex.EncodeToString(e.Data))))
}

// keys collects key presses until the entry is complete.
func (r *reader) keys(now time.Duration, e osdp.Keypad) []fact.Fact {
	if e.Held {
		r.log.Warn("key presses dropped: the reader kept them while it was out of reach")
		return nil
	}
	var facts []fact.Fact
	for _, key := range e.Keys.Keys {
		if digits, ok := r.pin.press(now, key); ok {
			facts = append(facts, fact.PINEntered{Reader: r.device, Digits: digits})
		}
	}
	return facts
}

// press takes one key and returns the digits when the entry is complete. An entry with
// too many digits is dropped whole; function keys are no digits and change nothing.
func (p *pin) press(now time.Duration, key byte) (string, bool) {
	if now-p.lastKey > keyPause {
		p.clear()
	}
	p.lastKey = now
	switch {
	case key == '#' || key == 0x0D:
		digits, ok := string(p.digits), len(p.digits) > 0 && !p.tooLong
		p.clear()
		return digits, ok
	case key == '*' || key == 0x7F:
		p.clear()
	case key < '0' || key > '9':
	case len(p.digits) >= fact.MaxPINDigits:
		p.tooLong = true
	default:
		p.digits = append(p.digits, key)
	}
	return "", false
}

// clear forgets the digits, in memory too.
func (p *pin) clear() {
	clear(p.digits)
	p.digits, p.tooLong = p.digits[:0], false
}

func inputState(s osdp.InputState) fact.InputState {
	switch s {
	case osdp.InputInactive:
		return fact.InputInactive
	case osdp.InputActive:
		return fact.InputActive
	case osdp.InputShort, osdp.InputOpen, osdp.InputFault:
		return fact.InputFault
	default:
		return fact.InputUnknown
	}
}

func lossText(e osdp.CommandLost) string {
	switch e.Why {
	case osdp.LostRefused:
		return fmt.Sprintf("the reader refused it with NAK %d", e.Nak)
	case osdp.LostExpired:
		return "it could not be sent in time"
	default:
		return "the session broke; it is not sent again"
	}
}
