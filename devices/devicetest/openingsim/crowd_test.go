package openingsim

import (
	"time"

	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
	"trilock/firmware-protocols/lockwire"
)

// crowd is the people: what they do with their feet, their cards and their PINs, sensible
// or not.
type crowd struct {
	w        *world
	inside   map[string]bool // of the room, in the flesh
	doorBusy bool            // the room's door: one at a time
	awaiting func()          // who badged in and waits for the strike
	lastCard string          // at the safe's reader, as the daemon got to hear of it
	guesses  int
	keyNo    int
	round    int // of attempts: those that were given up go no further

	delegatedFrom, delegatedUntil time.Time
	delegation                    string
	clerkIsArchivist              bool
}

func newCrowd(w *world) *crowd { return &crowd{w: w, inside: map[string]bool{}} }

// parties are those a person may stand for now: of their own posts, or by a delegation.
func (c *crowd) parties(id string) []lockwire.Party {
	h := humanOf(id)
	switch wall := c.w.daemon.stamp().Wall; {
	case id == "p-clerk" && c.clerkIsArchivist:
		return []lockwire.Party{lockwire.Archivist}
	case len(h.own) > 0:
		return h.own
	case id == "p-clerk" && !wall.Before(c.delegatedFrom) && wall.Before(c.delegatedUntil):
		return []lockwire.Party{lockwire.Management}
	}
	return nil
}

// act is something that somebody asks for at the console.
func (c *crowd) act(actor string, a custody.Act, then func(custody.Outcome)) {
	c.w.daemon.input(func() {
		c.keyNo++
		o := c.w.daemon.decide(actor, custody.Request{Act: a})
		if then != nil && c.w.daemon.alive {
			then(o)
		}
	})
}

// enter walks somebody into the room, if the door lets them, and goes on with then.
func (c *crowd) enter(id string, then func()) {
	if c.inside[id] || c.doorBusy {
		c.w.after(500*time.Millisecond, then)
		return
	}
	c.doorBusy = true
	c.awaiting = func() {
		c.awaiting = nil
		c.w.after(300*time.Millisecond, func() {
			c.inside[id] = true
			c.contact(fact.InputActive, func() { c.w.truth.inRoom[id] = true })
			c.shut(then)
		})
	}
	c.w.daemon.input(func() { c.w.daemon.feed(fact.BadgeShown{Reader: "badge-in", Card: card(id)}) })
	c.w.after(1500*time.Millisecond, func() {
		if c.awaiting != nil { // the door did not open
			c.awaiting, c.doorBusy = nil, false
			then()
		}
	})
}

// released is the room door's strike.
func (c *crowd) released() {
	if c.awaiting != nil {
		c.awaiting()
	}
}

func (c *crowd) contact(state fact.InputState, first func()) {
	c.w.daemon.input(func() {
		if first != nil {
			first()
		}
		c.w.daemon.feed(fact.InputChanged{Device: "badge-in", State: state})
	})
}

func (c *crowd) shut(then func()) {
	c.w.after(700*time.Millisecond, func() {
		c.contact(fact.InputInactive, nil)
		c.w.after(300*time.Millisecond, func() {
			c.doorBusy = false
			then()
		})
	})
}

// leave walks somebody out. The door opens from inside whatever the daemon does.
func (c *crowd) leave(id string) {
	if !c.inside[id] || c.doorBusy {
		return
	}
	c.doorBusy = true
	heardBy := -1 // the run of the daemon that took the badge
	c.w.daemon.input(func() {
		heardBy = c.w.daemon.run
		c.w.daemon.feed(fact.BadgeShown{Reader: "badge-out", Card: card(id)})
	})
	c.w.after(400*time.Millisecond, func() {
		c.inside[id] = false
		if c.w.flaw != flawLeavingUnseen {
			c.contact(fact.InputActive, func() {
				if heardBy == c.w.daemon.run {
					c.w.truth.left(id)
				}
			})
		} else if heardBy == c.w.daemon.run {
			c.w.truth.left(id)
		}
		c.shut(func() {})
	})
}

// wander has somebody walk out in the middle of things.
func (c *crowd) wander(round int, id string) {
	if c.round == round {
		c.leave(id)
	}
}

// show holds a card to the safe's reader and types digits.
func (c *crowd) show(id, digits string) {
	c.w.daemon.input(func() {
		c.lastCard = id
		c.w.daemon.feed(fact.BadgeShown{Reader: "badge-safe", Card: card(id)})
	})
	c.w.after(c.w.between(300*time.Millisecond, 2*time.Second), func() {
		c.w.daemon.input(func() {
			if c.lastCard == id && digits == humanOf(id).pin {
				c.w.truth.showed(id)
			}
			c.w.daemon.feed(fact.PINEntered{Reader: "badge-safe", Digits: digits})
		})
	})
}

// gathering says who comes for an opening: mostly three who may, sometimes not.
func (c *crowd) gathering() []string {
	w := c.w
	three := []string{pick(&w.clock, []string{"p-archivist", "p-dual", "p-archivist"}), pick(&w.clock, []string{"p-office", "p-dual", "p-office"}), pick(&w.clock, []string{"p-manager", "p-engineer", "p-clerk"})}
	if three[0] == three[1] && w.chance(0.5) {
		three[1] = "p-office"
	}
	switch w.dice.IntN(12) {
	case 0:
		three = three[:2]
	case 1:
		three = []string{"p-manager", "p-engineer", "p-archivist"}
	case 2:
		three = []string{"p-dual", "p-manager", "p-dual"}
	case 3:
		three = []string{"p-clerk", "p-office", "p-archivist"}
	case 4:
		three[2] = "p-clerk"
	}
	w.dice.Shuffle(len(three), func(i, j int) { three[i], three[j] = three[j], three[i] })
	return three
}

// attempt is one opening, from walking in to walking out.
func (c *crowd) attempt() {
	w, round := c.w, c.round
	three := c.gathering()
	at := time.Duration(0)
	for _, id := range three {
		if !c.inside[id] && !w.chance(0.04) {
			w.after(at, func() { c.enter(id, func() {}) })
			at += 3 * time.Second
		}
	}
	w.after(at+time.Second, func() {
		if c.round == round {
			c.state(three)
		}
	})
	w.after(at+w.between(40*time.Second, 110*time.Second), func() {
		if c.round != round {
			return
		}
		if w.chance(0.5) {
			c.leave(pick(&w.clock, three))
		}
		c.attempt()
	})
}

// state states the purpose, and has the three show themselves.
func (c *crowd) state(three []string) {
	w, round := c.w, c.round
	c.act("desk", custody.StateOpening{Safe: safeName, Purpose: threelock.Inspection}, nil)
	at := w.between(500*time.Millisecond, 3*time.Second)
	for i, id := range three {
		gap := w.between(2*time.Second, 9*time.Second)
		if w.chance(0.1) {
			gap = w.between(25*time.Second, 70*time.Second)
		}
		if w.chance(0.03) { // somebody with another's card
			w.after(at+time.Second, func() { c.guess() })
			gap += 3 * time.Second
		}
		w.after(at, func() { c.come(round, id) })
		if w.careful {
			for range 2 {
				w.after(at+delayed+w.between(15*time.Second, 25*time.Second), func() { c.come(round, id) })
			}
		}
		if i == len(three)-1 && w.chance(0.2) || w.chance(0.05) {
			w.after(at+w.between(0, 4*time.Second), func() { c.wander(round, pick(&w.clock, three)) })
		}
		at += gap
	}
	if w.chance(0.06) {
		w.after(w.between(2*time.Second, at+time.Second), func() {
			if c.round == round {
				c.act("desk", custody.CancelOpening{Safe: safeName}, nil)
			}
		})
	}
}

func (c *crowd) come(round int, id string) {
	switch {
	case c.round != round:
	case c.w.chance(0.05) && id != "p-archivist" && id != "p-office" && id != "p-manager":
		c.show(id, wrongPIN)
	case c.inside[id]:
		c.show(id, humanOf(id).pin)
	case c.w.chance(0.5): // came in behind somebody, without a badge of their own
		c.show(id, humanOf(id).pin)
	}
}

// guess is somebody in the room with another's card and no PIN.
func (c *crowd) guess() {
	if c.guesses < 3 && c.round == 0 {
		c.guesses++
		c.show(pick(&c.w.clock, []string{"p-engineer", "p-dual", "p-manager"}), wrongPIN)
	}
}

// try tries the safe's door, twice a second.
func (c *crowd) try() {
	w := c.w
	w.after(500*time.Millisecond, func() {
		switch {
		case w.doorOpen && w.chance(0.1):
			w.door(false)
		case !w.doorOpen && w.boltsDrawn() && w.chance(w.openEagerness):
			w.door(true)
		}
		c.try()
	})
}

// delegate has the manager let the clerk act, and in some seeds makes the clerk an archivist.
func (c *crowd) delegate() {
	w := c.w
	from := w.daemon.stamp().Wall
	until := from.Add(w.between(30*time.Second, 4*time.Minute))
	c.act("p-manager", custody.Delegate{Post: custody.GeneralManager, To: "p-clerk", From: from, Until: until}, func(o custody.Outcome) {
		if o.OK {
			c.delegatedFrom, c.delegatedUntil, c.delegation = from, until, o.Subject
			c.spread(custody.Staff)
		}
	})
	if w.chance(0.3) {
		w.after(w.between(0, time.Minute), func() { c.promote() })
	}
}

// spread is what a bug does that resolves a delegation when it is made.
func (c *crowd) spread(own custody.Post) {
	if c.w.flaw == flawDelegationForEver || c.w.flaw == flawDelegateIsParty && own == custody.Archivist {
		posts := []custody.Post{custody.Staff, custody.GeneralManager} // a post is added: one is taken away only after a hand-over (ACC-5)
		if own != custody.Staff {
			posts = append(posts, own)
		}
		c.w.daemon.decide("desk", custody.Request{Act: custody.RegisterPerson{Person: registered(humanOf("p-clerk"), "p-clerk", posts)}})
	}
}

func (c *crowd) promote() {
	c.act("desk", custody.RegisterPerson{Person: registered(humanOf("p-clerk"), "p-clerk", []custody.Post{custody.Staff, custody.Archivist})}, func(o custody.Outcome) {
		if o.OK {
			c.clerkIsArchivist = true
			c.spread(custody.Archivist)
		}
	})
}
