package threelock

import (
	"slices"

	"trilock/custody/fact"
)

// CodePlainLocks marks, in the record of an opening, that its locks verified no approval:
// they are plain locks, which open for whoever commands them.
const CodePlainLocks = "plain-locks-unverified"

// AuthorisePlain goes on where signed locks would be asked for challenges. Plain locks
// have none to give; the step says so for ever.
func (s *Session) AuthorisePlain() ([]Step, Command) {
	if s.Phase != Challenging {
		return nil, None
	}
	return []Step{{What: StepAuthorised, Code: CodePlainLocks}}, Authorise
}

// Lost takes the news that a plain lock can no longer be reached. Nothing in it turns the
// bolt back when time is over, so the opening ends while the others still hear: before
// the door is open.
func (s *Session) Lost(lock fact.DeviceID, code string) ([]Step, Command) {
	if s.Phase != Unlocking && s.Phase != Unlocked || !slices.Contains(s.Locks[:], lock) {
		return nil, None
	}
	return []Step{{What: StepEnded, Why: WhyLockSilent, Lock: lock, Code: code}}, Relock
}
