package custody

import (
	"slices"
	"time"

	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// circulating is what is under way of circulation: lists, extensions, counts on return.
// Its fields are exported with JSON names: a checkpoint of the state holds them.
type circulating struct {
	// Calendar is the one by which due times were last counted.
	Calendar CalendarSet `json:"calendar"`
	// Reminded counts the reminders of a loan that have been given, by its present due time.
	Reminded map[LoanID]int `json:"reminded"`
	// Lists are the circulation lists that wait or are open, by number.
	Lists     map[string]*Circulation `json:"lists"`
	ListCount int                     `json:"list_count"`
	// Extensions are those that wait for approval, by number.
	Extensions     map[string]*Extension `json:"extensions"`
	ExtensionCount int                   `json:"extension_count"`
	// Uncounted are documents that came back and are not counted yet, or not with the right result.
	Uncounted map[DocumentID]Uncounted `json:"uncounted"`
	// Admissions of outside readers that wait or are in force, by number.
	Admissions     map[string]*Admission `json:"admissions"`
	AdmissionCount int                   `json:"admission_count"`
	// Extracted are the pieces that are out of their folder by a recorded extraction.
	Extracted map[DocumentID]Extraction `json:"extracted"`

	// Indexes, derived: the pieces of a folder, the open list of a document, the extension of a loan that waits.
	pieces      map[DocumentID][]DocumentID
	listOf      map[DocumentID]string
	extensionOf map[LoanID]string
	index       loanIndex
}

func newCirculating() circulating {
	return circulating{Reminded: map[LoanID]int{}, Lists: map[string]*Circulation{}, Extensions: map[string]*Extension{}, Uncounted: map[DocumentID]Uncounted{},
		Admissions: map[string]*Admission{}, Extracted: map[DocumentID]Extraction{},
		pieces: map[DocumentID][]DocumentID{}, listOf: map[DocumentID]string{}, extensionOf: map[LoanID]string{}, index: newLoanIndex()}
}

// LendingPolicy holds the numbers of these rules that a site may set.
type LendingPolicy struct {
	// Due is how long one reader has a document of each level (CIR-3); a level without a rule has no limit but LoanLongest.
	Due map[Level]calendar.Due
	// Urgent is how long one reader has what is marked urgent; 0 is no limit of its own.
	Urgent time.Duration
	// RemindBefore are how long before its due time a loan is reminded of, EscalateAfter how
	// long after it a leader is told, both in working time (CIR-7). 0: not told.
	RemindBefore  []time.Duration
	EscalateAfter time.Duration
	// ListAt is when, counted from midnight, what lingers is listed on each working day; 0: never.
	ListAt time.Duration
	// YearEnd is by when everything lent is back each year (CIR-9), YearEndAhead how long before that is said.
	YearEnd      calendar.MonthDay
	YearEndAhead time.Duration
	// Extension is how far beyond its due time a loan of each level may be extended at once; a
	// level without a rule is not extended. ExtensionsMost is how often (CIR-10).
	Extension      map[Level]calendar.Due
	ExtensionsMost int
	// SignWithin is by when both sides have badged for what left a safe (CIR-4); 0: nobody is reminded.
	SignWithin time.Duration
	// CountWithin is by when what came back is counted (CIR-11); 0: nobody is reminded.
	CountWithin time.Duration
	// ApartAfter is how long a piece is read apart from its folder until it is an alert (CIR-13).
	ApartAfter time.Duration
	// TopSecretReadIn are the places where top secret is read; none named: reading rooms, and
	// rooms with a safe in them (CIR-8). ArchiveRooms are the places that archives never leave.
	TopSecretReadIn, ArchiveRooms []fact.PlaceID
}

var circulatingEvents = slices.Concat(chaseEvents, circulationEvents, extensionEvents, countingEvents, folderEvents, outsiderEvents, proxyEvents, signingEvents)

var circulatingActs = slices.Concat(circulationActs, extensionActs, countingActs, folderActs, outsiderActs, proxyActs)

// What falls due of circulation.
const (
	errandRemind       errandKind = "remind"
	errandLingering    errandKind = "lingering"
	errandYearEnd      errandKind = "year-end"
	errandYearEndAhead errandKind = "year-end-ahead"
	errandCount        errandKind = "count-return"
	errandApart        errandKind = "piece-apart"
	errandUnsigned     errandKind = "loan-unsigned"
	errandAdmission    errandKind = "admission"
)

// circulatingErrand settles what falls due here; it reports whether the errand was one of these.
func (d *decision) circulatingErrand(e errand) bool {
	switch e.kind {
	case errandRemind:
		d.remind(LoanID(e.id))
	case errandLingering:
		d.listLingering()
	case errandYearEnd:
		d.clearYear()
	case errandYearEndAhead:
		d.announceClearing()
	case errandCount:
		d.stillUncounted(DocumentID(e.id))
	case errandUnsigned:
		d.stillUnsigned(LoanID(e.id))
	case errandApart:
		d.judgeApart(DocumentID(e.id))
	case errandAdmission:
		d.admissionOver(e.id)
	default:
		return false
	}
	return true
}

// circulatingReady goes on with what has just been approved.
func (d *decision) circulatingReady(a *Approval) {
	switch a.For {
	case ForLoan, ForListed:
		d.loanApproved(LoanID(a.ID))
	case ForCirculation:
		d.openCirculation(a.ID)
	case ForExtension:
		d.extend(a.ID)
	case ForOutsider:
		d.admit(a.ID)
	}
}

// circulatingOver drops what will not be approved any more.
func (d *decision) circulatingOver(a *Approval, status ApprovalStatus) {
	switch a.For {
	case ForLoan, ForListed:
		d.loanDropped(LoanID(a.ID), status)
	case ForCirculation:
		d.endCirculation(a.ID, string(status), "")
	case ForExtension:
		d.dropExtension(a.ID, status)
	case ForOutsider:
		d.endAdmission(a.ID, string(status))
	}
}
