package custody

import (
	"time"

	"trilock/custody/fact"
)

// RegisterOverview is what is under way in the register, and who has to act next. No titles are
// in it (REC-2): what has no number yet is named by the number of its draft.
type RegisterOverview struct {
	Changes    []ChangeOverview   `json:"changes"`
	Copyings   []CopyingOverview  `json:"copyings"`
	Drafts     []DraftOverview    `json:"drafts"`
	Dispatches []DispatchOverview `json:"dispatches"`
}

// ChangeOverview is a change of level, retention or scope that waits for approval.
type ChangeOverview struct {
	ID       string      `json:"id"`
	Document DocumentID  `json:"document"`
	For      ApprovalFor `json:"for"`
	Awaits   []Post      `json:"awaits"`
}

// CopyingOverview is a copying that is not finished.
type CopyingOverview struct {
	ID         string     `json:"id"`
	Document   DocumentID `json:"document"`
	Place      fact.Text  `json:"place"`
	Count      int        `json:"count"`
	Registered int        `json:"registered"`
	Approved   bool       `json:"approved"`
	Awaits     []Post     `json:"awaits"`
}

// DraftOverview is an outgoing document that is not finished.
type DraftOverview struct {
	ID     string     `json:"id"`
	Level  Level      `json:"level"`
	Number DocumentID `json:"number,omitempty"`
	// Next is the step that comes next; empty when all are passed.
	Next fact.Text `json:"next,omitzero"`
	// Printed copies, and how many of them are not accounted for.
	Printed int `json:"printed"`
	Open    int `json:"open"`
}

// DispatchOverview is a package whose receipts are not all back.
type DispatchOverview struct {
	ID      string    `json:"id"`
	Level   Level     `json:"level"`
	Due     time.Time `json:"due"`
	Overdue bool      `json:"overdue"`
	// Open lists the recipients whose receipt is not back.
	Open []string `json:"open"`
}

func (s *State) registerOverview(now time.Time) RegisterOverview {
	r := &s.registering
	o := RegisterOverview{Changes: []ChangeOverview{}, Copyings: []CopyingOverview{}, Drafts: []DraftOverview{}, Dispatches: []DispatchOverview{}}
	for _, id := range sortedKeys(r.Changes) {
		c := r.Changes[id]
		o.Changes = append(o.Changes, ChangeOverview{ID: id, Document: c.Document, For: c.For, Awaits: append([]Post{}, s.approvals[id].Awaits()...)})
	}
	for _, id := range sortedKeys(r.Copyings) {
		c := r.Copyings[id]
		o.Copyings = append(o.Copyings, CopyingOverview{ID: id, Document: c.Document, Place: s.site.placeName(c.Place), Count: c.Count, Registered: c.Registered, Approved: c.Approved, Awaits: append([]Post{}, s.approvals[id].Awaits()...)})
	}
	for _, id := range sortedKeys(r.Drafts) {
		d := r.Drafts[id]
		draft := DraftOverview{ID: id, Level: d.Level, Number: d.Number, Printed: d.Printed, Open: d.open()}
		if step, more := d.next(); more {
			draft.Next = step.Name()
		}
		o.Drafts = append(o.Drafts, draft)
	}
	for _, id := range sortedKeys(r.Dispatches) {
		p := r.Dispatches[id]
		sent := DispatchOverview{ID: id, Level: p.Level, Due: p.Due, Overdue: now.After(p.Due), Open: []string{}}
		for _, to := range p.Recipients {
			if to.SignedBy == "" {
				sent.Open = append(sent.Open, to.Name)
			}
		}
		o.Dispatches = append(o.Dispatches, sent)
	}
	return o
}
