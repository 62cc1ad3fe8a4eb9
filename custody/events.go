package custody

import (
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/threelock"
)

// The events of the record. Fields may be added; none is ever renamed, retyped or given
// another meaning.
type (
	// Started: the daemon began to decide. What was half done before is settled here.
	Started struct {
		Version string `json:"version"`
	}
	// ActDone is one act of a person or a machine, granted or refused (both are recorded).
	ActDone struct {
		Act     string    `json:"act"` // the caller's idempotency key
		Verb    string    `json:"verb"`
		OK      bool      `json:"ok"`
		Code    string    `json:"code,omitempty"`
		Rule    string    `json:"rule,omitempty"`
		Text    fact.Text `json:"text,omitzero"`
		Subject string    `json:"subject,omitempty"`
	}
	// PersonRegistered enters a person, or replaces what the register says of one.
	PersonRegistered struct {
		Person Person `json:"person"`
	}
	// DocumentRegistered enters a document with its tag (REG-1).
	DocumentRegistered struct {
		Document DocumentRecord `json:"document"`
	}
	// LoanRequested, LoanApproved, LoanIssued and LoanReturned are the life of a loan (CIR-1, CIR-4).
	LoanRequested struct {
		Loan     LoanID         `json:"loan"`
		Document DocumentID     `json:"document"`
		Borrower PersonID       `json:"borrower"`
		Due      time.Time      `json:"due"`
		Zones    []fact.PlaceID `json:"zones"`
		Purpose  string         `json:"purpose"`
		Needs    []Post         `json:"needs"` // posts that must approve, by the policy of that day
	}
	// LoanApproved is one of the approvals that a loan needs.
	LoanApproved struct {
		Loan LoanID   `json:"loan"`
		Post Post     `json:"post"`
		By   PersonID `json:"by"`
	}
	// LoanIssued says that the document has left its home in the borrower's hands.
	LoanIssued struct {
		Loan      LoanID   `json:"loan"`
		Custodian PersonID `json:"custodian"`
		Evidence  string   `json:"evidence"`
	}
	// LoanReturned says that the document is home again, with both sides' badges.
	LoanReturned struct {
		Loan      LoanID   `json:"loan"`
		Custodian PersonID `json:"custodian"`
		Evidence  string   `json:"evidence"`
	}
	// BadgeAccepted is a badge that counted for something at a reader.
	BadgeAccepted struct {
		Reader fact.DeviceID `json:"reader"`
		Person PersonID      `json:"person"`
	}
	// BadgeRefused is a badge that was refused, and why. Card is masked.
	BadgeRefused struct {
		Reader fact.DeviceID `json:"reader"`
		Person PersonID      `json:"person,omitempty"`
		Card   string        `json:"card,omitempty"`
		Code   string        `json:"code"`
		Rule   string        `json:"rule,omitempty"`
	}
	// PINRefused is a wrong PIN; PINAccepted clears the count.
	PINRefused struct {
		Reader fact.DeviceID `json:"reader"`
		Person PersonID      `json:"person"`
	}
	// PINAccepted is a right PIN, or the one of somebody who is being made to enter it.
	PINAccepted struct {
		Reader fact.DeviceID `json:"reader"`
		Person PersonID      `json:"person"`
		Duress bool          `json:"duress,omitempty"`
	}
	// DoorChanged is a door's contact: open or shut, and by whose leave.
	DoorChanged struct {
		Door   fact.DoorID `json:"door"`
		Open   bool        `json:"open"`
		Forced bool        `json:"forced,omitempty"`
	}
	// ExitAsked is the exit button at a door: people can always get out.
	ExitAsked struct {
		Door fact.DoorID `json:"door"`
	}
	// PersonMoved says that a person went into or out of a room, by badge and door.
	PersonMoved struct {
		Person PersonID     `json:"person"`
		Room   fact.PlaceID `json:"room"`
		In     bool         `json:"in"`
	}
	// HandOverOpened: both sides have badged at a reader; folders of its cabinets may change hands.
	HandOverOpened struct {
		Reader    fact.DeviceID `json:"reader"`
		Custodian PersonID      `json:"custodian"`
		Other     PersonID      `json:"other"`
	}
	// HandOverEnded closes it.
	HandOverEnded struct {
		Reader fact.DeviceID `json:"reader"`
	}
	// DocumentSeen: presence concluded that a document is in a place.
	DocumentSeen struct {
		Document  DocumentID           `json:"document"`
		From      fact.PlaceID         `json:"from"`
		Place     fact.PlaceID         `json:"place"`
		Certainty presence.CertaintyBP `json:"certainty_bp"`
		Evidence  string               `json:"evidence"`
	}
	// DocumentUnseen: presence concluded that a document is no longer where it was, and heard nowhere.
	DocumentUnseen struct {
		Document  DocumentID           `json:"document"`
		From      fact.PlaceID         `json:"from"`
		Certainty presence.CertaintyBP `json:"certainty_bp"`
		Evidence  string               `json:"evidence"`
	}
	// PlaceReadable says whether anything can be said of a place at all.
	PlaceReadable struct {
		Place    fact.PlaceID  `json:"place"`
		Readable bool          `json:"readable"`
		Reader   fact.DeviceID `json:"reader,omitempty"`
	}
	// DocumentPassed: presence concluded that a document was carried through a door, and with whom.
	DocumentPassed struct {
		Document  DocumentID           `json:"document"`
		Door      fact.DoorID          `json:"door"`
		In        bool                 `json:"in"`
		With      []Companion          `json:"with,omitempty"` // the likeliest first
		Certainty presence.CertaintyBP `json:"certainty_bp"`
		Evidence  string               `json:"evidence"`
	}
	// DocumentDoubted: a document's tag is read in two places at once, or fades.
	DocumentDoubted struct {
		Document DocumentID     `json:"document"`
		What     string         `json:"what"` // "cloned" or "fading"
		Places   []fact.PlaceID `json:"places"`
	}
	// PlaceShielded says whether next to none of the documents of a place is read any more, all at once.
	PlaceShielded struct {
		Place    fact.PlaceID `json:"place"`
		Shielded bool         `json:"shielded"`
		Tags     int          `json:"tags,omitempty"`
	}
	// TagUnknown is a tag that the register does not know (REG-1).
	TagUnknown struct {
		Tag   fact.EPC     `json:"tag"`
		Place fact.PlaceID `json:"place"`
	}
	// DeviceChanged is a change in what is known of a device.
	DeviceChanged struct {
		Device   fact.DeviceID    `json:"device"`
		State    fact.DeviceState `json:"state"`
		Code     string           `json:"code,omitempty"`
		Detail   string           `json:"detail,omitempty"`
		Identity string           `json:"identity,omitempty"`
	}
	// LockChanged is a change in what a lock reported.
	LockChanged struct {
		Lock   fact.DeviceID   `json:"lock"`
		Bolt   fact.BoltState  `json:"bolt"`
		Door   fact.InputState `json:"door"`
		Tamper bool            `json:"tamper,omitempty"`
		Reason string          `json:"reason,omitempty"`
		// MotorFault is "motor-stalled" or "motor-over-current" until a run ends well.
		MotorFault string `json:"motor_fault,omitempty"`
		BatteryLow bool   `json:"battery_low,omitempty"`
		// Trust names the list of keys that the lock believes, by version and digest.
		Trust string `json:"trust,omitempty"`
	}
	// LockRefused: messages between the daemon and a lock were refused, by the one or the other.
	LockRefused struct {
		Lock   fact.DeviceID `json:"lock"`
		ByLock bool          `json:"by_lock,omitempty"`
		Code   string        `json:"code"`
		Count  uint32        `json:"count"`
	}
	// LockTold: the plain lock of a door or a cabinet was told to unlock or to lock, and why.
	LockTold struct {
		Lock   fact.DeviceID `json:"lock"`
		Unlock bool          `json:"unlock"`
		Hold   time.Duration `json:"hold_ns,omitempty"` // until it is told to lock again; 0: until something ends
		Reason string        `json:"reason"`
		// Absent says why it was not told after all: it is not there.
		Absent string `json:"absent,omitempty"`
	}
	// SafeDoorChanged is the door contact of a safe under plain locks.
	SafeDoorChanged struct {
		Safe fact.SafeID `json:"safe"`
		Open bool        `json:"open"`
	}
	// OpeningStep is one step of a three-party opening (SAF-1, SAF-2).
	OpeningStep struct {
		Safe    fact.SafeID    `json:"safe"`
		Session string         `json:"session"`
		Step    threelock.Step `json:"step"`
	}
	// CaseOpened begins a case: a safe was opened without the three parties (SAF-4).
	CaseOpened struct {
		Case  CaseID      `json:"case"`
		About CaseKind    `json:"about"`
		Safe  fact.SafeID `json:"safe"`
	}
	// CaseStated is the word of one of the two persons.
	CaseStated struct {
		Case   CaseID   `json:"case"`
		By     PersonID `json:"by"`
		Other  PersonID `json:"other"`
		Reason string   `json:"reason"`
	}
	// CaseConfirmed is the word of the other.
	CaseConfirmed struct {
		Case CaseID   `json:"case"`
		By   PersonID `json:"by"`
	}
	// CaseCounted is the full inventory after it.
	CaseCounted struct {
		Case  CaseID      `json:"case"`
		Lines []CountLine `json:"lines"`
	}
	// CaseClosed ends a case, by a person who was not one of the two.
	CaseClosed struct {
		Case    CaseID   `json:"case"`
		By      PersonID `json:"by"`
		Finding string   `json:"finding"`
	}
	// SafeTimeLocked: nobody opens the safe before that time.
	SafeTimeLocked struct {
		Safe  fact.SafeID `json:"safe"`
		Until time.Time   `json:"until"`
	}
	// DelegationMade lets a person act for the holder of a post for a time.
	DelegationMade struct {
		Delegation Delegation `json:"delegation"`
	}
	// DelegationEnded takes that back before its time.
	DelegationEnded struct {
		Delegation DelegationID `json:"delegation"`
	}
	// AlertChanged is one step in the life of an alert.
	AlertChanged struct {
		Change alerts.Change `json:"change"`
	}
	// NoticeSettled says that a notice reached a channel, or that the channel can never take it.
	NoticeSettled struct {
		Notice  string    `json:"notice"`
		Alert   alerts.ID `json:"alert"`
		Channel string    `json:"channel"`
		OK      bool      `json:"ok"`
		Error   string    `json:"error,omitempty"`
	}
	// RecordFailed is the first entry after the journal could not be written for a while.
	RecordFailed struct {
		Error string     `json:"error"`
		Since fact.Stamp `json:"since"`
	}
)

// Kind names. They stand in the record and never change.
func (Started) Kind() string            { return "started" }
func (ActDone) Kind() string            { return "act-done" }
func (PersonRegistered) Kind() string   { return "person-registered" }
func (DocumentRegistered) Kind() string { return "document-registered" }
func (LoanRequested) Kind() string      { return "loan-requested" }
func (LoanApproved) Kind() string       { return "loan-approved" }
func (LoanIssued) Kind() string         { return "loan-issued" }
func (LoanReturned) Kind() string       { return "loan-returned" }
func (BadgeAccepted) Kind() string      { return "badge-accepted" }
func (BadgeRefused) Kind() string       { return "badge-refused" }
func (PINRefused) Kind() string         { return "pin-refused" }
func (PINAccepted) Kind() string        { return "pin-accepted" }
func (DoorChanged) Kind() string        { return "door-changed" }
func (ExitAsked) Kind() string          { return "exit-asked" }
func (PersonMoved) Kind() string        { return "person-moved" }
func (HandOverOpened) Kind() string     { return "hand-over-opened" }
func (HandOverEnded) Kind() string      { return "hand-over-ended" }
func (DocumentSeen) Kind() string       { return "document-seen" }
func (DocumentUnseen) Kind() string     { return "document-unseen" }
func (PlaceReadable) Kind() string      { return "place-readable" }
func (DocumentPassed) Kind() string     { return "document-passed" }
func (DocumentDoubted) Kind() string    { return "document-doubted" }
func (PlaceShielded) Kind() string      { return "place-shielded" }
func (TagUnknown) Kind() string         { return "tag-unknown" }
func (DeviceChanged) Kind() string      { return "device-changed" }
func (LockChanged) Kind() string        { return "lock-changed" }
func (LockRefused) Kind() string        { return "lock-refused" }
func (LockTold) Kind() string           { return "lock-told" }
func (SafeDoorChanged) Kind() string    { return "safe-door-changed" }
func (OpeningStep) Kind() string        { return "opening-step" }
func (CaseOpened) Kind() string         { return "case-opened" }
func (CaseStated) Kind() string         { return "case-stated" }
func (CaseConfirmed) Kind() string      { return "case-confirmed" }
func (CaseCounted) Kind() string        { return "case-counted" }
func (CaseClosed) Kind() string         { return "case-closed" }
func (SafeTimeLocked) Kind() string     { return "safe-time-locked" }
func (DelegationMade) Kind() string     { return "delegation-made" }
func (DelegationEnded) Kind() string    { return "delegation-ended" }
func (AlertChanged) Kind() string       { return "alert-changed" }
func (NoticeSettled) Kind() string      { return "notice-settled" }
func (RecordFailed) Kind() string       { return "record-failed" }

// eventKinds makes a blank event of each kind, for reading the record.
var eventKinds = func() map[string]func() Event {
	kinds := map[string]func() Event{}
	for _, blank := range []func() Event{
		func() Event { return new(Started) }, func() Event { return new(ActDone) },
		func() Event { return new(PersonRegistered) }, func() Event { return new(DocumentRegistered) },
		func() Event { return new(LoanRequested) }, func() Event { return new(LoanApproved) },
		func() Event { return new(LoanIssued) }, func() Event { return new(LoanReturned) },
		func() Event { return new(BadgeAccepted) }, func() Event { return new(BadgeRefused) },
		func() Event { return new(PINRefused) }, func() Event { return new(PINAccepted) },
		func() Event { return new(DoorChanged) }, func() Event { return new(ExitAsked) },
		func() Event { return new(PersonMoved) }, func() Event { return new(HandOverOpened) },
		func() Event { return new(HandOverEnded) }, func() Event { return new(DocumentSeen) },
		func() Event { return new(DocumentUnseen) }, func() Event { return new(PlaceReadable) },
		func() Event { return new(DocumentPassed) }, func() Event { return new(DocumentDoubted) }, func() Event { return new(PlaceShielded) },
		func() Event { return new(TagUnknown) }, func() Event { return new(DeviceChanged) },
		func() Event { return new(LockChanged) }, func() Event { return new(LockRefused) }, func() Event { return new(OpeningStep) },
		func() Event { return new(LockTold) }, func() Event { return new(SafeDoorChanged) },
		func() Event { return new(AlertChanged) }, func() Event { return new(NoticeSettled) },
		func() Event { return new(RecordFailed) }, func() Event { return new(SafeTimeLocked) },
		func() Event { return new(CaseOpened) }, func() Event { return new(CaseStated) }, func() Event { return new(CaseConfirmed) },
		func() Event { return new(CaseCounted) }, func() Event { return new(CaseClosed) },
		func() Event { return new(DelegationMade) }, func() Event { return new(DelegationEnded) },
	} {
		kinds[blank().Kind()] = blank
	}
	return kinds
}()
