package custody

import (
	"slices"
	"strings"
	"time"

	"trilock/custody/fact"
)

// Admission lets a reader from outside see what is named, in the reading room (CIR-12).
type Admission struct {
	ID     string   `json:"id"`
	Person PersonID `json:"person"`
	// Letter is the number of the letter of introduction, Subject what the reader works on.
	Letter    string       `json:"letter"`
	Subject   string       `json:"subject"`
	Documents []DocumentID `json:"documents"`
	Until     time.Time    `json:"until"`
	// Granted: everybody has approved who must.
	Granted bool `json:"granted,omitempty"`
}

// The events of an admission.
type (
	// AdmissionAsked begins one.
	AdmissionAsked struct {
		Admission Admission `json:"admission"`
	}
	// AdmissionGranted: it is approved, and in force until its time is over.
	AdmissionGranted struct {
		Admission string `json:"admission"`
	}
	// AdmissionEnded: its time is over, or it was not approved.
	AdmissionEnded struct {
		Admission string `json:"admission"`
		Why       string `json:"why"` // "over", or the status in which its approval ended
	}
)

// The kinds of events; they stand in the record and never change.
func (AdmissionAsked) Kind() string   { return "admission-asked" }
func (AdmissionGranted) Kind() string { return "admission-granted" }
func (AdmissionEnded) Kind() string   { return "admission-ended" }

var outsiderEvents = []func() Event{blank[AdmissionAsked], blank[AdmissionGranted], blank[AdmissionEnded]}

func (ev *AdmissionAsked) evolve(s *State, _ fact.Stamp) {
	a := ev.Admission
	s.circulating.Admissions[a.ID] = &a
	s.circulating.AdmissionCount++
}

func (ev *AdmissionGranted) evolve(s *State, _ fact.Stamp) {
	if a := s.circulating.Admissions[ev.Admission]; a != nil {
		a.Granted = true
		s.agenda.atWall(errand{errandAdmission, a.ID}, a.Until)
	}
}

func (ev *AdmissionEnded) evolve(s *State, _ fact.Stamp) {
	delete(s.circulating.Admissions, ev.Admission)
	s.agenda.off(errand{errandAdmission, ev.Admission})
}

// AdmitOutsider asks for a reader from outside to be admitted to some documents.
type AdmitOutsider struct {
	Person    PersonID     `json:"person"`
	Letter    string       `json:"letter"`
	Subject   string       `json:"subject"`
	Documents []DocumentID `json:"documents"`
	Until     time.Time    `json:"until"`
}

// The verbs of acts; they stand in the record and never change.
func (AdmitOutsider) Verb() string { return "admit-outsider" }

func (a AdmitOutsider) carryOut(d *decision) Outcome { return d.askAdmission(a) }

var outsiderActs = []actKind{
	act[AdmitOutsider]("登记外来查阅人", "admit a reader from outside"),
}

func (d *decision) askAdmission(a AdmitOutsider) Outcome {
	subject := string(a.Person)
	if _, o, ok := d.actor(RuleOutsider, subject, Archivist, GeneralOffice); !ok {
		return o
	}
	p := d.persons[a.Person]
	switch {
	case p == nil || p.Outside == "" || p.Barred:
		return refuse("not-from-outside", RuleOutsider, subject, fact.Text{ZH: "%[1]s 未登记为外来人员；先登记本人及其单位。", EN: "%[1]s is not registered as from outside; register the person, with the body that sends them."}.Fill(subject))
	case strings.TrimSpace(a.Letter) == "" || len(a.Letter) > MaxTextLen:
		return refuse("no-letter", RuleOutsider, subject, fact.Text{ZH: "外来查阅须持介绍信，请填写函号。", EN: "A reader from outside needs a letter of introduction; enter its number."})
	case strings.TrimSpace(a.Subject) == "" || len(a.Subject) > MaxTextLen:
		return refuse("no-subject", RuleOutsider, subject, fact.Text{ZH: "请写明查阅的内容和用途。", EN: "State what is looked for, and what for."})
	case len(a.Documents) == 0 || len(a.Documents) > MaxDocumentsNamed || len(d.circulating.Admissions) >= MaxAdmissions:
		return refuse("no-documents", RuleOutsider, subject, fact.Text{ZH: "请列明要查阅的文件，最多 %[1]d 件。", EN: "Name the documents, %[1]d at most."}.Fill(MaxDocumentsNamed))
	case !a.Until.After(d.in.At.Wall) || a.Until.Sub(d.in.At.Wall) > MaxAdmission:
		return refuse("bad-period", RuleOutsider, subject, fact.Text{ZH: "查阅期限须晚于现在，最长 %[1]d 天。", EN: "It ends in the future, %[1]d days ahead at most."}.Fill(int(MaxAdmission/(24*time.Hour))))
	}
	level := Public
	for _, id := range a.Documents {
		doc := d.documents[id]
		if doc == nil {
			return refuse("unknown-document", RuleRegister, subject, fact.Text{ZH: "登记簿中没有 %[1]s。", EN: "The register has no %[1]s."}.Fill(string(id)))
		}
		if o, ok := d.maySee(string(id), doc, p); !ok {
			return o
		}
		if l := d.levelWithPieces(doc); !level.Covers(l) {
			level = l
		}
	}
	id := number("O", d.circulating.AdmissionCount+1)
	d.emit(id, &AdmissionAsked{Admission: Admission{ID: id, Person: p.ID, Letter: a.Letter, Subject: a.Subject, Documents: slices.Clone(a.Documents), Until: a.Until.UTC()}})
	d.ask(id, ForOutsider, level, p.ID)
	return granted(id)
}

// admit goes on when everybody has approved.
func (d *decision) admit(id string) {
	if d.circulating.Admissions[id] != nil {
		d.useApproval(id)
		d.emit(id, &AdmissionGranted{Admission: id})
	}
}

func (d *decision) endAdmission(id, why string) {
	if d.circulating.Admissions[id] != nil {
		d.emit(id, &AdmissionEnded{Admission: id, Why: why})
	}
}

func (d *decision) admissionOver(id string) { d.endAdmission(id, "over") }

// admitted reports whether a reader from outside is admitted to a document now; a loan to
// anybody else needs no admission (CIR-12).
func (d *decision) admitted(doc *Document, borrower *Person) (fromOutside bool, o Outcome, ok bool) {
	if borrower.Outside == "" {
		return false, Outcome{}, true
	}
	for _, a := range d.circulating.Admissions {
		if a.Granted && a.Person == borrower.ID && slices.Contains(a.Documents, doc.ID) && d.in.At.Wall.Before(a.Until) {
			return true, Outcome{}, true
		}
	}
	return true, refuse("not-admitted", RuleOutsider, string(doc.ID), fact.Text{ZH: "%[1]s 是外来人员：须先凭介绍信登记查阅内容并经批准。", EN: "%[1]s is from outside: a letter of introduction, a stated subject and approval come first."}.Fill(borrower.Name)), false
}
