package custody

import (
	"slices"
	"time"

	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// registering is what the register of documents knows besides the documents: numbers given,
// tags that were retired, and what is under way of changes, copies, drafts and packages.
// Its exported fields with JSON names are what a checkpoint of the state holds; the others are
// indexes that follow from the documents.
type registering struct {
	// Numbers is the last number given of each category and year (REG-2): "JM-2026" to 17.
	Numbers map[string]int `json:"numbers"`
	// Retired are the tags that belong to no document any more, RetiredInOrder the oldest first.
	Retired        map[fact.EPC]RetiredTag `json:"retired"`
	RetiredInOrder []fact.EPC              `json:"retired_in_order"`
	// Former are the levels that documents had before (REG-3).
	Former map[DocumentID][]FormerLevel `json:"former"`
	// TermsNear are the days of which it was told that retention periods end on them.
	TermsNear map[calendar.Date]bool `json:"terms_near"`

	Changes    map[string]*Change   `json:"changes"` // of level, retention or scope, that wait for approval
	Copyings   map[string]*Copying  `json:"copyings"`
	Drafts     map[string]*Outgoing `json:"drafts"`
	Dispatches map[string]*Dispatch `json:"dispatches"`
	// Fresh are documents on their way home from where they were made or copied, with the work they come from.
	Fresh map[DocumentID]string `json:"fresh"`

	ChangeCount   int `json:"change_count"`
	CopyingCount  int `json:"copying_count"`
	DraftCount    int `json:"draft_count"`
	DispatchCount int `json:"dispatch_count"`

	sets      map[string][]DocumentID     // the parts of a document that is kept in parts
	derived   map[DocumentID][]DocumentID // from an original to its copies
	retention map[calendar.Date]*retained // what ends on a day
	copyingOf map[DocumentID]string       // the copying of a document that is under way
	sentIn    map[DocumentID]string       // the package that a document is on its way in
}

func newRegistering() registering {
	return registering{
		Numbers: map[string]int{}, Retired: map[fact.EPC]RetiredTag{}, Former: map[DocumentID][]FormerLevel{}, TermsNear: map[calendar.Date]bool{},
		Changes: map[string]*Change{}, Copyings: map[string]*Copying{}, Drafts: map[string]*Outgoing{}, Dispatches: map[string]*Dispatch{}, Fresh: map[DocumentID]string{},
		sets: map[string][]DocumentID{}, derived: map[DocumentID][]DocumentID{}, retention: map[calendar.Date]*retained{}, copyingOf: map[DocumentID]string{}, sentIn: map[DocumentID]string{},
	}
}

// RegisteringPolicy holds the numbers of these rules that a site may set.
type RegisteringPolicy struct {
	// Categories of numbers; none: every code will do (REG-2, REG-7). A document without a number
	// gets one of the first that registers its level.
	Categories []Category
	// Series are kinds of carrier with rules of their own (REG-8).
	Series []Series
	// RetentionNotice is how long before a retention period ends it is told (REG-3).
	RetentionNotice time.Duration
	// CopyingPlaces are where copies are made; none: any place that is watched (CPY-2).
	CopyingPlaces []fact.PlaceID
	// PutAway is how long a fresh copy has on its way to its home (CPY-2).
	PutAway time.Duration
	// Issuing says which posts take a draft through each step (ISS-1); a step that names none is for anybody.
	Issuing map[DraftStep][]Post
	// AccountFor is how long after printing every sheet must be accounted for (ISS-1).
	AccountFor time.Duration
	// Couriers of a package by level; none: one (ISS-2).
	Couriers map[Level]int
	// ReceiptWithin is when the receipt of a package is due back (ISS-2).
	ReceiptWithin calendar.Due
}

// Category is a category of numbers, with the levels that it registers. Classified and
// unclassified documents never share one (REG-7).
type Category struct {
	Code   string
	Name   fact.Text
	Levels []Level
}

var registeringEvents = slices.Concat(numberEvents, levelEvents, tagEvents, copyingEvents, issuingEvents, dispatchEvents)

var registeringActs = slices.Concat(levelActs, tagActs, copyingActs, issuingActs, dispatchActs)

// What falls due in the register.
const (
	errandRetention errandKind = "retention"
	errandPutAway   errandKind = "put-away"
	errandAccount   errandKind = "account"
	errandReceipt   errandKind = "receipt"
)

// registeringErrand settles what falls due here; it reports whether the errand was one of these.
func (d *decision) registeringErrand(e errand) bool {
	switch e.kind {
	case errandRetention:
		d.retentionDue(e.id)
	case errandPutAway:
		d.stillOnItsWay(DocumentID(e.id))
	case errandAccount:
		d.accountDue(e.id)
	case errandReceipt:
		d.receiptDue(e.id)
	default:
		return false
	}
	return true
}

// registeringReady goes on with what has just been approved.
func (d *decision) registeringReady(a *Approval) {
	switch a.For {
	case ForLevel, ForRetention, ForScope:
		d.changeApproved(a.ID)
	case ForCopying:
		d.copyingApproved(a.ID)
	}
}

// registeringOver drops what will not be approved any more.
func (d *decision) registeringOver(a *Approval, status ApprovalStatus) {
	switch a.For {
	case ForLevel, ForRetention, ForScope:
		d.changeDropped(a.ID, status)
	case ForCopying:
		d.copyingDropped(a.ID, status)
	}
}

// registeringAllows reports whether a document may be in a place where it is not at home and
// not lent to: where it is copied, on its first way home, or in a courier's hands.
func (d *decision) registeringAllows(doc *Document, place fact.PlaceID) bool {
	return d.beingCopied(doc, place) || d.onItsWayHome(doc, place) || d.onItsWayOut(doc, place)
}

// registeringMoved looks at what a sighting means to the register: parts that meet, shelves that
// mix, originals that leave their copying, copies that come home.
func (d *decision) registeringMoved(doc *Document, from fact.PlaceID) {
	d.partsMet(doc)
	d.mixedOnShelf(doc)
	d.originalMoved(doc, from)
	d.cameHome(doc)
}

// classified reports whether a level is that of a state secret, registered and stored apart (REG-7).
func (l Level) classified() bool { return l.Covers(Confidential) }

// entered brings a document into the indexes of the register.
func (s *State) entered(doc *Document) {
	r := &s.registering
	if series, n, ok := numberParts(doc.ID); ok && n > r.Numbers[series] {
		r.Numbers[series] = n
	}
	if doc.Set != "" {
		r.sets[doc.Set] = append(r.sets[doc.Set], doc.ID)
	}
	if doc.Original != "" {
		r.derived[doc.Original] = append(r.derived[doc.Original], doc.ID)
	}
	s.keepTerm(doc)
}

// leaveRegister takes a document out of the register for good and keeps its tag among the
// retired ones: destroyed, transferred, returned or sent.
func (s *State) leaveRegister(id DocumentID, why GoneWhy, at fact.Stamp) {
	doc := s.documents[id]
	if doc == nil {
		return
	}
	r := &s.registering
	s.dropTerm(doc)
	if doc.Set != "" {
		without(r.sets, doc.Set, id)
	}
	if doc.Original != "" {
		without(r.derived, doc.Original, id)
	}
	if doc.Folder != "" {
		without(s.circulating.pieces, doc.Folder, id)
	}
	s.leaveCirculating(id)
	delete(r.Former, id)
	delete(r.Fresh, id)
	delete(r.sentIn, id)
	for _, kind := range []errandKind{errandMissing, errandRest, errandPutAway} {
		s.agenda.off(errand{kind, string(id)})
	}
	s.retireTag(doc.Tag, RetiredTag{Document: id, Why: why, At: at.Wall})
	s.shelves.unshelve(doc)
	s.shelves.sight(doc, Sighting{})
	delete(s.documents, id)
	s.keptNoMore(doc)
}

// without takes a document out of an index.
func without[K comparable](index map[K][]DocumentID, key K, id DocumentID) {
	left := slices.DeleteFunc(slices.Clone(index[key]), func(other DocumentID) bool { return other == id })
	if len(left) == 0 {
		delete(index, key)
		return
	}
	index[key] = left
}
