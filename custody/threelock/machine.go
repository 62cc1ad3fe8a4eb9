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
	StepStated     What = "stated"
	StepShown      What = "party-shown"
	StepRefused    What = "party-refused"
	StepChallenged What = "challenged" // one lock sent its challenge
	StepAuthorised What = "authorised" // all three challenges are here; the request goes out once
	StepAnswered   What = "lock-answered"
	StepUnlocked   What = "unlocked"
	StepOpened     What = "door-opened"
	StepShut       What = "door-shut"
	StepEnded      What = "ended"
)

// Why is a reason code: of a refusal or of an end.
type Why string

// The reasons.
const (
	WhyNoPost       Why = "no-party-post"
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
)

var reasons = map[Why]fact.Text{
	WhyNoPost:       {ZH: "不是三方之一（档案员、综合部、总经理或总工程师）", EN: "holds none of the three parties' posts"},
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
	Code      string           `json:"code,omitempty"` // the lock's own word
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

// Show answers a person at the safe's reader. The first step says whether the person
// counts, and as which party; with the third party the locks are asked for challenges.
func (s *Session) Show(c Claim) ([]Step, Command) {
	party, why := s.judge(c)
	if why != "" {
		return []Step{{What: StepRefused, Person: c.Person, Party: party, Why: why}}, None
	}
	steps := []Step{{What: StepShown, Person: c.Person, Party: party}}
	if len(s.Missing()) == 1 { // this party was the last
		return steps, AskChallenge
	}
	return steps, None
}

// judge enforces SAF-1: three different persons, three different parties, in the room.
func (s *Session) judge(c Claim) (Party, Why) {
	if s.Phase != Stated && s.Phase != Gathering {
		return "", WhyNotGathering
	}
	if len(c.Parties) == 0 {
		return "", WhyNoPost
	}
	if !c.InRoom {
		return c.Parties[0], WhyNotInRoom
	}
	if slices.ContainsFunc(s.Present, func(p Presence) bool { return p.Person == c.Person }) {
		return c.Parties[0], WhySamePerson
	}
	missing := s.Missing()
	for _, p := range c.Parties {
		if slices.Contains(missing, p) {
			return p, ""
		}
	}
	return c.Parties[0], WhySameParty
}

// Challenged takes a lock's challenge. With the third one the request is authorised.
func (s *Session) Challenged(lock fact.DeviceID, challenge []byte) ([]Step, Command) {
	i := slices.Index(s.Locks[:], lock)
	if s.Phase != Challenging || i < 0 || s.Challenges[i] != nil || len(challenge) == 0 {
		return nil, None
	}
	steps := []Step{{What: StepChallenged, Lock: lock, Challenge: challenge}}
	for j := range s.Challenges {
		if j != i && s.Challenges[j] == nil {
			return steps, None
		}
	}
	return append(steps, Step{What: StepAuthorised}), Authorise
}

// Answered takes a lock's result. One refusal ends the opening and re-locks all three.
func (s *Session) Answered(lock fact.DeviceID, accepted bool, code string) ([]Step, Command) {
	i := slices.Index(s.Locks[:], lock)
	if s.Phase != Unlocking || i < 0 || s.Accepted[i] {
		return nil, None
	}
	steps := []Step{{What: StepAnswered, Lock: lock, Accepted: accepted, Code: code}}
	if !accepted {
		return append(steps, Step{What: StepEnded, Why: WhyLockRefused, Lock: lock, Code: code}), Relock
	}
	return steps, None
}

// Bolts takes what the three locks last reported: how many bolts are known to be drawn,
// how many are known to be locked. Unlocked and shut are reported, never inferred.
func (s *Session) Bolts(drawn, locked int) []Step {
	switch {
	case s.Phase == Unlocking && drawn == len(s.Locks) && s.Accepted == [3]bool{true, true, true}:
		return []Step{{What: StepUnlocked}}
	case s.Phase == Unlocked && locked == len(s.Locks):
		return []Step{{What: StepEnded, Why: WhyNotOpened}}
	case s.Phase == Shutting && locked == len(s.Locks):
		return []Step{{What: StepEnded, Why: WhyClosed}}
	}
	return nil
}

// Door takes the safe door's position. Opening it before all three locks have reported is
// not part of any session and is left to SAF-4.
func (s *Session) Door(open bool) []Step {
	switch {
	case open && (s.Phase == Unlocked || s.Phase == Shutting):
		return []Step{{What: StepOpened}}
	case !open && s.Phase == Open:
		return []Step{{What: StepShut}}
	}
	return nil
}

// Left takes the news that a person has badged out. While the parties gather, one who
// leaves no longer stands before the safe, and the opening starts over.
func (s *Session) Left(person fact.PersonID) ([]Step, Command) {
	if !s.Before() || !slices.ContainsFunc(s.Present, func(p Presence) bool { return p.Person == person }) {
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
	case Stated, Gathering, Challenging, Unlocking, Unlocked:
		return []Step{{What: StepEnded, Why: WhyRestarted}}, Relock
	}
	return nil, None
}

// Expire takes the time. It ends what has waited too long.
func (s *Session) Expire(now fact.Stamp, t Timing) ([]Step, Command) {
	due, ok := s.Due(t)
	if !ok || now.Mono < due {
		return nil, None
	}
	why := map[Phase]Why{Stated: WhyExpired, Gathering: WhyWindow, Challenging: WhyLockSilent, Unlocking: WhyLockSilent, Unlocked: WhyNotOpened}[s.Phase]
	step := Step{What: StepEnded, Why: why}
	if silent := s.Silent(); len(silent) > 0 {
		step.Lock = silent[0]
	}
	if s.Phase == Stated || s.Phase == Gathering {
		return []Step{step}, None
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
	case Challenging, Unlocking:
		return s.Since.Mono + t.LockAnswer, true
	case Unlocked:
		// The locks shut themselves after UnlockedTime; LockAnswer is for their reports to arrive.
		return s.Since.Mono + t.UnlockedTime + t.LockAnswer, true
	}
	return 0, false
}

func (s *Session) relockIfAsked() Command {
	if s.Phase == Challenging {
		return Relock
	}
	return None
}

// Evolve carries a step out. It is total: a step that does not fit the phase (a damaged
// record is caught before it gets here) changes nothing.
func (s *Session) Evolve(at fact.Stamp, session string, safe fact.SafeID, step Step) {
	if step.What == StepStated {
		*s = Session{ID: session, Safe: safe, Purpose: step.Purpose, Documents: step.Documents, StatedBy: step.By, Locks: step.Locks, Phase: Stated, Since: at}
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
	case StepEnded:
		s.Why = step.Why
		s.enter(Ended, at)
	case StepRefused:
	}
}

func (s *Session) shown(at fact.Stamp, step Step) {
	if len(s.Present) == 0 {
		s.First = at
		s.enter(Gathering, at)
	}
	s.Present = append(slices.Clone(s.Present), Presence{Party: step.Party, Person: step.Person, At: at})
	if len(s.Missing()) == 0 {
		s.enter(Challenging, at)
	}
}

func (s *Session) enter(p Phase, at fact.Stamp) { s.Phase, s.Since = p, at }
