package console

import (
	"cmp"
	"time"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// names puts ids into the names that people use. An id without a name stands for itself.
type names struct {
	site   custody.Site
	people map[custody.PersonID]fact.Text
}

func same(s string) fact.Text { return fact.Text{ZH: s, EN: s} }

func (n names) person(id custody.PersonID) fact.Text {
	if name, ok := n.people[id]; ok {
		return name
	}
	return same(string(id))
}

func (n names) place(id fact.PlaceID) fact.Text {
	if id == "" {
		return feedSomePlace
	}
	if p, ok := n.site.Places[id]; ok {
		return p.Name
	}
	return same(string(id))
}

func (n names) device(id fact.DeviceID) fact.Text {
	if d, ok := n.site.Devices[id]; ok && !d.Name.IsZero() {
		return d.Name
	}
	return same(string(id))
}

func (n names) door(id fact.DoorID) fact.Text {
	d, ok := n.site.Doors[id]
	if !ok {
		return same(string(id))
	}
	from, to := n.place(d.From), n.place(d.To)
	return fact.Text{ZH: from.ZH + "—" + to.ZH + wordDoors.ZH, EN: "Door " + from.EN + " – " + to.EN}
}

func (n names) safe(id fact.SafeID) fact.Text {
	if s, ok := n.site.Safes[id]; ok && !s.Name.IsZero() {
		return s.Name
	}
	return same(string(id))
}

// tone says how a line is coloured.
type tone string

const (
	plainTone tone = ""
	goodTone  tone = "good"
	warnTone  tone = "warn"
	badTone   tone = "bad"
)

// sentence puts an entry that tells something into words.
func (n names) sentence(e custody.Entry) (fact.Text, tone) {
	switch ev := e.Event.(type) {
	case *custody.Started:
		return feedStarted.Fill(ev.Version), plainTone
	case *custody.RecordFailed:
		return feedRecordFailed.Fill(ev.Error), badTone
	case *custody.ActDone:
		verb := custody.VerbName(ev.Verb)
		return feedActRefused.Fill(verb, ev.Text), warnTone
	case *custody.PersonRegistered:
		return feedPerson.Fill(ev.Person.Name), plainTone
	case *custody.DocumentRegistered:
		return feedDocument.Fill(string(ev.Document.ID)), plainTone
	case *custody.OpeningStep:
		return n.step(*ev)
	case *custody.CaseOpened, *custody.CaseStated, *custody.CaseConfirmed, *custody.CaseCounted, *custody.CaseClosed:
		return n.caseWords(e.Event)
	case *custody.KeyEnrolled:
		return feedKeyEnrolled.Fill(n.person(ev.Key.Person)), plainTone
	case *custody.KeysProposed:
		return feedKeysProposed.Fill(n.safe(ev.Safe), ev.List.Version), plainTone
	case *custody.KeysChanged:
		return feedKeysChanged.Fill(n.safe(ev.Safe), ev.Version, len(ev.Took)), plainTone
	case *custody.LockOvertaken:
		return feedLockOvertaken.Fill(n.device(ev.Lock), ev.Session), plainTone
	case *custody.SafeTimeLocked:
		return feedTimeLocked.Fill(n.safe(ev.Safe), ev.Until.In(n.site.Location).Format(time.DateTime)), plainTone
	case *custody.DelegationMade:
		g := ev.Delegation
		return feedDelegated.Fill(n.person(g.Holder), n.person(g.To), g.Post.Name()), plainTone
	case *custody.DelegationEnded:
		return feedDelegationEnd.Fill(string(ev.Delegation)), plainTone
	case *custody.AlertChanged:
		return n.alert(e.Actor, ev.Change)
	case *custody.NoticeSettled:
		return feedNoticeFailed.Fill(ev.Channel), warnTone
	case *custody.LoanRequested, *custody.LoanApproved, *custody.LoanIssued, *custody.LoanReturned:
		return n.loan(e.Event), plainTone
	case *custody.BadgeRefused, *custody.PINRefused, *custody.DoorChanged, *custody.PersonMoved, *custody.HandOverOpened:
		return n.atReaders(e.Event)
	}
	return n.evidence(e.Event)
}

func (n names) caseWords(ev custody.Event) (fact.Text, tone) {
	switch ev := ev.(type) {
	case *custody.CaseOpened:
		return feedCaseOpened.Fill(string(ev.Case), n.safe(ev.Safe)), badTone
	case *custody.CaseStated:
		return feedCaseStated.Fill(string(ev.Case), n.person(ev.By), n.person(ev.Other)), plainTone
	case *custody.CaseConfirmed:
		return feedCaseConfirmed.Fill(string(ev.Case), n.person(ev.By)), plainTone
	case *custody.CaseCounted:
		missing := 0
		for _, l := range ev.Lines {
			if !l.Found {
				missing++
			}
		}
		return feedCaseCounted.Fill(string(ev.Case), len(ev.Lines), missing), plainTone
	case *custody.CaseClosed:
		return feedCaseClosed.Fill(string(ev.Case), n.person(ev.By)), goodTone
	}
	return fact.Text{}, plainTone
}

func (n names) loan(ev custody.Event) fact.Text {
	switch ev := ev.(type) {
	case *custody.LoanRequested:
		return feedLoanRequested.Fill(n.person(ev.Borrower), string(ev.Document))
	case *custody.LoanApproved:
		return feedLoanApproved.Fill(string(ev.Loan))
	case *custody.LoanIssued:
		return feedLoanIssued.Fill(string(ev.Loan), n.person(ev.Custodian))
	case *custody.LoanReturned:
		return feedLoanReturned.Fill(string(ev.Loan), n.person(ev.Custodian))
	}
	return fact.Text{}
}

// atReaders words what people did at readers and doors.
func (n names) atReaders(ev custody.Event) (fact.Text, tone) {
	switch ev := ev.(type) {
	case *custody.BadgeRefused:
		who := n.person(ev.Person)
		if ev.Person == "" {
			who = feedSomebody.Fill(ev.Card)
		}
		why, ok := badgeCodes[ev.Code]
		if !ok {
			why = same(ev.Code)
		}
		return feedBadgeNo.Fill(who, n.device(ev.Reader), why), warnTone
	case *custody.PINRefused:
		return feedPINNo.Fill(n.person(ev.Person), n.device(ev.Reader)), warnTone
	case *custody.DoorChanged:
		return feedDoorForced.Fill(n.door(ev.Door)), badTone
	case *custody.PersonMoved:
		if ev.In {
			return feedWentIn.Fill(n.person(ev.Person), n.place(ev.Room)), plainTone
		}
		return feedWentOut.Fill(n.person(ev.Person), n.place(ev.Room)), plainTone
	case *custody.HandOverOpened:
		return feedHandOver.Fill(n.person(ev.Custodian), n.person(ev.Other)), plainTone
	}
	return fact.Text{}, plainTone
}

// evidence words what readers and devices reported.
func (n names) evidence(ev custody.Event) (fact.Text, tone) {
	switch ev := ev.(type) {
	case *custody.DocumentSeen:
		return feedSeen.Fill(string(ev.Document), n.place(ev.Place)), plainTone
	case *custody.DocumentUnseen:
		return feedUnseen.Fill(string(ev.Document), n.place(ev.From)), warnTone
	case *custody.PlaceReadable:
		if ev.Readable {
			return feedReadable.Fill(n.place(ev.Place)), goodTone
		}
		return feedUnreadable.Fill(n.place(ev.Place)), warnTone
	case *custody.DocumentPassed:
		text := feedPassedOut
		switch {
		case ev.Unsure:
			text = feedPassed
		case ev.In:
			text = feedPassedIn
		}
		if len(ev.With) == 0 {
			return text.Fill(string(ev.Document), n.door(ev.Door), feedNobody), warnTone
		}
		return text.Fill(string(ev.Document), n.door(ev.Door), n.person(cmp.Or(ev.By, ev.With[0].Person))), plainTone
	case *custody.DocumentDoubted:
		if ev.What == "cloned" {
			return feedCloned.Fill(string(ev.Document)), warnTone
		}
		return feedFading.Fill(string(ev.Document)), warnTone
	case *custody.PlaceShielded:
		if ev.Shielded {
			return feedShielded.Fill(n.place(ev.Place)), warnTone
		}
		return feedReadable.Fill(n.place(ev.Place)), goodTone
	case *custody.TagsFlooded:
		if ev.Flooded {
			return feedFlood.Fill(n.place(ev.Place)), warnTone
		}
		return feedFloodOver.Fill(n.place(ev.Place), ev.Count), goodTone
	case *custody.TagUnknown:
		return feedTagUnknown.Fill(ev.Tag.String(), n.place(ev.Place)), warnTone
	case *custody.DeviceChanged:
		switch ev.State {
		case fact.DeviceUp:
			return feedDevice.Fill(n.device(ev.Device), wordUp), goodTone
		case fact.DeviceFault:
			return feedDevice.Fill(n.device(ev.Device), join(wordFault, deviceCode(ev.Code))), warnTone
		case fact.DeviceDown, fact.DeviceUnknown:
		}
		return feedDevice.Fill(n.device(ev.Device), join(wordDown, deviceCode(ev.Code))), warnTone
	}
	return same(ev.Kind()), plainTone
}

func tellsStep(s threelock.Step) bool {
	switch s.What {
	case threelock.StepChallenged:
		return false
	case threelock.StepAuthorised:
		return s.Code == threelock.CodePlainLocks
	case threelock.StepAnswered:
		return !s.Accepted
	case threelock.StepStated, threelock.StepShown, threelock.StepRefused, threelock.StepUnlocked, threelock.StepOpened, threelock.StepShut, threelock.StepEnded,
		threelock.StepDelayed, threelock.StepDelayOver, threelock.StepReconfirmed, threelock.StepLocked, threelock.StepConfirmed, threelock.StepAsked, threelock.StepApproved:
	}
	return true
}

func (n names) step(ev custody.OpeningStep) (fact.Text, tone) {
	safe, s := n.safe(ev.Safe), ev.Step
	switch s.What {
	case threelock.StepStated:
		return feedOpeningStated.Fill(safe, n.person(custody.PersonID(s.By)), s.Purpose.Name()), plainTone
	case threelock.StepAsked:
		return feedSignatures.Fill(safe), plainTone
	case threelock.StepApproved:
		return feedPartyApproved.Fill(safe, n.person(s.Person), s.Party.Name()), goodTone
	case threelock.StepShown:
		return feedPartyShown.Fill(safe, n.person(s.Person), s.Party.Name()), goodTone
	case threelock.StepDelayed:
		return feedDelayed.Fill(safe), plainTone
	case threelock.StepDelayOver:
		return feedDelayOver.Fill(safe), plainTone
	case threelock.StepReconfirmed:
		return feedReconfirmed.Fill(safe, n.person(s.Person), s.Party.Name()), goodTone
	case threelock.StepLocked:
		return feedLocked.Fill(safe), plainTone
	case threelock.StepConfirmed:
		return feedConfirmed.Fill(safe, n.person(s.Person), s.Party.Name()), goodTone
	case threelock.StepRefused:
		return feedPartyRefused.Fill(safe, n.person(s.Person), s.Why.Text()), warnTone
	case threelock.StepAnswered:
		return feedLockRefused.Fill(safe, n.device(s.Lock), s.Code), warnTone
	case threelock.StepUnlocked:
		return feedUnlocked.Fill(safe), plainTone
	case threelock.StepOpened:
		return feedSafeOpened.Fill(safe), plainTone
	case threelock.StepShut:
		return feedSafeShut.Fill(safe), plainTone
	case threelock.StepEnded:
		t := warnTone
		if s.Why == threelock.WhyClosed || s.Why == threelock.WhyKeysChanged {
			t = goodTone
		}
		return feedOpeningEnded.Fill(safe, s.Why.Text()), t
	case threelock.StepAuthorised:
		return feedPlainUnlock.Fill(safe), warnTone
	case threelock.StepChallenged:
	}
	return safe, plainTone
}

// tellsAlert leaves out the silent kinds, which not everybody before the wall may know of, and what the list of alerts shows better: repetitions, and momentary
// recurrences by the hundred.
func tellsAlert(c alerts.Change) bool {
	if kind, known := alerts.KindOf(c.Code); known && kind.Silent {
		return false
	}
	switch c.Reason {
	case alerts.ReasonRaised, alerts.ReasonEnded, alerts.ReasonAcknowledged, alerts.ReasonClosed:
		return true
	case alerts.ReasonRepeated, alerts.ReasonRecurred:
	}
	return false
}

func (n names) alert(actor string, c alerts.Change) (fact.Text, tone) {
	by := n.person(custody.PersonID(actor))
	switch c.Reason {
	case alerts.ReasonAcknowledged:
		return feedAcked.Fill(uint64(c.Alert), by), goodTone
	case alerts.ReasonClosed:
		return feedClosed.Fill(uint64(c.Alert), by), goodTone
	case alerts.ReasonEnded:
		return feedAlertEnded.Fill(uint64(c.Alert)), goodTone
	case alerts.ReasonRaised, alerts.ReasonRepeated, alerts.ReasonRecurred:
	}
	kind, _ := alerts.KindOf(c.Code)
	t := warnTone
	if kind.Severity == alerts.Critical {
		t = badTone
	}
	return feedRaised.Fill(uint64(c.Alert), kind.Title), t
}

// deviceCode puts a device's code into words.
func deviceCode(code string) fact.Text {
	if words, ok := deviceCodes[code]; ok {
		return words
	}
	return same(code)
}

// join puts two texts behind one another, in each language's own manner.
func join(a, b fact.Text) fact.Text {
	if b.ZH == "" {
		return a
	}
	return fact.Text{ZH: a.ZH + "，" + b.ZH, EN: a.EN + ", " + b.EN}
}

// roleName names a role.
func roleName(r Role) fact.Text {
	if name, ok := roleNames[r]; ok {
		return name
	}
	return wordUnnamedRole
}
