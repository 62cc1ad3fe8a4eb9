package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"trilock/devices/pki"
	"trilock/firmware-protocols/lockwire"
)

// signatureUnchecked is said of a message when no key is at hand: anybody may have made it.
const signatureUnchecked = "not checked"

// keyringMax bounds the keys of one file: the locks of a large site, several times.
const keyringMax = 200

// keyring holds the public keys that messages of the lock protocol are checked with.
type keyring struct {
	names []string // in the file's order
	keys  map[string]lockwire.Key
}

// controllerName is the daemon's name in a file of keys.
const controllerName = "controller"

// readKeyring reads a file of keys: on each line a name, controller or a lock's id, and the
// file of its public key, beside this one or absolute. Empty lines and those that begin
// with # are left out.
func readKeyring(path string) (*keyring, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	ring := &keyring{keys: map[string]lockwire.Key{}}
	number := 0
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		number++
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := ring.add(filepath.Dir(path), words); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number, err)
		}
	}
	if len(ring.names) == 0 {
		return nil, fmt.Errorf("%s names no key: write a line such as \"controller controller.pub\" or \"lock-1 lock-1.pub\"", path)
	}
	return ring, nil
}

func (r *keyring) add(dir string, words []string) error {
	if len(words) != 2 || !lockwire.ValidName(words[0]) {
		return fmt.Errorf("%.60q: want a name (%s, or a lock's id) and a file", strings.Join(words, " "), controllerName)
	}
	if _, twice := r.keys[words[0]]; twice || len(r.names) == keyringMax {
		return fmt.Errorf("%s twice, or more than %d keys", words[0], keyringMax)
	}
	file := words[1]
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	public, err := pki.LoadPublicKey(file)
	if err != nil {
		return err
	}
	key, err := lockwire.NewKey(public)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	r.names, r.keys[words[0]] = append(r.names, words[0]), key
	return nil
}

// verdict says who signed a message, as far as these keys can tell. A command does not
// name its lock: its signature does, so that every lock of the file is tried.
func (r *keyring) verdict(raw []byte, seen lockwire.Inspected) (signature, lock string) {
	if r == nil {
		return signatureUnchecked, ""
	}
	event, isEvent := seen.Message.(lockwire.Event)
	if isEvent {
		name, _, _ := event.From()
		key, known := r.keys[name]
		if !known {
			return signatureUnchecked + ": no key of " + name + " is given", ""
		}
		if _, err := lockwire.OpenEvent(key, name, raw); err != nil {
			return "bad: not of " + name + "'s key", ""
		}
		return "good: " + name, ""
	}
	key, known := r.keys[controllerName]
	if !known {
		return signatureUnchecked + ": no key of the " + controllerName + " is given", ""
	}
	for _, name := range r.names {
		if name == controllerName {
			continue
		}
		if _, err := lockwire.OpenCommand(key, name, raw); err == nil {
			return "good: " + controllerName, name
		}
	}
	return "bad: not of the " + controllerName + "'s key, for none of the locks of the file", ""
}

// decodeLockwire decodes messages, one on each line.
func decodeLockwire(lines [][]byte, o decodeSettings) []object {
	view := func(raw []byte) (object, error) { return viewLockwire(raw, o.locks) }
	return decodeCodes(view, lockwireKnown)(lines, o)
}

func lockwireKnown(raw []byte) bool {
	_, err := lockwire.Inspect(raw)
	return err == nil
}

// viewLockwire returns a message with the names of SPEC.md. Of one that is bad it says
// what is wrong, by the word that a lock would have for it.
func viewLockwire(raw []byte, keys *keyring) (object, error) {
	seen, err := lockwire.Inspect(raw)
	o := object{}
	if seen.Algorithm != 0 {
		o = object{{"alg", int(seen.Algorithm)}, {"version", seen.Version}}
	}
	if err != nil {
		return withRefusal(o, err), err
	}
	signature, lock := keys.verdict(raw, seen)
	o = o.with("direction", string(seen.Role)).with("signature", signature)
	if lock != "" {
		o = o.with("to", lock)
	}
	o = o.with("message", lockwireName(seen.Message.Kind()))
	fields, err := lockwireFields(seen.Message)
	o = append(o, fields...)
	if err == nil && strings.HasPrefix(signature, "bad") {
		return o.with("refusal", string(lockwire.CodeBadSignature)), errors.New("its signature is " + signature)
	}
	return withRefusal(o, err), err
}

// withRefusal adds the word that a lock has for a fault.
func withRefusal(o object, err error) object {
	var refusal *lockwire.Refusal
	if errors.As(err, &refusal) {
		return o.with("refusal", string(refusal.Code))
	}
	return o
}

func lockwireName(k lockwire.Kind) string {
	switch k {
	case lockwire.KindChallengeRequest:
		return "challenge-request"
	case lockwire.KindAuthorise:
		return "authorise"
	case lockwire.KindRelock:
		return "relock"
	case lockwire.KindProbe:
		return "probe"
	case lockwire.KindProposeTrust:
		return "propose-trust"
	case lockwire.KindHello:
		return "hello"
	case lockwire.KindChallenge:
		return "challenge"
	case lockwire.KindResult:
		return "result"
	case lockwire.KindState:
		return "state"
	case lockwire.KindCapabilities:
		return "capabilities"
	}
	return fmt.Sprintf("kind-%d", k)
}

// hexOfLow writes bytes as the vectors of the protocol do.
func hexOfLow(raw []byte) string { return hex.EncodeToString(raw) }

// lockwireFields names a message's fields. The error is of what is packed inside it: a
// request or a trust list that is none.
func lockwireFields(m lockwire.Message) (object, error) {
	switch m := m.(type) {
	case lockwire.Hello:
		return object{{"nonce", hexOfLow(m.Nonce[:])}, {"lowest", m.Lowest}, {"highest", m.Highest}}, nil
	case lockwire.ChallengeRequest:
		return object{{"session", m.Session.String()}, {"safe", m.Safe}}, nil
	case lockwire.ProposeTrust:
		list, err := lockwireTrust(m.Trust)
		return object{{"session", m.Session.String()}, {"safe", m.Safe}, {"trust_list", list}}, err
	case lockwire.Authorise:
		return lockwireAuthorise(m)
	case lockwire.Relock:
		return object{{"session", m.Session.String()}, {"reason", m.Reason}}, nil
	case lockwire.Probe:
		return object{{"nonce", hexOfLow(m.Nonce[:])}}, nil
	}
	return lockwireEvent(m), nil
}

func lockwireEvent(m lockwire.Message) object {
	e, isEvent := m.(lockwire.Event)
	if !isEvent {
		return nil
	}
	lock, boot, counter := e.From()
	o := object{{"lock", lock}, {"boot", boot}, {"counter", counter}}
	switch m := m.(type) {
	case lockwire.Capabilities:
		return append(o, object{{"echo", hexOfLow(m.Echo[:])}, {"lowest", m.Lowest}, {"highest", m.Highest}, {"forms", formNames(m.Forms)}, {"firmware", m.Firmware}, {"refused", m.Refused}}...)
	case lockwire.Challenge:
		return append(o, object{{"session", m.Session.String()}, {"safe", m.Safe}, {"nonce", hexOfLow(m.Nonce[:])}, {"act", m.Act.String()}}...)
	case lockwire.Result:
		return append(o, object{{"session", m.Session.String()}, {"accepted", m.Accepted}, {"code", string(m.Code)}}...)
	case lockwire.State:
		return append(o, object{{"bolt", m.Bolt.String()}, {"door", m.Door.String()}, {"tamper", m.Tamper}, {"battery_percent", m.BatteryPercent}, {"reason", m.Reason},
			{"uptime_seconds", m.UptimeSeconds}, {"echo", hexOfLow(m.Echo[:])}, {"motor", m.Motor.String()}, {"trust_version", m.TrustVersion}, {"trust_digest", hexOfLow(m.TrustDigest[:])}}...)
	}
	return o
}

// formNames names the forms of approval of a set, those that this version knows.
func formNames(set uint8) []string {
	names := []string{}
	for _, f := range []lockwire.Form{lockwire.ByController, lockwire.ByPartyKey, lockwire.ByWebAuthn} {
		if set&(1<<(f-1)) != 0 {
			names = append(names, f.String())
		}
	}
	return names
}

func lockwireAuthorise(m lockwire.Authorise) (object, error) {
	request := object{{"hex", hexOfLow(m.Request)}}
	r, err := lockwire.DecodeRequest(m.Request)
	if err == nil {
		request = lockwireRequest(r)
	}
	approvals := []object{}
	for _, a := range m.Approvals {
		o := object{{"party", a.Party.String()}, {"person", a.Person}, {"form", a.Form.String()}, {"signature", hexOfLow(a.Signature)}}
		if a.Form == lockwire.ByWebAuthn {
			o = o.with("authenticator_data", hexOfLow(a.AuthenticatorData)).with("client_data_json", string(a.ClientData))
		}
		approvals = append(approvals, o)
	}
	return object{{"request", request}, {"approvals", approvals}}, err
}

func lockwireRequest(r lockwire.Request) object {
	digest := r.Digest()
	quotes := []object{}
	for _, q := range r.Locks {
		quotes = append(quotes, object{{"lock", q.Lock}, {"nonce", hexOfLow(q.Nonce[:])}, {"boot", q.Boot}, {"counter", q.Counter}})
	}
	return object{{"digest", hexOfLow(digest[:])}, {"version", r.Version}, {"act", r.Act.String()}, {"safe", r.Safe}, {"session", r.Session.String()}, {"purpose", r.Purpose},
		{"content", hexOfLow(r.Content[:])}, {"quotes", quotes}, {"lifetime_seconds", r.LifetimeSeconds}}
}

func lockwireTrust(raw []byte) (object, error) {
	t, err := lockwire.DecodeTrust(raw)
	if err != nil {
		return object{{"hex", hexOfLow(raw)}}, err
	}
	digest, parties := t.Digest(), []object{}
	for _, p := range lockwire.Parties() {
		trust, keys := t.Parties[p], []object{}
		for person, key := range trust.Keys {
			keys = append(keys, object{{"person", person}, lockwireKey(key)})
		}
		slices.SortFunc(keys, func(a, b object) int { return strings.Compare(fmt.Sprint(a[0].value), fmt.Sprint(b[0].value)) })
		parties = append(parties, object{{"party", p.String()}, {"form", trust.Form.String()}, {"keys", keys}})
	}
	return object{{"digest", hexOfLow(digest[:])}, {"version", t.Version}, {"safe", t.Safe}, lockwireController(t.Controller), {"parties", parties},
		{"relying_party", hexOfLow(t.RelyingParty.IDHash[:])}, {"origins", append([]string{}, t.RelyingParty.Origins...)}}, nil
}

func lockwireController(k lockwire.Key) property {
	p := lockwireKey(k)
	return property{"controller", p.value}
}

// lockwireKey names a key by the SHA-256 of its SubjectPublicKeyInfo.
func lockwireKey(k lockwire.Key) property {
	fingerprint := k.Fingerprint()
	return property{"key", object{{"alg", int(k.Algorithm())}, {"sha256", hexOfLow(fingerprint[:])}}}
}
