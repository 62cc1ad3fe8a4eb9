package openingsim

import (
	"time"

	"trilock/firmware-protocols/lockwire"
)

// message is one MQTT message on its way.
type message struct {
	lock          int // whose topic
	role          lockwire.Role
	payload       []byte         // of cmd and evt; nil for a live event that nobody has looked at
	event         lockwire.Event // what a payload of nil stands for
	text          string         // of presence
	qos           byte
	retained, dup bool
	touched       bool // by the attacker
	sentAt        time.Duration
	kind          lockwire.Kind // of a command of the daemon
	session       string        // of an Authorise of the daemon: the record's name of the opening
}

// bytes seals what was not sealed yet.
func (m *message) bytes(w *world) []byte {
	if m.payload == nil && m.event != nil {
		name, _, _ := m.event.From()
		sealed, err := lockwire.Seal(keys().locks[m.lock], name, m.event)
		if err != nil {
			w.wrong("lock %s cannot say %+v: %v", name, m.event, err)
		}
		m.payload = sealed
		w.truth.events[string(sealed)] = m.lock
	}
	return m.payload
}

// origin is who publishes or subscribes: a lock by its index, the daemon, the attacker.
type origin int

const (
	fromDaemon   origin = 3
	fromAttacker origin = 4
)

func fromLock(i int) origin { return origin(i) }

// broker keeps the daemon's session and no lock's, like one of ours. What it does wrong,
// the weather and the attacker decide.
type broker struct {
	w       *world
	up      bool
	cut     [4]bool   // the line of a lock or of the daemon is cut
	online  [3]string // retained presence
	wills   [3]int    // of the connection that a will is pending for
	kept    []message // QoS 1 for the daemon while it is away
	arrival map[[2]int]time.Duration
	holds   [3]bool   // door-opened reports of a lock
	held    []message // those
}

func newBroker(w *world) *broker {
	return &broker{w: w, up: true, arrival: map[[2]int]time.Duration{}}
}

// reachable says whether a line to the broker can be had.
func (b *broker) reachable(who origin) bool { return b.up && !b.cut[who] }

// latency is the way of one message; in bad weather some take up to 90 s. A broker keeps
// the order of a topic and class unless it is a bad one.
func (b *broker) latency(who origin, m message) time.Duration {
	w := b.w
	wait := w.between(time.Millisecond, 20*time.Millisecond)
	if w.chance(w.weather.late) {
		wait += w.between(0, 4*time.Second)
	}
	if w.chance(w.weather.veryLate) {
		wait += w.between(0, 90*time.Second)
	}
	if w.chance(w.weather.reorder) {
		return wait
	}
	key := [2]int{int(who)*8 + m.lock, int(m.qos)}
	at := max(w.now+wait, b.arrival[key])
	if wait > 5*time.Second {
		return wait // held back alone: what follows overtakes it
	}
	b.arrival[key] = at
	return at - w.now
}

// publish takes a message from somebody.
func (b *broker) publish(who origin, m message) {
	if who != fromAttacker && !b.reachable(who) {
		return
	}
	b.w.attacker.sees(&m)
	if who != fromAttacker && b.w.attacker.stops(&m) {
		return
	}
	if who != fromAttacker && (b.w.chance(b.w.weather.loss0) && m.qos == 0 || b.w.chance(b.w.weather.loss1) && m.qos == 1) {
		return
	}
	if s, isState := m.event.(lockwire.State); isState && b.holds[m.lock] && s.Reason == lockwire.ReasonDoorOpened {
		b.held = append(b.held, m)
		return
	}
	copies := 1
	if b.w.chance(b.w.weather.twice) {
		copies = 2
	}
	for i := range copies {
		one, era := m, b.w.era
		one.dup = m.dup || i > 0 && b.w.chance(0.5)
		b.w.after(b.latency(who, one), func() {
			if b.w.era == era { // what was still on its way when the faults stopped is lost
				b.deliver(one)
			}
		})
	}
}

// deliver hands a message to its subscriber, if there is one.
func (b *broker) deliver(m message) {
	if !b.up {
		return
	}
	switch m.role {
	case lockwire.RoleCommand:
		l := b.w.locks[m.lock]
		if !l.linked || !l.powered || !b.reachable(fromLock(m.lock)) {
			return
		}
		l.take(m)
	case lockwire.RolePresence:
		if m.retained {
			b.online[m.lock] = m.text
		}
		b.toDaemon(m)
	case lockwire.RoleEvent:
		b.toDaemon(m)
	}
}

func (b *broker) toDaemon(m message) {
	if r := b.w.daemon.real; r != nil {
		r.deliver(m)
		return
	}
	if d := b.w.daemon; d.linked && b.reachable(fromDaemon) {
		d.arrive(m)
		return
	}
	if m.qos == 1 && m.role == lockwire.RoleEvent && len(b.kept) < 1000 {
		b.kept = append(b.kept, m)
	}
}

// dial tries to connect a lock, until it can.
func (b *broker) dial(l *lock) {
	epoch := l.epoch
	b.w.after(b.w.between(100*time.Millisecond, 2*time.Second), func() {
		if l.epoch != epoch || l.linked || !l.powered {
			return
		}
		if !b.reachable(fromLock(l.i)) {
			b.dial(l)
			return
		}
		if b.wills[l.i] != 0 { // the old connection is taken over: its will first
			b.wills[l.i] = 0
			b.will(l)
		}
		l.connected()
	})
}

func (b *broker) will(l *lock) {
	b.online[l.i] = lockwire.PresenceOffline
	if b.up {
		b.toDaemon(message{lock: l.i, role: lockwire.RolePresence, text: lockwire.PresenceOffline, qos: 1})
	}
}

// drop breaks a lock's connection. The broker notices it when nothing has come for a while.
func (b *broker) drop(l *lock) {
	if !l.linked {
		return
	}
	l.unconnected()
	link := l.link
	b.wills[l.i] = link
	b.w.after(b.w.between(0, keepAlive*3/2), func() {
		if b.wills[l.i] == link {
			b.wills[l.i] = 0
			b.will(l)
		}
	})
	if l.powered {
		b.dial(l)
	}
}

// sever cuts a line for some time.
func (b *broker) sever(who origin, length time.Duration) {
	if b.cut[who] {
		return
	}
	b.cut[who] = true
	b.lose(who)
	b.w.after(length, func() { b.cut[who] = false })
}

func (b *broker) lose(who origin) {
	switch {
	case who == fromDaemon && b.w.daemon.real != nil:
		b.w.daemon.real.sever()
		return
	case who == fromDaemon:
		b.w.daemon.unlinked()
		return
	}
	b.drop(b.w.locks[who])
}

// restart takes the broker away for some time. It keeps the daemon's session.
func (b *broker) restart(length time.Duration) {
	if !b.up {
		return
	}
	b.up = false
	for who := range fromAttacker {
		b.lose(who)
	}
	b.w.after(length, func() { b.up = true })
}
