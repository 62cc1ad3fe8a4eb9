package custody

import (
	"fmt"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

// refusedAt is a number of messages that were refused at one moment.
type refusedAt struct {
	mono  time.Duration
	count int
}

// lockRefusal takes the word that messages between the daemon and a lock were refused.
// One may be a disturbance; three within a minute are somebody who tries, or a lock that
// is wrongly configured.
func (d *decision) lockRefusal(f fact.LockRefusal) {
	_, ofSafe := d.site.safeOfLock(f.Lock)
	if _, ofOther := d.site.useOfLock(f.Lock); !ofSafe && !ofOther || f.Count == 0 {
		return
	}
	d.emit(string(f.Lock), &LockRefused{Lock: f.Lock, ByLock: f.ByLock, Code: clip(f.Code), Count: f.Count})
	if n := d.refusedLately(f.Lock); n >= RefusalsToAlarm {
		who := fact.Text{ZH: "系统收到并拒收", EN: "the system refused"}
		if f.ByLock {
			who = fact.Text{ZH: "锁收到并拒绝", EN: "the lock refused"}
		}
		d.raise(alerts.LockRefusals, string(f.Lock), d.site.deviceName(f.Lock), who, n, clip(f.Code))
	}
}

// refusedLately counts the refused messages of the last minute.
func (s *State) refusedLately(lock fact.DeviceID) (n int) {
	for _, r := range s.refusals[lock] {
		n += r.count
	}
	return n
}

// noMoreRefusals ends the alert when a minute has passed without any.
func (d *decision) noMoreRefusals(lock fact.DeviceID) { d.end(alerts.LockRefusals, string(lock)) }

func (s *State) evolveRefusal(at fact.Stamp, ev LockRefused) {
	var kept []refusedAt
	for _, r := range s.refusals[ev.Lock] {
		if at.Mono-r.mono < RefusalWindow {
			kept = append(kept, r)
		}
	}
	if len(kept) == RefusalsToAlarm { // each stands for one at least: older ones change nothing
		kept = kept[1:]
	}
	s.refusals[ev.Lock] = append(kept, refusedAt{at.Mono, int(ev.Count)})
	s.agenda.at(errand{errandRefusals, string(ev.Lock)}, at.Mono+RefusalWindow)
}

// lockHealth fills in what a lock says of its motor, its battery and its keys; a lock of
// which nothing is known at the moment keeps what it said last.
func (l *LockChanged) lockHealth(was LockChanged, f fact.LockState) {
	if f.Trust == "" && f.Bolt == fact.BoltUnknown {
		l.Tamper, l.MotorFault, l.BatteryLow, l.Trust = was.Tamper, was.MotorFault, was.BatteryLow, was.Trust
		return
	}
	l.Trust = clip(f.Trust)
	switch f.Motor {
	case fact.MotorStalled:
		l.MotorFault = "motor-stalled"
	case fact.MotorOverCurrent:
		l.MotorFault = "motor-over-current"
	case fact.MotorRunning:
		l.MotorFault = was.MotorFault // it stands until a run ends well
	case fact.MotorUnknown, fact.MotorReady:
	}
	l.BatteryLow = f.BatteryPercent >= 0 && (f.BatteryPercent <= BatteryLow || was.BatteryLow && f.BatteryPercent <= BatteryGood)
}

// judgeLock raises and ends what a lock says is wrong with it. Each fault has a subject of
// its own, so that none hides behind another.
func (d *decision) judgeLock(was, now LockChanged) {
	name := d.site.deviceName(now.Lock)
	d.fault(string(now.Lock), name, was.Tamper, now.Tamper, "tamper")
	d.fault(string(now.Lock)+"/motor", name, was.MotorFault != "", now.MotorFault != "", now.MotorFault)
	d.fault(string(now.Lock)+"/battery", name, was.BatteryLow, now.BatteryLow, "battery-low")
	if was.Trust != "" && now.Trust != was.Trust {
		d.raise(alerts.LockRekeyed, string(now.Lock), name, fmt.Sprintf("%.20s", now.Trust))
	}
}

func (d *decision) fault(subject string, name fact.Text, was, is bool, code string) {
	switch {
	case is && !was:
		d.raise(alerts.DeviceFault, subject, name, code)
	case was && !is:
		d.end(alerts.DeviceFault, subject)
	}
}
