package custody

import (
	"slices"

	"trilock/alerts"
	"trilock/custody/fact"
)

// carriers are the kinds of thing that bear a secret (REG-8).
var carriers = map[Carrier]fact.Text{
	Paper:              {ZH: "纸介质", EN: "paper"},
	FolderBox:          {ZH: "文件夹", EN: "folder"},
	Disc:               {ZH: "光盘", EN: "disc"},
	Drive:              {ZH: "移动存储", EN: "drive"},
	Laptop:             {ZH: "便携机", EN: "laptop"},
	Recording:          {ZH: "音像", EN: "recording"},
	Telegram:           {ZH: "电报", EN: "telegram"},
	Seal:               {ZH: "印章", EN: "seal"},
	IntroductionLetter: {ZH: "介绍信", EN: "letter of introduction"},
}

// Name returns the carrier's name.
func (c Carrier) Name() fact.Text { return carriers[c] }

// Series is a kind of carrier with rules of its own: telegrams, seals, letters of
// introduction, personnel files. Somebody named keeps it and alone hands it out (REG-8).
type Series struct {
	Name fact.Text
	// Carriers and Categories say what belongs to it: either will do.
	Carriers   []Carrier
	Categories []string
	// Custodian is the post that keeps it, Persons the persons who do; empty: the archivist.
	Custodian Post
	Persons   []PersonID
	// Homes are where alone it is kept; empty: wherever its level may be.
	Homes []fact.PlaceID
	// NotCopied: no copy is ever made of it.
	NotCopied bool
}

// seriesOf returns the series that a document belongs to.
func (s *State) seriesOf(r DocumentRecord) (Series, bool) {
	carrier := r.Carrier
	if carrier == "" {
		carrier = Paper
	}
	for _, series := range s.site.Policy.Registering.Series {
		if slices.Contains(series.Carriers, carrier) || slices.Contains(series.Categories, categoryOf(r.ID)) {
			return series, true
		}
	}
	return Series{}, false
}

// keptBy reports whether a person hands out what is in a series.
func (d *decision) keptBy(series Series, p *Person) bool {
	switch {
	case p == nil:
		return false
	case slices.Contains(series.Persons, p.ID):
		return true
	case series.Custodian != "":
		return d.holds(p, series.Custodian)
	}
	return len(series.Persons) == 0 && d.holds(p, Archivist)
}

// keeps reports whether a person hands out anything at all: an archivist, or the keeper of some series.
func (d *decision) keeps(p *Person) bool {
	return p.Holds(Archivist) || slices.ContainsFunc(d.site.Policy.Registering.Series, func(s Series) bool { return d.keptBy(s, p) })
}

func (d *decision) keeperName(series Series) fact.Text {
	switch {
	case series.Custodian != "":
		return series.Custodian.Name()
	case len(series.Persons) > 0:
		return d.personName(series.Persons[0])
	}
	return Archivist.Name()
}

// mayGiveOut reports whether a custodian may hand a document out to its borrower: what has a
// keeper of its own is handed out by that one alone (REG-8), and no person gets the last of the
// parts that are kept apart (STO-7).
func (d *decision) mayGiveOut(l *Loan, custodian PersonID) bool {
	for _, id := range append([]DocumentID{l.Document}, d.together(l.Document)...) {
		if !d.mayHandOver(d.documents[id], l, custodian) {
			return false
		}
	}
	return true
}

func (d *decision) mayHandOver(doc *Document, l *Loan, custodian PersonID) bool {
	if series, own := d.seriesOf(doc.DocumentRecord); own && !d.keptBy(series, d.persons[custodian]) && !d.keeperAtSafe(doc, series) {
		d.raise(alerts.WrongKeeper, string(doc.ID), string(doc.ID), series.Name, d.keeperName(series), d.personName(custodian))
		return false
	}
	if d.holdsAllOthers(doc, l.Borrower, LoanOut) {
		d.raise(alerts.PartsTogether, doc.Set, doc.Set, d.personName(l.Borrower))
		return false
	}
	return true
}

// keeperAtSafe reports whether the keeper of a series is one of the parties who opened the document's safe.
func (d *decision) keeperAtSafe(doc *Document, series Series) bool {
	safe, ok := d.site.safeAt(doc.Home)
	if !ok {
		return false
	}
	for _, p := range d.openings[safe.ID].Present {
		if d.keptBy(series, d.persons[p.Person]) {
			return true
		}
	}
	return false
}

// seriesHomeRefused: a series that is kept in places of its own (REG-8).
func (d *decision) seriesHomeRefused(r DocumentRecord) (Outcome, bool) {
	series, own := d.seriesOf(r)
	if !own || len(series.Homes) == 0 || slices.Contains(series.Homes, r.Home) {
		return Outcome{}, false
	}
	var homes []fact.Text
	for _, h := range series.Homes {
		homes = append(homes, d.site.placeName(h))
	}
	return refuse("wrong-home", RuleCarriers, string(r.ID), fact.Text{ZH: "%[1]s只存放在：%[2]s。", EN: "%[1]s: kept only in %[2]s."}.Fill(series.Name, joined(homes))), true
}

// mixedOnShelf raises that classified and unclassified lie together: a document at rest in a
// shelf or a safe that is for the other kind (REG-7).
func (d *decision) mixedOnShelf(doc *Document) {
	place := d.site.Places[doc.Seen.Place]
	if !doc.Seen.Known || !(place.Kind == Cabinet || place.Kind == SafeBox) || len(place.Levels) == 0 || slices.ContainsFunc(place.Levels, func(l Level) bool { return l.classified() == doc.Level.classified() }) {
		d.end(alerts.StoredMixed, string(doc.ID))
		return
	}
	if place.ID == doc.Home || d.in.At.Sub(doc.Seen.Since) >= d.site.Policy.RestAfter {
		d.raise(alerts.StoredMixed, string(doc.ID), string(doc.ID), doc.Level.Name(), place.Name)
	}
}
