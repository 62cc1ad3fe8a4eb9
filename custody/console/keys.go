package console

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// Keys knows the locks' side of signatures by persons' own keys: what is signed, whether a
// lock would take it, and how a list of keys is written. Errors are for the log and for a
// technician; they hold no secret.
type Keys interface {
	// RelyingParty returns the domain name under which browsers ask for security keys.
	RelyingParty() string
	// CheckEnrolment verifies the first signature of a new key, over a challenge of ours.
	CheckEnrolment(key custody.PersonKey, challenge [32]byte, first threelock.Assertion) error
	// List makes the list of a safe's keys for its locks, of a version.
	List(safe fact.SafeID, version uint32, keys []custody.ListedKey, publics map[custody.PersonID][]byte) (custody.KeyList, error)
	// Challenge returns what one of the three has to sign in a session that waits for it;
	// list is what a change of keys brings.
	Challenge(session threelock.Session, list custody.KeyList, person custody.PersonID) ([32]byte, error)
	// Check verifies a signature as a lock would, and returns it as locks take it.
	Check(session threelock.Session, list custody.KeyList, key custody.PersonKey, signed threelock.Assertion) (threelock.Assertion, error)
}

// enrolmentWindow is how long a challenge for enrolling a key lives, at least: a person has
// to find the key, touch it twice, and may have to set its PIN first.
const enrolmentWindow = 10 * time.Minute

// enrolmentChallenge is what a new key of a person has to sign: nobody but the console can
// make it, and it grows old.
func (c *console) enrolmentChallenge(person custody.PersonID, at time.Time) (challenge [32]byte) {
	mac := hmac.New(sha256.New, c.SessionKey)
	_, _ = mac.Write([]byte("enrolment of a key\x00" + string(person) + "\x00")) // a hash takes everything
	_, _ = mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/int64(enrolmentWindow/time.Second))))
	copy(challenge[:], mac.Sum(nil))
	return challenge
}

// AssertionBody is what navigator.credentials.get answers.
type AssertionBody struct {
	AuthenticatorData []byte `json:"authenticator_data" minLength:"1" maxLength:"200"`
	ClientData        []byte `json:"client_data" minLength:"1" maxLength:"1000"`
	Signature         []byte `json:"signature" minLength:"1" maxLength:"200"`
}

func (b AssertionBody) assertion() threelock.Assertion {
	return threelock.Assertion{AuthenticatorData: b.AuthenticatorData, ClientData: b.ClientData, Signature: b.Signature}
}

func (c *console) keyRoutes(api huma.API) {
	post := func(id, path, summary string, status int) huma.Operation {
		op := operation(api, id, http.MethodPost, path, summary)
		op.DefaultStatus = status
		return op
	}
	huma.Register(api, post("enrol-key", "/api/v1/keys", "Enrol the sender's own security key", http.StatusCreated), c.postKey)
	huma.Register(api, post("change-keys", "/api/v1/safes/{id}/keys", "Ask the three parties to bring the enrolled keys to the locks of a safe", http.StatusCreated), c.postKeyChange)
	huma.Register(api, post("approve-opening", "/api/v1/safes/{id}/signatures", "One of the three signs with a key of their own", http.StatusOK), c.postSignature)
}

// withKeys is the problem of a console that does not know its own address.
func (c *console) withKeys() *Problem {
	if c.Keys == nil {
		return problem(http.StatusConflict, "no-keys")
	}
	return nil
}

type keyBody struct {
	Credential []byte `json:"credential" minLength:"1" maxLength:"1000" doc:"the credential's id"`
	Public     []byte `json:"public" minLength:"1" maxLength:"1000" doc:"the public key as SubjectPublicKeyInfo"`
	AssertionBody
}

func (c *console) postKey(ctx context.Context, in *struct {
	ActKey
	Body keyBody
}) (*actAnswer, error) {
	if p := c.withKeys(); p != nil {
		return nil, p
	}
	v := visitorOf(ctx)
	key := custody.PersonKey{Person: v.account.Person, Credential: in.Body.Credential, Public: in.Body.Public}
	now := time.Now()
	err := c.Keys.CheckEnrolment(key, c.enrolmentChallenge(key.Person, now), in.Body.assertion())
	if err != nil {
		err = c.Keys.CheckEnrolment(key, c.enrolmentChallenge(key.Person, now.Add(-enrolmentWindow)), in.Body.assertion())
	}
	if err != nil {
		c.Log.Warn("a key was not enrolled", "account", v.account.Name, "error", err)
		return nil, problem(http.StatusUnprocessableEntity, "bad-signature").fill(err.Error())
	}
	return c.answer(ctx, custody.EnrolKey{Credential: key.Credential, Public: key.Public})
}

type keyChangeBody struct {
	Locks []fact.DeviceID `json:"locks,omitempty" maxItems:"3" doc:"those that missed the list; all three where none is named"`
}

func (c *console) postKeyChange(ctx context.Context, in *struct {
	ActKey
	ID   fact.SafeID `path:"id" maxLength:"40"`
	Body keyChangeBody
}) (*actAnswer, error) {
	if p := c.withKeys(); p != nil {
		return nil, p
	}
	var list custody.KeyList
	bring := false
	var version uint32
	var listed []custody.ListedKey
	publics := map[custody.PersonID][]byte{}
	c.Core.Read(func(s *custody.State) {
		if len(in.Body.Locks) > 0 {
			list, bring = s.ListToBring(in.ID, in.Body.Locks)
		}
		version = s.NextKeyVersion(in.ID)
		for _, key := range s.EnrolledKeys() {
			publics[key.Person] = key.Public
			for _, party := range s.PartiesOf(key.Person) {
				listed = append(listed, custody.ListedKey{Party: party, Person: key.Person, Print: key.Print()})
			}
		}
	})
	if !bring {
		var err error
		if list, err = c.Keys.List(in.ID, version, listed, publics); err != nil {
			return nil, problem(http.StatusUnprocessableEntity, "bad-key-list").fill(err.Error())
		}
	}
	return c.answer(ctx, custody.ChangeKeys{Safe: in.ID, List: list, Locks: in.Body.Locks})
}

type signatureBody struct {
	Person custody.PersonID `json:"person" maxLength:"40" doc:"whose key it is: one of the three who showed themselves"`
	AssertionBody
}

// postSignature takes the signature of one of the three. Whose it is, the key says; the
// account is only where it came from.
func (c *console) postSignature(ctx context.Context, in *struct {
	ActKey
	ID   fact.SafeID `path:"id" maxLength:"40"`
	Body signatureBody
}) (*actAnswer, error) {
	if p := c.withKeys(); p != nil {
		return nil, p
	}
	var session threelock.Session
	var list custody.KeyList
	var key custody.PersonKey
	known := false
	c.Core.Read(func(s *custody.State) {
		session, list, _ = s.Opening(in.ID)
		key, known = s.SigningKey(in.ID, in.Body.Person)
	})
	signed := in.Body.assertion()
	if session.Phase == threelock.Approving && known { // else the core says what is missing
		var err error
		if signed, err = c.Keys.Check(session, list, key, signed); err != nil {
			c.Log.Warn("a signature for an opening was refused", "safe", in.ID, "person", key.Person, "error", err)
			return nil, problem(http.StatusUnprocessableEntity, "bad-signature").fill(err.Error())
		}
	}
	return c.answer(ctx, custody.ApproveOpening{Safe: in.ID, Person: in.Body.Person, Assertion: signed})
}

// signerView is one of the three on the page that asks for their signatures.
type signerView struct {
	Person, Party, Who    string
	Signed                bool
	Challenge, Credential string // in base64url; empty when there is nothing to sign
	Problem               string
}

// signingView is the page of a safe at which people sign.
type signingView struct {
	reader
	ID, Name, Phase, Purpose string
	Active, Waits            bool
	Documents                []string
	Missing                  []string
	Signers                  []signerView
	LastEnd                  string
	Usable                   bool
}

func base64url(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// signing gathers what the page of a safe shows; false for a safe that is not there.
func (c *console) signing(r *http.Request, id fact.SafeID) (v signingView, ok bool) {
	var session threelock.Session
	var list custody.KeyList
	keys := map[custody.PersonID]custody.PersonKey{}
	o := c.overview(visitorOf(r.Context()).account.Role)
	c.Core.Read(func(s *custody.State) {
		session, list, ok = s.Opening(id)
		for _, p := range session.Present {
			if k, has := s.SigningKey(id, p.Person); has {
				keys[p.Person] = k
			}
		}
	})
	at := slices.IndexFunc(o.Safes, func(s custody.SafeOverview) bool { return s.ID == id })
	if !ok || at < 0 {
		return v, false
	}
	safe := o.Safes[at]
	v = signingView{reader: reader{lang: c.langOf(r), zone: c.Site.Location, now: o.At}, ID: string(id), Active: session.Active(), Waits: session.Phase == threelock.Approving,
		Documents: session.Documents, Usable: c.Keys != nil}
	v.Name, v.Phase = v.t(safe.Name), v.t(safeNoOpening)
	if !v.Active {
		if safe.EndCode != "" {
			v.LastEnd = v.t(safe.LastEnd)
		}
		return v, true
	}
	v.Phase, v.Purpose = v.t(phaseNames[string(session.Phase)]), v.t(session.Purpose.Name())
	for _, m := range safe.Missing {
		v.Missing = append(v.Missing, v.t(m.Name))
	}
	for i, p := range session.Present {
		one := signerView{Person: string(p.Person), Party: v.t(p.Party.Name()), Who: v.t(safe.Present[i].Who), Signed: p.Assertion != nil}
		if key, enrolled := keys[p.Person]; v.Waits && v.Usable && !one.Signed && enrolled {
			challenge, err := c.Keys.Challenge(session, list, p.Person)
			if err != nil {
				c.Log.Error("no challenge for a signature", "safe", id, "person", p.Person, "error", err)
				one.Problem = v.t(wordCannotSign)
			} else {
				one.Challenge, one.Credential = base64url(challenge[:]), base64url(key.Credential)
			}
		} else if v.Waits && !one.Signed && !enrolled {
			one.Problem = v.t(wordNoKeyOfOnesOwn)
		}
		v.Signers = append(v.Signers, one)
	}
	return v, true
}

func (c *console) safePage(w http.ResponseWriter, r *http.Request) {
	v, ok := c.signing(r, fact.SafeID(r.PathValue("id")))
	if !ok {
		c.turnedAwayPage(w, r, visitorOf(r.Context()).account, problem(http.StatusNotFound, "not-found"))
		return
	}
	c.render(w, r, http.StatusOK, signPage(v, c.page(w, r, visitorOf(r.Context()).account), c.relyingParty()))
}

func (c *console) safePanel(w http.ResponseWriter, r *http.Request) {
	v, ok := c.signing(r, fact.SafeID(r.PathValue("id")))
	if !ok {
		c.answerPanel(w, r, problem(http.StatusNotFound, "not-found"))
		return
	}
	c.render(w, r, http.StatusOK, signPanel(v))
}

func (c *console) relyingParty() string {
	if c.Keys == nil {
		return ""
	}
	return c.Keys.RelyingParty()
}

// keyRow is one person's key on the page of keys.
type keyRow struct{ Who, Parties, Print string }

// keyedSafe is one safe on the page of keys.
type keyedSafe struct {
	ID, Name string
	Locks    []lockKeys
	Differ   bool
}

// lockKeys says which list a lock has,
// and Bring names it where the list of the others can be brought to it.
type lockKeys struct{ Name, List, Bring string }

// keysView is the page on which persons enrol their keys.
type keysView struct {
	reader
	Usable                        bool
	Person, Name, User, Challenge string // of the person who is signed in
	Mine                          string // the name of the person's present key
	Rows                          []keyRow
	Safes                         []keyedSafe
}

func (c *console) keysPage(w http.ResponseWriter, r *http.Request) {
	a := visitorOf(r.Context()).account
	p := c.page(w, r, a)
	v := keysView{reader: reader{lang: c.langOf(r), zone: c.Site.Location, now: time.Now()}, Usable: c.Keys != nil, Person: string(a.Person)}
	challenge := c.enrolmentChallenge(a.Person, v.now)
	v.Challenge, v.User = base64url(challenge[:]), base64url([]byte(a.Person))
	c.Core.Read(func(s *custody.State) {
		v.Name = v.t(s.PersonName(a.Person))
		for _, k := range s.EnrolledKeys() {
			row := keyRow{Who: v.t(s.PersonName(k.Person)), Print: k.Print()[:keyPrintShown]}
			for i, party := range s.PartiesOf(k.Person) {
				if i > 0 {
					row.Parties += ", "
				}
				row.Parties += v.t(party.Name())
			}
			v.Rows = append(v.Rows, row)
			if k.Person == a.Person {
				v.Mine = row.Print
			}
		}
		for _, safe := range s.KeyedSafes() {
			one := keyedSafe{ID: string(safe.Safe), Name: v.t(safe.Name), Differ: safe.Differ}
			for _, l := range safe.Locks {
				text := v.t(wordUnknown)
				if l.Version > 0 {
					text = v.t(wordListVersion.Fill(l.Version, v.t(formOf(l.Own))))
				}
				row := lockKeys{Name: v.t(l.Name), List: text}
				if l.Missed {
					row.Bring = string(l.Lock)
				}
				one.Locks = append(one.Locks, row)
			}
			v.Safes = append(v.Safes, one)
		}
	})
	c.render(w, r, http.StatusOK, keysPage(v, p, c.relyingParty()))
}

func formOf(own bool) fact.Text {
	if own {
		return wordFormOwn
	}
	return wordFormController
}
