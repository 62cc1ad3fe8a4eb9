package custody

import (
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

func (ev *LockRefused) evolve(s *State, at fact.Stamp) {
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
	if f.Overtaken { // the younger report said how these stand
		l.MotorFault, l.BatteryLow, l.Trust = was.MotorFault, was.BatteryLow, was.Trust
		return
	}
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
	if !(now.Tamper && !was.Tamper && d.covered(now.Lock, "tamper")) {
		d.fault(string(now.Lock), name, was.Tamper, now.Tamper, "tamper")
	}
	d.fault(string(now.Lock)+"/motor", name, was.MotorFault != "", now.MotorFault != "", now.MotorFault)
	d.fault(string(now.Lock)+"/battery", name, was.BatteryLow, now.BatteryLow, "battery-low")
	d.judgeRekeyed(was, now)
}

func (d *decision) fault(subject string, name fact.Text, was, is bool, code string) {
	switch {
	case is && !was:
		d.raise(alerts.DeviceFault, subject, name, code)
	case was && !is:
		d.end(alerts.DeviceFault, subject)
	}
}

// LockChanged is a change in what a lock reported.
type LockChanged struct {
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
	// Boot and Counter are the report's place in the lock's own order.
	Boot    uint64 `json:"boot,omitempty"`
	Counter uint64 `json:"counter,omitempty"`
}

// LockRefused: messages between the daemon and a lock were refused, by the one or the other.
type LockRefused struct {
	Lock   fact.DeviceID `json:"lock"`
	ByLock bool          `json:"by_lock,omitempty"`
	Code   string        `json:"code"`
	Count  uint32        `json:"count"`
}

// The kinds of events; they stand in the record and never change.
func (LockChanged) Kind() string { return "lock-changed" }
func (LockRefused) Kind() string { return "lock-refused" }

var lockEvents = []func() Event{blank[LockChanged], blank[LockOvertaken], blank[LockRefused]}
