package openingsim

import (
	"fmt"
	"time"

	"trilock/custody"
	"trilock/custody/threelock"
	"trilock/firmware-protocols/lockwire"
)

// world is one seed: people, daemon, broker, locks, and what goes wrong with them.
type world struct {
	clock
	seed      uint64
	flaw      flaw
	careful   bool              // the safe has a time delay and confirmations
	signing   bool              // and the core asks them for their signatures; else they press their keys when the request goes out
	partyKeys bool              // persons approve with keys of their own; else the controller does for them
	strict    bool              // every signature is verified on both ends, and not only those that somebody could have touched
	verified  map[[32]byte]bool // those that were

	truth    *truth
	people   *crowd
	daemon   *daemon
	broker   *broker
	attacker *attacker
	locks    [3]*lock

	weather       weather
	era           int // of faults; the next one is without
	doorOpen      bool
	openEagerness float64
	lastAuthorise []message           // of flawResends
	captured      []lockwire.Approval // that persons gave to a daemon that was the attacker's
}

// weather is what goes wrong without anybody's doing, as probabilities of each message or
// commit, and as mean times between faults (0: never).
type weather struct {
	loss0, loss1, twice, reorder, late, veryLate float64
	crashInCommit                                float64
	cuts, restarts, crashes, stops, power, steps time.Duration
}

const (
	troubled = 3 * time.Minute  // how long things go wrong
	recovery = 30 * time.Second // within which everything is to be ready again
)

func (w *world) drawWeather() {
	if w.chance(0.25) {
		w.weather = weather{loss0: 0.01}
		return
	}
	some := func(most float64) float64 { return w.dice.Float64() * most * float64(w.dice.IntN(2)) }
	every := func(least, most time.Duration) time.Duration {
		if w.chance(0.5) {
			return 0
		}
		return w.between(least, most)
	}
	w.weather = weather{
		loss0: some(0.3), loss1: some(0.05), twice: some(0.2), reorder: some(0.3), late: some(0.05), veryLate: some(0.02), crashInCommit: some(0.01),
		cuts: every(10*time.Second, 2*time.Minute), restarts: every(30*time.Second, 4*time.Minute), crashes: every(20*time.Second, 4*time.Minute),
		stops: every(20*time.Second, 4*time.Minute), power: every(15*time.Second, 3*time.Minute), steps: every(10*time.Second, time.Minute),
	}
}

func newWorld(seed uint64, planted flaw, real bool) *world {
	w := &world{clock: newClock(seed), seed: seed, flaw: planted, verified: map[[32]byte]bool{}}
	w.strict = seed%16 == 0
	w.careful, w.partyKeys = w.chance(0.15), w.chance(0.6) && !real
	w.signing = w.partyKeys && seed%2 == 0
	w.openEagerness = pick(&w.clock, []float64{0, 0.1, 0.1, 0.5})
	w.truth, w.people, w.attacker = newTruth(w), newCrowd(w), newAttacker(w)
	if !w.attacker.patient {
		w.drawWeather()
	}
	w.broker = newBroker(w)
	begin := beginnings()[0]
	if w.careful {
		begin = beginnings()[1]
	}
	w.daemon = newDaemon(w, begin)
	for i := range w.locks {
		w.locks[i] = newLock(w, i)
		w.locks[i].owned = w.attacker.active && w.attacker.owns == i
	}
	return w
}

// play plays a seed and returns what was found wrong, or nothing.
func play(seed uint64, planted flaw, tell func(string, ...any)) (*world, string) {
	w := newWorld(seed, planted, false)
	w.tell = tell
	w.begin()
	w.run(troubled)
	if w.failed == "" {
		w.settle()
	}
	return w, w.failed
}

func (w *world) run(until time.Duration) {
	if r := w.daemon.real; r != nil {
		r.run(until)
		return
	}
	w.clock.run(until)
}

// begin switches everything on.
func (w *world) begin() {
	w.daemon.start()
	if w.flaw == flawOnePersonTwice {
		w.daemon.decide("desk", custody.Request{Act: custody.RegisterPerson{Person: registered(humanOf("p-dual"), "p-dual-again", humanOf("p-dual").posts)}})
		w.daemon.write(&custody.PersonMoved{Person: "p-dual-again", Room: "room", In: true})
	}
	for _, l := range w.locks {
		w.broker.dial(l)
		l.beat()
	}
	if w.chance(0.3) {
		w.after(w.between(0, 20*time.Second), w.people.delegate)
	}
	w.after(5*time.Second, w.people.attempt)
	w.people.try()
	w.attacker.prowl()
	w.faults()
}

func (w *world) nonce() lockwire.Nonce {
	var n lockwire.Nonce
	for i := range n {
		n[i] = byte(w.dice.Uint32())
	}
	n[0] |= 1
	return n
}

// door opens or shuts the safe's door, in the flesh: three bolts have to be out of its way.
func (w *world) door(open bool) {
	if w.doorOpen == open || open && !w.boltsDrawn() {
		return
	}
	w.doorOpen = open
	for _, l := range w.locks {
		l.doorMoved()
	}
}

func (w *world) boltsDrawn() bool {
	for _, l := range w.locks {
		if !l.owned && l.bolt != lockwire.BoltUnlocked {
			return false
		}
	}
	return true
}

// faults plans what goes wrong by itself.
func (w *world) faults() {
	w.again(w.weather.cuts, func() { w.broker.sever(origin(w.dice.IntN(4)), w.between(200*time.Millisecond, 20*time.Second)) })
	w.again(w.weather.restarts, func() { w.broker.restart(w.between(500*time.Millisecond, 10*time.Second)) })
	w.again(w.weather.crashes, w.daemonCrash)
	w.again(w.weather.stops, func() { w.daemon.stop(w.between(5*time.Second, 2*time.Minute)) })
	w.again(w.weather.power, func() {
		l := w.locks[w.dice.IntN(3)]
		l.cut()
		w.after(w.between(300*time.Millisecond, 15*time.Second), l.restore)
	})
	w.again(w.weather.steps, func() { w.daemon.wall = w.between(-24*time.Hour, 24*time.Hour) })
}

func (w *world) daemonCrash() { w.daemon.crash() }

// again does something at random times, about every mean.
func (w *world) again(mean time.Duration, do func()) {
	if mean == 0 {
		return
	}
	w.after(time.Duration(w.dice.ExpFloat64()*float64(mean)), func() {
		if w.era == 0 {
			do()
			w.again(mean, do)
		}
	})
}

// settle ends the faults and wants an opening that succeeds soon after.
func (w *world) settle() {
	w.era++
	w.weather = weather{}
	w.people.round++
	w.attacker.active, w.attacker.controller = false, false
	w.broker.up, w.broker.cut = true, [4]bool{}
	w.openEagerness = 1 // who stands there opens and shuts, and is done
	for _, l := range w.locks {
		if l.owned { // he lets go of it
			l.owned = false
			l.bolt = lockwire.BoltLocked
			l.cut()
		}
		l.restore()
	}
	if w.daemon.stopped {
		w.daemon.crash()
	}
	w.after(8*time.Second, func() { w.people.act("desk", custody.CancelOpening{Safe: safeName}, nil) })
	three := []string{"p-archivist", "p-office", "p-manager"}
	for i, id := range three {
		w.after(9*time.Second+time.Duration(i)*6*time.Second, func() { w.people.comeIn(id) })
	}
	w.run(w.now + recovery)
	for range int(reconfirm/time.Second) + 1 {
		if w.truth.phase != threelock.Closing { // it waits for people who have left, and not because of a fault
			break
		}
		w.run(w.now + time.Second)
	}
	w.ready(three)
}

// comeIn has somebody badge in anew, so that the daemon knows whatever it missed.
func (c *crowd) comeIn(id string) {
	if !c.inside[id] {
		c.enter(id, func() {})
		return
	}
	c.leave(id)
	c.w.after(3*time.Second, func() { c.enter(id, func() {}) })
}

// ready opens the safe.
func (w *world) ready(three []string) {
	w.openEagerness = 0
	for _, l := range w.locks {
		if w.failed == "" && l.bolt != lockwire.BoltLocked {
			w.wrong("%v after the faults stopped the bolt of %s is %v", recovery, l.id, l.bolt)
		}
	}
	said := "the daemon does not listen"
	w.people.act("desk", custody.StateOpening{Safe: safeName, Purpose: threelock.Inspection}, func(o custody.Outcome) { said = o.Code })
	if said != "" {
		w.wrong("%v after the faults stopped no opening can be stated: %s", recovery, said)
		return
	}
	at := time.Second
	for range 2 {
		for _, id := range three {
			w.after(at, func() { w.people.show(id, humanOf(id).pin) })
			at += 3 * time.Second
		}
		if !w.careful {
			break
		}
		at += delayed
	}
	if w.signing {
		at += 6 * time.Second
	}
	w.run(w.now + at + 2*time.Second)
	if w.failed == "" && (!w.boltsDrawn() || w.truth.phase != threelock.Unlocked) {
		w.wrong("%v after the faults stopped an opening does not succeed: %s, %s", recovery, w.truth.phase, w.bolts())
		return
	}
	w.openEagerness = 1
	w.broker.holds[w.seed%3] = true
	w.run(w.now + 10*time.Second)
	w.openEagerness = 0
	w.run(w.now + time.Minute)
	if w.failed == "" && w.doorOpen {
		w.door(false)
	}
	w.run(w.now + 75*time.Second)
	for id, why := range w.truth.ended {
		if why == "" {
			w.wrong("%s never ended", id)
		}
	}
	w.lateReports()
}

func (w *world) bolts() (all string) {
	for _, l := range w.locks {
		all += fmt.Sprintf("%s %v ", l.id, l.bolt)
	}
	return all
}
