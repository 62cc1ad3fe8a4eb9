package custody

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"trilock/alerts"
	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// calendarStart compares the site's calendar with the one by which due times were last
// counted, says which years it does not know, and counts again what is under way.
func (d *decision) calendarStart() {
	c := d.site.Calendar
	if c == nil {
		return
	}
	d.sayUnknownYears()
	if before := d.circulating.Calendar; before.Fingerprint != c.Fingerprint() {
		now := c.Record()
		ev := &CalendarSet{Fingerprint: c.Fingerprint(), Record: now}
		if before.Fingerprint != "" {
			ev.Changes = calendar.Changes(before.Record, now)
		}
		d.emit("calendar", ev)
		d.recount()
	}
}

// sayUnknownYears says which years' public holidays are not entered; they are never guessed.
func (d *decision) sayUnknownYears() {
	missing := d.site.Calendar.Missing(d.in.At.Wall)
	if len(missing) == 0 {
		d.end(alerts.CalendarUnknown, "calendar")
		return
	}
	years := strings.Trim(strings.ReplaceAll(fmt.Sprint(missing), " ", ", "), "[]")
	d.raise(alerts.CalendarUnknown, "calendar", years)
}

// recount counts the due times of all loans again, with a record of each that changed.
func (d *decision) recount() {
	for _, id := range sortedKeys(d.loans) {
		l := d.loans[id]
		doc, borrower := d.documents[l.Document], d.persons[l.Borrower]
		if doc == nil || borrower == nil || l.Extended > 0 { // an extension was approved for its very day
			continue
		}
		from := l.Asked
		if l.Status == LoanOut {
			from = l.Issued.Wall
		}
		limit, limited := d.loanLimit(doc, borrower, from)
		if !limited || limit.at.Equal(l.Due) || !l.ByRule && limit.at.After(l.Due) {
			continue
		}
		d.emit(string(id), &LoanDueChanged{Loan: id, From: l.Due, To: limit.at.UTC(), Basis: limit.basis})
		d.dueMoved(l)
	}
}

// dueMoved ends what was said of a due time that now lies ahead.
func (d *decision) dueMoved(l *Loan) {
	d.end(alerts.DueSoon, string(l.Document))
	if l.Due.After(d.in.At.Wall) {
		d.end(alerts.Overdue, string(l.Document))
		d.end(alerts.LongOverdue, string(l.Document))
	}
}

// loanDue begins the chase when a loan runs over (CIR-7). A document past its due time is
// nobody's to keep (STO-2).
func (d *decision) loanDue(id LoanID) {
	l := d.loans[id]
	if l == nil || l.Status != LoanOut {
		return
	}
	d.end(alerts.DueSoon, string(l.Document))
	due := l.Due.In(d.zone()).Format("2006-01-02 15:04:05")
	d.raise(alerts.Overdue, string(l.Document), string(l.Document), due, d.personName(l.Borrower))
}

// remind reminds of a loan before its due time, and tells a leader after it (CIR-7).
func (d *decision) remind(id LoanID) {
	l := d.loans[id]
	if l == nil || l.Status != LoanOut {
		return
	}
	moments := d.reminders(l)
	n := d.circulating.Reminded[id]
	if n >= len(moments) {
		return
	}
	after := moments[n].Offset > 0
	d.emit(string(id), &LoanReminded{Loan: id, Number: n + 1, Borrower: l.Borrower, Due: l.Due, Escalated: after})
	code := alerts.DueSoon
	if after {
		code = alerts.LongOverdue
	}
	d.end(alerts.DueSoon, string(l.Document)) // a second reminder is told again
	d.raise(code, string(l.Document), string(l.Document), d.clockText(l.Due), d.personName(l.Borrower))
}

// reminders returns when a loan is reminded of: before its due time, and after it to a leader.
func (s *State) reminders(l *Loan) []calendar.Moment {
	var plan []calendar.Reminder
	for _, before := range s.site.Policy.Lending.RemindBefore {
		plan = append(plan, calendar.Reminder{Offset: -before, Working: true})
	}
	if after := s.site.Policy.Lending.EscalateAfter; after > 0 {
		plan = append(plan, calendar.Reminder{Offset: after, Working: true})
	}
	if s.site.Calendar != nil {
		return s.site.Calendar.Reminders(plan, l.Since, l.Due)
	}
	var moments []calendar.Moment
	for _, r := range plan {
		if at := l.Due.Add(r.Offset); r.Offset > 0 || at.After(l.Since) {
			moments = append(moments, calendar.Moment{At: at, Reminder: r})
		}
	}
	slices.SortStableFunc(moments, func(a, b calendar.Moment) int { return a.At.Compare(b.At) })
	return moments
}

// watchLoan sets the clocks of a loan that is out.
func (s *State) watchLoan(l *Loan) {
	s.agenda.atWall(errand{errandLoanDue, string(l.ID)}, l.Due)
	s.watchReminder(l)
}

func (s *State) watchReminder(l *Loan) {
	key := errand{errandRemind, string(l.ID)}
	s.agenda.off(key)
	if moments, n := s.reminders(l), s.circulating.Reminded[l.ID]; n < len(moments) {
		s.agenda.atWall(key, moments[n].At)
	}
}

// unwatchLoan calls its clocks off.
func (s *State) unwatchLoan(id LoanID) {
	s.agenda.off(errand{errandLoanDue, string(id)})
	s.agenda.off(errand{errandRemind, string(id)})
	s.agenda.off(errand{errandUnsigned, string(id)})
	delete(s.circulating.Reminded, id)
}

// listLingering writes the daily list of what is with readers (CIR-7).
func (d *decision) listLingering() {
	d.sayUnknownYears()
	lines, more := d.lent()
	d.emit("lingering", &LingeringListed{Lines: lines, More: more})
}

// lent lists what is out, in the order of the loans' numbers.
func (d *decision) lent() (lines []LingeringLine, more int) {
	for _, id := range sortedKeys(d.loans) {
		l := d.loans[id]
		if l.Status != LoanOut {
			continue
		}
		if len(lines) == MaxLingering {
			more++
			continue
		}
		lines = append(lines, LingeringLine{Loan: id, Document: l.Document, Borrower: l.Borrower, Since: l.Issued.Wall, Due: l.Due, Overdue: d.in.At.Wall.After(l.Due)})
	}
	return lines, more
}

// planListing makes the next appointment of the daily list: the hour on the next working day.
func (s *State) planListing(after time.Time) {
	c, hour := s.site.Calendar, s.site.Policy.Lending.ListAt
	if c == nil || hour <= 0 {
		return
	}
	today := c.On(after)
	for day := today; day <= today+calendar.MaxSearchDays; day++ {
		y, m, n := day.Civil()
		at := time.Date(y, m, n, int(hour.Hours()), int(hour.Minutes())%60, 0, 0, c.Zone())
		if c.WorkingDay(day) && at.After(after) {
			s.agenda.atWall(errand{errandLingering, ""}, at)
			return
		}
	}
}

// clearYear looks at what is still out at the clearing of the year (CIR-9).
func (d *decision) clearYear() {
	lines, more := d.lent()
	d.emit("year-end", &YearEndCleared{Out: lines, More: more})
	d.end(alerts.ClearingAhead, "year-end")
	for _, line := range lines {
		d.raise(alerts.NotCleared, string(line.Document), string(line.Document), d.personName(line.Borrower))
	}
}

// announceClearing says some time before that the clearing comes, and how much is out.
func (d *decision) announceClearing() {
	lines, more := d.lent()
	at, _ := d.due(calendar.Due{Kind: calendar.EachYear, On: d.site.Policy.Lending.YearEnd}, d.in.At.Wall)
	d.raise(alerts.ClearingAhead, "year-end", d.clockText(at), len(lines)+more)
}

// planClearing makes the appointments of the next clearing after an instant.
func (s *State) planClearing(after time.Time) {
	p := s.site.Policy.Lending
	if p.YearEnd.IsZero() {
		return
	}
	at, _ := s.due(calendar.Due{Kind: calendar.EachYear, On: p.YearEnd}, after)
	s.agenda.atWall(errand{errandYearEnd, ""}, at)
	if ahead := at.Add(-p.YearEndAhead); p.YearEndAhead > 0 && ahead.After(after) {
		s.agenda.atWall(errand{errandYearEndAhead, ""}, ahead)
	}
}

// The events of the chase.
type (
	// CalendarSet: due times are counted by this calendar from here on, and what changed in it.
	CalendarSet struct {
		Fingerprint string          `json:"fingerprint"`
		Record      calendar.Record `json:"record"`
		Changes     []fact.Text     `json:"changes,omitempty"`
	}
	// LoanDueChanged: the calendar changed, and with it when a loan is due.
	LoanDueChanged struct {
		Loan  LoanID    `json:"loan"`
		From  time.Time `json:"from"`
		To    time.Time `json:"to"`
		Basis fact.Text `json:"basis"`
	}
	// LoanReminded: a borrower was reminded, or a leader told.
	LoanReminded struct {
		Loan      LoanID    `json:"loan"`
		Number    int       `json:"number"`
		Borrower  PersonID  `json:"borrower"`
		Due       time.Time `json:"due"`
		Escalated bool      `json:"escalated,omitempty"`
	}
	// LingeringLine is one document that is with a reader.
	LingeringLine struct {
		Loan     LoanID     `json:"loan"`
		Document DocumentID `json:"document"`
		Borrower PersonID   `json:"borrower"`
		Since    time.Time  `json:"since"`
		Due      time.Time  `json:"due"`
		Overdue  bool       `json:"overdue,omitempty"`
	}
	// LingeringListed is the daily list of what is with readers. More counts what no longer fits in.
	LingeringListed struct {
		Lines []LingeringLine `json:"lines"`
		More  int             `json:"more,omitempty"`
	}
	// YearEndCleared is the clearing of a year, with what was not back.
	YearEndCleared struct {
		Out  []LingeringLine `json:"out"`
		More int             `json:"more,omitempty"`
	}
)

// The kinds of events; they stand in the record and never change.
func (CalendarSet) Kind() string     { return "calendar-set" }
func (LoanDueChanged) Kind() string  { return "loan-due-changed" }
func (LoanReminded) Kind() string    { return "loan-reminded" }
func (LingeringListed) Kind() string { return "lingering-listed" }
func (YearEndCleared) Kind() string  { return "year-end-cleared" }

var chaseEvents = []func() Event{blank[CalendarSet], blank[LoanDueChanged], blank[LoanReminded], blank[LingeringListed], blank[YearEndCleared]}

func (ev *CalendarSet) evolve(s *State, at fact.Stamp) {
	s.circulating.Calendar = *ev
	s.planListing(at.Wall)
	s.planClearing(at.Wall)
}

func (ev *LoanDueChanged) evolve(s *State, at fact.Stamp) { s.setDue(s.loans[ev.Loan], ev.To, at) }

// setDue moves a loan's due time, and its reminders with it.
func (s *State) setDue(l *Loan, due time.Time, at fact.Stamp) {
	if l == nil {
		return
	}
	l.Due, l.Since = due, at.Wall
	delete(s.circulating.Reminded, l.ID)
	if l.Status == LoanOut {
		s.watchLoan(l)
	}
}

func (ev *LoanReminded) evolve(s *State, _ fact.Stamp) {
	if l := s.loans[ev.Loan]; l != nil {
		s.circulating.Reminded[ev.Loan] = ev.Number
		s.watchReminder(l)
	}
}

func (*LingeringListed) evolve(s *State, at fact.Stamp) { s.planListing(at.Wall) }

// A clearing at the off-duty hour of its day is not followed by another at the end of that day.
func (*YearEndCleared) evolve(s *State, at fact.Stamp) { s.planClearing(at.Wall.Add(24 * time.Hour)) }
