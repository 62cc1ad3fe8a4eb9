package custody

import (
	"strings"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

// GoneWhy says why a tag belongs to no document any more.
type GoneWhy string

// Why a tag was retired.
const (
	GoneReplaced    GoneWhy = "replaced"    // the document has another tag (REG-6)
	GoneDestroyed   GoneWhy = "destroyed"   // DES-2
	GoneTransferred GoneWhy = "transferred" // DES-4
	GoneReturned    GoneWhy = "returned"    // to the issuer (DES-5)
	GoneSent        GoneWhy = "sent"        // ISS-2
)

// Name returns what people call it.
func (w GoneWhy) Name() fact.Text {
	switch w {
	case GoneReplaced:
		return fact.Text{ZH: "标签已更换", EN: "its tag was replaced"}
	case GoneDestroyed:
		return fact.Text{ZH: "已销毁", EN: "destroyed"}
	case GoneTransferred:
		return fact.Text{ZH: "已移交", EN: "transferred"}
	case GoneReturned:
		return fact.Text{ZH: "已清退", EN: "returned to the issuer"}
	case GoneSent:
		return fact.Text{ZH: "已发出", EN: "sent"}
	}
	return fact.Text{ZH: string(w), EN: string(w)}
}

// RetiredTag is what is remembered of a tag that belongs to no document any more.
type RetiredTag struct {
	Document DocumentID `json:"document"`
	Why      GoneWhy    `json:"why"`
	At       time.Time  `json:"at"`
}

// retireTag remembers a tag that belongs to no document any more.
func (s *State) retireTag(tag fact.EPC, as RetiredTag) {
	r := &s.registering
	delete(s.byTag, tag)
	if _, before := r.Retired[tag]; !before {
		r.RetiredInOrder = append(r.RetiredInOrder, tag)
	}
	r.Retired[tag] = as
	if len(r.RetiredInOrder) > MaxRetiredTags {
		delete(r.Retired, r.RetiredInOrder[0])
		r.RetiredInOrder = r.RetiredInOrder[1:]
	}
}

// retiredRead raises what it means that a retired tag is heard: a label that was put on
// something else (REG-6), or a document that was to be no more (DES-3). It reports whether the tag is one.
func (d *decision) retiredRead(tag fact.EPC, place fact.PlaceID) bool {
	gone, retired := d.registering.Retired[tag]
	if !retired {
		return false
	}
	d.emit(tag.String(), &RetiredTagRead{Old: tag, Document: gone.Document, Why: gone.Why, Place: place})
	code := alerts.GoneTag
	if gone.Why == GoneReplaced {
		code = alerts.OldTag
	}
	d.raise(code, string(gone.Document), string(gone.Document), gone.Why.Name(), gone.At.In(d.site.Location).Format(time.DateOnly), d.site.placeName(place), tag.String())
	return true
}

func (d *decision) replaceTag(a ReplaceTag) Outcome {
	doc, subject := d.documents[a.Document], string(a.Document)
	if doc == nil {
		return unknownDocument(a.Document)
	}
	by, no, ok := d.actor(RuleOneTag, subject, Archivist)
	switch {
	case !ok:
		return no
	case strings.TrimSpace(a.Reason) == "" || len(a.Reason) > MaxTextLen:
		return refuse("no-reason", RuleOneTag, subject, fact.Text{ZH: "请写明更换标签的原因，最多 %[1]d 字节。", EN: "Say why the tag is replaced, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	if no, refused := d.tagRefused(a.Tag, subject); refused {
		return no
	}
	old := doc.Tag
	d.emit(subject, &TagReplaced{Document: doc.ID, Old: old, Tag: a.Tag, By: by.ID, Reason: a.Reason})
	d.effect(Withdraw{Tag: old})
	d.effect(Enrol{Tag: a.Tag, Last: ""})
	return granted(subject)
}

// tagRefused says why a tag cannot be a document's (REG-6).
func (d *decision) tagRefused(tag fact.EPC, subject string) (Outcome, bool) {
	holder, taken := d.byTag[tag]
	gone, retired := d.registering.Retired[tag]
	switch {
	case tag.IsZero():
		return refuse("no-tag", RuleOneTag, subject, fact.Text{ZH: "文件没有标签，先写标签再登记。", EN: "The document has no tag; write one first."}), true
	case taken:
		return refuse("tag-in-use", RuleOneTag, subject, fact.Text{ZH: "标签已用于 %[1]s，一签一件。", EN: "The tag belongs to %[1]s; one tag, one document."}.Fill(string(holder))), true
	case retired:
		return refuse("tag-retired", RuleOneTag, subject, fact.Text{ZH: "标签原属 %[1]s（%[2]s），停用的标签不得再用，请另写一个。", EN: "The tag was that of %[1]s (%[2]s); a retired tag is never used again. Write another."}.Fill(string(gone.Document), gone.Why.Name())), true
	}
	return Outcome{}, false
}

func unknownDocument(id DocumentID) Outcome {
	return refuse("unknown-document", RuleRegister, string(id), fact.Text{ZH: "登记簿中没有 %[1]s。", EN: "The register has no %[1]s."}.Fill(string(id)))
}

// ReplaceTag gives a document another tag; the old one is retired (REG-6).
type ReplaceTag struct {
	Document DocumentID `json:"document"`
	Tag      fact.EPC   `json:"tag"`
	Reason   string     `json:"reason"`
}

// Verb names the act in the record; it never changes.
func (ReplaceTag) Verb() string { return "replace-tag" }

func (a ReplaceTag) carryOut(d *decision) Outcome { return d.replaceTag(a) }

var tagActs = []actKind{
	act[ReplaceTag]("更换标签", "replace a tag"),
}

// The events of tags.
type (
	// TagReplaced: the document has a new tag, and the old one is retired.
	TagReplaced struct {
		Document DocumentID `json:"document"`
		Old      fact.EPC   `json:"old"`
		Tag      fact.EPC   `json:"tag"` // from now on
		By       PersonID   `json:"by"`
		Reason   string     `json:"reason"`
	}
	// RetiredTagRead: a tag was heard that belongs to no document any more.
	RetiredTagRead struct {
		Old      fact.EPC     `json:"old"`
		Document DocumentID   `json:"document"`
		Why      GoneWhy      `json:"why"`
		Place    fact.PlaceID `json:"place"`
	}
)

// The kinds of events; they stand in the record and never change.
func (TagReplaced) Kind() string    { return "tag-replaced" }
func (RetiredTagRead) Kind() string { return "retired-tag-read" }

var tagEvents = []func() Event{blank[TagReplaced], blank[RetiredTagRead]}

func (ev *TagReplaced) evolve(s *State, at fact.Stamp) {
	doc := s.documents[ev.Document]
	if doc == nil {
		return
	}
	s.retireTag(ev.Old, RetiredTag{Document: ev.Document, Why: GoneReplaced, At: at.Wall})
	doc.Tag = ev.Tag
	s.byTag[ev.Tag] = ev.Document
}

func (*RetiredTagRead) evolve(*State, fact.Stamp) {}
