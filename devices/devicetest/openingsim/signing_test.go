package openingsim

import (
	"time"

	"trilock/custody"
	"trilock/custody/threelock"
	"trilock/firmware-protocols/lockwire"
)

// Where the record knows that the locks demand persons' own keys, the core has the three
// sign over the locks' challenges before anything is authorised: each at the console, in
// their own time, and not all of them always.

// theirKeys is the list that the locks of such seeds were commissioned with, as the record
// has it.
var theirKeys = custody.KeyList{Version: 1, Encoded: []byte("the persons' keys"), Own: true}

// trustName is what the locks say of their list.
func (w *world) trustName() string {
	if w.signing {
		return theirKeys.Name()
	}
	return "1:0"
}

// asksToSign has those who came sign.
func (c *crowd) asksToSign(session string) {
	w := c.w
	late := w.between(0, 3*time.Second)
	for _, s := range w.truth.shows[session] {
		person := s.person
		if w.era == 0 && w.chance(0.03) {
			late = w.between(0, custody.SigningTime+10*time.Second)
		}
		w.after(late, func() { w.daemon.input(func() { w.daemon.sign(session, person) }) })
		late += w.between(100*time.Millisecond, time.Second)
	}
}

// sign is what the console does: it makes the request of the session that waits, and passes
// the person's signature on to the core.
func (d *daemon) sign(id, person string) {
	session, _, _ := d.state.Opening(safeName)
	if session.ID != id || session.Phase != threelock.Approving || !d.w.truth.presses(person) {
		return
	}
	q, okay := d.driver.request(session, custody.MaxUnlockedTime)
	if !okay {
		return
	}
	for _, p := range session.Present {
		another := string(p.Person) != person
		if p.Assertion != nil || another && d.w.flaw != flawSignsForAll && d.w.flaw != flawSignsUnasked {
			continue
		}
		party, err := lockwire.ParseParty(string(p.Party))
		if err != nil {
			d.w.wrong("the core knows another party: %v", err)
			return
		}
		signature := d.driver.pressed(q.Digest(), party, person)
		if another && d.w.flaw == flawSignsUnasked {
			signature = d.driver.pressed(q.Digest(), party, string(p.Person))
		}
		d.decide("desk", custody.Request{Act: custody.ApproveOpening{Safe: safeName, Person: p.Person,
			Assertion: threelock.Assertion{AuthenticatorData: []byte{1}, ClientData: []byte{1}, Signature: signature}}})
	}
}

// pressed is a person's own signature for a request, which they stand behind.
func (r *driver) pressed(digest lockwire.Digest, party lockwire.Party, person string) []byte {
	a, err := lockwire.Approve(keys().persons[person], digest, party, person, lockwire.ByPartyKey)
	if err != nil {
		r.d.w.wrong("no approval: %v", err)
		return nil
	}
	r.d.w.truth.approved(a, digest)
	r.d.w.vouch(person, approvalBytes(digest, consent{party: party, person: person, form: a.Form}), a.Signature)
	return a.Signature
}

// signatures are the approvals that the session holds.
func (r *driver) signatures(s threelock.Session) []lockwire.Approval {
	approvals := []lockwire.Approval{}
	for _, p := range s.Present {
		party, err := lockwire.ParseParty(string(p.Party))
		if err != nil || p.Assertion == nil {
			r.d.w.wrong("an authorisation of %s without the signature of %s", s.ID, p.Person)
			continue
		}
		approvals = append(approvals, lockwire.Approval{Party: party, Person: string(p.Person), Form: lockwire.ByPartyKey, Signature: p.Assertion.Signature})
	}
	return approvals
}
