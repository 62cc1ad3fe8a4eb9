package custody

import (
	"slices"

	"trilock/alerts"
	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/threelock"
)

// moved takes presence's word that a document is in a place.
func (d *decision) moved(f presence.Moved) {
	id, known := d.byTag[f.Tag]
	if !known {
		d.retiredRead(f.Tag, f.To)
		return
	}
	doc := d.documents[id]
	d.emit(string(id), &DocumentSeen{Document: id, From: f.From, Place: f.To, Certainty: f.Certainty, Evidence: clip(f.Evidence)})
	d.end(alerts.Missing, string(id))
	d.foundAgain(doc)
	if f.To == doc.Home {
		d.cameBack(doc)
	}
	d.settleMove(doc, f.From, f.To, f.Evidence)
	d.judgeZone(doc)
	d.rejoined(doc)
	d.registeringMoved(doc, f.From)
	d.keepingMoved(doc)
}

// lostSight takes presence's word that a document is no longer where it was.
func (d *decision) lostSight(f presence.Unseen) {
	id, known := d.byTag[f.Tag]
	if !known {
		return
	}
	d.emit(string(id), &DocumentUnseen{Document: id, From: f.From, Certainty: f.Certainty, Evidence: clip(f.Evidence)})
	d.settleMove(d.documents[id], f.From, presence.Elsewhere, f.Evidence)
	d.originalMoved(d.documents[id], f.From)
}

// settleMove compares a movement with what people are doing just now: a hand-over at
// the document's cabinet, or an opening of its safe.
func (d *decision) settleMove(doc *Document, from, to fact.PlaceID, evidence string) {
	if safe, ok := d.site.safeAt(doc.Home); ok && (from == safe.Place || to == safe.Place) {
		d.safeMove(safe, doc, to == safe.Place, evidence)
		return
	}
	h, open := d.handOverAt(doc.Home)
	loan := d.loans[doc.Loan]
	if !open || loan == nil {
		return
	}
	switch {
	case !loan.mayReceive(h.other):
		if from == doc.Home && loan.Status == LoanReady {
			d.wronglyTaken(loan, h.other)
		}
		return
	case to == doc.Home && loan.Status == LoanOut:
		d.giveBack(loan, h.custodian, evidence)
	case from == doc.Home && loan.Status == LoanReady:
		d.giveOut(loan, h.custodian, evidence)
	}
	d.endIfDone(d.site.Places[doc.Home].BadgeReader)
}

// safeMove compares what the safe's reader saw with the stated purpose, while the three
// parties still stand there (SAF-2).
func (d *decision) safeMove(safe Safe, doc *Document, arrived bool, evidence string) {
	session := d.openings[safe.ID]
	if !d.standBefore(session) {
		return // no opening: the zone rules speak of it
	}
	purpose, verb := threelock.DocumentsOut, fact.Text{ZH: "被取出", EN: "was taken out"}
	if arrived {
		purpose, verb = threelock.DocumentsIn, fact.Text{ZH: "被放入", EN: "was put in"}
	}
	loan := d.loans[doc.Loan]
	named := session.Purpose == purpose && slices.Contains(session.Documents, string(doc.ID))
	switch {
	case named && !arrived && loan != nil && loan.Status == LoanReady:
		d.giveOut(loan, d.custodianOf(session), evidence)
	case arrived && loan != nil && loan.Status == LoanOut:
		d.giveBack(loan, d.custodianOf(session), evidence)
	case !named:
		d.raise(alerts.SafeContents, string(doc.ID), safe.Name, string(doc.ID), verb)
	}
}

// standBefore reports whether the parties of a session are still before the safe: presence
// needs some rounds to notice, so a session that ended moments ago still counts.
func (d *decision) standBefore(s *threelock.Session) bool {
	closed := s.Why == threelock.WhyClosed || s.Why == threelock.WhyUnconfirmed
	return s.Phase == threelock.Open || s.Phase == threelock.Shutting || s.Phase == threelock.Closing ||
		(s.Phase == threelock.Ended && closed && d.in.At.Sub(s.Since) <= d.site.Policy.HandOverWindow)
}

func (d *decision) custodianOf(s *threelock.Session) PersonID {
	for _, p := range s.Present {
		if p.Party == threelock.Archivist {
			return p.Person
		}
	}
	return ""
}

// judgeZone compares where a document is with where it may be: its home, and while it is lent the
// zones of its loan (CIR-8). Elsewhere nobody has it in charge (STO-2).
func (d *decision) judgeZone(doc *Document) {
	place, loan := doc.Seen.Place, d.loanOf(doc)
	lent := loan != nil && loan.Status == LoanOut
	if lent {
		d.judgeHolder(doc, loan)
	}
	if place == doc.Home || (lent && slices.Contains(loan.Zones, place)) || d.registeringAllows(doc, place) || d.keepingAllows(doc, place) {
		d.end(alerts.LeftZone, string(doc.ID))
		d.end(alerts.Misplaced, string(doc.ID))
		if place == doc.Home {
			d.end(alerts.WrongReceiver, string(doc.ID))
		}
		return
	}
	if kind := d.site.Places[place].Kind; kind == Cabinet || kind == SafeBox {
		// Carried past a shelf, a folder may be heard there: it is out of place once it rests (STO-1).
		d.rest(doc)
		return
	}
	d.end(alerts.Misplaced, string(doc.ID))
	d.raise(alerts.LeftZone, string(doc.ID), string(doc.ID), d.site.placeName(place), d.whoHas(loan))
}

// rest raises what it means that a document lies in a shelf or safe that is not its own, once
// it has done so for long enough.
func (d *decision) rest(doc *Document) {
	if d.in.At.Sub(doc.Seen.Since) < d.site.Policy.RestAfter {
		return // the agenda comes back to it
	}
	place, loan := doc.Seen.Place, d.loanOf(doc)
	if loan != nil && loan.Status == LoanOut {
		d.end(alerts.Misplaced, string(doc.ID))
		d.raise(alerts.LeftZone, string(doc.ID), string(doc.ID), d.site.placeName(place), d.whoHas(loan))
		return
	}
	d.end(alerts.LeftZone, string(doc.ID))
	d.raise(alerts.Misplaced, string(doc.ID), string(doc.ID), d.site.placeName(place), d.site.placeName(doc.Home))
}

// stillResting looks at a document that has been in one place for as long as RestAfter.
func (d *decision) stillResting(id DocumentID) {
	if doc := d.documents[id]; doc != nil && doc.Seen.Known {
		d.judgeZone(doc)
		d.mixedOnShelf(doc)
		d.partsMet(doc)
	}
}

func (d *decision) whoHas(loan *Loan) fact.Text {
	if loan == nil || loan.Status != LoanOut {
		return fact.Text{ZH: "没有借阅登记。", EN: "It is not lent to anybody."}
	}
	return fact.Text{ZH: "借阅人：%[1]s。", EN: "Borrower: %[1]s."}.Fill(d.persons[loan.Borrower].Name)
}

// stillUnseen raises *missing* for a document that stayed unseen too long (INC-1).
func (d *decision) stillUnseen(id DocumentID) {
	doc, ok := d.documents[id]
	if !ok || doc.Seen.Known || d.outByLeave(id) {
		return
	}
	if d.dispatchOf(id) != nil { // with its couriers (ISS-2)
		return
	}
	d.raise(alerts.Missing, string(id), string(id), d.site.placeName(doc.Seen.Place), d.whoHas(d.loanOf(doc)))
	d.openMissing(doc)
}

// stranger records a tag that the register does not know (REG-1).
func (d *decision) stranger(f presence.Stranger) {
	if d.retiredRead(f.Tag, f.Place) { // REG-6, DES-3
		return
	}
	d.emit(f.Tag.String(), &TagUnknown{Tag: f.Tag, Place: f.Place})
	subject, label := f.Tag.String(), fact.Text{ZH: f.Tag.String(), EN: f.Tag.String()}
	if d.alerts.Unsettled(alerts.UnknownTag) >= MaxUnknownTagAlerts {
		subject, label = "many@"+string(f.Place), fact.Text{ZH: "（多个）", EN: "(many)"}
	}
	d.raise(alerts.UnknownTag, subject, label, d.site.placeName(f.Place))
}

// readable takes presence's word on whether anything can be said of a place.
func (d *decision) readable(place fact.PlaceID, yes bool, reader fact.DeviceID) {
	if _, silent := d.unreadable[place]; silent == !yes {
		return
	}
	d.emit(string(place), &PlaceReadable{Place: place, Readable: yes, Reader: reader})
	if yes {
		d.end(alerts.NotReadable, string(place))
	}
}

// stillNotReadable raises *not readable* once for the whole place. A dead reader explains
// it: then the alert stands on the screen, and only the reader's is sent.
func (d *decision) stillNotReadable(place fact.PlaceID) {
	reader, silent := d.unreadable[place]
	if !silent {
		return
	}
	affected := d.shelves.heard[place]
	cause, _ := d.alerts.Standing(alerts.DeviceDown, string(reader))
	d.raiseBecause(cause, alerts.NotReadable, string(place), d.site.placeName(place), affected)
}

// expectAgain sets the time after which a document that is unseen is missing.
func (s *State) expectAgain(at fact.Stamp, doc *Document) {
	patience := s.site.Policy.MissingAfter
	if loan := s.loanOf(doc); loan != nil && loan.Status == LoanOut {
		patience = s.site.Policy.LentUnseenAfter
	} else if _, ok := s.keptAway(doc.ID, at.Wall); ok {
		patience = s.site.Policy.LentUnseenAfter
	}
	s.agenda.at(errand{errandMissing, string(doc.ID)}, at.Mono+patience)
}

func (ev *PlaceReadable) evolve(s *State, at fact.Stamp) {
	key := errand{errandNotReadable, string(ev.Place)}
	if ev.Readable {
		delete(s.unreadable, ev.Place)
		s.agenda.off(key)
		return
	}
	s.unreadable[ev.Place] = ev.Reader
	// After the reader's own alert had its time to stand, so that it can explain this one.
	s.agenda.at(key, at.Mono+3*s.site.Policy.DeviceDownAfter)
}

// DocumentSeen: presence concluded that a document is in a place.
type DocumentSeen struct {
	Document  DocumentID           `json:"document"`
	From      fact.PlaceID         `json:"from"`
	Place     fact.PlaceID         `json:"place"`
	Certainty presence.CertaintyBP `json:"certainty_bp"`
	Evidence  string               `json:"evidence"`
}

// DocumentUnseen: presence concluded that a document is no longer where it was, and heard nowhere.
type DocumentUnseen struct {
	Document  DocumentID           `json:"document"`
	From      fact.PlaceID         `json:"from"`
	Certainty presence.CertaintyBP `json:"certainty_bp"`
	Evidence  string               `json:"evidence"`
}

// PlaceReadable says whether anything can be said of a place at all.
type PlaceReadable struct {
	Place    fact.PlaceID  `json:"place"`
	Readable bool          `json:"readable"`
	Reader   fact.DeviceID `json:"reader,omitempty"`
}

// TagUnknown is a tag that the register does not know (REG-1).
type TagUnknown struct {
	Tag   fact.EPC     `json:"tag"`
	Place fact.PlaceID `json:"place"`
}

// The kinds of events; they stand in the record and never change.
func (DocumentSeen) Kind() string   { return "document-seen" }
func (DocumentUnseen) Kind() string { return "document-unseen" }
func (PlaceReadable) Kind() string  { return "place-readable" }
func (TagUnknown) Kind() string     { return "tag-unknown" }

var sightingEvents = []func() Event{blank[DocumentSeen], blank[DocumentUnseen], blank[PlaceReadable], blank[TagUnknown]}

func (ev *DocumentSeen) evolve(s *State, at fact.Stamp) {
	doc := s.documents[ev.Document]
	if doc == nil {
		return
	}
	s.shelves.sight(doc, Sighting{Place: ev.Place, Known: true, Since: at, Certainty: ev.Certainty, Evidence: ev.Evidence})
	s.agenda.off(errand{errandMissing, string(doc.ID)})
	s.noteAway(doc)
	s.watchPieces(doc, at)
	if rest := (errand{errandRest, string(doc.ID)}); ev.Place != doc.Home {
		s.agenda.at(rest, at.Mono+s.site.Policy.RestAfter)
	} else {
		s.agenda.off(rest)
	}
	s.putAway(doc)
}

func (ev *DocumentUnseen) evolve(s *State, at fact.Stamp) {
	doc := s.documents[ev.Document]
	if doc == nil {
		return
	}
	s.agenda.off(errand{errandRest, string(doc.ID)})
	s.shelves.sight(doc, Sighting{Place: ev.From, Since: at, Certainty: ev.Certainty, Evidence: ev.Evidence})
	s.noteAway(doc)
	s.expectAgain(at, doc)
	s.watchPieces(doc, at)
}

func (*TagUnknown) evolve(*State, fact.Stamp) {}
