package custody

import (
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

// counting is the automatic count (STO-4).
type counting struct {
	Due time.Time `json:"due,omitzero"`
}

// Inventory is a count that somebody signs: what the readers hear against the register, each
// difference explained (STO-4). Without a place it is the full one of a hand-over of a post (STO-6).
type Inventory struct {
	ID      string                     `json:"id"`
	Place   fact.PlaceID               `json:"place,omitempty"`
	Started fact.Stamp                 `json:"started"`
	By      PersonID                   `json:"by"`
	Why     map[DocumentID]Explanation `json:"why,omitempty"`
	// HandOver is set when it is the inventory of a hand-over of a post.
	HandOver *PostHandOver `json:"hand_over,omitempty"`
	Signed   []PersonID    `json:"signed,omitempty"`
}

// Explanation is what somebody says of one difference.
type Explanation struct {
	Text    string   `json:"text"`
	By      PersonID `json:"by"`
	Missing bool     `json:"missing,omitempty"` // nobody knows where it is: INC-1
}

// Difference is one document of which register and readers do not say the same.
type Difference struct {
	Document DocumentID   `json:"document"`
	Home     fact.PlaceID `json:"home"`
	Heard    fact.PlaceID `json:"heard,omitempty"` // empty: nowhere
	// By is the loan, carrying-out, meeting, list or transfer that accounts for it.
	By  string `json:"by,omitempty"`
	Why string `json:"why,omitempty"` // what was said of it
}

// PlaceCount is what one place should hold, and what is heard of it.
type PlaceCount struct {
	Place      fact.PlaceID `json:"place"`
	Registered int          `json:"registered"`
	Heard      int          `json:"heard"`
	Silent     bool         `json:"silent,omitempty"` // its reader hears nothing: Heard is what was true before
}

// planCount sets the next automatic count on the full period of the site's clock.
func (s *State) planCount(at fact.Stamp) {
	if every := s.site.Policy.Keeping.CountEvery; every > 0 {
		s.keeping.Counting.Due = at.Wall.Truncate(every).Add(every)
		s.agenda.atWall(errand{kind: errandHourlyCount}, s.keeping.Counting.Due)
	}
}

// countAll is the automatic count from live reads (STO-4): counts by place and the documents that
// nothing accounts for. One that has been heard nowhere for long enough is missing (INC-1).
func (d *decision) countAll() {
	ev := &CountTaken{Due: d.keeping.Counting.Due}
	out := map[fact.PlaceID]int{}
	var lost []*Document
	for _, id := range sortedKeys(d.keeping.away) {
		doc := d.documents[id]
		out[doc.Home]++
		diff := d.difference(doc)
		if diff.By != "" {
			continue
		}
		if !doc.Seen.Known && d.in.At.Sub(doc.Seen.Since) >= d.site.Policy.MissingAfter {
			lost = append(lost, doc)
		}
		if len(ev.Differences) < MaxSwept {
			ev.Differences = append(ev.Differences, diff)
		} else {
			ev.More++
		}
	}
	for _, place := range sortedKeys(d.shelves.homes) {
		if n := len(d.shelves.homes[place]); n > 0 {
			_, silent := d.unreadable[place]
			ev.Places = append(ev.Places, PlaceCount{Place: place, Registered: n, Heard: n - out[place], Silent: silent})
		}
	}
	d.emit("count", ev)
	for _, doc := range lost {
		d.foundMissing(doc)
	}
}

// foundMissing starts what a missing document starts (INC-1).
func (d *decision) foundMissing(doc *Document) {
	d.raise(alerts.Missing, string(doc.ID), string(doc.ID), d.site.placeName(doc.Seen.Place), d.whoHas(d.loanOf(doc)))
}

// difference says what of a document is not as the register has it, and what accounts for it.
func (d *decision) difference(doc *Document) Difference {
	diff := Difference{Document: doc.ID, Home: doc.Home}
	if doc.Seen.Known {
		diff.Heard = doc.Seen.Place
	}
	if l := d.loanOf(doc); l != nil && l.Status == LoanOut {
		diff.By = string(l.ID)
	} else if by, ok := d.keptAway(doc.ID, d.in.At.Wall); ok {
		diff.By = by.number
	}
	return diff
}

// differences lists those of an inventory: what belongs there and is not heard there, and what
// is heard there and belongs elsewhere. open counts those that nothing explains.
func (d *decision) differences(inv *Inventory) (list []Difference, open []DocumentID) {
	for _, id := range sortedKeys(d.keeping.away) {
		doc := d.documents[id]
		if inv.Place != "" && doc.Home != inv.Place && !(doc.Seen.Known && doc.Seen.Place == inv.Place) {
			continue
		}
		diff := d.difference(doc)
		diff.Why = inv.Why[id].Text
		if diff.By == "" && diff.Why == "" {
			open = append(open, id)
		}
		list = append(list, diff)
	}
	return list, open
}

// planInventory sets when a place is to be inventoried again: by the strictest level kept there (STO-4).
func (s *State) planInventory(at fact.Stamp, place fact.PlaceID) {
	period := s.inventoryPeriod(place)
	if period == 0 {
		return
	}
	last, known := s.keeping.Inventoried[place]
	if !known {
		last = at.Wall
		s.keeping.Inventoried[place] = last
	}
	due := last.Add(period)
	s.agenda.atWall(errand{errandInventory, string(place)}, due)
	s.agenda.atWall(errand{errandInventorySoon, string(place)}, due.Add(-s.site.Policy.Keeping.InventoryReminder))
}

func (s *State) inventoryPeriod(place fact.PlaceID) (shortest time.Duration) {
	for _, level := range s.site.Places[place].Levels {
		if every := s.site.Policy.Keeping.InventoryEvery[level]; every > 0 && (shortest == 0 || every < shortest) {
			shortest = every
		}
	}
	return shortest
}

// inventoryDue reminds of a signed inventory, and raises that it is late. A place that keeps nothing has none.
func (d *decision) inventoryDue(place fact.PlaceID, late bool) {
	last, known := d.keeping.Inventoried[place]
	period := d.inventoryPeriod(place)
	if !known || period == 0 || len(d.shelves.homes[place]) <= 0 {
		return
	}
	due := d.clockText(last.Add(period))
	if late {
		d.end(alerts.InventoryDue, string(place))
		d.raise(alerts.InventoryLate, string(place), d.site.placeName(place), due)
		return
	}
	d.raise(alerts.InventoryDue, string(place), d.site.placeName(place), due)
}

func (d *decision) inventoryOf(place fact.PlaceID) *Inventory {
	for _, id := range sortedKeys(d.keeping.Inventories) {
		if inv := d.keeping.Inventories[id]; inv.HandOver == nil && inv.Place == place {
			return inv
		}
	}
	return nil
}

func (d *decision) startInventory(a StartInventory) Outcome {
	subject := string(a.Place)
	by, no, ok := d.actor(RuleInventory, subject, Archivist, ConfidentialityOfficer)
	if !ok {
		return no
	}
	inv := d.inventoryOf(a.Place)
	switch {
	case !d.site.keepsDocuments(a.Place):
		return refuse("unknown-place", RuleInventory, subject, fact.Text{ZH: "%[1]s 不是存放文件的柜或保险柜。", EN: "%[1]s is no cabinet or safe that keeps documents."}.Fill(subject))
	case inv != nil:
		return refuse("inventory-under-way", RuleInventory, subject, fact.Text{ZH: "%[1]s 的清点 %[2]s 尚未签字。", EN: "Inventory %[2]s of %[1]s is not signed yet."}.Fill(d.site.placeName(a.Place), inv.ID))
	case len(d.keeping.Inventories) >= MaxUnderWay:
		return tooMany(subject, MaxUnderWay)
	}
	id := d.nextOf(seriesInventory)
	d.emit(id, &InventoryStarted{Inventory: Inventory{ID: id, Place: a.Place, Started: d.in.At, By: by.ID}})
	return granted(id)
}

func noInventory(id string) Outcome {
	return refuse("no-such-inventory", RuleInventory, id, fact.Text{ZH: "没有进行中的清点 %[1]s，先开始清点。", EN: "No inventory %[1]s is under way; start one."}.Fill(id))
}

func (d *decision) explainDifference(a ExplainDifference) Outcome {
	inv := d.keeping.Inventories[a.Inventory]
	if inv == nil {
		return noInventory(a.Inventory)
	}
	by, no, ok := d.actor(RuleInventory, a.Inventory, Archivist, ConfidentialityOfficer)
	if !ok {
		return no
	}
	list, _ := d.differences(inv)
	switch {
	case !slices.ContainsFunc(list, func(diff Difference) bool { return diff.Document == a.Document }):
		return refuse("no-difference", RuleInventory, a.Inventory, fact.Text{ZH: "%[1]s 没有差异，无需说明。", EN: "Of %[1]s there is no difference to explain."}.Fill(string(a.Document)))
	case unsaid(a.Why):
		return refuse("no-reason", RuleInventory, a.Inventory, fact.Text{ZH: "请写明差异的原因，最多 %[1]d 字节。", EN: "Give the reason of the difference, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	d.emit(a.Inventory, &DifferenceExplained{Inventory: a.Inventory, Document: a.Document, Explanation: Explanation{Text: a.Why, By: by.ID, Missing: a.Missing}})
	if a.Missing {
		d.foundMissing(d.documents[a.Document])
	}
	return granted(a.Inventory)
}

func (d *decision) signInventory(a SignInventory) Outcome {
	inv := d.keeping.Inventories[a.Inventory]
	if inv == nil {
		return noInventory(a.Inventory)
	}
	if inv.HandOver != nil {
		return d.signPostHandOver(inv)
	}
	by, no, ok := d.actor(RuleInventory, a.Inventory, Archivist, ConfidentialityOfficer)
	if !ok {
		return no
	}
	if no, bad := d.unfinished(inv); bad {
		return no
	}
	list, _ := d.differences(inv)
	d.emit(inv.ID, &InventorySigned{Inventory: inv.ID, Place: inv.Place, By: by.ID, Registered: len(d.shelves.homes[inv.Place]), Differences: list})
	d.end(alerts.InventoryDue, string(inv.Place))
	d.end(alerts.InventoryLate, string(inv.Place))
	return granted(inv.ID)
}

// unfinished: nobody signs for a place that is not heard, nor with a difference unexplained (STO-4).
func (d *decision) unfinished(inv *Inventory) (Outcome, bool) {
	for _, place := range sortedKeys(d.unreadable) {
		if len(d.shelves.homes[place]) > 0 && (inv.Place == "" || inv.Place == place) {
			return refuse("not-readable", RuleInventory, inv.ID, fact.Text{ZH: "%[1]s 的读写器没有读数，恢复后再签字。", EN: "The reader of %[1]s hears nothing; sign when it is back."}.Fill(d.site.placeName(place))), true
		}
	}
	list, open := d.differences(inv)
	switch {
	case len(list) > MaxCounted:
		return refuse("too-much", "", inv.ID, fact.Text{ZH: "差异超过 %[1]d 份，先查清再签字。", EN: "More than %[1]d differences; look into them first."}.Fill(MaxCounted)), true
	case len(open) > 0:
		return refuse("unexplained", RuleInventory, inv.ID, fact.Text{ZH: "差异未说明：%[1]s。逐份说明后再签字。", EN: "Differences not explained: %[1]s. Explain each, then sign."}.Fill(namesOf(open))), true
	}
	return Outcome{}, false
}

func (d *decision) dropInventory(a DropInventory) Outcome {
	inv := d.keeping.Inventories[a.Inventory]
	if inv == nil {
		return noInventory(a.Inventory)
	}
	if _, no, ok := d.actor(RuleInventory, a.Inventory, Archivist, ConfidentialityOfficer, SupervisingLeader); !ok {
		return no
	}
	if unsaid(a.Reason) {
		return refuse("no-reason", RuleInventory, a.Inventory, fact.Text{ZH: "请写明终止的原因，最多 %[1]d 字节。", EN: "Say why it is dropped, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	d.emit(inv.ID, &InventoryDropped{Inventory: inv.ID, Reason: a.Reason})
	return granted(inv.ID)
}

// The events of counting.
type (
	// CountTaken is one automatic count from live reads.
	CountTaken struct {
		Due         time.Time    `json:"due"`
		Places      []PlaceCount `json:"places,omitempty"`
		Differences []Difference `json:"differences,omitempty"` // those that nothing accounts for
		More        int          `json:"more,omitempty"`        // beyond those named
	}
	// InventoryStarted begins an inventory that somebody signs.
	InventoryStarted struct {
		Inventory Inventory `json:"inventory"`
	}
	// DifferenceExplained is what somebody says of one difference.
	DifferenceExplained struct {
		Inventory   string      `json:"inventory"`
		Document    DocumentID  `json:"document"`
		Explanation Explanation `json:"explanation"`
	}
	// InventorySigned is the signed inventory of a place.
	InventorySigned struct {
		Inventory   string       `json:"inventory"`
		Place       fact.PlaceID `json:"place"`
		By          PersonID     `json:"by"`
		Registered  int          `json:"registered"`
		Differences []Difference `json:"differences,omitempty"`
	}
	// InventoryDropped ends one that is not signed.
	InventoryDropped struct {
		Inventory string `json:"inventory"`
		Reason    string `json:"reason"`
	}
)

// The kinds of events; they stand in the record and never change.
func (CountTaken) Kind() string          { return "count-taken" }
func (InventoryStarted) Kind() string    { return "inventory-started" }
func (DifferenceExplained) Kind() string { return "difference-explained" }
func (InventorySigned) Kind() string     { return "inventory-signed" }
func (InventoryDropped) Kind() string    { return "inventory-dropped" }

var inventoryEvents = []func() Event{blank[CountTaken], blank[InventoryStarted], blank[DifferenceExplained], blank[InventorySigned], blank[InventoryDropped]}

func (*CountTaken) evolve(s *State, at fact.Stamp) { s.planCount(at) }

func (ev *InventoryStarted) evolve(s *State, _ fact.Stamp) {
	s.numberUsed(seriesInventory)
	inv := ev.Inventory
	inv.Why = map[DocumentID]Explanation{}
	s.keeping.Inventories[inv.ID] = &inv
}

func (ev *DifferenceExplained) evolve(s *State, _ fact.Stamp) {
	if inv := s.keeping.Inventories[ev.Inventory]; inv != nil {
		inv.Why[ev.Document] = ev.Explanation
	}
}

func (ev *InventorySigned) evolve(s *State, at fact.Stamp) {
	delete(s.keeping.Inventories, ev.Inventory)
	s.keeping.Inventoried[ev.Place] = at.Wall
	s.planInventory(at, ev.Place)
}

func (ev *InventoryDropped) evolve(s *State, _ fact.Stamp) {
	delete(s.keeping.Inventories, ev.Inventory)
}

// The acts of an inventory.
type (
	// StartInventory begins the inventory of a place.
	StartInventory struct {
		Place fact.PlaceID `json:"place"`
	}
	// ExplainDifference says why one document is not where the register has it, or that nobody knows.
	ExplainDifference struct {
		Inventory string     `json:"inventory"`
		Document  DocumentID `json:"document"`
		Why       string     `json:"why"`
		Missing   bool       `json:"missing,omitempty"`
	}
	// SignInventory signs it.
	SignInventory struct {
		Inventory string `json:"inventory"`
	}
	// DropInventory ends one that will not be signed, a hand-over of a post that does not come about with it.
	DropInventory struct {
		Inventory string `json:"inventory"`
		Reason    string `json:"reason"`
	}
)

// The verbs of acts; they stand in the record and never change.
func (StartInventory) Verb() string    { return "start-inventory" }
func (ExplainDifference) Verb() string { return "explain-difference" }
func (SignInventory) Verb() string     { return "sign-inventory" }
func (DropInventory) Verb() string     { return "drop-inventory" }

func (a StartInventory) carryOut(d *decision) Outcome    { return d.startInventory(a) }
func (a ExplainDifference) carryOut(d *decision) Outcome { return d.explainDifference(a) }
func (a SignInventory) carryOut(d *decision) Outcome     { return d.signInventory(a) }
func (a DropInventory) carryOut(d *decision) Outcome     { return d.dropInventory(a) }

var inventoryActs = []actKind{
	act[StartInventory]("开始清点", "start an inventory"),
	act[ExplainDifference]("说明差异", "explain a difference"),
	act[SignInventory]("清点签字", "sign an inventory"),
	act[DropInventory]("终止清点", "drop an inventory"),
}
