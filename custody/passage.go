package custody

import (
	"trilock/alerts"
	"trilock/custody/fact"
	"trilock/custody/presence"
)

// passed takes presence's word that a document was carried through a door. Whose badge goes with it
// is named; when nobody's does, that is an alert of its own (OUT-1).
func (d *decision) passed(f presence.Passage) {
	id, known := d.byTag[f.Tag]
	door, listed := d.site.Doors[f.Door]
	if !known || !listed {
		return
	}
	var with []Companion
	for _, c := range f.With {
		if person, holds := d.byCard[c.Card]; holds && !d.persons[person].Barred {
			with = append(with, Companion{Person: person, Certainty: c.Certainty})
		}
	}
	d.emit(string(id), &DocumentPassed{Document: id, Door: f.Door, In: f.Inward, With: with, Certainty: f.Certainty, Evidence: clip(f.Evidence)})
	d.partsMet(d.documents[id])
	d.judgeCarrier(d.documents[id], door, with)
	if len(with) > 0 {
		return
	}
	way := fact.Text{ZH: "出", EN: "out"}
	if f.Inward {
		way = fact.Text{ZH: "入", EN: "in"}
	}
	d.raise(alerts.Unattributed, string(id), string(id), d.site.doorName(door), way, d.whoHas(d.loanOf(d.documents[id])))
}

func (ev *DocumentPassed) evolve(s *State, at fact.Stamp) {
	if doc := s.documents[ev.Document]; doc != nil {
		doc.Passed = Passing{Door: ev.Door, In: ev.In, At: at, With: ev.With, Certainty: ev.Certainty}
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

// DocumentPassed: presence concluded that a document was carried through a door, and with whom.
type DocumentPassed struct {
	Document  DocumentID           `json:"document"`
	Door      fact.DoorID          `json:"door"`
	In        bool                 `json:"in"`
	With      []Companion          `json:"with,omitempty"` // the likeliest first
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

// The kinds of events; they stand in the record and never change.
func (DocumentPassed) Kind() string  { return "document-passed" }
func (DocumentDoubted) Kind() string { return "document-doubted" }
func (PlaceShielded) Kind() string   { return "place-shielded" }

var passageEvents = []func() Event{blank[DocumentPassed], blank[DocumentDoubted], blank[PlaceShielded]}

func (*DocumentDoubted) evolve(*State, fact.Stamp) {}

func (*PlaceShielded) evolve(*State, fact.Stamp) {}
