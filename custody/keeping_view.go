package custody

import (
	"maps"
	"slices"
	"time"

	"trilock/custody/fact"
)

// KeepingOverview is what is under way of keeping.
type KeepingOverview struct {
	// NextSweep is the next close of business; nil where the site has no calendar.
	NextSweep *time.Time `json:"next_sweep"`
	// Sweep are the findings of the last one that are not settled.
	Sweep        []SweepFinding        `json:"sweep"`
	Inventories  []InventoryOverview   `json:"inventories"`
	Meetings     []MeetingOverview     `json:"meetings"`
	Destructions []DestructionOverview `json:"destructions"`
	Transfers    []TransferOverview    `json:"transfers"`
	Carryings    []CarryingOverview    `json:"carryings"`
}

// InventoryOverview is an inventory that is not signed yet, or the hand-over of a post.
type InventoryOverview struct {
	ID       string        `json:"id"`
	Place    fact.PlaceID  `json:"place,omitempty"` // empty: of every place
	Since    time.Time     `json:"since"`
	HandOver *PostHandOver `json:"hand_over,omitempty"`
	// Awaits are those of a hand-over who have not signed.
	Awaits []PersonID `json:"awaits"`
	// Explained is what was said of differences, by document.
	Explained map[DocumentID]Explanation `json:"explained"`
}

// MeetingOverview is a meeting that is not closed.
type MeetingOverview struct {
	ID        string                  `json:"id"`
	Title     string                  `json:"title"`
	Venue     fact.PlaceID            `json:"venue"`
	From      time.Time               `json:"from"`
	Until     time.Time               `json:"until"`
	Begun     bool                    `json:"begun"`
	Ended     bool                    `json:"ended"`
	Documents []DocumentID            `json:"documents"`
	Issued    map[DocumentID]PersonID `json:"issued"`
}

// DestructionOverview is a destruction list that is not closed.
type DestructionOverview struct {
	ID          string       `json:"id"`
	Documents   []DocumentID `json:"documents"`
	Supervisors []PersonID   `json:"supervisors"`
	Approved    bool         `json:"approved"`
	Begun       bool         `json:"begun"`
	// Short are the documents that have not been counted at the destroying place.
	Short  []DocumentID `json:"short"`
	Signed []PersonID   `json:"signed"`
}

// TransferOverview is a transfer that is not signed on both sides.
type TransferOverview struct {
	ID        string       `json:"id"`
	Documents []DocumentID `json:"documents"`
	Receiver  string       `json:"receiver"`
	Until     time.Time    `json:"until"`
	Approved  bool         `json:"approved"`
	Given     bool         `json:"given"`
	Received  bool         `json:"received"`
}

// CarryingOverview is a carrying-out, asked for or in force.
type CarryingOverview struct {
	ID          string       `json:"id"`
	Documents   []DocumentID `json:"documents"`
	Carriers    []PersonID   `json:"carriers"`
	Destination string       `json:"destination"`
	From        time.Time    `json:"from"`
	Return      time.Time    `json:"return"`
	Approved    bool         `json:"approved"`
	// Out are the documents that are out of the site or not handed in again.
	Out []DocumentID `json:"out"`
}

func (s *State) keepingOverview() KeepingOverview {
	k := &s.keeping
	o := KeepingOverview{Sweep: slices.Concat([]SweepFinding{}, k.Sweep.Open), Inventories: []InventoryOverview{}, Meetings: []MeetingOverview{}, Destructions: []DestructionOverview{}, Transfers: []TransferOverview{}, Carryings: []CarryingOverview{}}
	if due := k.Sweep.Due; !due.IsZero() {
		o.NextSweep = &due
	}
	for _, id := range sortedKeys(k.Inventories) {
		inv := k.Inventories[id]
		one := InventoryOverview{ID: id, Place: inv.Place, Since: inv.Started.Wall, HandOver: inv.HandOver, Awaits: []PersonID{}, Explained: maps.Clone(inv.Why)}
		if inv.HandOver != nil {
			one.Awaits = slices.DeleteFunc(inv.HandOver.signers(), func(p PersonID) bool { return slices.Contains(inv.Signed, p) })
		}
		o.Inventories = append(o.Inventories, one)
	}
	for _, id := range sortedKeys(k.Meetings) {
		m := k.Meetings[id]
		o.Meetings = append(o.Meetings, MeetingOverview{ID: id, Title: m.Title, Venue: m.Venue, From: m.From, Until: m.Until, Begun: m.Begun, Ended: m.Ended, Documents: m.Documents, Issued: maps.Clone(m.Issued)})
	}
	for _, id := range sortedKeys(k.Destructions) {
		l := k.Destructions[id]
		o.Destructions = append(o.Destructions, DestructionOverview{ID: id, Documents: l.Documents, Supervisors: l.Supervisors, Approved: l.Approved, Begun: l.Begun,
			Short: append([]DocumentID{}, l.short()...), Signed: append([]PersonID{}, l.Signed...)})
	}
	for _, id := range sortedKeys(k.Transfers) {
		t := k.Transfers[id]
		o.Transfers = append(o.Transfers, TransferOverview{ID: id, Documents: t.Documents, Receiver: t.Receiver, Until: t.Until, Approved: t.Approved, Given: t.GivenBy != "", Received: t.Receipt.Name != ""})
	}
	for _, id := range sortedKeys(k.Carryings) {
		c := k.Carryings[id]
		o.Carryings = append(o.Carryings, CarryingOverview{ID: id, Documents: c.Documents, Carriers: c.Carriers, Destination: c.Destination, From: c.From, Return: c.Return, Approved: c.Approved, Out: append([]DocumentID{}, c.out()...)})
	}
	return o
}
