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
)

// opening drives a session and remembers what the locks were told.
type opening struct {
	session threelock.Session
	now     fact.Stamp
	told    []threelock.Command
	steps   []threelock.Step
}

func stated() *opening {
	o := &opening{}
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
	o.do(o.session.Expire(o.now, timing))
}

func claim(person fact.PersonID, parties ...threelock.Party) threelock.Claim {
	return threelock.Claim{Person: person, Parties: parties, InRoom: true}
}

func (o *opening) gather() {
	o.do(o.session.Show(claim("a", threelock.Archivist)))
	o.do(o.session.Show(claim("b", threelock.GeneralOffice)))
	o.do(o.session.Show(claim("c", threelock.Management)))
}

func (o *opening) challenge() {
	for _, l := range locks {
		o.do(o.session.Challenged(l, []byte(l)))
	}
}

// Each phase ends by itself when what it waits for does not come, and says why.
func TestEveryPhaseHasAnEnd(t *testing.T) {
	for name, tc := range map[string]struct {
		reach func(*opening)
		wait  time.Duration
		why   threelock.Why
		told  threelock.Command // last
	}{
		"stated":      {func(*opening) {}, 10 * time.Minute, threelock.WhyExpired, threelock.None},
		"gathering":   {func(o *opening) { o.do(o.session.Show(claim("a", threelock.Archivist))) }, time.Minute, threelock.WhyWindow, threelock.None},
		"challenging": {(*opening).gather, 5 * time.Second, threelock.WhyLockSilent, threelock.Relock},
		"unlocking":   {func(o *opening) { o.gather(); o.challenge() }, 5 * time.Second, threelock.WhyLockSilent, threelock.Relock},
		"unlocked": {func(o *opening) {
			o.gather()
			o.challenge()
			for _, l := range locks {
				o.do(o.session.Answered(l, true, ""))
			}
			o.do(o.session.Bolts(3, 0), threelock.None)
		}, 35 * time.Second, threelock.WhyNotOpened, threelock.Relock},
	} {
		t.Run(name, func(t *testing.T) {
			o := stated()
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

// Over any sequence of signals: the locks are told to open at most once, only after three
// different persons of three different parties stood in the room within the window, and
// never after the session ended.
func TestAuthoriseInvariants(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		o := stated()
		persons := []fact.PersonID{"a", "b", "c", "d"}
		parties := threelock.Parties()
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			lock := rapid.SampledFrom(append(locks[:], "lock-9")).Draw(r, "lock")
			person := rapid.SampledFrom(persons).Draw(r, "person")
			switch rapid.IntRange(0, 9).Draw(r, "signal") {
			case 0, 1, 2:
				claimed := rapid.SliceOfNDistinct(rapid.SampledFrom(parties[:]), 0, 3, rapid.ID).Draw(r, "parties")
				o.do(o.session.Show(threelock.Claim{Person: person, Parties: claimed, InRoom: rapid.IntRange(0, 4).Draw(r, "in") > 0}))
			case 3, 4:
				o.do(o.session.Challenged(lock, []byte(lock)))
			case 5:
				o.do(o.session.Answered(lock, rapid.IntRange(0, 5).Draw(r, "yes") > 0, ""))
			case 6:
				o.do(o.session.Bolts(rapid.IntRange(0, 3).Draw(r, "drawn"), rapid.IntRange(0, 3).Draw(r, "locked")), threelock.None)
			case 7:
				o.do(o.session.Door(rapid.Bool().Draw(r, "open")), threelock.None)
			case 8:
				o.do(o.session.Left(person))
			case 9:
				o.after(time.Duration(rapid.IntRange(0, 40).Draw(r, "s")) * time.Second)
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
			if p.At.Mono-o.session.First.Mono > timing.Window {
				r.Fatalf("%s came %v after the first", p.Person, p.At.Mono-o.session.First.Mono)
			}
		}
		if len(seenPerson) != 3 || len(seenParty) != 3 {
			r.Fatalf("authorised for %+v", o.session.Present)
		}
	})
}
