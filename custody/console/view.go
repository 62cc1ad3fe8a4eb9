package console

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/threelock"
)

// board is everything the wall page shows, in one language, ready for the templates.
type board struct {
	reader
	Site      string
	Seq       uint64
	At        time.Time
	Counts    []count
	Alerts    alertsView
	Documents documentsView
	Safes     []safeView
	Rooms     []roomView
	Doors     []doorView
	Cabinets  []doorView
	Devices   devicesView
	Feed      []lineView
}

// reader is who looks: the language, and what the role may do.
type reader struct {
	lang             fact.Lang
	zone             *time.Location
	now              time.Time
	mayAck, mayClose bool
	maySign          bool // at a safe under persons' own keys
}

func (r reader) t(text fact.Text) string { return text.In(r.lang) }

// clock writes a time of today without its date.
func (r reader) clock(at time.Time) string {
	local, today := at.In(r.zone), r.now.In(r.zone)
	if local.YearDay() == today.YearDay() && local.Year() == today.Year() {
		return local.Format("15:04")
	}
	return local.Format("01-02 15:04")
}

type count struct {
	Label string
	Value int
	Tone  tone // when Value is not zero
}

type alertsView struct {
	Open    []alertView
	Settled []alertView
	More    int
	// Calm says what may be said when nothing is open: never more than is known.
	Calm   string
	IsCalm bool // everything else is in order as well
}

type alertView struct {
	ID                        alerts.ID
	Severity, Severe          string // class and word
	Title, Text, ToDo, Rule   string
	Since, Last, State, Cause string
	SinceAt                   time.Time
	Count                     int
	Acked, Over               bool
	Note                      string
	MayAck, MayClose          bool
}

type documentsView struct {
	Rows []documentRow
	More int
}

type documentRow struct {
	ID, Level, LevelName     string
	Known                    string // here, unseen, unreadable
	Where, WhereMore         string
	Certainty                string
	CertaintyPercent         int
	SinceAt                  time.Time
	Holder, Due              string
	Overdue, Lent, Attention bool
	Search                   string
	rank                     int
}

type safeView struct {
	ID, Name, Headline, Tone string
	Active                   bool
	Phase, Purpose           string
	Present                  []partyView
	Missing                  []string
	Form                     string // in which form its approvals are signed
	SignAt                   string // the page where the three sign, for those who may
	Weaker                   string // said for ever of a safe under plain locks
	Bolts                    []boltView
	Door, DoorTone           string
	LastEnd                  string
	LastTone                 string
	Cases                    []string
}

type partyView struct{ Party, Who string }

type boltView struct {
	ID, State, Word string
	Tamper          bool
}

type roomView struct {
	Name, Count string
	People      []personView
	Unsure      bool
}

type personView struct {
	Name, Since string
	SinceAt     time.Time
}

// doorView is a door, or a cabinet under a lock, which has no contact and so no State.
type doorView struct {
	Name, State, Word string
	Bolt              *boltView // of its plain lock, where it has one
}

type devicesView struct {
	Summary string
	AllUp   bool
	Rows    []deviceRow
}

type deviceRow struct {
	Name, State, Word, Why string
	SinceAt                time.Time
}

type lineView struct {
	Seq  uint64
	At   string
	Text string
	Tone tone
}

// newBoard makes the page's content from the view and the last entries of the record.
func newBoard(o custody.Overview, site custody.Site, entries []custody.Entry, people map[custody.PersonID]fact.Text, r reader) board {
	n := names{site: site, people: withOverviewNames(o, people)}
	up := devicesUp(o)
	b := board{reader: r, Site: r.t(o.Site), Seq: o.Seq, At: o.At}
	b.Documents = documentsOf(o.Documents, r)
	b.Devices = devicesOf(o.Devices, r)
	for _, s := range o.Safes {
		v := safeOf(s, up, r)
		v.Cases = casesOf(o.Cases, s.ID, r)
		b.Safes = append(b.Safes, v)
	}
	for _, room := range o.Rooms {
		b.Rooms = append(b.Rooms, roomOf(room, site, up, r))
	}
	for _, d := range o.Doors {
		b.Doors = append(b.Doors, doorOf(d, n, up, r))
	}
	for _, c := range o.Cabinets {
		bolt := boltOf(c.Lock, up, r)
		b.Cabinets = append(b.Cabinets, doorView{Name: r.t(c.Name), Bolt: &bolt})
	}
	b.Alerts = alertsOf(o.Alerts, n, r)
	b.Counts = countsOf(o, r)
	b.Alerts.Calm, b.Alerts.IsCalm = b.t(wordNoAlertsWith), allWell(b)
	if b.Alerts.IsCalm {
		b.Alerts.Calm = b.t(wordNoAlertsCalm)
	}
	for _, e := range entries {
		text, tone := n.sentence(e)
		b.Feed = append(b.Feed, lineView{Seq: e.Seq, At: e.At.Wall.In(r.zone).Format("15:04:05"), Text: r.t(text), Tone: tone})
	}
	return b
}

// withOverviewNames adds the names of the persons in the view to those in the record.
func withOverviewNames(o custody.Overview, people map[custody.PersonID]fact.Text) map[custody.PersonID]fact.Text {
	all := make(map[custody.PersonID]fact.Text, len(people))
	for id, name := range people {
		all[id] = name
	}
	for _, room := range o.Rooms {
		for _, p := range room.People {
			all[p.ID] = p.Name
		}
	}
	for _, d := range o.Documents {
		if d.Loan != nil {
			all[d.Loan.Borrower] = d.Loan.Name
		}
	}
	return all
}

// devicesUp returns the devices whose last word is current. One at fault still answers.
func devicesUp(o custody.Overview) map[fact.DeviceID]bool {
	up := map[fact.DeviceID]bool{}
	for _, d := range o.Devices {
		up[d.ID] = d.State == "up" || d.State == "fault"
	}
	return up
}

// allWell reports whether nothing on the board is unknown or out of order.
func allWell(b board) bool {
	for _, s := range b.Safes {
		if s.Tone != "good" && !s.Active {
			return false
		}
	}
	for _, d := range b.Doors {
		if d.State == "unknown" {
			return false
		}
	}
	for _, d := range slices.Concat(b.Doors, b.Cabinets) {
		if d.Bolt != nil && (d.Bolt.State == "unknown" || d.Bolt.State == "jammed") {
			return false
		}
	}
	for _, room := range b.Rooms {
		if room.Unsure {
			return false
		}
	}
	return b.Devices.AllUp && !slices.ContainsFunc(b.Documents.Rows, func(d documentRow) bool { return d.Attention })
}

func countsOf(o custody.Overview, r reader) []count {
	var critical, warning, home, out, overdue, unseen, unreadable, elsewhere int
	for _, a := range o.Alerts {
		switch {
		case a.Settled():
		case a.Severity == alerts.Critical:
			critical++
		case a.Severity == alerts.Warning:
			warning++
		}
	}
	for _, d := range o.Documents {
		lent := d.Loan != nil && d.Loan.Status == custody.LoanOut
		switch {
		case lent:
			out++
			if d.Loan.Overdue {
				overdue++
			}
		case d.Known == custody.Unseen:
			unseen++
		case d.Known == custody.Unreadable:
			unreadable++
		case d.Place == d.Home:
			home++
		default:
			elsewhere++
		}
	}
	return []count{{r.t(countCritical), critical, badTone}, {r.t(countWarning), warning, warnTone}, {r.t(countHome), home, plainTone},
		{r.t(countOut), out, plainTone}, {r.t(countOverdue), overdue, warnTone}, {r.t(countUnseen), unseen, badTone},
		{r.t(countUnreadable), unreadable, warnTone}, {r.t(countElsewhere), elsewhere, warnTone}}
}

func alertsOf(list []alerts.Alert, n names, r reader) alertsView {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b alerts.Alert) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(rankOf(a), rankOf(b)), cmp.Compare(b.Last.Mono, a.Last.Mono))
	})
	var v alertsView
	for _, a := range list {
		into := &v.Open
		if a.Settled() {
			into = &v.Settled
		}
		if len(*into) >= maxAlertsShown {
			v.More++
			continue
		}
		*into = append(*into, alertOf(a, n, r))
	}
	return v
}

// rankOf orders alerts of one severity: what nobody has taken in hand comes first, and
// what another alert explains comes last.
func rankOf(a alerts.Alert) int {
	switch {
	case a.ExplainedBy != 0:
		return 2
	case a.Acknowledged != nil:
		return 1
	}
	return 0
}

func alertOf(a alerts.Alert, n names, r reader) alertView {
	v := alertView{ID: a.ID, Severity: a.Severity.String(), Severe: r.t(severityWord(a.Severity)), Title: r.t(a.Title), Text: r.t(a.Text), ToDo: r.t(a.ToDo),
		Rule: a.Rule, Since: r.clock(a.Raised.Wall), SinceAt: a.Raised.Wall, Count: a.Count, Over: a.Ended != nil, Acked: a.Acknowledged != nil,
		MayAck: r.mayAck && a.Acknowledged == nil, MayClose: r.mayClose && a.Ended != nil}
	if a.Count > 1 {
		v.Last = r.clock(a.Last.Wall)
	}
	v.State = r.t(wordNobodyYet)
	if a.Acknowledged != nil {
		v.State = r.t(wordAckBy.Fill(n.person(custody.PersonID(a.Acknowledged.By)))) + " " + r.clock(a.Acknowledged.At.Wall)
		v.Note = a.Acknowledged.Note
	}
	if a.ExplainedBy != 0 {
		v.Cause = r.t(wordExplained.Fill(uint64(a.ExplainedBy)))
	}
	return v
}

func severityWord(s alerts.Severity) fact.Text {
	switch s {
	case alerts.Critical:
		return wordSeverityCrit
	case alerts.Warning:
		return wordSeverityWarn
	case alerts.Info:
	}
	return wordSeverityInfo
}

func documentsOf(list []custody.DocumentOverview, r reader) documentsView {
	rows := make([]documentRow, 0, len(list))
	for _, d := range list {
		rows = append(rows, documentOf(d, r))
	}
	slices.SortStableFunc(rows, func(a, b documentRow) int { return cmp.Compare(a.rank, b.rank) })
	v := documentsView{Rows: rows}
	if len(rows) > maxDocumentsShown {
		v.More, v.Rows = len(rows)-maxDocumentsShown, rows[:maxDocumentsShown]
	}
	return v
}

func documentOf(d custody.DocumentOverview, r reader) documentRow {
	row := documentRow{ID: string(d.ID), Level: string(d.Level), LevelName: r.t(d.Level.Name()), Known: string(d.Known), SinceAt: d.Since, rank: 4}
	lent := d.Loan != nil && d.Loan.Status == custody.LoanOut
	switch d.Known {
	case custody.Here:
		row.Where = r.t(d.PlaceName)
		row.Certainty, row.CertaintyPercent = certainty(d.Certainty), int(d.Certainty)/100
		if d.Place != d.Home && !lent {
			row.WhereMore, row.Attention, row.rank = r.t(wordHomeIs.Fill(d.HomeName)), true, 1
		}
	case custody.Unseen:
		row.Where, row.WhereMore = r.t(wordNotSeenSince.Fill(r.clock(d.Since))), r.t(wordLastAt.Fill(d.PlaceName))
		if d.Evidence == "" && d.Certainty == 0 {
			row.Where, row.WhereMore = r.t(wordNeverSeen), r.t(wordHomeIs.Fill(d.HomeName))
		}
		row.Attention, row.rank = !lent, 1
		if lent {
			row.rank = 3
		}
	case custody.Unreadable:
		row.Where, row.WhereMore = r.t(wordNotReadable), r.t(wordWasAt.Fill(d.PlaceName))
		row.Attention, row.rank = true, 2
	}
	if d.Loan != nil {
		row = lending(row, *d.Loan, r)
	}
	row.Search = strings.ToLower(strings.Join([]string{row.ID, row.LevelName, row.Where, row.WhereMore, row.Holder, row.Due}, " "))
	return row
}

func lending(row documentRow, l custody.LoanOverview, r reader) documentRow {
	row.Holder = r.t(l.Name)
	switch l.Status {
	case custody.LoanOut:
		row.Lent, row.Due, row.rank = true, r.clock(l.Due), min(row.rank, 3)
		if l.Overdue {
			row.Overdue, row.Attention, row.rank = true, true, 0
		}
	case custody.LoanWaiting:
		posts := make([]string, len(l.Awaits))
		for i, p := range l.Awaits {
			posts[i] = r.t(p.Name())
		}
		row.Due = r.t(wordAwaits.Fill(strings.Join(posts, " ")))
	case custody.LoanReady:
		row.Due = r.t(wordReadyToLend)
	case custody.LoanFinished:
	}
	return row
}

// certainty writes ten-thousandths as a percentage. It never says 100 %: nothing is certain.
func certainty(c presence.CertaintyBP) string {
	return fmt.Sprintf("%d.%d %%", c/100, c%100/10)
}

func safeOf(s custody.SafeOverview, up map[fact.DeviceID]bool, r reader) safeView {
	v := safeView{ID: string(s.ID), Name: r.t(s.Name), Active: s.Phase != "" && s.Phase != threelock.Ended}
	v.Form = r.t(safeController)
	if s.OwnKeys {
		v.Form = r.t(safeOwnKeys)
	}
	if s.WeakerLocks {
		v.Weaker, v.Form = r.t(safeWeaker), ""
	}
	locked, known, doorKnown := 0, 0, false
	for _, l := range s.Locks {
		b := boltOf(l, up, r)
		if b.State == "locked" {
			locked++
		}
		if b.State != "unknown" {
			known++
		}
		doorKnown = doorKnown || up[l.ID]
		v.Bolts = append(v.Bolts, b)
	}
	v.Door, v.DoorTone = r.t(wordDoorUnknown), "unknown"
	if s.DoorOpen != nil && doorKnown {
		v.Door, v.DoorTone = r.t(wordDoorShut), "good"
		if *s.DoorOpen {
			v.Door, v.DoorTone = r.t(wordDoorOpen), "warn"
		}
	}
	switch {
	case v.DoorTone == "warn":
		v.Headline, v.Tone = r.t(safeDoorOpen), "warn"
	case known < len(s.Locks) || v.DoorTone == "unknown":
		v.Headline, v.Tone = r.t(safeUnknown), "unknown"
	case locked == len(s.Locks):
		v.Headline, v.Tone = r.t(safeLocked), "good"
	default:
		v.Headline, v.Tone = r.t(safeNotLocked), "warn"
	}
	return opening(v, s, r)
}

// boltOf words the bolt of one lock. What a lock said before it fell silent says nothing about now.
func boltOf(l custody.LockOverview, up map[fact.DeviceID]bool, r reader) boltView {
	b := boltView{ID: string(l.ID), State: l.Bolt, Tamper: l.Tamper}
	if !up[l.ID] {
		b.State = "unknown"
	}
	switch b.State {
	case "locked":
		b.Word = r.t(boltLocked)
	case "unlocked":
		b.Word = r.t(boltUnlocked)
	case "jammed":
		b.Word = r.t(boltJammed)
	default:
		b.State, b.Word = "unknown", r.t(boltUnknown)
	}
	return b
}

// casesOf words the open cases of a safe and what each still asks for.
func casesOf(list []custody.CaseOverview, safe fact.SafeID, r reader) (lines []string) {
	for _, c := range list {
		if c.Safe != safe {
			continue
		}
		var needs []string
		for _, n := range c.Needs {
			needs = append(needs, r.t(n))
		}
		lines = append(lines, r.t(safeCase.Fill(string(c.ID), strings.Join(needs, r.t(wordListSeparator)))))
	}
	return lines
}

func opening(v safeView, s custody.SafeOverview, r reader) safeView {
	if !v.Active {
		if s.EndCode != "" {
			v.LastEnd, v.LastTone = r.t(s.LastEnd), "warn"
			if s.EndCode == threelock.WhyClosed {
				v.LastTone = "good"
			}
		}
		v.Phase = r.t(safeNoOpening)
		return v
	}
	v.Phase, v.Purpose = r.t(phaseNames[string(s.Phase)]), r.t(s.Purpose.Name())
	if s.OwnKeys && r.maySign {
		v.SignAt = "/safes/" + string(s.ID) + "?lang=" + string(r.lang)
	}
	for _, p := range s.Present {
		v.Present = append(v.Present, partyView{Party: r.t(p.Name), Who: r.t(p.Who)})
	}
	for _, p := range s.Missing {
		v.Missing = append(v.Missing, r.t(p.Name))
	}
	return v
}

func roomOf(room custody.RoomOverview, site custody.Site, up map[fact.DeviceID]bool, r reader) roomView {
	v := roomView{Name: r.t(room.Name), Count: r.t(wordPeople.Fill(len(room.People)))}
	for _, p := range room.People {
		v.People = append(v.People, personView{Name: r.t(p.Name), Since: r.clock(p.Since), SinceAt: p.Since})
	}
	for _, d := range site.Doors {
		if d.To != room.Place && d.From != room.Place {
			continue
		}
		for _, device := range []fact.DeviceID{d.EntryReader, d.ExitReader, d.Contact.Device} {
			v.Unsure = v.Unsure || (device != "" && !up[device])
		}
	}
	return v
}

// doorOf says how a door stands. Without a contact that answers, nobody knows.
func doorOf(d custody.DoorOverview, n names, up map[fact.DeviceID]bool, r reader) doorView {
	v := doorView{Name: r.t(n.door(d.ID)), State: "shut", Word: r.t(wordDoorShut)}
	switch contact := n.site.Doors[d.ID].Contact.Device; {
	case contact == "" || !up[contact] || d.Open == nil:
		v.State, v.Word = "unknown", r.t(wordDoorUnknown)
	case *d.Open:
		v.State, v.Word = "open", r.t(wordDoorOpen)
	}
	if d.Lock != nil {
		bolt := boltOf(*d.Lock, up, r)
		v.Bolt = &bolt
	}
	return v
}

func devicesOf(list []custody.DeviceOverview, r reader) devicesView {
	var v devicesView
	up := 0
	for _, d := range list {
		row := deviceRow{Name: r.t(d.Name), State: d.State, SinceAt: d.Since, Why: r.t(deviceCode(d.Code))}
		switch d.State {
		case "up":
			row.Word, row.Why = r.t(wordUp), ""
			up++
		case "down":
			row.Word = r.t(wordDown)
		case "fault":
			row.Word = r.t(wordFault)
		default:
			row.Word = r.t(wordUnknown)
		}
		v.Rows = append(v.Rows, row)
	}
	slices.SortStableFunc(v.Rows, func(a, b deviceRow) int {
		rank := map[string]int{"down": 0, "fault": 1, "unknown": 2, "up": 3}
		return cmp.Compare(rank[a.State], rank[b.State])
	})
	v.AllUp = up == len(list)
	v.Summary = r.t(wordDevicesUp.Fill(up, len(list)))
	return v
}
