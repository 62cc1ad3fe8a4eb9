package lockwire

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
)

// Kind numbers the messages. The numbers are on the wire and never change.
type Kind uint8

// The kinds: 1 to 15 from the daemon, 16 to 23 from a lock.
const (
	KindChallengeRequest Kind = 1
	KindAuthorise        Kind = 2
	KindRelock           Kind = 3
	KindProbe            Kind = 4
	KindChallenge        Kind = 17
	KindResult           Kind = 18
	KindState            Kind = 19
)

// Message is any of the seven messages.
type Message interface {
	// Kind returns the message's number on the wire.
	Kind() Kind
	role() Role
	check() error
}

// Command is a message from the daemon to a lock: ChallengeRequest, Authorise, Relock or Probe.
type Command interface {
	Message
	isCommand()
}

// Event is a message from a lock to the daemon: Challenge, Result or State.
type Event interface {
	Message
	// From returns the lock that says it, and the message's place in the lock's own
	// order: boots counted since it was made, messages counted since that boot.
	From() (lock string, boot, counter uint64)
	isEvent()
}

// ChallengeRequest asks a lock for a nonce. A lock keeps one challenge at a time; a
// request of another session replaces it.
type ChallengeRequest struct {
	Session SessionID `cbor:"1,keyasint"`
	Safe    string    `cbor:"2,keyasint"`
}

// Authorise carries one Request and the approvals of it. The same Authorise goes to all
// three locks.
type Authorise struct {
	// Request is the deterministic encoding of a Request, unaltered: its digest is what was approved.
	Request []byte `cbor:"1,keyasint"`
	// Approvals are 0 to 3; a lock accepts nothing but 3.
	Approvals []Approval `cbor:"2,keyasint"`
}

// Relock tells a lock to throw its bolt as soon as the door is shut. It carries no nonce:
// played back, it can only lock.
type Relock struct {
	Session SessionID `cbor:"1,keyasint"`
	Reason  string    `cbor:"2,keyasint"` // one word, at most MaxReasonBytes
}

// Probe asks a lock for its State with the nonce in it: proof that the State is not an old one.
type Probe struct {
	Nonce Nonce `cbor:"1,keyasint"`
}

// Challenge is a lock's answer to a ChallengeRequest.
type Challenge struct {
	Lock    string    `cbor:"1,keyasint"`
	Boot    uint64    `cbor:"2,keyasint"`
	Counter uint64    `cbor:"3,keyasint"`
	Session SessionID `cbor:"4,keyasint"`
	Safe    string    `cbor:"5,keyasint"`
	Nonce   Nonce     `cbor:"6,keyasint"`
	// Forms is the set of approval forms the lock understands: bit n-1 for form n.
	Forms uint8 `cbor:"7,keyasint"`
	// Firmware says what the lock is and which version it runs, at most MaxFirmwareBytes.
	Firmware string `cbor:"8,keyasint"`
}

// Result is a lock's answer to an Authorise, or its refusal of any other command.
type Result struct {
	Lock    string    `cbor:"1,keyasint"`
	Boot    uint64    `cbor:"2,keyasint"`
	Counter uint64    `cbor:"3,keyasint"`
	Session SessionID `cbor:"4,keyasint"` // all zero where the refused message's could not be read
	// Accepted: every check passed and the bolt is being drawn.
	Accepted bool `cbor:"5,keyasint"`
	Code     Code `cbor:"6,keyasint"` // empty exactly when accepted
}

// State is what a lock says about itself: with every change, in answer to a Probe, and
// as a heartbeat.
type State struct {
	Lock    string `cbor:"1,keyasint"`
	Boot    uint64 `cbor:"2,keyasint"`
	Counter uint64 `cbor:"3,keyasint"`
	Bolt    Bolt   `cbor:"4,keyasint"`
	Door    Door   `cbor:"5,keyasint"`
	Tamper  bool   `cbor:"6,keyasint"`
	// BatteryPercent is 0 to 100, or -1 when the lock has none or cannot tell.
	BatteryPercent int8   `cbor:"7,keyasint"`
	Reason         string `cbor:"8,keyasint"` // one word, at most MaxReasonBytes
	UptimeSeconds  uint64 `cbor:"9,keyasint"` // since this boot, by the lock's own clock
	// Echo is the nonce of the Probe that this State answers, or all zero.
	Echo Nonce `cbor:"10,keyasint"`
}

// Live reports whether the State is of the live class (see ReasonHeartbeat): the locks'
// order of live States and that of events are each kept by a broker, their order among each other is not.
func (m State) Live() bool { return m.Reason == ReasonHeartbeat || m.Reason == ReasonProbe }

// Kind returns KindChallengeRequest.
func (ChallengeRequest) Kind() Kind { return KindChallengeRequest }

// Kind returns KindAuthorise.
func (Authorise) Kind() Kind { return KindAuthorise }

// Kind returns KindRelock.
func (Relock) Kind() Kind { return KindRelock }

// Kind returns KindProbe.
func (Probe) Kind() Kind { return KindProbe }

// Kind returns KindChallenge.
func (Challenge) Kind() Kind { return KindChallenge }

// Kind returns KindResult.
func (Result) Kind() Kind { return KindResult }

// Kind returns KindState.
func (State) Kind() Kind { return KindState }

// From returns the lock, its boot count and the message's counter.
func (m Challenge) From() (string, uint64, uint64) { return m.Lock, m.Boot, m.Counter }

// From returns the lock, its boot count and the message's counter.
func (m Result) From() (string, uint64, uint64) { return m.Lock, m.Boot, m.Counter }

// From returns the lock, its boot count and the message's counter.
func (m State) From() (string, uint64, uint64) { return m.Lock, m.Boot, m.Counter }

func (ChallengeRequest) role() Role { return RoleCommand }
func (Authorise) role() Role        { return RoleCommand }
func (Relock) role() Role           { return RoleCommand }
func (Probe) role() Role            { return RoleCommand }
func (Challenge) role() Role        { return RoleEvent }
func (Result) role() Role           { return RoleEvent }
func (State) role() Role            { return RoleEvent }

func (ChallengeRequest) isCommand() {}
func (Authorise) isCommand()        {}
func (Relock) isCommand()           {}
func (Probe) isCommand()            {}
func (Challenge) isEvent()          {}
func (Result) isEvent()             {}
func (State) isEvent()              {}

func (m ChallengeRequest) check() error { return checkName("safe", m.Safe) }

func (m Authorise) check() error {
	if len(m.Request) == 0 {
		return fmt.Errorf("an authorise without a request")
	}
	if len(m.Approvals) > ApprovalsNeeded {
		return fmt.Errorf("%d approvals: %d at most", len(m.Approvals), ApprovalsNeeded)
	}
	for i, a := range m.Approvals {
		if err := a.check(); err != nil {
			return fmt.Errorf("approval %d: %w", i+1, err)
		}
	}
	return nil
}

func (m Relock) check() error { return checkWord("reason", m.Reason) }

func (m Probe) check() error {
	if m.Nonce == (Nonce{}) {
		return fmt.Errorf("a probe whose nonce is all zero cannot be told from no probe")
	}
	return nil
}

func (m Challenge) check() error {
	if err := checkName("lock", m.Lock); err != nil {
		return err
	}
	if err := checkName("safe", m.Safe); err != nil {
		return err
	}
	return checkText("firmware", m.Firmware, 0, MaxFirmwareBytes)
}

func (m Result) check() error {
	if err := checkName("lock", m.Lock); err != nil {
		return err
	}
	if m.Accepted != (m.Code == CodeAccepted) {
		return fmt.Errorf("a result that is accepted=%v with code %.32q", m.Accepted, m.Code)
	}
	if m.Accepted {
		return nil
	}
	return checkWord("code", string(m.Code))
}

func (m State) check() error {
	if err := checkName("lock", m.Lock); err != nil {
		return err
	}
	if m.Bolt > BoltJammed {
		return fmt.Errorf("bolt position %d is none of 0 to 3", m.Bolt)
	}
	if m.Door > DoorOpen {
		return fmt.Errorf("door position %d is none of 0 to 2", m.Door)
	}
	if m.BatteryPercent < -1 || m.BatteryPercent > 100 {
		return fmt.Errorf("battery %d is not -1 to 100", m.BatteryPercent)
	}
	return checkWord("reason", m.Reason)
}

func checkName(what, text string) error {
	if !ValidName(text) {
		return fmt.Errorf("%s %.40q is not 1 to %d of a-z, 0-9 and '-'", what, text, MaxNameBytes)
	}
	return nil
}

// checkWord accepts what checkName does, with the shorter bound of a code word.
func checkWord(what, text string) error {
	if !ValidName(text) || len(text) > MaxReasonBytes {
		return fmt.Errorf("%s %.40q is not one word of 1 to %d of a-z, 0-9 and '-'", what, text, MaxReasonBytes)
	}
	return nil
}

// checkText accepts minimum to maximum bytes of UTF-8 without control characters: what
// a display or a log line can show without being led astray.
func checkText(what, text string, minimum, maximum int) error {
	if len(text) < minimum || len(text) > maximum {
		return fmt.Errorf("%s of %d bytes: want %d to %d", what, len(text), minimum, maximum)
	}
	if !utf8.ValidString(text) {
		return fmt.Errorf("%s is not UTF-8", what)
	}
	for _, r := range text {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return fmt.Errorf("%s holds the control character %U", what, r)
		}
	}
	return nil
}

// frame is the payload of every message.
type frame struct {
	Version uint64          `cbor:"1,keyasint"`
	Kind    Kind            `cbor:"2,keyasint"`
	Body    cbor.RawMessage `cbor:"3,keyasint"`
}

// EncodePayload returns the payload of a message: what its signature covers. It fails
// when a field is over its limit.
func EncodePayload(m Message) ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("message of kind %d: %w", m.Kind(), err)
	}
	return encode(frame{Version: Version, Kind: m.Kind(), Body: encode(m)}), nil
}

// DecodePayload reads the payload of a message in the given direction. The error is a *Refusal.
func DecodePayload(role Role, payload []byte) (Message, error) {
	f, err := decodeFrame(payload)
	if err != nil {
		return nil, err
	}
	m, err := decodeBody(f)
	if err != nil {
		return nil, refuse(CodeBadEncoding, err.Error())
	}
	if m.role() != role {
		return nil, refuse(CodeBadEncoding, fmt.Sprintf("message of kind %d in direction %s", f.Kind, role))
	}
	if err := m.check(); err != nil {
		return nil, refuse(CodeBadEncoding, err.Error())
	}
	return m, nil
}

func decodeFrame(payload []byte) (frame, error) {
	var f frame
	if len(payload) > MaxMessageBytes {
		return f, refuse(CodeTooLong, fmt.Sprintf("%d bytes", len(payload)))
	}
	if v, other := otherVersion(payload); other {
		return f, refuse(CodeUnsupportedVersion, fmt.Sprintf("version %d, this side speaks %d", v, Version))
	}
	if err := decodeStrict(payload, &f); err != nil {
		return f, refuse(CodeBadEncoding, err.Error())
	}
	if f.Version != Version {
		return f, refuse(CodeBadEncoding, "version 0 does not exist")
	}
	return f, nil
}

func decodeBody(f frame) (Message, error) {
	switch f.Kind {
	case KindChallengeRequest:
		return decodeAs[ChallengeRequest](f.Body)
	case KindAuthorise:
		return decodeAs[Authorise](f.Body)
	case KindRelock:
		return decodeAs[Relock](f.Body)
	case KindProbe:
		return decodeAs[Probe](f.Body)
	case KindChallenge:
		return decodeAs[Challenge](f.Body)
	case KindResult:
		return decodeAs[Result](f.Body)
	case KindState:
		return decodeAs[State](f.Body)
	}
	return nil, fmt.Errorf("message of unknown kind %d", f.Kind)
}

func decodeAs[M Message](body []byte) (Message, error) {
	var m M
	if err := decodeStrict(body, &m); err != nil {
		return nil, err
	}
	return m, nil
}
