package lockwire

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Trust is a trust list: whose keys a lock believes. All three locks of a safe have the
// same one. It is set at commissioning, and changed only by three parties (see ActTrust).
type Trust struct {
	// Version grows with each change; the first is 1.
	Version uint32
	Safe    string
	// Controller is the daemon's key: every command is signed with it.
	Controller Key
	// Parties says, for each of the three parties, how it must approve.
	Parties map[Party]PartyTrust
	// RelyingParty is needed as soon as one party approves by WebAuthn.
	RelyingParty RelyingParty
}

// PartyTrust says in which form one party must approve.
type PartyTrust struct {
	Form Form
	// Keys are the enrolled keys by the person's number. Refused for ByController, needed for every other form.
	Keys map[string]Key
}

// RelyingParty is where people approve by WebAuthn.
type RelyingParty struct {
	// IDHash is the SHA-256 of the relying party's id: the console's domain name.
	IDHash Digest
	// Origins are the addresses of the console, "https://host" or "https://host:port",
	// exactly as a browser writes them.
	Origins []string
}

// NewRelyingParty returns the relying party of a console that people reach at the given
// origins, under one domain name or the names below it.
func NewRelyingParty(id string, origins ...string) RelyingParty {
	sorted := slices.Clone(origins)
	slices.Sort(sorted)
	return RelyingParty{IDHash: sha256.Sum256([]byte(id)), Origins: slices.Compact(sorted)}
}

// ControllerTrust returns the first trust list of a safe for which the daemon's
// controller key signs for all three parties: the weaker form.
func ControllerTrust(safe string, controller Key) Trust {
	t := Trust{Version: 1, Safe: safe, Controller: controller, Parties: map[Party]PartyTrust{}}
	for _, p := range Parties() {
		t.Parties[p] = PartyTrust{Form: ByController}
	}
	return t
}

// The encoding of a trust list; see SPEC.md section 5.
type (
	wireTrust struct {
		Version    uint32      `cbor:"1,keyasint"`
		Safe       string      `cbor:"2,keyasint"`
		Controller wireKey     `cbor:"3,keyasint"`
		Parties    []wireParty `cbor:"4,keyasint"`
		IDHash     Digest      `cbor:"5,keyasint"`
		Origins    []string    `cbor:"6,keyasint"`
	}
	wireParty struct {
		Form    Form         `cbor:"1,keyasint"`
		Persons []wirePerson `cbor:"2,keyasint"`
	}
	wirePerson struct {
		Person string  `cbor:"1,keyasint"`
		Key    wireKey `cbor:"2,keyasint"`
	}
)

// Encode returns the deterministic encoding that is proposed to locks and stored by
// them. It fails for a list that no lock would take.
func (t Trust) Encode() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	out := encode(t.wire())
	if len(out) > MaxTrustBytes {
		return nil, fmt.Errorf("trust list of %d bytes, %d at most: enrol fewer persons, or Ed25519 keys, which are half as long", len(out), MaxTrustBytes)
	}
	return out, nil
}

func (t Trust) wire() wireTrust {
	w := wireTrust{Version: t.Version, Safe: t.Safe, Controller: t.Controller.wire(), IDHash: t.RelyingParty.IDHash, Origins: t.RelyingParty.Origins}
	for _, party := range Parties() {
		p := wireParty{Form: t.Parties[party].Form}
		for _, person := range slices.Sorted(maps.Keys(t.Parties[party].Keys)) {
			p.Persons = append(p.Persons, wirePerson{person, t.Parties[party].Keys[person].wire()})
		}
		w.Parties = append(w.Parties, p)
	}
	return w
}

// Digest returns the name of the list: the SHA-256 of its encoding. The list must be one that Encode takes.
func (t Trust) Digest() Digest { return sha256.Sum256(encode(t.wire())) }

// DecodeTrust reads what Encode wrote. The error is a *Refusal: bad-encoding, or
// bad-trust for a list that breaks a rule.
func DecodeTrust(raw []byte) (Trust, error) {
	t, f := decodeTrust(raw)
	if f.is() {
		return Trust{}, f.error()
	}
	return t, nil
}

func decodeTrust(raw []byte) (Trust, fault) {
	if len(raw) > MaxTrustBytes {
		return Trust{}, fault{CodeTooLong, "a trust list over MaxTrustBytes"}
	}
	r := reader{rest: raw}
	t := Trust{Parties: map[Party]PartyTrust{}}
	var bad error // of a key; the encoding is read to its end first
	r.fields(6)
	r.key(1)
	t.Version = uint32(r.number(1, 1<<32-1)) //nolint:gosec // in range
	r.key(2)
	t.Safe = string(r.name())
	r.key(3)
	t.Controller = r.publicKey(&bad)
	r.key(4)
	r.list(ApprovalsNeeded, ApprovalsNeeded)
	for _, party := range Parties() {
		t.Parties[party] = r.partyTrust(&bad)
	}
	r.digest(5, &t.RelyingParty.IDHash)
	r.key(6)
	for range r.list(0, MaxOrigins) {
		t.RelyingParty.Origins = append(t.RelyingParty.Origins, string(r.text(1, MaxOriginBytes)))
	}
	if wrong := r.end(); wrong != "" {
		return Trust{}, badEncoding(wrong)
	}
	if bad == nil {
		bad = t.check()
	}
	if bad != nil {
		return Trust{}, fault{CodeBadTrust, bad.Error()}
	}
	return t, fault{}
}

func (r *reader) partyTrust(bad *error) PartyTrust {
	r.fields(2)
	r.key(1)
	p := PartyTrust{Form: Form(r.number(uint64(ByController), uint64(ByWebAuthn)))} //nolint:gosec // in range
	r.key(2)
	last := ""
	for range r.list(0, MaxKeysPerParty) {
		r.fields(2)
		r.key(1)
		person := string(r.text(1, MaxPersonBytes))
		if person <= last {
			r.fail("a person twice in one party, or persons out of order")
		}
		last = person
		r.key(2)
		if p.Keys == nil {
			p.Keys = map[string]Key{}
		}
		p.Keys[person] = r.publicKey(bad)
	}
	return p
}

func (r *reader) publicKey(bad *error) Key {
	r.fields(2)
	r.key(1)
	algorithm, size := Algorithm(r.small()), p256Bytes
	switch algorithm {
	case ES256:
	case EdDSA:
		size = ed25519Bytes
	default:
		r.fail("a key of an unknown algorithm")
	}
	r.key(2)
	raw := r.blob(size, size)
	if r.wrong != "" {
		return Key{}
	}
	key, err := keyFromWire(algorithm, raw)
	if err != nil && *bad == nil {
		*bad = err
	}
	return key
}

// check refuses a trust list with which fewer than three people could open a safe, or nobody could.
func (t Trust) check() error {
	if t.Version == 0 {
		return errors.New("trust list of version 0: the first is 1")
	}
	if err := checkName("safe", t.Safe); err != nil {
		return fmt.Errorf("trust list: %w", err)
	}
	if t.Controller.IsZero() {
		return errors.New("trust list without the daemon's controller key")
	}
	if len(t.Parties) != ApprovalsNeeded {
		return fmt.Errorf("trust list of %d parties: want %d", len(t.Parties), ApprovalsNeeded)
	}
	holders, webauthn := map[[digestBytes]byte]string{t.Controller.Fingerprint(): "the controller"}, false
	for _, party := range Parties() {
		if err := t.Parties[party].check(party, holders); err != nil {
			return fmt.Errorf("trust list: %w", err)
		}
		webauthn = webauthn || t.Parties[party].Form == ByWebAuthn
	}
	return t.RelyingParty.check(webauthn)
}

// check wants keys exactly where keys approve. Holders says whose each key is so far, and
// is added to: two persons with one key are one person.
func (p PartyTrust) check(party Party, holders map[[digestBytes]byte]string) error {
	if p.Form < ByController || p.Form > ByWebAuthn {
		return fmt.Errorf("party %s has no form of approval", party)
	}
	if (p.Form != ByController) != (len(p.Keys) > 0) {
		return fmt.Errorf("party %s approves by %s and has %d keys enrolled", party, p.Form, len(p.Keys))
	}
	if len(p.Keys) > MaxKeysPerParty {
		return fmt.Errorf("party %s has %d keys enrolled, %d at most", party, len(p.Keys), MaxKeysPerParty)
	}
	for _, person := range slices.Sorted(maps.Keys(p.Keys)) {
		key := p.Keys[person]
		if err := checkText("person", person, 1, MaxPersonBytes); err != nil || key.IsZero() {
			return fmt.Errorf("party %s: person %.40q has no valid number or no key", party, person)
		}
		if holder, taken := holders[key.Fingerprint()]; taken && holder != person {
			return fmt.Errorf("%s and %s have the same key: one of them could approve for both", holder, person)
		}
		holders[key.Fingerprint()] = person
	}
	return nil
}

func (rp RelyingParty) check(needed bool) error {
	if (rp.IDHash != Digest{}) != needed || (len(rp.Origins) > 0) != needed {
		return fmt.Errorf("trust list: a relying party and its origins are there exactly when a party approves by %s", ByWebAuthn)
	}
	if len(rp.Origins) > MaxOrigins {
		return fmt.Errorf("trust list: %d origins, %d at most", len(rp.Origins), MaxOrigins)
	}
	for i, origin := range rp.Origins {
		if len(origin) == 0 || len(origin) > MaxOriginBytes || !plainInJSON(origin) {
			return fmt.Errorf("trust list: origin %.64q is not 1 to %d printable ASCII characters without quotes and backslashes", origin, MaxOriginBytes)
		}
		if i > 0 && origin <= rp.Origins[i-1] {
			return errors.New("trust list: an origin twice, or origins out of order")
		}
	}
	return nil
}

// plainInJSON reports whether text stands in JSON as it is.
func plainInJSON(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
