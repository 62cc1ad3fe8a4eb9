package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
)

// run is one playing of a scenario.
type run struct {
	*Scenario
	ctx    context.Context //nolint:containedctx // a run lives as long as one call of Play
	stage  Stage
	form   string // "core" or "live"
	cast   map[string]custody.Person
	actors map[string]Actor
	site   Layout
	zone   *time.Location
	given  map[string]string // by steps
	ledger *ledger
}

// Layout is what the steps need to know of the site.
type Layout struct {
	Zone  *time.Location
	Doors map[fact.DoorID]custody.Door
	Safes map[fact.SafeID]custody.Safe
	// OpeningDelay and OpeningWindow are the policy's: how long an opening waits by itself, and for people.
	OpeningDelay, OpeningWindow time.Duration
}

// Play carries out the steps of a scenario on a stage on which everything that is given has been
// set up. form says which steps are left out. The error names the step by file and line, what was
// expected, and what stood.
func Play(ctx context.Context, s *Scenario, stage Stage, form string, setting *Setting, site Layout) error {
	r := &run{Scenario: s, ctx: ctx, stage: stage, form: form, cast: map[string]custody.Person{}, actors: setting.Cast, site: site, zone: site.Zone,
		given: map[string]string{}, ledger: &ledger{stage: stage, alerts: map[alerts.ID]*standing{}, looked: map[string]int{}}}
	for name, a := range setting.Cast {
		r.cast[name] = a.Person
	}
	r.ledger.begun = len(r.ledger.follow())
	r.ledger.seen = r.ledger.begun
	for _, a := range r.ledger.alerts { // what was said while the site was set up is no part of the steps
		a.times = 0
	}
	for _, step := range s.Steps {
		if step.Only != "" && step.Only != form {
			continue
		}
		if err := kinds[step.Kind].play(r, step); err != nil {
			return fmt.Errorf("%s:%d: %s: %w%s", s.File, step.Line, step.Words().EN, err, r.ledger.lately())
		}
	}
	return nil
}

// outcome holds what was decided against what the step says of it.
func (r *run) outcome(step Step, o custody.Outcome) error {
	code, rule := step.text("refused"), step.text("rule")
	switch {
	case code == "" && o.Code != "" && !o.OK:
		return fmt.Errorf("want it not refused, got %s (%s): %s", o.Code, o.Rule, o.Text.EN)
	case code == "":
		return nil
	case o.Code == "":
		return fmt.Errorf("want it refused with %s, it was not refused", code)
	case o.Code != code:
		return fmt.Errorf("want it refused with %s, got %s (%s): %s", code, o.Code, o.Rule, o.Text.EN)
	case rule != "" && o.Rule != rule:
		return fmt.Errorf("want it refused by rule %s, got %q", rule, o.Rule)
	}
	return nil
}

// person finds who a step speaks of, by name or by $name.
func (r *run) person(name string) (Actor, error) {
	if len(name) > 1 && name[0] == '$' {
		name = name[1:]
	}
	if a, known := r.actors[name]; known {
		return a, nil
	}
	return Actor{}, fmt.Errorf("nobody in the cast is called %q", name)
}

func (r *run) people(names []string) ([]Actor, error) {
	var list []Actor
	for _, name := range names {
		a, err := r.person(name)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

// by returns who does an act: a person's number, or the machine account "desk".
func (r *run) by(name string) (string, error) {
	if name == "desk" {
		return name, nil
	}
	a, err := r.person(name)
	return string(a.Person.ID), err
}

// tag finds the tag of a document on the register, by its number; anything else is the digits of a tag.
func (r *run) tag(name string) (fact.EPC, error) {
	name, err := r.word(name)
	if err != nil {
		return fact.EPC{}, err
	}
	if tag, known := TagOf(r.stage.Record(), name); known {
		return tag, nil
	}
	tag, err := fact.ParseEPC(name)
	if err != nil {
		return tag, fmt.Errorf("%q is neither on the register nor a tag", name)
	}
	return tag, nil
}

// TagOf finds the tag that a document bears by the record: the last entry that gives it one.
func TagOf(record []custody.Entry, document string) (tag fact.EPC, known bool) {
	for i := len(record) - 1; i >= 0 && !known; i-- {
		raw, err := custody.EncodeEvent(record[i].Event)
		if err != nil {
			continue
		}
		var one struct {
			Document json.RawMessage `json:"document"`
			Tag      fact.EPC        `json:"tag"`
		}
		if json.Unmarshal(raw, &one) != nil {
			continue
		}
		var whole struct {
			ID  string   `json:"id"`
			Tag fact.EPC `json:"tag"`
		}
		var number string
		switch {
		case json.Unmarshal(one.Document, &whole) == nil && whole.ID == document && !whole.Tag.IsZero():
			return whole.Tag, true
		case json.Unmarshal(one.Document, &number) == nil && number == document && !one.Tag.IsZero():
			return one.Tag, true
		}
	}
	return tag, false
}

// fields resolves the mapping under a key.
func (r *run) fields(node *yaml.Node) (map[string]any, error) {
	v, err := r.resolve(node)
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("with: want a mapping")
	}
	return m, nil
}
