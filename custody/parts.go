package custody

import (
	"trilock/alerts"
	"trilock/custody/fact"
)

// partRefused: the parts of a document that is kept in parts do not share a home (STO-7).
func (d *decision) partRefused(r DocumentRecord) (Outcome, bool) {
	if no, bad := d.seriesHomeRefused(r); bad {
		return no, true
	}
	if r.Set == "" {
		return Outcome{}, false
	}
	if len(d.registering.sets[r.Set]) >= MaxParts {
		return refuse("too-much", RuleParts, string(r.ID), fact.Text{ZH: "一套最多 %[1]d 件。", EN: "A set has %[1]d parts at most."}.Fill(MaxParts)), true
	}
	return d.sharedHomeRefused(r)
}

// sharedHomeRefused: another part has its home there.
func (d *decision) sharedHomeRefused(r DocumentRecord) (Outcome, bool) {
	for _, id := range d.registering.sets[r.Set] {
		if id != r.ID && d.documents[id].Home == r.Home {
			return refuse("parts-share-home", RuleParts, string(r.ID), fact.Text{ZH: "同一套的 %[1]s 已存放在 %[2]s，分件不得同柜，请另选存放位置。", EN: "%[1]s of the same set is kept in %[2]s already; parts do not share a home, choose another."}.Fill(string(id), d.site.placeName(r.Home))), true
		}
	}
	return Outcome{}, false
}

// holdsAllOthers reports whether a person has every other part of a document's set, on loans
// that have come at least as far as a status.
func (s *State) holdsAllOthers(doc *Document, person PersonID, least LoanStatus) bool {
	others := 0
	for _, id := range s.registering.sets[doc.Set] {
		if id == doc.ID {
			continue
		}
		others++
		loan := s.loanOf(s.documents[id])
		if loan == nil || loan.Borrower != person || (least == LoanOut && loan.Status != LoanOut) {
			return false
		}
	}
	return doc.Set != "" && others > 0
}

// partsRefused: nobody asks for the last of the parts when they have, or have asked for, all the others (STO-7).
func (d *decision) partsRefused(doc *Document, borrower *Person) (Outcome, bool) {
	if !d.holdsAllOthers(doc, borrower.ID, LoanWaiting) {
		return Outcome{}, false
	}
	return refuse("all-parts", RuleParts, string(doc.ID), fact.Text{ZH: "%[1]s 已持有或已申请 %[2]s 的其余各件，任何人不得持有全套；先归还一件。", EN: "%[1]s has, or has asked for, every other part of %[2]s; nobody holds all of them. One goes back first."}.Fill(borrower.Name, doc.Set)), true
}

// partsMet compares what the readers say of the parts of a set: two at rest in one shelf or safe,
// or all of them with one person (STO-7).
func (d *decision) partsMet(doc *Document) {
	if doc.Set == "" {
		return
	}
	parts := d.registering.sets[doc.Set]
	shelves, carrier, carried := map[fact.PlaceID]int{}, PersonID(""), 0
	for _, id := range parts {
		part := d.documents[id]
		if kind := d.site.Places[part.Seen.Place].Kind; part.Seen.Known && (kind == Cabinet || kind == SafeBox) {
			if part.Seen.Place == part.Home || d.in.At.Sub(part.Seen.Since) >= d.site.Policy.RestAfter {
				shelves[part.Seen.Place]++
			}
		}
		if by := part.carriedBy(); by != "" && (carrier == "" || carrier == by) {
			carrier, carried = by, carried+1
		}
	}
	for _, place := range sortedKeys(shelves) {
		if shelves[place] > 1 {
			d.raise(alerts.PartsTogether, doc.Set, doc.Set, d.site.placeName(place))
			return
		}
	}
	if len(parts) > 1 && carried == len(parts) {
		d.raise(alerts.PartsTogether, doc.Set, doc.Set, d.personName(carrier))
		return
	}
	d.end(alerts.PartsTogether, doc.Set)
}

// carriedBy returns who most likely carried a document through the last door, while it is not home.
func (doc *Document) carriedBy() PersonID {
	if atHome(doc) || len(doc.Passed.With) == 0 {
		return ""
	}
	if doc.Passed.By != "" {
		return doc.Passed.By
	}
	return doc.Passed.With[0].Person
}
