package custody

import (
	"fmt"
	"slices"

	"trilock/alerts"
	"trilock/custody/fact"
	"trilock/custody/presence"
)

// passed takes presence's word that a document was carried through a door, and holds it against who may carry it
// where. Whose badges go with it are named, the borrower's before all; when nobody's does, that is an alert of its own (OUT-1).
func (d *decision) passed(f presence.Passage) {
	id, known := d.byTag[f.Tag]
	door, listed := d.site.Doors[f.Door]
	if !known || !listed {
		return
	}
	doc := d.documents[id]
	var with []Companion
	for _, c := range f.With {
		if person, holds := d.byCard[c.Card]; holds && !d.persons[person].Barred {
			with = append(with, Companion{Person: person, Certainty: c.Certainty})
		}
	}
	ev := &DocumentPassed{Document: id, Door: f.Door, In: f.Inward, Unsure: f.Unsure, With: with, By: d.carrierOf(doc, with), Certainty: f.Certainty, Evidence: clip(f.Evidence)}
	d.emit(string(id), ev)
	d.partsMet(doc)
	d.judgeCarrier(doc, door, with)
	if len(with) == 0 {
		d.raise(alerts.Unattributed, string(id), string(id), d.site.doorName(door), wayOf(ev), d.whoHas(d.loanOf(doc)))
	}
	switch out, back := d.site.leads(door, ev); {
	case out:
		d.leftSite(doc, door, ev)
		d.carriedOff(doc, with)
	case back:
		d.cameBack(doc)
		d.carriedBack(doc)
	}
}

// carrierOf ties a passage to a person: to the borrower or who receives for the borrower, if one of
// those is among the badges that go with it, or else to the likeliest.
func (d *decision) carrierOf(doc *Document, with []Companion) PersonID {
	loan := d.loanOf(doc)
	for _, c := range with {
		if loan != nil && loan.Status == LoanOut && loan.mayReceive(c.Person) {
			return c.Person
		}
	}
	if len(with) == 0 {
		return ""
	}
	return with[0].Person
}

func wayOf(ev *DocumentPassed) fact.Text {
	switch {
	case ev.Unsure:
		return fact.Text{ZH: "过（方向无法判定）", EN: "(in or out, which cannot be told)"}
	case ev.In:
		return fact.Text{ZH: "入", EN: "in"}
	}
	return fact.Text{ZH: "出", EN: "out"}
}

// leads says whether a passage may have led out of the site, and whether it has led back into it.
func (s Site) leads(door Door, ev *DocumentPassed) (out, back bool) {
	outer, inner := s.Places[door.From].Kind == Outside, s.Places[door.To].Kind == Outside
	if ev.Unsure {
		return outer != inner, false
	}
	return outer && !ev.In || inner && ev.In, outer && ev.In || inner && !ev.In
}

// leftSite judges a document that was carried out of the site, or may have been: it needs an approved carrying-out that
// names who carries it (OUT-1), and two persons where the policy says so (OUT-2).
func (d *decision) leftSite(doc *Document, door Door, ev *DocumentPassed) {
	if doc.Level == Public {
		return
	}
	who := d.companions(ev.With)
	if why, fine := d.mayLeave(doc, ev.With); !fine {
		d.raise(alerts.CarriedOut, string(doc.ID), string(doc.ID), d.site.doorName(door), outOrIn(ev), who, why)
	}
	if d.site.Policy.TwoCarriers.Covers(doc.DocumentRecord) && len(ev.With) < 2 {
		d.raise(alerts.CarriedAlone, string(doc.ID), string(doc.ID), d.site.doorName(door), outOrIn(ev), who)
	}
}

// cameBack ends what a document's being carried out had raised.
func (d *decision) cameBack(doc *Document) {
	d.end(alerts.CarriedOut, string(doc.ID))
	d.end(alerts.CarriedAlone, string(doc.ID))
}

func outOrIn(ev *DocumentPassed) fact.Text {
	if ev.Unsure {
		return fact.Text{ZH: "带出或带入（方向无法判定，按带出处理）", EN: "out or in (which cannot be told: take it for out)"}
	}
	return fact.Text{ZH: "带出", EN: "out"}
}

// companions lists who may have carried a document.
func (d *decision) companions(with []Companion) fact.Text {
	if len(with) == 0 {
		return fact.Text{ZH: "无人刷卡", EN: "nobody's badge"}
	}
	var names []fact.Text
	for _, c := range with {
		name := d.personName(c.Person)
		share := fmt.Sprintf("%d%%", c.Certainty/100)
		names = append(names, fact.Text{ZH: name.ZH + "（" + share + "）", EN: name.EN + " (" + share + ")"})
	}
	return joined(names)
}

// mayLeave reports whether a carrying-out in force covers a document and one of those who may carry it (OUT-1).
func (d *decision) mayLeave(doc *Document, with []Companion) (why fact.Text, fine bool) {
	carriers, approved := d.carryingFor(doc.ID)
	if couriers, sent := d.couriersOf(doc.ID); sent { // ISS-2
		carriers, approved = couriers, true
	}
	if !approved {
		return fact.Text{ZH: "没有获批且在有效时间内的携带外出。", EN: "No approved carrying-out is in force for it."}, false
	}
	for _, c := range with {
		if slices.Contains(carriers, c.Person) {
			return fact.Text{}, true
		}
	}
	return fact.Text{ZH: "获批的携带人不在其中。", EN: "The approved carrier is not among them."}, false
}

// TwoCarriers says which documents travel with two persons who both badge at the exit (OUT-2).
type TwoCarriers struct {
	Levels []Level
	Marks  []Mark
}

// Covers reports whether a document is one of those.
func (t TwoCarriers) Covers(r DocumentRecord) bool {
	return slices.Contains(t.Levels, r.Level) || slices.ContainsFunc(t.Marks, r.Has)
}

func (ev *DocumentPassed) evolve(s *State, at fact.Stamp) {
	if doc := s.documents[ev.Document]; doc != nil {
		doc.Passed = Passing{Door: ev.Door, In: ev.In, Unsure: ev.Unsure, At: at, With: ev.With, By: ev.By, Certainty: ev.Certainty}
	}
}

// cloned takes presence's word that two tags bear one number (REG-6).
func (d *decision) cloned(f presence.Clone) {
	if id, known := d.byTag[f.Tag]; known {
		a, b := f.Places[0].Place, f.Places[1].Place
		d.emit(string(id), &DocumentDoubted{Document: id, What: "cloned", Places: []fact.PlaceID{a, b}})
		d.raise(alerts.TagCloned, string(id), string(id), d.site.placeName(a), d.site.placeName(b))
	}
}

// fading takes presence's word that a tag is losing its voice.
func (d *decision) fading(f presence.Fading) {
	if id, known := d.byTag[f.Tag]; known {
		d.emit(string(id), &DocumentDoubted{Document: id, What: "fading", Places: []fact.PlaceID{f.Place}})
		d.raise(alerts.TagFading, string(id), string(id), d.site.placeName(f.Place), int(f.Best/100), int(f.Now/100))
	}
}

// shielded takes presence's word that the reads of a place have collapsed: one alert for all its documents.
func (d *decision) shielded(f presence.Shielded) {
	d.emit(string(f.Place), &PlaceShielded{Place: f.Place, Shielded: true, Tags: f.Tags})
	d.raise(alerts.PlaceShielded, string(f.Place), d.site.placeName(f.Place), f.Tags)
}

// heardAgain ends it.
func (d *decision) heardAgain(f presence.HeardAgain) {
	d.emit(string(f.Place), &PlaceShielded{Place: f.Place})
	d.end(alerts.PlaceShielded, string(f.Place))
}

// flooded takes presence's word that more unknown tags are heard in a place than folders bring (REG-1): one alert for all of them.
func (d *decision) flooded(f presence.Flood) {
	d.emit(string(f.Place), &TagsFlooded{Place: f.Place, Reader: f.Reader, Flooded: true})
	d.raise(alerts.TagFlood, string(f.Place), d.site.deviceName(f.Reader), d.site.placeName(f.Place))
}

// floodOver ends it, and says how much it was.
func (d *decision) floodOver(f presence.FloodOver) {
	d.emit(string(f.Place), &TagsFlooded{Place: f.Place, Reader: f.Reader, Count: f.Count})
	d.end(alerts.TagFlood, string(f.Place))
}

// DocumentPassed: presence concluded that a document was carried through a door, and with whom.
type DocumentPassed struct {
	Document  DocumentID           `json:"document"`
	Door      fact.DoorID          `json:"door"`
	In        bool                 `json:"in"`
	Unsure    bool                 `json:"unsure,omitempty"` // it passed, and which way cannot be told: In says nothing
	With      []Companion          `json:"with,omitempty"`   // the likeliest first
	By        PersonID             `json:"by,omitempty"`     // the borrower if among those, or else the likeliest
	Certainty presence.CertaintyBP `json:"certainty_bp"`
	Evidence  string               `json:"evidence"`
}

// DocumentDoubted: a document's tag is read in two places at once, or fades.
type DocumentDoubted struct {
	Document DocumentID     `json:"document"`
	What     string         `json:"what"` // "cloned" or "fading"
	Places   []fact.PlaceID `json:"places"`
}

// PlaceShielded says whether next to none of the documents of a place is read any more, all at once.
type PlaceShielded struct {
	Place    fact.PlaceID `json:"place"`
	Shielded bool         `json:"shielded"`
	Tags     int          `json:"tags,omitempty"`
}

// TagsFlooded says whether a place hears more unknown tags than folders bring; at the end, how many reads of
// them were not recorded one by one.
type TagsFlooded struct {
	Place   fact.PlaceID  `json:"place"`
	Reader  fact.DeviceID `json:"reader"`
	Flooded bool          `json:"flooded"`
	Count   uint64        `json:"count,omitempty"`
}

// The kinds of events; they stand in the record and never change.
func (DocumentPassed) Kind() string  { return "document-passed" }
func (DocumentDoubted) Kind() string { return "document-doubted" }
func (PlaceShielded) Kind() string   { return "place-shielded" }
func (TagsFlooded) Kind() string     { return "tags-flooded" }

var passageEvents = []func() Event{blank[DocumentPassed], blank[DocumentDoubted], blank[PlaceShielded], blank[TagsFlooded]}

func (*DocumentDoubted) evolve(*State, fact.Stamp) {}

func (*PlaceShielded) evolve(*State, fact.Stamp) {}

func (*TagsFlooded) evolve(*State, fact.Stamp) {}
