package scenario

import (
	"encoding/json"
	"errors"
	"fmt"

	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// openSafe is a whole opening, up to the open door: the purpose is stated, each party shows badge
// and PIN, the locks answer, somebody pulls the door. Where it is to be refused, it is done as
// far as it goes: a party's refusal, or the end of an opening that nobody completed.
func (r *run) openSafe(s Step) error {
	safe, known := r.site.Safes[fact.SafeID(s.text("open-safe"))]
	people, err := r.people(s.texts("by"))
	if !known || err != nil || len(people) == 0 {
		return errors.Join(err, fmt.Errorf("want a safe of the site and who opens it"))
	}
	by := s.text("as")
	if by == "" {
		by = people[0].Name
	}
	o, err := r.stateOpening(s, safe, by)
	if err != nil || o.Code != "" {
		return errors.Join(err, r.outcome(s, o))
	}
	for range 2 { // again, where the policy asks for a second confirmation after a delay
		for _, a := range people {
			o, err := r.show(safe, a)
			if err != nil || o.Code != "" {
				return errors.Join(err, r.outcome(s, o))
			}
		}
		if again, err := r.delayed(safe); err != nil || !again {
			if err != nil {
				return err
			}
			break
		}
	}
	if s.text("refused") != "" {
		return r.abandoned(s, safe)
	}
	if err := r.phase(safe, threelock.Unlocked); err != nil {
		return err
	}
	return errors.Join(r.stage.Leaf(r.ctx, safe.ID, true), r.phase(safe, threelock.Open))
}

func (r *run) stateOpening(s Step, safe custody.Safe, by string) (custody.Outcome, error) {
	actor, err := r.by(by)
	if err != nil {
		return custody.Outcome{}, err
	}
	var documents []string
	for _, name := range s.texts("documents") {
		number, err := r.word(name)
		if err != nil {
			return custody.Outcome{}, err
		}
		documents = append(documents, number)
	}
	body, err := json.Marshal(map[string]any{"safe": safe.ID, "purpose": s.text("purpose"), "documents": documents})
	if err != nil {
		return custody.Outcome{}, err
	}
	return r.stage.Act(r.ctx, actor, "state-opening", body)
}

// show has a person show badge and PIN at a safe.
func (r *run) show(safe custody.Safe, a Actor) (custody.Outcome, error) {
	o, err := r.stage.Badge(r.ctx, safe.BadgeReader, a.CardBits)
	if err != nil || o.Code != "" {
		return o, err
	}
	return r.stage.PIN(r.ctx, safe.BadgeReader, a.PIN)
}

// delayed waits for the end of a time delay, and reports whether the parties are to confirm.
func (r *run) delayed(safe custody.Safe) (again bool, err error) {
	o, _ := r.stage.Safe(safe.ID)
	if o.Phase == threelock.Delaying {
		if err := r.stage.Wait(r.ctx, r.site.OpeningDelay); err != nil {
			return false, err
		}
		o, _ = r.stage.Safe(safe.ID)
	}
	return o.Phase == threelock.Reconfirming, nil
}

func (r *run) phase(safe custody.Safe, want threelock.Phase) error {
	return r.stage.Settle(r.ctx, func() error {
		o, _ := r.stage.Safe(safe.ID)
		if o.Phase != want {
			return fmt.Errorf("want the opening %s, it is %q (%s), missing %d", want, o.Phase, o.EndCode, len(o.Missing))
		}
		return nil
	})
}

// abandoned lets an opening that is not complete run out of time, and holds its end against what
// the step says.
func (r *run) abandoned(s Step, safe custody.Safe) error {
	if o, _ := r.stage.Safe(safe.ID); o.Phase != threelock.Ended {
		if err := r.stage.Wait(r.ctx, r.site.OpeningWindow); err != nil {
			return err
		}
	}
	return r.stage.Settle(r.ctx, func() error {
		o, _ := r.stage.Safe(safe.ID)
		if o.Phase != threelock.Ended {
			return fmt.Errorf("want the opening ended with %s, it is %q", s.text("refused"), o.Phase)
		}
		return r.outcome(s, custody.Outcome{Code: string(o.EndCode), Rule: s.text("rule")})
	})
}

// closeSafe shuts the safe's door, waits for its bolts, and has those confirm it who are named.
func (r *run) closeSafe(s Step) error {
	safe, known := r.site.Safes[fact.SafeID(s.text("close-safe"))]
	people, err := r.people(s.texts("by"))
	if !known || err != nil {
		return errors.Join(err, fmt.Errorf("want a safe of the site"))
	}
	if err := r.stage.Leaf(r.ctx, safe.ID, false); err != nil {
		return err
	}
	if len(people) == 0 {
		return nil
	}
	if err := r.phase(safe, threelock.Closing); err != nil {
		return err
	}
	for _, a := range people {
		o, err := r.show(safe, a)
		if err != nil || o.Code != "" {
			return errors.Join(err, r.outcome(s, o))
		}
	}
	return nil
}
