package openingsim

import (
	"slices"
	"time"

	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// daemon is trilockd without its walls: the real core (custody.State), its record, the
// driver of the locks, and what can be done to a process. Planted bugs sit at its seams.
type daemon struct {
	w      *world
	record record
	state  *custody.State
	driver *driver

	committed []custody.Entry // the record: what a crash leaves
	run       int             // counts its starts
	alive     bool
	stopped   bool // by SIGSTOP
	backlog   []func()
	monoBase  time.Duration
	startedAt time.Duration
	wall      time.Duration // by how far the host's clock was set
	wallBase  time.Duration // of flawWallClock
	wakeAt    time.Duration
	linked    bool
	real      *realDriver // devices/lock itself, in the place of driver; see TestRealDriver
	dualSeen  bool        // of flawOnePersonTwice
}

func newDaemon(w *world, r record) *daemon {
	d := &daemon{w: w, record: r, committed: slices.Clone(r.entries)}
	if last := d.committed[len(d.committed)-1]; w.signing { // the record knows what the locks were commissioned with
		d.committed = append(d.committed, custody.Entry{Seq: last.Seq + 1, At: last.At, Event: &custody.KeysProposed{Safe: safeName, Session: "commissioning", List: theirKeys}})
	}
	d.driver = newDriver(d)
	return d
}

// start replays the record and begins to decide.
func (d *daemon) start() {
	d.run++
	d.alive, d.stopped, d.backlog = true, false, nil
	site := d.record.site
	d.spoil(&site)
	d.state = custody.NewState(site)
	for _, e := range d.committed {
		if err := d.state.Evolve(e); err != nil {
			d.w.wrong("the record does not replay: %v", err)
			return
		}
	}
	d.monoBase, d.startedAt, d.wakeAt, d.wallBase = d.state.Now().Mono, d.w.now, 0, d.wall
	d.driver = newDriver(d)
	d.w.truth.restarted()
	if d.w.flaw != flawNoStart || d.run == 1 {
		d.decide("", custody.Start{Version: "openingsim"})
	}
	d.w.truth.forgetShows()
	if !d.alive { // it fell over its first entry
		return
	}
	if d.real != nil {
		d.real.start()
		return
	}
	d.dial()
	d.look()
}

// spoil changes the site as a bug in a policy would.
func (d *daemon) spoil(site *custody.Site) {
	switch d.w.flaw {
	case flawNoWindow:
		site.Policy.OpeningWindow = time.Hour
	case flawLocksForever:
		site.Policy.LockAnswerTime = 10 * time.Minute
	case flawNoDelay:
		site.Policy.OpeningDelay = min(site.Policy.OpeningDelay, time.Second)
	case flawNoReconfirm:
		site.Policy.OpeningReconfirm = 0
	case sound:
	default:
	}
}

// stamp is the engine's: site time from the record on, wall time as the host says.
func (d *daemon) stamp() fact.Stamp {
	mono := d.monoBase + d.w.now - d.startedAt
	wall := dayOne.Add(d.w.now + d.wall)
	if d.w.flaw == flawWallClock {
		mono = max(d.monoBase, mono+d.wall-d.wallBase)
	}
	return fact.Stamp{Mono: mono, Wall: wall}
}

// input is everything that reaches the process; a stopped one finds it later.
func (d *daemon) input(do func()) {
	switch {
	case !d.alive:
	case d.stopped:
		d.backlog = append(d.backlog, do)
	default:
		do()
		d.wake()
	}
}

// feed is a fact that a device reports.
func (d *daemon) feed(body custody.Body) custody.Outcome {
	return d.decide("", d.twist(body))
}

// decide lets the core decide, commits, and carries out: in this order, or a crash shows.
func (d *daemon) decide(actor string, body custody.Body) custody.Outcome {
	if !d.alive {
		return custody.Outcome{}
	}
	decision, err := d.state.Decide(custody.Input{At: d.stamp(), Body: body, Actor: actor})
	if err != nil {
		d.w.wrong("the core contradicts itself: %v", err)
		return custody.Outcome{}
	}
	crash := len(decision.Entries) > 0 && d.w.chance(d.w.weather.crashInCommit)
	if d.w.flaw == flawEffectsFirst {
		d.carryOut(decision)
		if crash {
			d.crash()
			return custody.Outcome{}
		}
	}
	if crash && d.w.chance(0.5) { // before the commit
		d.crash()
		return custody.Outcome{}
	}
	d.committed = append(d.committed, decision.Entries...)
	for _, e := range decision.Entries {
		d.w.truth.recorded(e)
	}
	if crash { // after the commit, with nothing carried out
		d.crash()
		return decision.Outcome
	}
	if d.w.flaw != flawEffectsFirst {
		d.carryOut(decision)
	}
	d.w.truth.settled()
	return decision.Outcome
}

func (d *daemon) carryOut(decision custody.Decision) {
	for _, e := range decision.Effects {
		switch e := e.(type) {
		case custody.Release:
			d.w.people.released()
		case custody.TellLocks:
			d.tell(e)
		}
	}
}

func (d *daemon) tell(e custody.TellLocks) {
	if d.w.flaw == flawForgetsRelock && e.Reason == string(threelock.WhyLockRefused) {
		return
	}
	d.w.truth.told(e)
	if d.real != nil {
		d.real.tell(e)
		return
	}
	switch e.Command {
	case threelock.AskChallenge:
		d.driver.challenge(e.Opening)
	case threelock.Authorise:
		d.driver.authorise(e.Opening, e.Lifetime)
	case threelock.Relock:
		d.driver.relock(e.Opening.ID, e.Reason)
	case threelock.None:
	}
}

// wake sees to it that what falls due is settled.
func (d *daemon) wake() {
	if !d.alive || d.stopped {
		return
	}
	wait, due := d.state.Due(d.stamp())
	if !due {
		return
	}
	at := d.w.now + wait
	if d.wakeAt > d.w.now && d.wakeAt <= at {
		return
	}
	d.wakeAt = at
	run := d.run
	d.w.after(wait, func() {
		if d.run != run || d.wakeAt != at {
			return
		}
		d.wakeAt = 0
		d.input(func() { d.decide("", custody.Tick{}) })
	})
}

// crash ends the process; whoever supervises it starts it again.
func (d *daemon) crash() {
	if !d.alive {
		return
	}
	d.alive, d.linked = false, false
	d.run++
	if d.real != nil {
		d.real.kill()
	}
	run := d.run
	d.w.after(d.w.between(500*time.Millisecond, 8*time.Second), func() {
		if d.run == run {
			d.start()
		}
	})
}

// stop is SIGSTOP, for some time.
func (d *daemon) stop(length time.Duration) {
	if !d.alive || d.stopped {
		return
	}
	d.stopped = true
	run := d.run
	if length > keepAlive*3/2 { // the broker gives the connection up meanwhile
		d.w.after(keepAlive*3/2, func() {
			if d.run == run {
				d.linked = false
			}
		})
	}
	d.w.after(length, func() {
		if d.run != run {
			return
		}
		d.stopped = false
		waiting := d.backlog
		d.backlog = nil
		for _, do := range waiting {
			if d.run == run {
				do()
			}
		}
		if d.run == run {
			if !d.linked {
				d.driver.lost()
				d.dial()
			}
			d.decide("", custody.Tick{})
			d.wake()
		}
	})
}

// arrive is a message from the broker.
func (d *daemon) arrive(m message) { d.input(func() { d.driver.take(m) }) }

// dial connects the driver to the broker, for ever.
func (d *daemon) dial() {
	run := d.run
	d.w.after(d.w.between(50*time.Millisecond, 3*time.Second), func() {
		if d.run != run || d.linked {
			return
		}
		if d.stopped || !d.w.broker.reachable(fromDaemon) {
			d.dial()
			return
		}
		d.linked = true
		d.driver.connected()
	})
}

func (d *daemon) unlinked() {
	if !d.linked {
		return
	}
	d.linked = false
	d.input(func() {
		d.driver.lost()
		d.dial()
	})
}

// look is the driver's look for silence, once a second.
func (d *daemon) look() {
	run := d.run
	d.w.after(time.Second, func() {
		if d.run != run {
			return
		}
		if !d.stopped && d.alive {
			d.driver.look()
			d.wake()
			if d.alive {
				d.w.truth.beliefs()
			}
		}
		d.look()
	})
}

// twist is what a planted bug makes of a fact on its way to the core.
func (d *daemon) twist(body custody.Body) custody.Body {
	switch f := body.(type) {
	case fact.BadgeShown:
		if d.w.flaw == flawOnePersonTwice && f.Reader == "badge-safe" && f.Card == card("p-dual") && d.dualSeen {
			f.Card = card("p-dual-again")
		}
		d.dualSeen = d.dualSeen || f.Reader == "badge-safe" && f.Card == card("p-dual")
		return f
	case fact.PINEntered:
		h := humanOf(d.w.people.lastCard)
		if d.w.flaw == flawAnyPIN && h.pin != "" {
			f.Digits = h.pin
		}
		if d.w.flaw == flawAnyRoom {
			d.write(&custody.PersonMoved{Person: custody.PersonID(h.id), Room: "room", In: true})
		}
		return f
	case fact.LockState:
		switch {
		case d.w.flaw == flawLateAlarms:
			f.Overtaken, f.Boot, f.Counter = false, 0, 0
		case d.w.flaw == flawLateIgnored && f.Overtaken:
			f.Bolt, f.Door = fact.BoltUnknown, fact.InputUnknown
		}
		return f
	}
	return body
}

// write puts an entry of a planted bug's own into the record.
func (d *daemon) write(ev custody.Event) {
	e := custody.Entry{Seq: d.state.Seq() + 1, At: d.stamp(), Event: ev}
	if err := d.state.Evolve(e); err != nil {
		d.w.wrong("a planted entry does not fit: %v", err)
	}
	d.committed = append(d.committed, e)
}
