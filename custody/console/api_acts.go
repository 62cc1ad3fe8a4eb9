package console

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/calendar"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// ActKey is what every POST carries. The gate has checked the key and put it into the
// account's name space before huma sees the request; here it is for the description.
type ActKey struct {
	Key string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"128" doc:"chosen by the caller, new for each act; a repeated request with the same key is answered, not repeated"`
}

// actAnswer is the outcome of an act that was granted. A refused one is a problem.
type actAnswer struct {
	Body custody.Outcome
}

func (c *console) actRoutes(api huma.API) {
	post := func(id, path, summary string, status int) huma.Operation {
		op := operation(api, id, http.MethodPost, path, summary)
		op.DefaultStatus = status
		return op
	}
	huma.Register(api, post("register-person", "/api/v1/persons", "Enter a person, or replace what the register says of one", http.StatusCreated), c.postPerson)
	huma.Register(api, post("register-document", "/api/v1/documents", "Enter a document with its tag", http.StatusCreated), c.postDocument)
	huma.Register(api, post("request-loan", "/api/v1/loans", "Ask for a document to be lent", http.StatusCreated), c.postLoan)
	huma.Register(api, post("approve", "/api/v1/approvals/{id}/approve", "Approve what bears a number: a loan, a list, a carrying-out", http.StatusOK), c.postApproval)
	anyAct := post("act", "/api/v1/acts/{verb}", "Carry out any act of the registers, as its JSON form", http.StatusOK)
	anyAct.SkipValidateBody = true // each act has a form of its own, which DecodeAct reads strictly
	huma.Register(api, anyAct, c.postAct)
	huma.Register(api, post("state-opening", "/api/v1/safes/{id}/openings", "State why a safe is to be opened", http.StatusCreated), c.postOpening)
	huma.Register(api, post("cancel-opening", "/api/v1/safes/{id}/openings/cancel", "Take the statement back", http.StatusOK), c.postCancel)
	huma.Register(api, post("lock-until", "/api/v1/safes/{id}/time-lock", "Set a safe's time lock", http.StatusOK), c.postLockUntil)
	huma.Register(api, post("delegate", "/api/v1/delegations", "Have another person act in your post for a time", http.StatusCreated), c.postDelegation)
	huma.Register(api, post("end-delegation", "/api/v1/delegations/{id}/end", "End a delegation before its time", http.StatusOK), c.postDelegationEnd)
	huma.Register(api, post("state-case", "/api/v1/cases/{id}/statement", "Say who opened a safe without the three parties, and why", http.StatusOK), c.postCaseStatement)
	huma.Register(api, post("confirm-case", "/api/v1/cases/{id}/confirmation", "Confirm that, as the other person", http.StatusOK), c.postCaseConfirmation)
	huma.Register(api, post("count-case", "/api/v1/cases/{id}/count", "Take the full inventory of the safe", http.StatusOK), c.postCaseCount)
	huma.Register(api, post("close-case", "/api/v1/cases/{id}/close", "Close a case", http.StatusOK), c.postCaseClose)
	huma.Register(api, post("acknowledge-alert", "/api/v1/alerts/{id}/acknowledge", "Take an alert in hand", http.StatusOK), c.postAcknowledge)
	huma.Register(api, post("close-alert", "/api/v1/alerts/{id}/close", "Close an alert whose cause has ended", http.StatusOK), c.postClose)
}

// do passes an act of the request's sender to the core. A refusal is a problem as well.
func (c *console) do(ctx context.Context, a custody.Act) (custody.Outcome, *Problem) {
	v := visitorOf(ctx)
	o, err := c.Core.Act(ctx, v.account.actor(), custody.Request{Key: v.key, Act: a})
	switch {
	case err != nil:
		c.Log.Error("an act was not decided", "act", a.Verb(), "account", v.account.Name, "error", err)
		return o, undecided(err)
	case !o.OK:
		return o, refusal(o)
	}
	return o, nil
}

func (c *console) answer(ctx context.Context, a custody.Act) (*actAnswer, error) {
	o, refused := c.do(ctx, a)
	if refused != nil {
		return nil, refused
	}
	return &actAnswer{Body: o}, nil
}

type personBody struct {
	ID        custody.PersonID `json:"id" maxLength:"40"`
	Name      fact.Text        `json:"name"`
	Posts     []custody.Post   `json:"posts" maxItems:"20"`
	Clearance custody.Level    `json:"clearance"`
	Card      fact.CardID      `json:"card,omitempty" maxLength:"100" doc:"as the badge readers report it; empty for none"`
	PIN       string           `json:"pin,omitempty" pattern:"^([0-9]{4,8})?$" doc:"4 to 8 digits; only a fingerprint of it is kept"`
	DuressPIN string           `json:"duress_pin,omitempty" pattern:"^([0-9]{4,8})?$" doc:"the PIN to enter when one is made to: it works, and security is told"`
	Rooms     []fact.PlaceID   `json:"rooms" maxItems:"200"`
	Barred    bool             `json:"barred,omitempty"`
	Outside   string           `json:"outside,omitempty" maxLength:"1000" doc:"the body from which a reader from outside comes; empty for the site's own people"`

	Expires      calendar.Date         `json:"expires,omitempty" doc:"the last day of the badge; empty: it has none"`
	Agreement    calendar.Date         `json:"agreement,omitempty" doc:"the day on which the agreement was signed"`
	ClearedUntil calendar.Date         `json:"cleared_until,omitempty" doc:"the last day of the clearance"`
	TrainedUntil calendar.Date         `json:"trained_until,omitempty" doc:"the last day of the training"`
	Hours        []custody.PersonHours `json:"hours,omitempty" maxItems:"14" doc:"when the person may go in, in place of the rooms' own hours"`
}

func (c *console) postPerson(ctx context.Context, in *struct {
	ActKey
	Body personBody
}) (*actAnswer, error) {
	b := in.Body
	p := custody.Person{ID: b.ID, Name: b.Name, Posts: b.Posts, Clearance: b.Clearance, Card: b.Card, Rooms: b.Rooms, Barred: b.Barred, Outside: b.Outside,
		Expires: b.Expires, Agreement: b.Agreement, ClearedUntil: b.ClearedUntil, TrainedUntil: b.TrainedUntil, Hours: b.Hours}
	for _, one := range []struct {
		digits string
		print  *string
	}{{b.PIN, &p.PIN}, {b.DuressPIN, &p.DuressPIN}} {
		if one.digits == "" {
			continue
		}
		if len(one.digits) < minPINDigits || len(one.digits) > maxPINDigits { // the pattern says so too; this holds when somebody edits it
			return nil, problem(http.StatusUnprocessableEntity, "invalid-request")
		}
		*one.print = custody.Fingerprint(c.Site.PINKey, b.ID, one.digits)
	}
	return c.answer(ctx, custody.RegisterPerson{Person: p})
}

type documentBody struct {
	ID     custody.DocumentID `json:"id,omitempty" maxLength:"40" doc:"category-year-sequence, such as JM-2026-0001; empty for the next number of the category"`
	Title  string             `json:"title" maxLength:"1000"`
	Level  custody.Level      `json:"level"`
	Copy   int                `json:"copy" minimum:"1" maximum:"100000"`
	Copies int                `json:"copies" minimum:"1" maximum:"100000"`
	Tag    fact.EPC           `json:"tag" doc:"the EPC in hexadecimal"`
	Home   fact.PlaceID       `json:"home" maxLength:"40"`
	Scope  []custody.PersonID `json:"scope,omitempty" maxItems:"500" doc:"who may see it; empty for everyone whose clearance covers its level"`

	Carrier      custody.Carrier    `json:"carrier,omitempty" doc:"paper, folder, disc, drive, laptop, recording, telegram, seal or letter-of-introduction; empty for paper"`
	Pages        int                `json:"pages,omitempty" minimum:"0" maximum:"1000000"`
	Issuer       string             `json:"issuer,omitempty" maxLength:"1000" doc:"the issuing body; needed for classified documents, like all that follows to the retention"`
	IssuerNumber string             `json:"issuer_number,omitempty" maxLength:"1000" doc:"the document's number at its issuer"`
	Produced     calendar.Date      `json:"produced,omitempty" doc:"the day on which it was produced, such as 2026-01-05"`
	Receipt      *custody.Receipt   `json:"receipt,omitempty" doc:"when it was received, who signed for it, and the state of the envelope: intact, damaged or opened"`
	Retention    *custody.Retention `json:"retention,omitempty" doc:"until a day, or permanent"`
	Original     custody.DocumentID `json:"original,omitempty" maxLength:"40" doc:"what this is a copy, an excerpt, a draft or a meeting issue of"`
	Nature       custody.Nature     `json:"nature,omitempty" doc:"copy, excerpt, draft or meeting-issue"`
	Set          string             `json:"set,omitempty" maxLength:"160" doc:"the document of which this is a part kept apart from the others"`
	Folder       custody.DocumentID `json:"folder,omitempty" maxLength:"40" doc:"the circulating folder that it travels in"`
	Marks        []custody.Mark     `json:"marks,omitempty" maxItems:"4" doc:"urgent, same-day, archive, cipher"`
	ReturnBy     calendar.Date      `json:"return_by,omitempty" doc:"the day by which the issuer wants it back"`

	Category string `json:"category,omitempty" maxLength:"32" doc:"the category to number it in, where no number is given"`
	Gap      string `json:"gap,omitempty" maxLength:"1000" doc:"why numbers are skipped; they are never given any more"`
	Copying  string `json:"copying,omitempty" maxLength:"40" doc:"the approved copying that it is a copy of"`
	Issue    string `json:"issue,omitempty" maxLength:"40" doc:"the issue of which it is a kept copy"`
}

func (b documentBody) act() custody.RegisterDocument {
	r := custody.DocumentRecord{ID: b.ID, Title: b.Title, Level: b.Level, Copy: b.Copy, Copies: b.Copies, Tag: b.Tag, Home: b.Home, Scope: b.Scope,
		Carrier: b.Carrier, Pages: b.Pages, Issuer: b.Issuer, IssuerNumber: b.IssuerNumber, Produced: b.Produced,
		Original: b.Original, Nature: b.Nature, Set: b.Set, Folder: b.Folder, Marks: b.Marks, ReturnBy: b.ReturnBy}
	if b.Receipt != nil {
		r.Receipt = *b.Receipt
	}
	if b.Retention != nil {
		r.Retention = *b.Retention
	}
	return custody.RegisterDocument{Document: r, Category: b.Category, Gap: b.Gap, Copying: b.Copying, Issue: b.Issue}
}

func (c *console) postDocument(ctx context.Context, in *struct {
	ActKey
	Body documentBody
}) (*actAnswer, error) {
	return c.answer(ctx, in.Body.act())
}

type loanBody struct {
	Document custody.DocumentID `json:"document" maxLength:"40"`
	Borrower custody.PersonID   `json:"borrower" maxLength:"40"`
	Due      time.Time          `json:"due,omitzero" doc:"left out, the rule's time counts"`
	Zones    []fact.PlaceID     `json:"zones,omitempty" maxItems:"50" doc:"where it may be while lent; its home always may"`
	Purpose  string             `json:"purpose" maxLength:"1000"`
	Reason   string             `json:"reason,omitempty" maxLength:"1000" doc:"why out of the order of its circulation list"`
}

func (c *console) postLoan(ctx context.Context, in *struct {
	ActKey
	Body loanBody
}) (*actAnswer, error) {
	b := in.Body
	return c.answer(ctx, custody.RequestLoan{Document: b.Document, Borrower: b.Borrower, Due: b.Due, Zones: b.Zones, Purpose: b.Purpose, Reason: b.Reason})
}

func (c *console) postApproval(ctx context.Context, in *struct {
	ActKey
	ID string `path:"id" maxLength:"40"`
}) (*actAnswer, error) {
	return c.answer(ctx, custody.Approve{ID: in.ID})
}

// verifiedVerbs are acts whose signatures are verified before the core hears of them: they
// have routes of their own.
var verifiedVerbs = []string{(custody.EnrolKey{}).Verb(), (custody.ChangeKeys{}).Verb(), (custody.ApproveOpening{}).Verb()}

// postAct carries out an act of the registers. Who may, says the core by the posts of the person
// who is signed in; a machine's account has none and is refused. PINs are typed in
// digits, so persons have a route of their own.
func (c *console) postAct(ctx context.Context, in *struct {
	ActKey
	Verb    string `path:"verb" maxLength:"40"`
	RawBody []byte `contentType:"application/json"`
}) (*actAnswer, error) {
	_, known := custody.Acts()[in.Verb]
	if !known || in.Verb == (custody.RegisterPerson{}).Verb() || slices.Contains(verifiedVerbs, in.Verb) {
		return nil, problem(http.StatusNotFound, "not-found")
	}
	a, err := custody.DecodeAct(in.Verb, in.RawBody)
	if err != nil {
		return nil, problem(http.StatusUnprocessableEntity, "act-malformed").fill(err.Error())
	}
	return c.answer(ctx, a)
}

type openingBody struct {
	Purpose   threelock.Purpose    `json:"purpose" doc:"documents-out, documents-in, inspection or inventory"`
	Documents []custody.DocumentID `json:"documents,omitempty" maxItems:"200"`
}

func (c *console) postOpening(ctx context.Context, in *struct {
	ActKey
	ID   fact.SafeID `path:"id" maxLength:"40"`
	Body openingBody
}) (*actAnswer, error) {
	return c.answer(ctx, custody.StateOpening{Safe: in.ID, Purpose: in.Body.Purpose, Documents: in.Body.Documents})
}

func (c *console) postCancel(ctx context.Context, in *struct {
	ActKey
	ID fact.SafeID `path:"id" maxLength:"40"`
}) (*actAnswer, error) {
	return c.answer(ctx, custody.CancelOpening{Safe: in.ID})
}

type lockUntilBody struct {
	Until time.Time `json:"until" doc:"nobody opens the safe before; it can be made later, never earlier"`
}

func (c *console) postLockUntil(ctx context.Context, in *struct {
	ActKey
	ID   fact.SafeID `path:"id" maxLength:"40"`
	Body lockUntilBody
}) (*actAnswer, error) {
	return c.answer(ctx, custody.LockUntil{Safe: in.ID, Until: in.Body.Until})
}

type delegationBody struct {
	Post  custody.Post     `json:"post"`
	To    custody.PersonID `json:"to" maxLength:"40" doc:"the person who acts in the post meanwhile"`
	From  time.Time        `json:"from"`
	Until time.Time        `json:"until"`
}

func (c *console) postDelegation(ctx context.Context, in *struct {
	ActKey
	Body delegationBody
}) (*actAnswer, error) {
	return c.answer(ctx, custody.Delegate(in.Body))
}

func (c *console) postDelegationEnd(ctx context.Context, in *struct {
	ActKey
	ID custody.DelegationID `path:"id" maxLength:"40"`
}) (*actAnswer, error) {
	return c.answer(ctx, custody.EndDelegation{Delegation: in.ID})
}

type caseStatementBody struct {
	Other  custody.PersonID `json:"other" maxLength:"40" doc:"the second person; the first is whoever sends this"`
	Reason string           `json:"reason" maxLength:"300"`
}

func (c *console) postCaseStatement(ctx context.Context, in *struct {
	ActKey
	ID   custody.CaseID `path:"id" maxLength:"40"`
	Body caseStatementBody
}) (*actAnswer, error) {
	return c.answer(ctx, custody.StateCase{Case: in.ID, Other: in.Body.Other, Reason: in.Body.Reason})
}

func (c *console) postCaseConfirmation(ctx context.Context, in *struct {
	ActKey
	ID custody.CaseID `path:"id" maxLength:"40"`
}) (*actAnswer, error) {
	return c.answer(ctx, custody.ConfirmCase{Case: in.ID})
}

type caseCountBody struct {
	Why map[custody.DocumentID]string `json:"why,omitempty" doc:"by document number: why it is not in the safe"`
}

func (c *console) postCaseCount(ctx context.Context, in *struct {
	ActKey
	ID   custody.CaseID `path:"id" maxLength:"40"`
	Body caseCountBody
}) (*actAnswer, error) {
	return c.answer(ctx, custody.CountCase{Case: in.ID, Why: in.Body.Why})
}

type caseCloseBody struct {
	Finding string `json:"finding" maxLength:"300"`
}

func (c *console) postCaseClose(ctx context.Context, in *struct {
	ActKey
	ID   custody.CaseID `path:"id" maxLength:"40"`
	Body caseCloseBody
}) (*actAnswer, error) {
	return c.answer(ctx, custody.CloseCase{Case: in.ID, Finding: in.Body.Finding})
}

type acknowledgeBody struct {
	Note string `json:"note,omitempty" maxLength:"300"`
}

func (c *console) postAcknowledge(ctx context.Context, in *struct {
	ActKey
	ID   uint64           `path:"id"`
	Body *acknowledgeBody `required:"false"`
}) (*actAnswer, error) {
	a := custody.AcknowledgeAlert{Alert: alerts.ID(in.ID)}
	if in.Body != nil {
		a.Note = in.Body.Note
	}
	return c.answer(ctx, a)
}

type closeBody struct {
	Disposition alerts.Disposition `json:"disposition" doc:"true, false-alarm or drill"`
	Note        string             `json:"note,omitempty" maxLength:"300"`
}

func (c *console) postClose(ctx context.Context, in *struct {
	ActKey
	ID   uint64 `path:"id"`
	Body closeBody
}) (*actAnswer, error) {
	return c.answer(ctx, custody.CloseAlert{Alert: alerts.ID(in.ID), Disposition: in.Body.Disposition, Note: in.Body.Note})
}
