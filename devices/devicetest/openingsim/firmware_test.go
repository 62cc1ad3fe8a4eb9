package openingsim

import (
	"crypto/ed25519"
	"crypto/sha256"
	"slices"
	"time"

	"trilock/firmware-protocols/lockwire"
)

// judge is a second firmware's judgement, written from SPEC.md sections 2 to 6 with none
// of lockwire's code: it is compared with lockwire.Verifier, message for message, and it
// is where bugs of locks are planted.
type judge struct {
	lock, safe string
	boot       uint64
	partyKeys  bool // the trust list in force: party keys, or the controller for all
	flaw       flaw
	memo       map[[32]byte]bool // signatures that were verified before: the same answer again
	index      int

	out   *outstanding
	old   *outstanding // of flawTwoChallenges
	seen  []lockwire.Digest
	known []lockwire.Nonce
}

type outstanding struct {
	nonce   lockwire.Nonce
	boot    uint64
	counter uint64
	session lockwire.SessionID
	act     lockwire.Act
	at      time.Duration
}

// ruling is what the judge says: an order, with the word of a refusal.
type ruling struct {
	order   lockwire.Order
	code    lockwire.Code
	session lockwire.SessionID
	nonce   lockwire.Nonce
	hold    time.Duration
	version uint64 // of OrderIntroduce: the one that is not spoken
	// request is of OrderDraw: what it was drawn for.
	request *pledge
}

// pledge is a request as the judge read it.
type pledge struct {
	bytes     []byte
	digest    lockwire.Digest
	act       uint64
	safe      string
	session   lockwire.SessionID
	content   lockwire.Digest
	quotes    []lockwire.Quote
	lifetime  time.Duration
	approvals []consent
}

type consent struct {
	party     lockwire.Party
	person    string
	form      lockwire.Form
	signature []byte
}

func no(code lockwire.Code) ruling { return ruling{order: lockwire.OrderRefuse, code: code} }

// verify asks the crypto library, once for each key, content and signature.
func (j *judge) verify(who string, content, signature []byte) bool {
	key, known := keys().public[who]
	if !known || len(signature) != ed25519.SignatureSize {
		return false
	}
	name := nameOf(key, content, signature)
	okay, done := j.memo[name]
	if !done {
		okay = ed25519.Verify(key, content, signature)
		j.memo[name] = okay
	}
	return okay
}

func nameOf(key ed25519.PublicKey, content, signature []byte) [32]byte {
	h := sha256.New()
	h.Write(key)
	h.Write(signature)
	h.Write(content)
	return [32]byte(h.Sum(nil))
}

// vouch remembers a signature that was made just now: it verifies, as lockwire's Verifier
// finds for itself.
func (w *world) vouch(who string, content, signature []byte) {
	w.verified[nameOf(keys().public[who], content, signature)] = true
}

// toBeSigned is what the signature of a message covers, from SPEC.md section 2.
func toBeSigned(lock, role string, payload []byte) []byte {
	aad := textString(textString(textString([]byte{0x83}, "trilock-lockwire"), role), lock)
	return byteString(byteString(byteString(textString([]byte{0x84}, "Signature1"), []byte{0xa1, 1, 0x27}), aad), payload)
}

func (j *judge) forgives() lax {
	return lax{trailing: j.flaw == flawTrailingPayload, shortest: j.flaw == flawLongHeads, order: j.flaw == flawKeyOrder, unknown: j.flaw == flawUnknownKeys}
}

// envelope takes a message apart and verifies its signature.
func (j *judge) envelope(message []byte) ([]byte, ruling) {
	if len(message) > 2048 {
		return nil, no(lockwire.CodeTooLong)
	}
	v, err := parseCBOR(message, lax{trailing: j.flaw == flawTrailing})
	if err != nil || v.major != 4 || len(v.items) != 4 {
		return nil, no(lockwire.CodeBadEncoding)
	}
	protected, okay0 := v.items[0].bytes(3, 3)
	payload, okay1 := v.items[2].bytes(1, 1<<16)
	signature, okay2 := v.items[3].bytes(64, 64)
	header := string(protected)
	if !okay0 || !okay1 || !okay2 || v.items[1].major != 5 || len(v.items[1].keys) > 0 || header != "\xa1\x01\x27" && header != "\xa1\x01\x26" {
		return nil, no(lockwire.CodeBadEncoding)
	}
	if j.flaw == flawAlgorithm {
		header = "\xa1\x01\x27"
	}
	if header != "\xa1\x01\x27" && j.flaw != flawEnvelope {
		return nil, no(lockwire.CodeBadSignature)
	}
	if j.flaw == flawEnvelope || j.sealedFor(j.lock, "cmd", "controller", payload, signature) {
		return payload, ruling{}
	}
	if j.flaw == flawOtherLock && slices.ContainsFunc(lockNames[:], func(lock string) bool { return j.sealedFor(lock, "cmd", "controller", payload, signature) }) {
		return payload, ruling{}
	}
	if j.flaw == flawAnyKey && slices.ContainsFunc([]string{"stranger", "lock-a", "lock-b", "lock-c"}, func(who string) bool { return j.sealedFor(j.lock, "cmd", who, payload, signature) }) {
		return payload, ruling{}
	}
	return nil, no(lockwire.CodeBadSignature)
}

func (j *judge) sealedFor(lock, role, who string, payload, signature []byte) bool {
	return j.verify(who, toBeSigned(lock, role, payload), signature)
}

// judge follows SPEC.md section 6.
func (j *judge) judge(message []byte, now time.Duration) ruling {
	payload, bad := j.envelope(message)
	if bad.order != 0 {
		return bad
	}
	v, err := parseCBOR(payload, j.forgives())
	frame, okay := v.fields(3, lax{})
	if err != nil || !okay {
		return no(lockwire.CodeBadEncoding)
	}
	version, _ := frame[0].number(0, 1<<64-1)
	if version == 0 && frame[0].major == 0 {
		return j.hello(frame)
	}
	if version != 2 {
		return ruling{order: lockwire.OrderIntroduce, version: version}
	}
	switch frame[1].n {
	case 1:
		return j.asked(frame[2], now)
	case 2:
		return j.authorise(frame[2], now)
	case 3:
		return j.told(frame[2])
	case 4:
		body, okay := frame[2].fields(1, j.forgives())
		if !okay {
			return no(lockwire.CodeBadEncoding)
		}
		nonce, okay := body[0].bytes(16, 16)
		if !okay || lockwire.Nonce(nonce) == (lockwire.Nonce{}) {
			return no(lockwire.CodeBadEncoding)
		}
		return ruling{order: lockwire.OrderReport, nonce: lockwire.Nonce(nonce)}
	}
	return no(lockwire.CodeBadEncoding) // trust lists are not changed here
}

// hello is the one command of version 0.
func (j *judge) hello(frame []value) ruling {
	body, okay := frame[2].fields(3, j.forgives())
	if !okay || frame[1].n != 6 {
		return no(lockwire.CodeBadEncoding)
	}
	nonce, okay0 := body[0].bytes(16, 16)
	lowest, okay1 := body[1].number(1, 255)
	highest, okay2 := body[2].number(1, 255)
	if !okay0 || !okay1 || !okay2 || lowest > highest || lockwire.Nonce(nonce) == (lockwire.Nonce{}) {
		return no(lockwire.CodeBadEncoding)
	}
	return ruling{order: lockwire.OrderIntroduce, nonce: lockwire.Nonce(nonce)}
}

func (j *judge) told(v value) ruling {
	body, okay := v.fields(2, j.forgives())
	if !okay {
		return no(lockwire.CodeBadEncoding)
	}
	session, okay0 := body[0].bytes(16, 16)
	_, okay1 := body[1].text(1, 32)
	if !okay0 || !okay1 {
		return no(lockwire.CodeBadEncoding)
	}
	if j.flaw != flawRelockKeepsNonce {
		j.out = nil
	}
	return ruling{order: lockwire.OrderThrow, session: lockwire.SessionID(session)}
}

func (j *judge) asked(v value, now time.Duration) ruling {
	body, okay := v.fields(2, j.forgives())
	if !okay {
		return no(lockwire.CodeBadEncoding)
	}
	raw, okay0 := body[0].bytes(16, 16)
	safe, okay1 := body[1].text(1, 40)
	if !okay0 || !okay1 || !lockwire.ValidName(safe) {
		return no(lockwire.CodeBadEncoding)
	}
	session := lockwire.SessionID(raw)
	if safe != j.safe && j.flaw != flawAskedOtherSafe {
		return ruling{order: lockwire.OrderRefuse, code: lockwire.CodeWrongSafe, session: session}
	}
	if j.out != nil && (j.out.session != session || now-j.out.at > time.Minute) && j.flaw != flawAnySession {
		if j.flaw == flawTwoChallenges {
			j.old = j.out
		}
		j.out = nil
	}
	return ruling{order: lockwire.OrderIssue, session: session}
}

// issue remembers a fresh nonce, or returns the one that is outstanding.
func (j *judge) issue(session lockwire.SessionID, nonce lockwire.Nonce, counter uint64, now time.Duration) outstanding {
	if j.out != nil {
		return *j.out
	}
	if j.flaw == flawSameNonce && len(j.known) > 0 {
		nonce = j.known[0]
	}
	j.known = append(j.known, nonce)
	j.out = &outstanding{nonce: nonce, boot: j.boot, counter: counter, session: session, act: lockwire.ActOpen, at: now}
	return *j.out
}

// parseRequest reads a request.
func (j *judge) parseRequest(raw []byte) (*pledge, bool) {
	v, err := parseCBOR(raw, j.forgives())
	f, okay := v.fields(8, j.forgives())
	if err != nil || !okay {
		return nil, false
	}
	p := &pledge{bytes: raw, digest: sha256.Sum256(raw)}
	version, ok0 := f[0].number(2, 2)
	act, ok1 := f[1].number(1, 2)
	safe, ok2 := f[2].text(1, 40)
	session, ok3 := f[3].bytes(16, 16)
	_, ok4 := f[4].text(1, 200)
	content, ok5 := f[5].bytes(32, 32)
	most := uint64(60)
	if j.flaw == flawLongLife {
		most = 255
	}
	lifetime, ok6 := f[7].number(1, most)
	fewest := 3
	if act == 2 {
		fewest = 1
	}
	if version != 2 || !ok0 || !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || f[6].major != 4 || len(f[6].items) < fewest || len(f[6].items) > 3 {
		return nil, false
	}
	p.act, p.safe, p.session, p.content, p.lifetime = act, safe, lockwire.SessionID(session), lockwire.Digest(content), time.Duration(lifetime)*time.Second
	for i, item := range f[6].items {
		q, okay := j.parseQuote(item)
		if !okay || i > 0 && q.Lock <= p.quotes[i-1].Lock && j.flaw != flawLockTwice {
			return nil, false
		}
		p.quotes = append(p.quotes, q)
	}
	return p, lockwire.ValidName(safe)
}

func (j *judge) parseQuote(v value) (lockwire.Quote, bool) {
	f, okay := v.fields(4, j.forgives())
	if !okay {
		return lockwire.Quote{}, false
	}
	lock, ok0 := f[0].text(1, 40)
	nonce, ok1 := f[1].bytes(16, 16)
	boot, ok2 := f[2].number(0, 1<<64-1)
	counter, ok3 := f[3].number(0, 1<<64-1)
	if !ok0 || !ok1 || !ok2 || !ok3 || !lockwire.ValidName(lock) {
		return lockwire.Quote{}, false
	}
	return lockwire.Quote{Lock: lock, Nonce: lockwire.Nonce(nonce), Boot: boot, Counter: counter}, true
}

func (j *judge) parseApprovals(v value) ([]consent, bool) {
	most := 3
	if j.flaw == flawFourApprovals {
		most = 8
	}
	if v.major != 4 || len(v.items) > most {
		return nil, false
	}
	var all []consent
	for _, item := range v.items {
		f, okay := item.fields(4, j.forgives()) // assertions have six: not in these trust lists
		if !okay {
			return nil, false
		}
		party, ok0 := f[0].number(1, 3)
		person, ok1 := f[1].text(1, 40)
		form, ok2 := f[2].number(1, 2)
		signature, ok3 := f[3].bytes(64, 64)
		if !ok0 || !ok1 || !ok2 || !ok3 {
			return nil, false
		}
		all = append(all, consent{lockwire.Party(party), person, lockwire.Form(form), signature}) //nolint:gosec // in range
	}
	if len(all) > 3 { // of flawFourApprovals
		all = all[:3]
	}
	return all, true
}

func (j *judge) authorise(v value, now time.Duration) ruling {
	body, okay := v.fields(2, j.forgives())
	if !okay {
		return no(lockwire.CodeBadEncoding)
	}
	raw, okay := body[0].bytes(1, 2048)
	approvals, fine := j.parseApprovals(body[1])
	if !okay || !fine {
		return no(lockwire.CodeBadEncoding)
	}
	p, okay := j.parseRequest(raw)
	if !okay {
		return no(lockwire.CodeBadEncoding)
	}
	p.approvals = approvals
	r := j.held(p, now)
	if r.code == "" {
		r = j.approved(p)
	}
	j.seen = append(j.seen, p.digest)
	r.session, r.request = p.session, p
	return r
}

// held holds a request against the outstanding challenge: steps 2 to 6.
func (j *judge) held(p *pledge, now time.Duration) ruling {
	var mine *lockwire.Quote
	for i := range p.quotes {
		if p.quotes[i].Lock == j.lock || j.flaw == flawWrongLock && j.out != nil && p.quotes[i].Nonce == j.out.nonce {
			mine = &p.quotes[i]
		}
	}
	out := j.out
	if mine != nil && j.old != nil && (out == nil || mine.Nonce != out.nonce) {
		out = j.old
	}
	switch {
	case mine == nil:
		return no(lockwire.CodeWrongLock)
	case out == nil:
		return no(lockwire.CodeNoChallenge)
	}
	if mine.Nonce == out.nonce && j.flaw != flawNonceStays && j.flaw != flawNonceSurvivesRefusal {
		j.out = nil // used up, whatever follows
	}
	switch {
	case (mine.Boot != out.boot || mine.Counter != out.counter) && j.flaw != flawStaleCounter:
		return no(lockwire.CodeStaleCounter)
	case mine.Nonce != out.nonce && j.flaw != flawWrongNonce:
		return no(lockwire.CodeWrongNonce)
	case p.safe != j.safe && j.flaw != flawWrongSafe:
		return no(lockwire.CodeWrongSafe)
	case p.session != out.session && j.flaw != flawWrongSession:
		return no(lockwire.CodeWrongSession)
	case p.act != 1 && j.flaw != flawWrongAct:
		return no(lockwire.CodeWrongAct)
	case now-out.at > p.lifetime && j.flaw != flawExpired:
		return no(lockwire.CodeExpired)
	}
	return ruling{}
}

// approved are steps 7 and 8.
func (j *judge) approved(p *pledge) ruling {
	all := p.approvals
	if j.flaw == flawOwnPartyOnly {
		all = slices.DeleteFunc(slices.Clone(all), func(c consent) bool { return int(c.party) != j.index+1 })
		if len(all) == 0 {
			return no(lockwire.CodeMissingApproval)
		}
	}
	few := 3
	if j.flaw == flawOwnPartyOnly {
		few = 1
	}
	if j.flaw == flawTwoSuffice {
		few = 2
	}
	if j.flaw == flawNoneSuffice {
		few = 0
	}
	if len(all) < few {
		return no(lockwire.CodeMissingApproval)
	}
	for i, a := range all {
		for _, b := range all[:i] {
			if a.party == b.party && j.flaw != flawSameParty {
				return no(lockwire.CodeSamePartyTwice)
			}
		}
	}
	for i, a := range all {
		for _, b := range all[:i] {
			if a.person == b.person && j.flaw != flawSamePerson {
				return no(lockwire.CodeSamePersonTwice)
			}
		}
	}
	for _, a := range all {
		if r := j.consents(a, p); r.code != "" {
			return r
		}
	}
	if j.flaw == flawNonceSurvivesRefusal {
		j.out = nil
	}
	return ruling{order: lockwire.OrderDraw, hold: p.lifetime}
}

func (j *judge) consents(a consent, p *pledge) ruling {
	want, who := lockwire.ByController, "controller"
	if j.partyKeys {
		want, who = lockwire.ByPartyKey, a.person
	}
	if a.form != want {
		if j.flaw != flawWrongForm {
			return no(lockwire.CodeWrongForm)
		}
		who = "controller"
	}
	if h := humanOf(a.person); j.partyKeys && a.form == want && !h.enrolled(a.party) && (j.flaw != flawUnknownPerson || h.pin == "") {
		return no(lockwire.CodeUnknownPerson)
	}
	if j.flaw == flawApprovalUnsigned || j.verify(who, approvalBytes(p.digest, a), a.signature) {
		return ruling{}
	}
	if j.flaw == flawApprovalOfOther && slices.ContainsFunc(j.seen, func(d lockwire.Digest) bool { return j.verify(who, approvalBytes(d, a), a.signature) }) {
		return ruling{}
	}
	return no(lockwire.CodeBadSignature)
}

// approvalBytes is what an approval signs, from SPEC.md section 4.
func approvalBytes(digest lockwire.Digest, a consent) []byte {
	b := textString([]byte{0x85}, "trilock-approval/2")
	b = byteString(b, digest[:])
	b = head(b, 0, uint64(a.party))
	b = textString(b, a.person)
	return head(b, 0, uint64(a.form))
}
