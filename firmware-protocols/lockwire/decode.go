package lockwire

import "fmt"

// command is any command, taken apart in the buffer that it was received in.
type command struct {
	kind     Kind
	version  uint64 // of the frame
	session  SessionID
	nonce    Nonce
	versions Versions
	safe     []byte
	reason   []byte
	trust    []byte // an encoded trust list
	request  []byte // an encoded request
	// approvals are 0 to 3; a lock accepts nothing but 3.
	approvals [ApprovalsNeeded]approval
	count     int
}

// approval is an Approval where it lies in its message.
type approval struct {
	party         Party
	form          Form
	person        []byte
	signature     []byte
	authenticator []byte
	clientData    []byte
}

// request is a Request where it lies in its message.
type request struct {
	act      Act
	safe     []byte
	session  SessionID
	purpose  []byte
	content  Digest
	quotes   [LocksPerSafe]quote
	count    int
	lifetime uint8
}

// quote is a Quote where it lies in its message.
type quote struct {
	lock    []byte
	nonce   Nonce
	boot    uint64
	counter uint64
}

// openFrame reads the frame that is the same in all versions up to the body. Of a message
// of another version nothing more can be said.
func openFrame(payload []byte, spoken Versions) (r reader, kind Kind, version uint64, wrong fault) {
	r = reader{rest: payload}
	fields := r.head(majorMap)
	r.key(1)
	version = r.number(0, 1<<64-1)
	if r.wrong != "" {
		return r, 0, 0, badEncoding(r.wrong)
	}
	if version != versionOfNegotiation && (version != Version || !spoken.Contains(version)) {
		return r, 0, version, fault{CodeUnsupportedVersion, "the message is of another version"}
	}
	r.key(2)
	kind = Kind(r.number(0, 255)) //nolint:gosec // in range
	r.key(3)
	if fields != 3 {
		r.fail("a frame of another shape")
	}
	if r.wrong == "" && version != versionOf(kind) {
		r.fail("a kind that does not exist in its version")
	}
	if r.wrong != "" {
		return r, 0, version, badEncoding(r.wrong)
	}
	return r, kind, version, fault{}
}

// parse takes the payload of a command apart.
func (c *command) parse(payload []byte, spoken Versions) fault {
	r, kind, version, wrong := openFrame(payload, spoken)
	c.kind, c.version = kind, version
	if wrong.is() {
		return wrong
	}
	switch kind {
	case KindChallengeRequest:
		r.fields(2)
		r.session(1, &c.session)
		r.key(2)
		c.safe = r.name()
	case KindAuthorise:
		r.fields(2)
		r.key(1)
		c.request = r.blob(1, MaxMessageBytes)
		r.key(2)
		c.count = r.list(0, ApprovalsNeeded)
		for i := range c.count {
			c.approvals[i].parse(&r)
		}
	case KindRelock:
		r.fields(2)
		r.session(1, &c.session)
		r.key(2)
		c.reason = r.word()
	case KindProbe:
		r.fields(1)
		r.nonce(1, &c.nonce)
	case KindProposeTrust:
		r.fields(3)
		r.session(1, &c.session)
		r.key(2)
		c.safe = r.name()
		r.key(3)
		c.trust = r.blob(1, MaxTrustBytes)
	case KindHello:
		r.fields(3)
		r.nonce(1, &c.nonce)
		c.versions = r.versions(2)
	default:
		r.fail("no kind of command")
	}
	if (kind == KindProbe || kind == KindHello) && c.nonce == (Nonce{}) {
		r.fail("a nonce that is all zero")
	}
	if wrong := r.end(); wrong != "" {
		return badEncoding(wrong)
	}
	return fault{}
}

func (r *reader) session(key uint64, s *SessionID) {
	r.key(key)
	r.fixed(s[:])
}

func (r *reader) nonce(key uint64, n *Nonce) {
	r.key(key)
	r.fixed(n[:])
}

func (r *reader) digest(key uint64, d *Digest) {
	r.key(key)
	r.fixed(d[:])
}

// versions reads a range of versions from two fields, the first of which has the given key.
func (r *reader) versions(key uint64) Versions {
	r.key(key)
	lowest := r.number(1, 255)
	r.key(key + 1)
	highest := r.number(1, 255)
	if lowest > highest {
		r.fail("a range of versions that is empty")
	}
	return Versions{uint8(lowest), uint8(highest)} //nolint:gosec // in range
}

func (a *approval) parse(r *reader) {
	fields := r.head(majorMap)
	r.key(1)
	a.party = Party(r.number(uint64(Archivist), uint64(Management))) //nolint:gosec // in range
	r.key(2)
	a.person = r.text(1, MaxPersonBytes)
	r.key(3)
	a.form = Form(r.number(uint64(ByController), uint64(ByWebAuthn))) //nolint:gosec // in range
	r.key(4)
	a.signature = r.blob(signatureBytes, signatureBytes)
	want := uint64(4)
	if a.form == ByWebAuthn {
		want = 6
		r.key(5)
		a.authenticator = r.blob(authenticatorBytes, authenticatorBytes)
		r.key(6)
		a.clientData = r.blob(1, MaxClientDataBytes)
	}
	if fields != want {
		r.fail("an approval with fields of another form")
	}
}

// parse takes a request apart.
func (q *request) parse(raw []byte) fault {
	r := reader{rest: raw}
	r.fields(8)
	r.key(1)
	version := r.number(0, 1<<64-1)
	if r.wrong == "" && version != Version {
		return fault{CodeUnsupportedVersion, "the request is of another version"}
	}
	r.key(2)
	q.act = Act(r.number(uint64(ActOpen), uint64(ActTrust))) //nolint:gosec // in range
	r.key(3)
	q.safe = r.name()
	r.session(4, &q.session)
	r.key(5)
	q.purpose = r.text(1, MaxPurposeBytes)
	r.digest(6, &q.content)
	r.key(7)
	q.count = r.list(q.act.fewestLocks(), LocksPerSafe)
	for i := range q.count {
		l := &q.quotes[i]
		r.fields(4)
		r.key(1)
		l.lock = r.name()
		r.nonce(2, &l.nonce)
		r.key(3)
		l.boot = r.number(0, 1<<64-1)
		r.key(4)
		l.counter = r.number(0, 1<<64-1)
		if i > 0 && string(l.lock) <= string(q.quotes[i-1].lock) {
			r.fail("a lock twice, or locks out of order")
		}
	}
	r.key(8)
	q.lifetime = uint8(r.number(1, uint64(MaxLifetime.Seconds()))) //nolint:gosec // in range
	if wrong := r.end(); wrong != "" {
		return badEncoding(wrong)
	}
	return fault{}
}

// fewestLocks is how many locks a request must name at least. An opening is one request
// to all three; a trust list may have to be brought to one lock that missed it.
func (a Act) fewestLocks() uint64 {
	if a == ActOpen {
		return LocksPerSafe
	}
	return 1
}

// message returns the command as a value of its own.
func (c *command) message() Command {
	switch c.kind {
	case KindChallengeRequest:
		return ChallengeRequest{Session: c.session, Safe: string(c.safe)}
	case KindAuthorise:
		m := Authorise{Request: append([]byte{}, c.request...), Approvals: []Approval{}}
		for _, a := range c.approvals[:c.count] {
			m.Approvals = append(m.Approvals, a.message())
		}
		return m
	case KindRelock:
		return Relock{Session: c.session, Reason: string(c.reason)}
	case KindProbe:
		return Probe{Nonce: c.nonce}
	case KindProposeTrust:
		return ProposeTrust{Session: c.session, Safe: string(c.safe), Trust: append([]byte{}, c.trust...)}
	case KindHello:
		return Hello{Nonce: c.nonce, Lowest: c.versions.Lowest, Highest: c.versions.Highest}
	}
	return nil
}

func (a *approval) message() Approval {
	m := Approval{Party: a.party, Person: string(a.person), Form: a.form, Signature: append([]byte{}, a.signature...)}
	if a.form == ByWebAuthn {
		m.AuthenticatorData, m.ClientData = append([]byte{}, a.authenticator...), append([]byte{}, a.clientData...)
	}
	return m
}

// DecodePayload reads the payload of a message in the given direction. The error is a *Refusal.
func DecodePayload(role Role, payload []byte) (Message, error) {
	if len(payload) > MaxMessageBytes {
		return nil, refuse(CodeTooLong, fmt.Sprintf("%d bytes", len(payload)))
	}
	if role == RoleCommand {
		var c command
		if wrong := c.parse(payload, Spoken()); wrong.is() {
			return nil, wrong.error()
		}
		return c.message(), nil
	}
	return decodeEvent(payload)
}

func decodeEvent(payload []byte) (Event, error) {
	r, kind, _, wrong := openFrame(payload, Spoken())
	if wrong.is() {
		return nil, wrong.error()
	}
	var m Event
	switch kind {
	case KindChallenge:
		m = r.challenge()
	case KindResult:
		m = r.result()
	case KindState:
		m = r.state()
	case KindCapabilities:
		m = r.capabilities()
	default:
		r.fail("no kind of event")
	}
	if wrong := r.end(); wrong != "" {
		return nil, refuse(CodeBadEncoding, wrong)
	}
	if err := m.check(); err != nil {
		return nil, refuse(CodeBadEncoding, err.Error())
	}
	return m, nil
}

// from reads the three fields that every event begins with.
func (r *reader) from(lock *string, boot, counter *uint64) {
	r.key(1)
	*lock = string(r.name())
	r.key(2)
	*boot = r.number(0, 1<<64-1)
	r.key(3)
	*counter = r.number(0, 1<<64-1)
}

func (r *reader) challenge() (m Challenge) {
	r.fields(7)
	r.from(&m.Lock, &m.Boot, &m.Counter)
	r.session(4, &m.Session)
	r.key(5)
	m.Safe = string(r.name())
	r.nonce(6, &m.Nonce)
	r.key(7)
	m.Act = Act(r.number(uint64(ActOpen), uint64(ActTrust))) //nolint:gosec // in range
	return m
}

func (r *reader) result() (m Result) {
	r.fields(6)
	r.from(&m.Lock, &m.Boot, &m.Counter)
	r.session(4, &m.Session)
	r.key(5)
	m.Accepted = r.yes()
	r.key(6)
	m.Code = Code(r.text(0, MaxReasonBytes))
	return m
}

func (r *reader) state() (m State) {
	r.fields(13)
	r.from(&m.Lock, &m.Boot, &m.Counter)
	r.key(4)
	m.Bolt = Bolt(r.number(0, uint64(BoltJammed))) //nolint:gosec // in range
	r.key(5)
	m.Door = Door(r.number(0, uint64(DoorOpen))) //nolint:gosec // in range
	r.key(6)
	m.Tamper = r.yes()
	r.key(7)
	m.BatteryPercent = r.small()
	r.key(8)
	m.Reason = string(r.word())
	r.key(9)
	m.UptimeSeconds = r.number(0, 1<<64-1)
	r.nonce(10, &m.Echo)
	r.key(11)
	m.Motor = Motor(r.number(0, uint64(MotorOverCurrent))) //nolint:gosec // in range
	r.key(12)
	m.TrustVersion = uint32(r.number(1, 1<<32-1)) //nolint:gosec // in range
	r.digest(13, &m.TrustDigest)
	return m
}

func (r *reader) capabilities() (m Capabilities) {
	r.fields(9)
	r.from(&m.Lock, &m.Boot, &m.Counter)
	r.nonce(4, &m.Echo)
	spoken := r.versions(5)
	m.Lowest, m.Highest = spoken.Lowest, spoken.Highest
	r.key(7)
	m.Forms = uint8(r.number(0, 255)) //nolint:gosec // in range
	r.key(8)
	m.Firmware = string(r.text(0, MaxFirmwareBytes))
	r.key(9)
	m.Refused = r.number(0, 1<<64-1)
	return m
}
