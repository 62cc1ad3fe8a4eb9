package lockwire

import (
	"errors"
	"fmt"

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
	KindProposeTrust     Kind = 5
	KindHello            Kind = 6
	KindChallenge        Kind = 17
	KindResult           Kind = 18
	KindState            Kind = 19
	KindCapabilities     Kind = 20
)

// Message is any of the ten messages.
type Message interface {
	// Kind returns the message's number on the wire.
	Kind() Kind
	role() Role
	check() error
}

// Command is a message from the daemon to a lock: ChallengeRequest, Authorise, Relock,
// Probe, ProposeTrust or Hello.
type Command interface {
	Message
	isCommand()
}

// Event is a message from a lock to the daemon: Challenge, Result, State or Capabilities.
type Event interface {
	Message
	// From returns the lock that says it, and the message's place in the lock's own
	// order: boots counted since it was made, messages counted since that boot.
	From() (lock string, boot, counter uint64)
	// Live reports whether the event is worth something at once or not at all. Live events
	// are sent at QoS 0, the others at QoS 1: a broker keeps the order of each of the two
	// classes, and not the order among them.
	Live() bool
}

// ChallengeRequest asks a lock for a nonce. A lock keeps one challenge at a time; a
// request of another session replaces it.
type ChallengeRequest struct {
	Session SessionID `cbor:"1,keyasint"`
	Safe    string    `cbor:"2,keyasint"`
}

// ProposeTrust hands a lock the trust list that it is to take, and asks for a nonce for
// it. The lock keeps the list apart, for as long as the challenge is outstanding, and
// answers at once when it could never take it.
type ProposeTrust struct {
	Session SessionID `cbor:"1,keyasint"`
	Safe    string    `cbor:"2,keyasint"`
	// Trust is the encoded list (see Trust.Encode), unaltered: its digest is what is approved.
	Trust []byte `cbor:"3,keyasint"`
}

// Hello asks a lock who it is and says which versions the daemon speaks. It is of
// version 0, and never changes.
type Hello struct {
	Nonce   Nonce `cbor:"1,keyasint"`
	Lowest  uint8 `cbor:"2,keyasint"`
	Highest uint8 `cbor:"3,keyasint"`
}

// Capabilities answers a Hello, and any message of a version that the lock does not
// speak. It is of version 0, and never changes: bits of Forms that are not known are to
// be ignored, and everything else that is new belongs to a version.
type Capabilities struct {
	Lock    string `cbor:"1,keyasint"`
	Boot    uint64 `cbor:"2,keyasint"`
	Counter uint64 `cbor:"3,keyasint"`
	// Echo is the Hello's nonce, or all zero.
	Echo Nonce `cbor:"4,keyasint"`
	// Lowest and Highest are the versions that the lock speaks.
	Lowest  uint8 `cbor:"5,keyasint"`
	Highest uint8 `cbor:"6,keyasint"`
	// Forms is the set of approval forms the lock verifies: bit n-1 for form n.
	Forms uint8 `cbor:"7,keyasint"`
	// Firmware says what the lock is and which version it runs, at most MaxFirmwareBytes.
	Firmware string `cbor:"8,keyasint"`
	// Refused is the version of the message that was refused for it, or 0.
	Refused uint64 `cbor:"9,keyasint"`
}

// Authorise carries one Request and the approvals of it. The same Authorise goes to all
// the locks that the request names.
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

// Challenge is a lock's answer to a ChallengeRequest or a ProposeTrust.
type Challenge struct {
	Lock    string    `cbor:"1,keyasint"`
	Boot    uint64    `cbor:"2,keyasint"`
	Counter uint64    `cbor:"3,keyasint"`
	Session SessionID `cbor:"4,keyasint"`
	Safe    string    `cbor:"5,keyasint"`
	Nonce   Nonce     `cbor:"6,keyasint"`
	// Act is what the nonce may be quoted for.
	Act Act `cbor:"7,keyasint"`
}

// Result is a lock's answer to an Authorise, or its refusal of any other command.
type Result struct {
	Lock    string    `cbor:"1,keyasint"`
	Boot    uint64    `cbor:"2,keyasint"`
	Counter uint64    `cbor:"3,keyasint"`
	Session SessionID `cbor:"4,keyasint"` // all zero where the refused message's could not be read
	// Accepted: every check passed, and the bolt is being drawn or the new list is stored.
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
	Echo  Nonce `cbor:"10,keyasint"`
	Motor Motor `cbor:"11,keyasint"`
	// TrustVersion and TrustDigest name the trust list that holds (see Trust.Digest).
	TrustVersion uint32 `cbor:"12,keyasint"`
	TrustDigest  Digest `cbor:"13,keyasint"`
}

// Live holds for heartbeats and the answers to a Probe.
func (m State) Live() bool { return m.Reason == ReasonHeartbeat || m.Reason == ReasonProbe }

// Live is true: an answer to a Hello of a connection that is gone means nothing.
func (m Capabilities) Live() bool { return true }

// Live is false.
func (m Challenge) Live() bool { return false }

// Live is false.
func (m Result) Live() bool { return false }

// Kind returns KindChallengeRequest.
func (ChallengeRequest) Kind() Kind { return KindChallengeRequest }

// Kind returns KindAuthorise.
func (Authorise) Kind() Kind { return KindAuthorise }

// Kind returns KindRelock.
func (Relock) Kind() Kind { return KindRelock }

// Kind returns KindProbe.
func (Probe) Kind() Kind { return KindProbe }

// Kind returns KindProposeTrust.
func (ProposeTrust) Kind() Kind { return KindProposeTrust }

// Kind returns KindHello.
func (Hello) Kind() Kind { return KindHello }

// Kind returns KindCapabilities.
func (Capabilities) Kind() Kind { return KindCapabilities }

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

// From returns the lock, its boot count and the message's counter.
func (m Capabilities) From() (string, uint64, uint64) { return m.Lock, m.Boot, m.Counter }

func (ChallengeRequest) role() Role { return RoleCommand }
func (Authorise) role() Role        { return RoleCommand }
func (Relock) role() Role           { return RoleCommand }
func (Probe) role() Role            { return RoleCommand }
func (ProposeTrust) role() Role     { return RoleCommand }
func (Hello) role() Role            { return RoleCommand }
func (Challenge) role() Role        { return RoleEvent }
func (Result) role() Role           { return RoleEvent }
func (State) role() Role            { return RoleEvent }
func (Capabilities) role() Role     { return RoleEvent }

func (ChallengeRequest) isCommand() {}
func (Authorise) isCommand()        {}
func (Relock) isCommand()           {}
func (Probe) isCommand()            {}
func (ProposeTrust) isCommand()     {}
func (Hello) isCommand()            {}

func (m ChallengeRequest) check() error { return checkName("safe", m.Safe) }

func (m ProposeTrust) check() error {
	if len(m.Trust) == 0 || len(m.Trust) > MaxTrustBytes {
		return fmt.Errorf("trust list of %d bytes: want 1 to %d", len(m.Trust), MaxTrustBytes)
	}
	return checkName("safe", m.Safe)
}

func (m Hello) check() error {
	if m.Nonce == (Nonce{}) {
		return errors.New("a hello whose nonce is all zero cannot be told from no hello")
	}
	return checkVersions(m.Lowest, m.Highest)
}

func (m Capabilities) check() error {
	if err := checkName("lock", m.Lock); err != nil {
		return err
	}
	if err := checkVersions(m.Lowest, m.Highest); err != nil {
		return err
	}
	return checkText("firmware", m.Firmware, 0, MaxFirmwareBytes)
}

func checkVersions(lowest, highest uint8) error {
	if !(Versions{lowest, highest}).valid() {
		return fmt.Errorf("versions %d to %d are no range from 1 up", lowest, highest)
	}
	return nil
}

func (m Authorise) check() error {
	if len(m.Request) == 0 {
		return errors.New("an authorise without a request")
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
		return errors.New("a probe whose nonce is all zero cannot be told from no probe")
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
	if m.Act != ActOpen && m.Act != ActTrust {
		return fmt.Errorf("act %d is neither 1 nor 2", m.Act)
	}
	return nil
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
	if m.Motor > MotorOverCurrent {
		return fmt.Errorf("motor %d is none of 0 to 4", m.Motor)
	}
	if m.TrustVersion == 0 {
		return errors.New("a state without a trust list: the first is of version 1")
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
	if !showable(text) {
		return fmt.Errorf("%s is not UTF-8, or holds a control character", what)
	}
	return nil
}

// EncodePayload returns the payload of a message: what its signature covers. It fails
// when a field is over its limit.
func EncodePayload(m Message) ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("message of kind %d: %w", m.Kind(), err)
	}
	return encode(frame{Version: versionOf(m.Kind()), Kind: m.Kind(), Body: encode(m)}), nil
}

// frame is the payload of every message, in every version.
type frame struct {
	Version uint64          `cbor:"1,keyasint"`
	Kind    Kind            `cbor:"2,keyasint"`
	Body    cbor.RawMessage `cbor:"3,keyasint"`
}

func versionOf(k Kind) uint64 {
	if k == KindHello || k == KindCapabilities {
		return versionOfNegotiation
	}
	return Version
}
