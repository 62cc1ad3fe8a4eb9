package openingsim

import (
	"time"

	"trilock/custody/threelock"
)

// lateReports ends a seed: a report that the door was opened, of the opening that is over,
// comes when nobody waits for it any more, and is nobody's alarm; and then the door is
// opened with the sealed key, which is an alarm at once, or, when its reports are held back
// until the door is shut again, as soon as they come.
func (w *world) lateReports() {
	if w.failed != "" || w.doorOpen || w.truth.phase != threelock.Ended {
		return
	}
	before := w.truth.alarms
	w.release()
	w.run(w.now + time.Second)
	if w.truth.alarms != before {
		w.wrong("a late report of an opening that is over is taken for a forced door")
	}
	hidden := w.seed%2 == 1
	w.broker.holds = [3]bool{hidden, hidden, hidden}
	w.forced(true)
	w.run(w.now + 200*time.Millisecond)
	if !hidden && w.truth.alarms == before {
		w.wrong("the door was forced, its locks said so, and there is no alarm")
	}
	w.forced(false)
	w.run(w.now + 2*heartbeat)
	w.release()
	w.run(w.now + 100*time.Millisecond)
	if w.truth.alarms == before {
		w.wrong("the door was forced for a moment, its locks said so late, and there is no alarm")
	}
}

// release delivers what the broker held back.
func (w *world) release() {
	held := w.broker.held
	w.broker.held, w.broker.holds = nil, [3]bool{}
	for _, m := range held {
		w.broker.deliver(m)
	}
}

// forced moves the safe's door by the sealed key, whatever the bolts are.
func (w *world) forced(open bool) {
	w.doorOpen = open
	for _, l := range w.locks {
		l.doorMoved()
	}
}
