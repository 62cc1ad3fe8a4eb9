package lockwire

import (
	"crypto/sha256"
	"time"
)

// authorise judges an Authorise. The first one that quotes the outstanding challenge's
// nonce uses the challenge up, whatever the outcome.
func (v *Verifier) authorise(c *command, now time.Duration) Verdict {
	var q request
	if f := q.parse(c.request); f.is() {
		return refused(SessionID{}, f)
	}
	mine := q.of(v.self.Lock)
	if mine == nil {
		return refused(q.session, fault{CodeWrongLock, "the request does not name this lock"})
	}
	if !v.issued {
		return refused(q.session, fault{CodeNoChallenge, "never asked for, used up, or lost with the power"})
	}
	v.issued = mine.nonce != v.quoted.Nonce
	f := v.judgeQuote(&q, mine, now)
	if !f.is() {
		f = v.judgeApprovals(c, sha256.Sum256(c.request))
	}
	switch {
	case f.is() && !v.issued:
		v.Forget()
		return refused(q.session, f)
	case f.is():
		return refused(q.session, f)
	case q.act == ActTrust:
		v.approved = true
		return Verdict{Order: OrderStore, Session: q.session, Act: ActTrust}
	}
	return Verdict{Order: OrderDraw, Session: q.session, Act: ActOpen, Hold: time.Duration(q.lifetime) * time.Second}
}

// of returns the quote of one lock's challenge, or nil.
func (q *request) of(lock string) *quote {
	for i := range q.count {
		if string(q.quotes[i].lock) == lock {
			return &q.quotes[i]
		}
	}
	return nil
}

// judgeQuote holds the request against the challenge that it quotes.
func (v *Verifier) judgeQuote(q *request, mine *quote, now time.Duration) fault {
	switch {
	case mine.boot != v.quoted.Boot || mine.counter != v.quoted.Counter:
		return fault{CodeStaleCounter, "quotes another boot or another counter"}
	case mine.nonce != v.quoted.Nonce:
		return fault{CodeWrongNonce, "quotes another nonce"}
	case string(q.safe) != v.self.Safe:
		return fault{CodeWrongSafe, "names another safe"}
	case q.session != v.quoted.Session:
		return fault{CodeWrongSession, "the challenge belongs to another session"}
	case q.act != v.quoted.Act:
		return fault{CodeWrongAct, "the challenge was made for another act"}
	case q.act == ActTrust && q.content != v.stagedDigest:
		return fault{CodeWrongList, "names another list than the one proposed"}
	}
	if age := v.age(now); age < 0 || age > time.Duration(q.lifetime)*time.Second {
		return fault{CodeExpired, "the nonce is older than the request's lifetime"}
	}
	return fault{}
}

// judgeApprovals wants three approvals of three different persons of three different
// parties, each in the form that this lock demands of the party, each signed over this request.
func (v *Verifier) judgeApprovals(c *command, digest Digest) fault {
	all := c.approvals[:c.count]
	if len(all) < ApprovalsNeeded {
		return fault{CodeMissingApproval, "fewer than three"}
	}
	for i := range all {
		for j := range i {
			if all[i].party == all[j].party {
				return fault{CodeSamePartyTwice, all[i].party.String()}
			}
		}
	}
	for i := range all {
		for j := range i {
			if string(all[i].person) == string(all[j].person) {
				return fault{CodeSamePersonTwice, "one person for two parties"}
			}
		}
	}
	for i := range all {
		if f := v.judgeApproval(&all[i], digest); f.is() {
			return f
		}
	}
	for i := range all {
		v.countSignature(&all[i])
	}
	return fault{}
}

func (v *Verifier) judgeApproval(a *approval, digest Digest) fault {
	trust := v.trust.Parties[a.party]
	if a.form != trust.Form {
		return fault{CodeWrongForm, "the party must approve in another form"}
	}
	key := v.trust.Controller
	if a.form != ByController {
		enrolled, known := trust.Keys[string(a.person)]
		if !known {
			return fault{CodeUnknownPerson, "no key enrolled for the person in this party"}
		}
		key = enrolled
	}
	var room [max(approvalBytes, authenticatorBytes+sha256.Size)]byte
	signed := appendApproval(room[:0], digest, a.party, a.person, a.form)
	if a.form == ByWebAuthn {
		if f := v.trust.RelyingParty.assertionFits(a, sha256.Sum256(signed)); f.is() {
			return f
		}
		signed = appendAssertionSigned(room[:0], a)
	}
	if !key.verify(signed, a.signature) {
		return fault{CodeBadSignature, "an approval's"}
	}
	if last := v.counts[key.fingerprint]; a.form == ByWebAuthn && last > 0 && a.signCount() <= last {
		return fault{CodeCounterBack, "the authenticator's counter did not grow: there may be a copy of it"}
	}
	return fault{}
}

// countSignature remembers an authenticator's counter, once all three approvals hold.
func (v *Verifier) countSignature(a *approval) {
	if a.form == ByWebAuthn {
		v.counts[v.trust.Parties[a.party].Keys[string(a.person)].fingerprint] = a.signCount()
	}
}
