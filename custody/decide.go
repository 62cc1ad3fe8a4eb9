package custody

import (
	"fmt"
	"strings"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/threelock"
)

// Input is one thing that happened, with the stamp the engine gave it.
type Input struct {
	At   fact.Stamp
	Body Body
	// Actor is the signed-in person or account of an Act; empty otherwise.
	Actor string
}

// Body is what an Input carries: a fact.Fact, a presence.Finding, a Request, a Settled,
// a Recovered, or one of Start and Tick.
type Body any

// Start is the first input of every run of the daemon. Version is the program's.
type Start struct{ Version string }

// Tick says that time has passed; whatever is due is settled.
type Tick struct{}

// Settled is the dispatcher's word on one notice on one channel.
type Settled struct {
	Notice  string
	Alert   alerts.ID
	Channel string
	// Err is empty when the channel took it, and says why it never will otherwise.
	Err string
}

// Recovered says that the record could not be written since a stamp, and now can.
type Recovered struct {
	Since fact.Stamp
	Err   string
}

// Outcome is the answer to an act or a badge: what was decided and why, for the person
// who asked.
type Outcome struct {
	OK bool `json:"ok"`
	// Code is the machine's word, for example "not-in-room".
	Code string `json:"code,omitempty"`
	// Rule is the id of the rule that a refusal carries out.
	Rule string `json:"rule,omitempty"`
	// Text says it in a sentence, with what to do next.
	Text fact.Text `json:"text,omitzero"`
	// Subject is the number of what was made or changed.
	Subject string `json:"subject,omitempty"`
}

// Decision is what follows from one input.
type Decision struct {
	Entries []Entry
	// Notices go to the outbox in the transaction of the entries.
	Notices []alerts.Notice
	// Effects are carried out once the entries are committed, in order, and never again.
	Effects []Effect
	Outcome Outcome
}

// Effect is something a device is to do.
type Effect interface{ isEffect() }

// The effects.
type (
	// Signal shows people at a badge reader what was decided.
	Signal struct {
		Reader fact.DeviceID
		Lamp   Lamp
	}
	// Release energises a door's strike.
	Release struct{ Output Output }
	// TellLocks passes an opening's command to the three locks of a safe.
	TellLocks struct {
		Command threelock.Command
		Opening threelock.Session // as it stood when the command was decided
		// List is what a change of keys brings to the locks; of no other opening.
		List KeyList
		// Lifetime bounds an authorisation: how long the locks may keep their bolts drawn for the door to be opened.
		Lifetime time.Duration
		Reason   string // of a re-lock
	}
	// TurnLocks unlocks or locks plain locks. To unlock, all of them or none.
	TurnLocks struct {
		Locks  []fact.DeviceID
		Unlock bool
		// Session names the opening of a safe; empty for the lock of a door or a cabinet.
		Session string
		Reason  string
	}
	// Enrol tells presence of a new tag.
	Enrol struct {
		Tag  fact.EPC
		Last fact.PlaceID
	}
	// Withdraw tells presence of a tag that belongs to no document any more.
	Withdraw struct{ Tag fact.EPC }
)

// Lamp is what a badge reader shows.
type Lamp uint8

// The lamps.
const (
	LampGranted Lamp = iota + 1
	LampRefused
	LampWaiting
)

func (Signal) isEffect()    {}
func (Release) isEffect()   {}
func (TellLocks) isEffect() {}
func (TurnLocks) isEffect() {}
func (Enrol) isEffect()     {}
func (Withdraw) isEffect()  {}

// decision is a Decision in the making. Each event is carried out as it is emitted, so
// that what follows is decided on the state it left. The engine commits the entries
// before anybody sees the state; if it cannot, it rebuilds the state from the record.
type decision struct {
	*State
	in  Input
	out Decision
}

// Decide settles one input. It is total: an input that makes no sense is evidence (it is
// recorded or ignored), never an error. The only error is a broken invariant.
func (s *State) Decide(in Input) (out Decision, err error) {
	d := &decision{State: s, in: in}
	defer func() { // emit panics with invariantError: one way out of many short functions
		if r := recover(); r != nil {
			broken, ok := r.(invariantError)
			if !ok {
				panic(r)
			}
			out, err = Decision{}, broken
		}
	}()
	d.body(in.Body)
	return d.out, nil
}

type invariantError struct{ error }

// body settles what fell due before the input came, and then the input: a daemon that was
// held up (SIGSTOP, a machine asleep) finds both at once, and a badge that is late is late.
func (d *decision) body(body Body) {
	switch b := body.(type) {
	case fact.Fact:
		d.tick()
		d.fact(b)
		d.sweepSettled()
	case presence.Finding:
		d.tick()
		d.finding(b)
		d.sweepSettled()
	case Request:
		d.tick()
		d.request(b)
		d.sweepSettled()
	case Start:
		d.start(b)
	case Tick:
		d.tick()
	case Settled:
		d.settled(b)
	case Recovered:
		d.emit("record", &RecordFailed{Error: clip(b.Err), Since: b.Since})
	}
}

func (d *decision) fact(f fact.Fact) {
	switch f := f.(type) {
	case fact.BadgeShown:
		d.badge(f)
	case fact.PINEntered:
		d.pin(f)
	case fact.InputChanged:
		d.input(f)
	case fact.DeviceReport:
		d.device(f)
	case fact.LockChallenge:
		d.lockChallenge(f)
	case fact.LockResult:
		d.lockResult(f)
	case fact.LockState:
		d.lockState(f)
	case fact.LockRefusal:
		d.lockRefusal(f)
	case fact.Round: // rounds are presence's business; their findings come here
	}
}

func (d *decision) finding(f presence.Finding) {
	switch f := f.(type) {
	case presence.Moved:
		d.moved(f)
	case presence.Unseen:
		d.lostSight(f)
	case presence.NotReadable:
		d.readable(f.Place, false, f.Reader)
	case presence.ReadableAgain:
		d.readable(f.Place, true, "")
	case presence.Stranger:
		d.stranger(f)
	case presence.Flood:
		d.flooded(f)
	case presence.FloodOver:
		d.floodOver(f)
	case presence.Passage:
		d.passed(f)
	case presence.Clone:
		d.cloned(f)
	case presence.Fading:
		d.fading(f)
	case presence.Shielded:
		d.shielded(f)
	case presence.HeardAgain:
		d.heardAgain(f)
	}
}

func (d *decision) start(b Start) {
	d.emit("daemon", &Started{Version: b.Version})
	d.calendarStart()
	for _, place := range sortedKeys(d.unreadable) { // presence begins anew and says so again if it must
		d.readable(place, true, "")
	}
	for _, place := range sortedKeys(d.site.Places) { // whose documents it does not hear, it says one by one
		d.end(alerts.PlaceShielded, string(place))
		d.end(alerts.TagFlood, string(place))
	}
	d.judgeDuty()
	for _, id := range sortedKeys(d.openings) {
		d.advance(id, (*threelock.Session).Restarted)
	}
}

func (d *decision) tick() {
	for range maxErrandsPerTick {
		e, due := d.agenda.pop(d.in.At)
		if !due {
			return
		}
		d.errand(e)
	}
}

// maxErrandsPerTick bounds one transaction; the engine comes back at once for the rest.
const maxErrandsPerTick = 256

func (d *decision) errand(e errand) {
	switch e.kind {
	case errandDeviceDown:
		d.deviceStillDown(fact.DeviceID(e.id))
	case errandNotReadable:
		d.stillNotReadable(fact.PlaceID(e.id))
	case errandMissing:
		d.stillUnseen(DocumentID(e.id))
	case errandRest:
		d.stillResting(DocumentID(e.id))
	case errandLoanDue:
		d.loanDue(LoanID(e.id))
	case errandAlertRepeat:
		d.repeatAlert(e.id)
	case errandHandOver:
		d.handOverOver(fact.DeviceID(e.id))
	case errandOpening:
		d.openingDue(fact.SafeID(e.id))
	case errandSafeOpen:
		d.safeStillOpen(fact.SafeID(e.id))
	case errandRefusals:
		d.noMoreRefusals(fact.DeviceID(e.id))
	case errandDoorHeld:
		d.doorStillOpen(fact.DoorID(e.id))
	case errandLockAgain:
		d.lockAgain(fact.DeviceID(e.id))
	case errandLockCheck:
		d.lockCheck(fact.DeviceID(e.id))
	case errandKeys:
		d.judgeKeys(d.site.Safes[fact.SafeID(e.id)])
	case errandApproval:
		d.approvalDue(e.id)
	default:
		d.registersErrand(e)
	}
}

func (d *decision) settled(b Settled) {
	d.emit(b.Notice, &NoticeSettled{Notice: b.Notice, Alert: b.Alert, Channel: b.Channel, OK: b.Err == "", Error: clip(b.Err)})
	if b.Err != "" {
		d.raise(alerts.ChannelFailing, b.Channel, b.Channel, clip(b.Err))
	}
}

// emit makes an entry and carries it out.
func (d *decision) emit(subject string, ev Event) {
	e := Entry{Seq: d.seq + 1, At: d.in.At, Actor: word(d.in.Actor), Subject: word(subject), Event: ev}
	if err := d.Evolve(e); err != nil {
		panic(invariantError{err})
	}
	d.out.Entries = append(d.out.Entries, e)
}

func (d *decision) effect(e Effect) { d.out.Effects = append(d.out.Effects, e) }

func (d *decision) signal(reader fact.DeviceID, l Lamp) { d.effect(Signal{Reader: reader, Lamp: l}) }

// raise begins an alert's condition; args fill its sentence.
func (d *decision) raise(code alerts.Code, subject string, args ...any) {
	d.raiseBecause(0, code, subject, args...)
}

func (d *decision) raiseBecause(cause alerts.ID, code alerts.Code, subject string, args ...any) {
	kind, ok := alerts.KindOf(code)
	if !ok {
		panic(invariantError{fmt.Errorf("alert kind %q is not declared", code)})
	}
	d.alert(d.alerts.Begin(code, subject, kind.Text.Fill(args...), cause))
}

// end ends an alert's condition.
func (d *decision) end(code alerts.Code, subject string) { d.alert(d.alerts.End(code, subject)) }

func (d *decision) alert(changes []alerts.Change) {
	for _, c := range changes {
		before, _ := d.alerts.Get(c.Alert)
		d.emit(fmt.Sprint(c.Alert), &AlertChanged{Change: c})
		after, open := d.alerts.Get(c.Alert)
		if !open { // closed just now: it left the book
			after = before
			after.Notices++
		}
		if c.Notified {
			d.out.Notices = append(d.out.Notices, d.alerts.Notice(d.in.At, d.in.Actor, after, c.Reason))
		}
	}
}

func (d *decision) repeatAlert(id string) {
	var n alerts.ID
	if _, err := fmt.Sscan(id, &n); err == nil {
		d.alert(d.alerts.Repeat(n))
	}
}

// clip bounds text that came from outside before it goes into the record.
func clip(text string) string {
	if len(text) > MaxTextLen {
		text = text[:MaxTextLen]
	}
	return strings.ToValidUTF8(text, "�")
}

// word makes a name that came from outside fit for the record's columns.
func word(text string) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text[:min(len(text), 2*MaxWordLen)], "\x00", "�"), "�")
	return strings.ToValidUTF8(text[:min(len(text), MaxWordLen)], "")
}
