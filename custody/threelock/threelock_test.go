package threelock_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"trilock/custody/fact"
	"trilock/custody/threelock"
)

var (
	locks  = [3]fact.DeviceID{"lock-1", "lock-2", "lock-3"}
	timing = threelock.Timing{StatementValid: 10 * time.Minute, Window: time.Minute, LockAnswer: 5 * time.Second, UnlockedTime: 30 * time.Second}
	// careful asks for everything that a safe may ask for.
	careful = threelock.Timing{StatementValid: 10 * time.Minute, Window: time.Minute, LockAnswer: 5 * time.Second, UnlockedTime: 30 * time.Second,
		Delay: 15 * time.Minute, Reconfirm: 5 * time.Minute, Confirm: 2 * time.Minute}
)

// opening drives a session and remembers what the locks were told.
type opening struct {
	session threelock.Session
	timing  threelock.Timing
	now     fact.Stamp
	told    []threelock.Command
	steps   []threelock.Step
}

func stated() *opening { return statedWith(timing) }

func statedWith(t threelock.Timing) *opening {
	o := &opening{timing: t}
	o.session.Evolve(o.now, "S-1", "safe", threelock.State("desk", threelock.Inspection, nil, locks))
	return o
}

func (o *opening) do(steps []threelock.Step, command threelock.Command) {
	for _, s := range steps {
		o.session.Evolve(o.now, "S-1", "safe", s)
	}
	o.steps = append(o.steps, steps...)
	if command != threelock.None {
		o.told = append(o.told, command)
	}
}

func (o *opening) after(d time.Duration) {
	o.now.Mono += d
	o.do(o.session.Expire(o.now, o.timing))
}

func claim(person fact.PersonID, parties ...threelock.Party) threelock.Claim {
	return threelock.Claim{Person: person, Parties: parties, InRoom: true}
}

// show shows a person at the reader and returns why they were refused, or "".
func (o *opening) show(c threelock.Claim) threelock.Why {
	steps, command := o.session.Show(c, o.timing)
	o.do(steps, command)
	if steps[0].What == threelock.StepRefused {
		return steps[0].Why
	}
	return ""
}

func (o *opening) gather() {
	o.show(claim("a", threelock.Archivist))
	o.show(claim("b", threelock.GeneralOffice))
	o.show(claim("c", threelock.Management))
}

// unlock takes a session in which the locks were asked to the drawn bolts.
func (o *opening) unlock() {
	o.challenge()
	for _, l := range locks {
		o.do(o.session.Answered(l, true, ""))
	}
	o.do(o.session.Bolts(3, 0, o.timing), threelock.None)
}

// shut opens the door, shuts it, and lets the bolts report.
func (o *opening) shut() {
	o.do(o.session.Door(true), threelock.None)
	o.do(o.session.Door(false), threelock.None)
	o.do(o.session.Bolts(0, 3, o.timing), threelock.None)
}

func (o *opening) challenge() {
	for _, l := range locks {
		o.do(o.session.Challenged(l, []byte(l)))
	}
}

// Each phase ends by itself when what it waits for does not come, and says why.
func TestEveryPhaseHasAnEnd(t *testing.T) {
	for name, tc := range map[string]struct {
		timing threelock.Timing
		reach  func(*opening)
		wait   time.Duration
		why    threelock.Why
		told   threelock.Command // last
	}{
		"stated":       {timing, func(*opening) {}, 10 * time.Minute, threelock.WhyExpired, threelock.None},
		"gathering":    {timing, func(o *opening) { o.show(claim("a", threelock.Archivist)) }, time.Minute, threelock.WhyWindow, threelock.None},
		"challenging":  {timing, (*opening).gather, 5 * time.Second, threelock.WhyLockSilent, threelock.Relock},
		"unlocking":    {timing, func(o *opening) { o.gather(); o.challenge() }, 5 * time.Second, threelock.WhyLockSilent, threelock.Relock},
		"unlocked":     {timing, func(o *opening) { o.gather(); o.unlock() }, 35 * time.Second, threelock.WhyNotOpened, threelock.Relock},
		"reconfirming": {careful, func(o *opening) { o.gather(); o.after(careful.Delay); o.show(claim("a")) }, 5 * time.Minute, threelock.WhyNotAgain, threelock.None},
		"closing": {careful, func(o *opening) {
			o.gather()
			o.after(careful.Delay)
			o.gather()
			o.unlock()
			o.shut()
			o.show(claim("b"))
		}, 2 * time.Minute, threelock.WhyUnconfirmed, threelock.Authorise},
	} {
		t.Run(name, func(t *testing.T) {
			o := statedWith(tc.timing)
			tc.reach(o)
			if string(o.session.Phase) != name {
				t.Fatalf("reached %s", o.session.Phase)
			}
			o.after(tc.wait - time.Millisecond)
			if !o.session.Active() {
				t.Fatal("ended early")
			}
			o.after(time.Millisecond)
			if o.session.Active() || o.session.Why != tc.why {
				t.Errorf("phase %s, why %q; want an end by %q", o.session.Phase, o.session.Why, tc.why)
			}
			last := threelock.None
			if len(o.told) > 0 {
				last = o.told[len(o.told)-1]
			}
			if last != tc.told {
				t.Errorf("locks were last told %q, want %q", last, tc.told)
			}
		})
	}
}

// A lock's answer counts once, in its phase, and only from one of the three.
func TestForeignAndRepeatedAnswers(t *testing.T) {
	o := stated()
	o.do(o.session.Challenged("lock-1", []byte("early")))
	o.gather()
	o.do(o.session.Challenged("lock-9", []byte("x")))
	o.do(o.session.Challenged("lock-1", []byte("x")))
	o.do(o.session.Challenged("lock-1", []byte("y")))
	o.do(o.session.Challenged("lock-2", nil))
	if string(o.session.Challenges[0]) != "x" || o.session.Challenges[1] != nil || o.session.Phase != threelock.Challenging {
		t.Errorf("challenges %q in phase %s", o.session.Challenges, o.session.Phase)
	}
	if got := o.session.Silent(); !slices.Equal(got, []fact.DeviceID{"lock-2", "lock-3"}) {
		t.Errorf("silent: %v", got)
	}
}

// With everything that a safe may ask for: nothing is asked of the locks before the delay is
// over and the same three persons have confirmed; and it is not closed before they say so.
func TestDelayAndConfirmations(t *testing.T) {
	o := statedWith(careful)
	o.gather()
	if o.session.Phase != threelock.Delaying || len(o.told) != 0 {
		t.Fatalf("phase %s, locks were told %v", o.session.Phase, o.told)
	}
	if why := o.show(claim("a", threelock.Archivist)); why != threelock.WhyDelay {
		t.Errorf("in the delay: %q", why)
	}
	o.after(careful.Delay - time.Millisecond)
	if o.session.Phase != threelock.Delaying {
		t.Fatalf("the delay ended early: %s", o.session.Phase)
	}
	o.after(time.Millisecond)
	if got := o.session.Missing(); o.session.Phase != threelock.Reconfirming || len(got) != 3 {
		t.Fatalf("after the delay: %s, missing %v", o.session.Phase, got)
	}
	for _, tc := range []struct {
		claim threelock.Claim
		why   threelock.Why
	}{
		{claim("d", threelock.Management), threelock.WhyNotOneOfThem},
		{claim("a", threelock.Archivist), ""},
		{claim("a", threelock.Archivist), threelock.WhyConfirmed},
		{threelock.Claim{Person: "b", InRoom: false}, threelock.WhyNotInRoom},
		{threelock.Claim{Person: "b", InRoom: true, OutOfHours: true}, threelock.WhyOutOfHours},
		{claim("b"), ""},
	} {
		if why := o.show(tc.claim); why != tc.why {
			t.Errorf("%+v: %q, want %q", tc.claim, why, tc.why)
		}
	}
	if got := o.session.Missing(); !slices.Equal(got, []threelock.Party{threelock.Management}) || len(o.told) != 0 {
		t.Fatalf("missing %v, locks were told %v", got, o.told)
	}
	o.show(claim("c"))
	if !slices.Equal(o.told, []threelock.Command{threelock.AskChallenge}) {
		t.Fatalf("locks were told %v", o.told)
	}
	o.unlock()
	o.shut()
	if o.session.Phase != threelock.Closing || o.session.MayBeOpen() {
		t.Fatalf("phase %s, may be open: %v", o.session.Phase, o.session.MayBeOpen())
	}
	for _, person := range []fact.PersonID{"c", "a", "b"} {
		if !o.session.Active() {
			t.Fatal("closed before all three confirmed")
		}
		o.show(claim(person))
	}
	if o.session.Phase != threelock.Ended || o.session.Why != threelock.WhyClosed {
		t.Errorf("phase %s, why %q", o.session.Phase, o.session.Why)
	}
}

// A delay without a second confirmation asks the locks when it is over.
func TestDelayAlone(t *testing.T) {
	o := statedWith(timing)
	o.timing.Delay = time.Minute
	o.gather()
	o.after(time.Minute)
	if o.session.Phase != threelock.Challenging || !slices.Equal(o.told, []threelock.Command{threelock.AskChallenge}) {
		t.Errorf("phase %s, locks were told %v", o.session.Phase, o.told)
	}
}

// One who leaves, and a daemon that restarts, end an opening in its delay too.
func TestNobodyWaitsForThoseWhoLeft(t *testing.T) {
	for name, end := range map[string]func(*threelock.Session) ([]threelock.Step, threelock.Command){
		"party-left": func(s *threelock.Session) ([]threelock.Step, threelock.Command) { return s.Left("b") },
		"restarted":  (*threelock.Session).Restarted,
		"cancelled": func(s *threelock.Session) ([]threelock.Step, threelock.Command) {
			return s.Cancel("desk", threelock.WhyCancelled)
		},
	} {
		for _, wait := range []time.Duration{0, careful.Delay} {
			o := statedWith(careful)
			o.gather()
			o.after(wait)
			o.do(end(&o.session))
			if string(o.session.Why) != name || o.session.Active() {
				t.Errorf("%s after %v: phase %s, why %q", name, wait, o.session.Phase, o.session.Why)
			}
		}
	}
}

// Over every assignment of own and delegated posts to four persons, and every order in which
// three of them come: the locks are asked exactly when three different persons stand for
// three different parties, a delegate being no party of his own.
func TestEveryAssignmentOfParties(t *testing.T) {
	parties := threelock.Parties()
	subset := func(bits int) (list []threelock.Party) {
		for i, p := range parties {
			if bits>>i&1 == 1 {
				list = append(list, p)
			}
		}
		return list
	}
	for a := range 64 * 64 * 64 {
		o := stated()
		claims := [3]threelock.Claim{}
		for i := range claims {
			bits := a >> (6 * i) & 63
			claims[i] = threelock.Claim{Person: fact.PersonID(rune('a' + i)), Parties: subset(bits & 7), Delegated: subset(bits >> 3), InRoom: true}
			o.show(claims[i])
		}
		for _, p := range o.session.Present {
			c := claims[p.Person[0]-'a']
			own, delegated := slices.Contains(c.Parties, p.Party), slices.Contains(c.Delegated, p.Party)
			if !own && !(delegated && len(c.Parties) == 0) || p.Delegate == own {
				t.Fatalf("%+v counts as %+v", c, p)
			}
		}
		asked, may := len(o.told) > 0, canOpen(claims)
		if asked && !may {
			t.Fatalf("the locks were asked for %+v", claims)
		}
		if one := onePartyEach(claims); one && may && !asked {
			t.Fatalf("the locks were not asked for %+v: %+v", claims, o.session.Refused)
		}
	}
}

// stands returns the parties that a person may stand for.
func stands(c threelock.Claim) []threelock.Party {
	if len(c.Parties) > 0 {
		return c.Parties
	}
	return c.Delegated
}

// canOpen says by trying all six pairings whether three persons can stand for three parties.
func canOpen(c [3]threelock.Claim) bool {
	p := threelock.Parties()
	for _, order := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		if slices.Contains(stands(c[0]), p[order[0]]) && slices.Contains(stands(c[1]), p[order[1]]) && slices.Contains(stands(c[2]), p[order[2]]) {
			return true
		}
	}
	return false
}

// onePartyEach: nobody has a choice that could be made wrong.
func onePartyEach(claims [3]threelock.Claim) bool {
	for _, c := range claims {
		if len(stands(c)) != 1 {
			return false
		}
	}
	return true
}

// Over any sequence of signals: the locks are told to open at most once, only after three
// different persons of three different parties stood in the room within the window, and
// never after the session ended.
func TestAuthoriseInvariants(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		o := statedWith(rapid.SampledFrom([]threelock.Timing{timing, careful}).Draw(r, "timing"))
		o.timing.Approve = 50 * time.Second
		o.session.Own = rapid.Bool().Draw(r, "own keys")
		persons := []fact.PersonID{"a", "b", "c", "d"}
		parties := threelock.Parties()
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			lock := rapid.SampledFrom(append(locks[:], "lock-9")).Draw(r, "lock")
			person := rapid.SampledFrom(persons).Draw(r, "person")
			switch rapid.IntRange(0, 11).Draw(r, "signal") {
			case 0, 1, 2:
				claimed := rapid.SliceOfNDistinct(rapid.SampledFrom(parties[:]), 0, 3, rapid.ID).Draw(r, "parties")
				o.show(threelock.Claim{Person: person, Parties: claimed, InRoom: rapid.IntRange(0, 4).Draw(r, "in") > 0})
			case 3, 4:
				o.do(o.session.Challenged(lock, []byte(lock)))
			case 5:
				o.do(o.session.Answered(lock, rapid.IntRange(0, 5).Draw(r, "yes") > 0, ""))
			case 6:
				o.do(o.session.Bolts(rapid.IntRange(0, 3).Draw(r, "drawn"), rapid.IntRange(0, 3).Draw(r, "locked"), o.timing), threelock.None)
			case 7:
				o.do(o.session.Door(rapid.Bool().Draw(r, "open")), threelock.None)
			case 8:
				o.do(o.session.Left(person))
			case 10, 11:
				steps, command, _ := o.session.Approved(person, threelock.Assertion{Signature: []byte(person)})
				o.do(steps, command)
			case 9:
				o.after(time.Duration(rapid.SampledFrom([]int{0, 1, 5, 40, 900}).Draw(r, "s")) * time.Second)
			}
		}
		authorised := 0
		for _, c := range o.told {
			if c == threelock.Authorise {
				authorised++
			}
		}
		if authorised > 1 {
			r.Fatalf("authorised %d times", authorised)
		}
		if authorised == 0 {
			return
		}
		seenPerson, seenParty := map[fact.PersonID]bool{}, map[threelock.Party]bool{}
		for _, p := range o.session.Present {
			seenPerson[p.Person], seenParty[p.Party] = true, true
			if o.session.Own && (p.Assertion == nil || string(p.Assertion.Signature) != string(p.Person)) {
				r.Fatalf("%s did not sign", p.Person)
			}
			if o.timing.Delay > 0 && !p.Again {
				r.Fatalf("%s did not confirm after the delay", p.Person)
			}
			if p.At.Mono-o.session.First.Mono > timing.Window {
				r.Fatalf("%s came %v after the first", p.Person, p.At.Mono-o.session.First.Mono)
			}
		}
		if len(seenPerson) != 3 || len(seenParty) != 3 {
			r.Fatalf("authorised for %+v", o.session.Present)
		}
	})
}
