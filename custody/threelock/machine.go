package threelock

import (
	"slices"
	"time"

	"trilock/custody/fact"
)

// What names a step of an opening in the record.
type What string

// The steps of an opening.
const (
	StepStated      What = "stated"
	StepShown       What = "party-shown"
	StepRefused     What = "party-refused"
	StepDelayed     What = "delay-begun"
	StepDelayOver   What = "delay-over"
	StepReconfirmed What = "party-reconfirmed"
	StepChallenged  What = "challenged"       // one lock sent its challenge
	StepAsked       What = "signatures-asked" // all challenges are here; each of the three is to sign
	StepApproved    What = "party-approved"
	StepAuthorised  What = "authorised" // all three challenges are here; the request goes out once
	StepAnswered    What = "lock-answered"
	StepUnlocked    What = "unlocked"
	StepOpened      What = "door-opened"
	StepShut        What = "door-shut"
	StepLocked      What = "locked" // three bolts and the door reported it
	StepConfirmed   What = "closing-confirmed"
	StepEnded       What = "ended"
)

// Why is a reason code: of a refusal or of an end.
type Why string

// The reasons.
const (
	WhyNoPost       Why = "no-party-post"
	WhyOutOfHours   Why = "out-of-hours"
	WhyDelegate     Why = "delegate-is-another-party"
	WhyDelay        Why = "time-delay-running"
	WhyNotOneOfThem Why = "not-one-of-the-three"
	WhyConfirmed    Why = "confirmed-already"
	WhyNotAgain     Why = "not-confirmed-in-time"
	WhyUnconfirmed  Why = "closed-but-not-confirmed"
	WhyNotInRoom    Why = "not-in-room"
	WhySamePerson   Why = "same-person"
	WhySameParty    Why = "party-already-present"
	WhyNotGathering Why = "not-gathering"
	WhyExpired      Why = "statement-expired"
	WhyWindow       Why = "window-passed"
	WhyLockSilent   Why = "lock-silent"
	WhyLockRefused  Why = "lock-refused"
	WhyNotOpened    Why = "not-opened"
	WhyRestarted    Why = "restarted"
	WhyCancelled    Why = "cancelled"
	WhyClosed       Why = "closed"
	WhyPartyLeft    Why = "party-left"
	WhyNotSigned    Why = "not-signed-in-time"
	WhyNotSigning   Why = "not-signing"
	WhyKeysChanged  Why = "keys-changed"
)

var reasons = map[Why]fact.Text{
	WhyNoPost:       {ZH: "不是三方之一（档案员、综合部、总经理或总工程师）", EN: "holds none of the three parties' posts"},
	WhyOutOfHours:   {ZH: "现在不在准许开启的时间内", EN: "the safe may not be opened at this hour"},
	WhyDelegate:     {ZH: "受托人本身是另一方，不得代理", EN: "stands for a party already and cannot be a delegate of another"},
	WhyDelay:        {ZH: "延时尚未结束，请等待", EN: "the time delay is running; wait until it is over"},
	WhyNotOneOfThem: {ZH: "不是本次到场的三人之一", EN: "is not one of the three who came for this opening"},
	WhyConfirmed:    {ZH: "已经确认过", EN: "has confirmed already"},
	WhyNotAgain:     {ZH: "延时后三方未在规定时间内再次确认", EN: "the three did not confirm in time after the delay"},
	WhyUnconfirmed:  {ZH: "已锁好，但三方未全部确认", EN: "shut and locked, but not confirmed by all three"},
	WhyNotInRoom:    {ZH: "没有刷卡进入保密室", EN: "has not badged into the room"},
	WhySamePerson:   {ZH: "同一人不能代表两方", EN: "is already here as another party"},
	WhySameParty:    {ZH: "该方已有人到场", EN: "this party is already here"},
	WhyNotGathering: {ZH: "现在不是验证时间", EN: "no opening is waiting for parties"},
	WhyExpired:      {ZH: "事由登记已过期", EN: "the stated purpose has expired"},
	WhyWindow:       {ZH: "三方未在规定时间内到齐", EN: "the three parties did not come together in time"},
	WhyLockSilent:   {ZH: "有锁未应答", EN: "a lock did not answer"},
	WhyLockRefused:  {ZH: "有锁拒绝", EN: "a lock refused"},
	WhyNotOpened:    {ZH: "未在规定时间内开门，已重新上锁", EN: "the door was not opened in time; locked again"},
	WhyRestarted:    {ZH: "系统重启，开启作废，请重新开始", EN: "the system restarted; start the opening again"},
	WhyCancelled:    {ZH: "已取消", EN: "cancelled"},
	WhyClosed:       {ZH: "已关闭并锁好", EN: "shut and locked"},
	WhyPartyLeft:    {ZH: "有一方离开了保密室", EN: "a party left the room"},
	WhyNotSigned:    {ZH: "三方未在规定时间内用本人密钥签名", EN: "the three did not sign with their own keys in time"},
	WhyNotSigning:   {ZH: "现在不是签名时间", EN: "nothing waits for a signature"},
	WhyKeysChanged:  {ZH: "密钥清单已更换", EN: "the locks have the new list of keys"},
}

// Text returns the reason as a sentence for the people at the safe.
func (w Why) Text() fact.Text {
	if t, ok := reasons[w]; ok {
		return t
	}
	return fact.Text{ZH: string(w), EN: string(w)}
}

// Step is one thing that became true in an opening, as it stands in the record.
type Step struct {
	What      What             `json:"what"`
	Purpose   Purpose          `json:"purpose,omitempty"`
	Documents []string         `json:"documents,omitempty"`
	By        string           `json:"by,omitempty"`
	Locks     [3]fact.DeviceID `json:"locks,omitzero"`
	Party     Party            `json:"party,omitempty"`
	Person    fact.PersonID    `json:"person,omitempty"`
	Lock      fact.DeviceID    `json:"lock,omitempty"`
	Challenge []byte           `json:"challenge,omitempty"`
	Accepted  bool             `json:"accepted,omitempty"`
	Why       Why              `json:"why,omitempty"`
	// Delegate: the person stands for another. Reconfirm: the three confirm after the delay.
	Delegate  bool   `json:"delegate,omitempty"`
	Reconfirm bool   `json:"reconfirm,omitempty"`
	Code      string `json:"code,omitempty"` // the lock's own word
	// Boot and Counter are the challenge's place in the lock's own order.
	Boot    uint64 `json:"boot,omitempty"`
	Counter uint64 `json:"counter,omitempty"`
	// Own and Trust are of the statement: see Session. Assertion is a person's own signature.
	Own       bool       `json:"own_keys,omitempty"`
	Trust     string     `json:"trust,omitempty"`
	Assertion *Assertion `json:"assertion,omitempty"`
}

// Command is what the locks are to be told once the steps are durable.
type Command string

// The commands.
const (
	None         Command = ""
	AskChallenge Command = "ask-challenge"
	Authorise    Command = "authorise"
	Relock       Command = "relock"
)

// State begins a session: the purpose is stated, nobody has shown themselves yet.
func State(by string, purpose Purpose, documents []string, locks [3]fact.DeviceID) Step {
	return Step{What: StepStated, By: by, Purpose: purpose, Documents: documents, Locks: locks}
}

// Show answers a person at the safe's reader, with badge and PIN. The first step says whether
// the person counts, and for what; with the last of the three the opening goes on.
func (s *Session) Show(c Claim, t Timing) ([]Step, Command) {
	switch s.Phase {
	case Stated, Gathering:
		return s.gather(c, t)
	case Reconfirming:
		return s.again(c)
	case Closing:
		return s.confirm(c)
	case Delaying:
		return refused(c, "", WhyDelay), None
	}
	return refused(c, "", WhyNotGathering), None
}

func refused(c Claim, party Party, why Why) []Step {
	return []Step{{What: StepRefused, Person: c.Person, Party: party, Why: why}}
}

// gather takes a person as one of the three parties.
func (s *Session) gather(c Claim, t Timing) ([]Step, Command) {
	party, delegate, why := s.judge(c)
	if why != "" {
		return refused(c, party, why), None
	}
	steps := []Step{{What: StepShown, Person: c.Person, Party: party, Delegate: delegate}}
	switch {
	case len(s.Missing()) > 1:
		return steps, None
	case t.Delay > 0:
		return append(steps, Step{What: StepDelayed}), None
	}
	return steps, AskChallenge
}

// judge enforces SAF-1: three different persons, three different parties, in the room. A
// delegate who is also another party counts for neither by delegation.
func (s *Session) judge(c Claim) (party Party, delegate bool, why Why) {
	may := c.Parties
	if len(may) == 0 {
		may, delegate = c.Delegated, true
	}
	if len(may) == 0 {
		return "", false, WhyNoPost
	}
	switch {
	case c.OutOfHours:
		return may[0], delegate, WhyOutOfHours
	case !c.InRoom:
		return may[0], delegate, WhyNotInRoom
	case s.presence(c.Person) != nil:
		return may[0], delegate, WhySamePerson
	}
	missing := s.Missing()
	for _, p := range may {
		if slices.Contains(missing, p) {
			return p, delegate, ""
		}
	}
	if !delegate && slices.ContainsFunc(c.Delegated, func(p Party) bool { return slices.Contains(missing, p) }) {
		return may[0], false, WhyDelegate
	}
	return may[0], delegate, WhySameParty
}

// presence returns the presence of a person, or nil.
func (s *Session) presence(person fact.PersonID) *Presence {
	for i := range s.Present {
		if s.Present[i].Person == person {
			return &s.Present[i]
		}
	}
	return nil
}

// again takes one of the three a second time, after the delay.
func (s *Session) again(c Claim) ([]Step, Command) {
	p, why := s.oneOfThem(c, func(p *Presence) bool { return p.Again })
	switch {
	case why == "" && c.OutOfHours:
		return refused(c, p.Party, WhyOutOfHours), None
	case why != "":
		return refused(c, "", why), None
	}
	steps := []Step{{What: StepReconfirmed, Person: c.Person, Party: p.Party}}
	if len(s.Missing()) == 1 { // this one was the last
		return steps, AskChallenge
	}
	return steps, None
}

// confirm takes the word of one of the three that the safe is closed.
func (s *Session) confirm(c Claim) ([]Step, Command) {
	p, why := s.oneOfThem(c, func(p *Presence) bool { return p.Closed })
	if why != "" {
		return refused(c, "", why), None
	}
	steps := []Step{{What: StepConfirmed, Person: c.Person, Party: p.Party}}
	if len(s.Missing()) == 1 {
		steps = append(steps, Step{What: StepEnded, Why: WhyClosed})
	}
	return steps, None
}

func (s *Session) oneOfThem(c Claim, done func(*Presence) bool) (*Presence, Why) {
	switch p := s.presence(c.Person); {
	case p == nil:
		return nil, WhyNotOneOfThem
	case !c.InRoom:
		return nil, WhyNotInRoom
	case done(p):
		return nil, WhyConfirmed
	default:
		return p, ""
	}
}

// CodeController marks, in the record of an opening, that the approvals were signed with the
// controller's key after badge and PIN, and not with each person's own: the weaker form.
const CodeController = "controller-key"

// Challenged takes a lock's challenge. With the third one the request is authorised.
func (s *Session) Challenged(lock fact.DeviceID, challenge []byte) ([]Step, Command) {
	i := s.asked(lock)
	if s.Phase != Challenging || i < 0 || s.Challenges[i] != nil || len(challenge) == 0 {
		return nil, None
	}
	steps := []Step{{What: StepChallenged, Lock: lock, Challenge: challenge}}
	for j := range s.Challenges {
		if j != i && s.Locks[j] != "" && s.Challenges[j] == nil {
			return steps, None
		}
	}
	if s.Own {
		return append(steps, Step{What: StepAsked}), None
	}
	return append(steps, Step{What: StepAuthorised, Code: CodeController}), Authorise
}

// Answered takes a lock's result. One refusal ends the opening and re-locks all three.
func (s *Session) Answered(lock fact.DeviceID, accepted bool, code string) ([]Step, Command) {
	i := s.asked(lock)
	if s.Purpose == KeyChange && s.Phase == Challenging && i >= 0 && !accepted { // it would not take the list
		return []Step{{What: StepAnswered, Lock: lock, Code: code}, {What: StepEnded, Why: WhyLockRefused, Lock: lock, Code: code}}, Relock
	}
	if s.Phase != Unlocking || i < 0 || s.Accepted[i] {
		return nil, None
	}
	steps := []Step{{What: StepAnswered, Lock: lock, Accepted: accepted, Code: code}}
	if !accepted {
		return append(steps, Step{What: StepEnded, Why: WhyLockRefused, Lock: lock, Code: code}), Relock
	}
	if s.Purpose == KeyChange && len(s.Silent()) == 1 { // this one was the last
		return append(steps, Step{What: StepEnded, Why: WhyKeysChanged}), None
	}
	return steps, None
}

// Bolts takes what the three locks last reported: how many bolts are known to be drawn,
// how many are known to be locked. Unlocked and shut are reported, never inferred.
func (s *Session) Bolts(drawn, locked int, t Timing) []Step {
	switch {
	case s.Purpose == KeyChange:
		return nil
	case s.Phase == Unlocking && drawn == len(s.Locks) && s.Accepted == [3]bool{true, true, true}:
		return []Step{{What: StepUnlocked}}
	case s.Phase == Unlocked && locked == len(s.Locks):
		return []Step{{What: StepEnded, Why: WhyNotOpened}}
	case s.Phase == Shutting && locked == len(s.Locks) && t.Confirm > 0:
		return []Step{{What: StepLocked}}
	case s.Phase == Shutting && locked == len(s.Locks):
		return []Step{{What: StepEnded, Why: WhyClosed}}
	}
	return nil
}

// Door takes the safe door's position. A door that opens once the locks were told to proves
// three drawn bolts, also while the report of a lock is still on its way: without this step
// the opening, and what was taken, would stand nowhere.
func (s *Session) Door(open bool) []Step {
	switch {
	case s.Purpose == KeyChange:
		return nil
	case open && (s.Phase == Unlocking || s.Phase == Unlocked || s.Phase == Shutting):
		return []Step{{What: StepOpened}}
	case !open && s.Phase == Open:
		return []Step{{What: StepShut}}
	}
	return nil
}

// Left takes the news that a person has badged out. Until the door is open, one who leaves
// no longer stands before the safe, and the opening starts over.
func (s *Session) Left(person fact.PersonID) ([]Step, Command) {
	if (!s.Before() && s.Phase != Unlocking && s.Phase != Unlocked) || s.presence(person) == nil {
		return nil, None
	}
	return []Step{{What: StepEnded, Why: WhyPartyLeft, Person: person}}, s.relockIfAsked()
}

// Cancel ends a session that has not told the locks to open.
func (s *Session) Cancel(by string, why Why) ([]Step, Command) {
	if !s.Before() {
		return nil, None
	}
	return []Step{{What: StepEnded, Why: why, By: by}}, s.relockIfAsked()
}

// Restarted ends what was under way when the daemon stopped: what was sent and what was
// not cannot be told apart, so the locks are told to lock. A door that stands open keeps
// its session: the parties are still there.
func (s *Session) Restarted() ([]Step, Command) {
	switch s.Phase {
	case Stated, Gathering, Delaying, Reconfirming, Challenging, Approving, Unlocking, Unlocked:
		return []Step{{What: StepEnded, Why: WhyRestarted}}, Relock
	}
	return nil, None
}

// Expire takes the time: it ends what has waited too long, and a delay that is over.
func (s *Session) Expire(now fact.Stamp, t Timing) ([]Step, Command) {
	due, ok := s.Due(t)
	if !ok || now.Mono < due {
		return nil, None
	}
	switch s.Phase {
	case Delaying:
		if t.Reconfirm > 0 {
			return []Step{{What: StepDelayOver, Reconfirm: true}}, None
		}
		return []Step{{What: StepDelayOver}}, AskChallenge
	case Stated:
		return []Step{{What: StepEnded, Why: WhyExpired}}, None
	case Gathering:
		return []Step{{What: StepEnded, Why: WhyWindow}}, None
	case Reconfirming:
		return []Step{{What: StepEnded, Why: WhyNotAgain}}, None
	case Approving:
		return []Step{{What: StepEnded, Why: WhyNotSigned}}, Relock
	case Closing:
		return []Step{{What: StepEnded, Why: WhyUnconfirmed}}, None
	case Unlocked:
		return []Step{{What: StepEnded, Why: WhyNotOpened}}, Relock
	}
	step := Step{What: StepEnded, Why: WhyLockSilent}
	if silent := s.Silent(); len(silent) > 0 {
		step.Lock = silent[0]
	}
	return []Step{step}, Relock
}

// Due returns the site time at which Expire has something to end.
func (s *Session) Due(t Timing) (time.Duration, bool) {
	switch s.Phase {
	case Stated:
		return s.Since.Mono + t.StatementValid, true
	case Gathering:
		return s.First.Mono + t.Window, true
	case Delaying:
		return s.Since.Mono + t.Delay, true
	case Reconfirming:
		return s.Since.Mono + t.Reconfirm, true
	case Closing:
		return s.Since.Mono + t.Confirm, true
	case Approving:
		return s.Since.Mono + t.Approve, true
	case Challenging, Unlocking:
		return s.Since.Mono + t.LockAnswer, true
	case Unlocked:
		// The locks shut themselves after UnlockedTime; LockAnswer is for their reports to arrive.
		return s.Since.Mono + t.UnlockedTime + t.LockAnswer, true
	}
	return 0, false
}

func (s *Session) relockIfAsked() Command {
	if s.Phase == Challenging || s.Phase == Approving || s.Phase == Unlocking || s.Phase == Unlocked {
		return Relock
	}
	return None
}

// Evolve carries a step out. It is total: a step that does not fit the phase (a damaged
// record is caught before it gets here) changes nothing.
func (s *Session) Evolve(at fact.Stamp, session string, safe fact.SafeID, step Step) {
	if step.What == StepStated {
		*s = Session{ID: session, Safe: safe, Purpose: step.Purpose, Documents: step.Documents, StatedBy: step.By, Locks: step.Locks, Own: step.Own, Trust: step.Trust, Phase: Stated, Since: at}
		return
	}
	if session != s.ID || !s.Active() {
		return
	}
	switch step.What {
	case StepShown:
		s.shown(at, step)
	case StepChallenged:
		if i := slices.Index(s.Locks[:], step.Lock); i >= 0 {
			s.Challenges[i] = step.Challenge
		}
	case StepAuthorised:
		s.enter(Unlocking, at)
	case StepAnswered:
		if i := slices.Index(s.Locks[:], step.Lock); i >= 0 {
			s.Accepted[i] = step.Accepted
		}
	case StepUnlocked:
		s.enter(Unlocked, at)
	case StepOpened:
		s.enter(Open, at)
	case StepShut:
		s.enter(Shutting, at)
	case StepLocked:
		s.enter(Closing, at)
	case StepEnded:
		s.Why = step.Why
		s.enter(Ended, at)
	case StepRefused:
		s.Refused = Refusal{Person: step.Person, Why: step.Why, At: at}
	default:
		s.evolveConfirmation(at, step)
	}
}

// evolveConfirmation carries out the steps of a delay and of the confirmations.
func (s *Session) evolveConfirmation(at fact.Stamp, step Step) {
	switch step.What {
	case StepDelayed:
		s.enter(Delaying, at)
	case StepDelayOver:
		if step.Reconfirm {
			s.enter(Reconfirming, at)
			return
		}
		s.enter(Challenging, at)
	case StepReconfirmed:
		s.mark(step.Person, func(p *Presence) { p.Again = true })
		if s.Phase == Reconfirming && len(s.Missing()) == 0 {
			s.enter(Challenging, at)
		}
	case StepAsked:
		s.enter(Approving, at)
	case StepApproved:
		s.mark(step.Person, func(p *Presence) { p.Assertion = step.Assertion })
	case StepConfirmed:
		s.mark(step.Person, func(p *Presence) { p.Closed = true })
	}
}

// mark changes the presence of a person; copies of the session keep theirs.
func (s *Session) mark(person fact.PersonID, change func(*Presence)) {
	s.Present = slices.Clone(s.Present)
	if p := s.presence(person); p != nil {
		change(p)
	}
}

func (s *Session) shown(at fact.Stamp, step Step) {
	if len(s.Present) == 0 {
		s.First = at
		s.enter(Gathering, at)
	}
	s.Present = append(slices.Clone(s.Present), Presence{Party: step.Party, Person: step.Person, At: at, Delegate: step.Delegate})
	if len(s.Missing()) == 0 {
		s.enter(Challenging, at)
	}
}

func (s *Session) enter(p Phase, at fact.Stamp) { s.Phase, s.Since = p, at }
