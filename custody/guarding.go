package custody

import (
	"slices"
	"time"

	"trilock/custody/fact"
)

// guarding is what is under way of guarding: visitors, duty, checks of devices, incidents, administration.
// Its fields are exported with JSON names: a checkpoint of the state holds them.
type guarding struct {
	// Visits are those that wait for approval or are open, by number.
	Visits     map[PersonID]*Visit `json:"visits"`
	VisitCount int                 `json:"visit_count"`
	// Duties are those that are not over, by number.
	Duties    map[string]*Duty `json:"duties"`
	DutyCount int              `json:"duty_count"`
	// PINsSet says when a person's PIN was last changed (STO-5).
	PINsSet map[PersonID]time.Time `json:"pins_set"`
	// Leaving are persons whose hand-over is signed, by whom (ACC-5).
	Leaving map[PersonID]PersonID `json:"leaving"`
	// Checked says when a device, a door, a cabinet or a safe was last checked, or when that
	// began to count (DEV-1).
	Checked map[string]time.Time `json:"checked"`
	// Maintenances are those that wait for the second person or are open, by number.
	Maintenances     map[string]*Maintenance `json:"maintenances"`
	MaintenanceCount int                     `json:"maintenance_count"`
	// Goings are the last ones into and out of the rooms, oldest first.
	Goings []Going `json:"goings"`

	// visitCards is derived: the cards of the open visits.
	visitCards map[fact.CardID]PersonID
}

// Going is one person's going into or out of a room.
type Going struct {
	Person PersonID     `json:"person"`
	Room   fact.PlaceID `json:"room"`
	In     bool         `json:"in"`
	At     fact.Stamp   `json:"at"`
}

func newGuarding() guarding {
	return guarding{Visits: map[PersonID]*Visit{}, Duties: map[string]*Duty{}, PINsSet: map[PersonID]time.Time{}, Leaving: map[PersonID]PersonID{}, Checked: map[string]time.Time{},
		Maintenances: map[string]*Maintenance{}, visitCards: map[fact.CardID]PersonID{}}
}

// GuardingPolicy holds the numbers of these rules that a site may set.
type GuardingPolicy struct {
	// RoomHours is when each room is entered (ACC-1); a room without hours, at any hour. A
	// person's own hours, and duty by the roster, come before the room's.
	RoomHours map[fact.PlaceID][]Hours
	// AloneAfter is how long a visitor is in a room without an escort until that is an alert
	// (ACC-2), EmptyAfter how long an empty room stands open (ACC-3; 0: that is not watched).
	AloneAfter, EmptyAfter time.Duration
	// DutyAhead is how far ahead the roster has no gap (ACC-4); 0: the site keeps no roster.
	DutyAhead time.Duration
	// Papers: the register says until when each person is cleared and trained and when the
	// agreement was signed; who lacks one is given nothing and is not let in alone (ACC-7).
	// PapersAhead is how long before one runs out that is said.
	Papers      bool
	PapersAhead time.Duration
	// PINAge is how old a PIN may become, PINWarning how long before that it is said (STO-5). 0: any age.
	PINAge, PINWarning time.Duration
	// CheckEvery is how often devices, doors, cabinets and safes are checked (DEV-1); 0: nobody is reminded.
	CheckEvery time.Duration
	// ReportWithin and OutcomeWithin run from the opening of a case, ReportAhead and
	// OutcomeAhead before their ends (INC-2); 0: no clock.
	ReportWithin, ReportAhead, OutcomeWithin, OutcomeAhead time.Duration
}

var guardingEvents = slices.Concat(leavingEvents, visitEvents, dutyEvents, upkeepEvents, incidentEvents, administrationEvents)

var guardingActs = slices.Concat(leavingActs, visitActs, dutyActs, upkeepActs, incidentActs, administrationActs)

// What falls due of guarding.
const (
	errandPapers       errandKind = "papers"
	errandPapersAhead  errandKind = "papers-ahead"
	errandPINAhead     errandKind = "pin-ahead"
	errandVisit        errandKind = "visit"
	errandVisitorAlone errandKind = "visitor-alone"
	errandRoomEmpty    errandKind = "room-empty"
	errandDuty         errandKind = "duty"
	errandCheck        errandKind = "check"
	errandMaintenance  errandKind = "maintenance"
	errandReport       errandKind = "report"
	errandReportAhead  errandKind = "report-ahead"
	errandOutcome      errandKind = "outcome"
	errandOutcomeAhead errandKind = "outcome-ahead"
)

// guardingErrand settles what falls due here; it reports whether the errand was one of these.
func (d *decision) guardingErrand(e errand) bool {
	switch e.kind {
	case errandPapers, errandPapersAhead:
		d.judgePapers(PersonID(e.id))
	case errandPINAhead:
		d.judgePIN(PersonID(e.id))
	case errandVisit:
		d.visitDue(PersonID(e.id))
	case errandVisitorAlone:
		d.visitorStillAlone(fact.PlaceID(e.id))
	case errandRoomEmpty:
		d.roomStillEmpty(fact.PlaceID(e.id))
	case errandDuty:
		d.judgeDuty()
	case errandCheck:
		d.checkDue(e.id)
	case errandMaintenance:
		d.maintenanceOver(e.id)
	case errandReport, errandReportAhead:
		d.judgeReport(CaseID(e.id))
	case errandOutcome, errandOutcomeAhead:
		d.judgeOutcome(CaseID(e.id))
	default:
		return false
	}
	return true
}

// guardingReady goes on with what has just been approved.
func (d *decision) guardingReady(a *Approval) { d.openVisit(PersonID(a.ID)) }

// guardingOver drops what will not be approved any more.
func (d *decision) guardingOver(a *Approval, status ApprovalStatus) {
	d.endVisit(PersonID(a.ID), string(status))
}
