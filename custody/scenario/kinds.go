package scenario

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
)

// kind is one kind of step: the keys that it needs and takes besides its own, and how it is played.
type kind struct {
	needs, takes []string
	play         func(*run, Step) error
}

// kinds lists the steps there are.
var kinds = kindTable()

func kindNames() []string { return slices.Sorted(maps.Keys(kinds)) }

func kindTable() map[string]kind {
	refusal := []string{"refused", "rule"}
	return map[string]kind{
		"do":           {[]string{"as"}, append([]string{"with", "gives"}, refusal...), (*run).do},
		"badge":        {[]string{"at"}, refusal, (*run).badge},
		"pin":          {[]string{"at"}, refusal, (*run).pin},
		"duress-pin":   {[]string{"at"}, refusal, (*run).pin},
		"card":         {[]string{"at"}, refusal, (*run).card},
		"lit":          {[]string{"lamp"}, nil, (*run).lit},
		"move":         {[]string{"to"}, nil, (*run).move},
		"pass":         {[]string{"door", "way"}, []string{"with"}, (*run).pass},
		"tag":          {[]string{"at"}, nil, (*run).double},
		"door":         {[]string{"state"}, nil, (*run).door},
		"press":        {nil, nil, (*run).press},
		"enter":        {[]string{"room"}, refusal, (*run).enter},
		"leave":        {[]string{"room"}, refusal, (*run).leave},
		"open-safe":    {[]string{"by", "purpose"}, append([]string{"documents", "as"}, refusal...), (*run).openSafe},
		"close-safe":   {nil, []string{"by"}, (*run).closeSafe},
		"lock":         {nil, []string{"bolt", "door", "tamper"}, (*run).lock},
		"device":       {[]string{"state"}, []string{"code"}, (*run).device},
		"wait":         {nil, nil, (*run).wait},
		"until":        {nil, nil, (*run).until},
		"restart":      {nil, nil, (*run).restart},
		"alert":        {nil, []string{"about"}, (*run).alert},
		"no-alert":     {nil, []string{"about"}, (*run).noAlert},
		"recorded":     {nil, []string{"with"}, (*run).recorded},
		"not-recorded": {nil, []string{"with"}, (*run).notRecorded},
		"register":     {[]string{"holds"}, []string{"titles"}, (*run).register},
		"record":       {nil, []string{"entry"}, (*run).recordKept},
	}
}

func (r *run) do(s Step) error {
	by, err := r.by(s.text("as"))
	if err != nil {
		return err
	}
	with, err := r.fields(s.keys["with"])
	if err != nil {
		return err
	}
	body, err := json.Marshal(with)
	if err != nil {
		return err
	}
	o, err := r.stage.Act(r.ctx, by, s.text("do"), body)
	if err != nil {
		return err
	}
	if name := s.text("gives"); name != "" {
		r.given[name] = o.Subject
	}
	return r.outcome(s, o)
}

func (r *run) badge(s Step) error {
	a, err := r.person(s.text("badge"))
	if err != nil {
		return err
	}
	o, err := r.stage.Badge(r.ctx, fact.DeviceID(s.text("at")), a.CardBits)
	return errors.Join(err, r.outcome(s, o))
}

func (r *run) card(s Step) error {
	if s.text("card") != "unknown" {
		return fmt.Errorf("card: %q: want unknown", s.text("card"))
	}
	o, err := r.stage.Badge(r.ctx, fact.DeviceID(s.text("at")), StrangerBits())
	return errors.Join(err, r.outcome(s, o))
}

func (r *run) pin(s Step) error {
	a, err := r.person(s.text(s.Kind))
	if err != nil {
		return err
	}
	digits := a.PIN
	if s.Kind == "duress-pin" {
		digits = a.DuressPIN
	}
	o, err := r.stage.PIN(r.ctx, fact.DeviceID(s.text("at")), digits)
	return errors.Join(err, r.outcome(s, o))
}

var lamps = map[string]custody.Lamp{"granted": custody.LampGranted, "refused": custody.LampRefused, "waiting": custody.LampWaiting}

func (r *run) lit(s Step) error {
	want, known := lamps[s.text("lamp")]
	if !known {
		return fmt.Errorf("lamp: %q: want granted, refused or waiting", s.text("lamp"))
	}
	return r.stage.Settle(r.ctx, func() error {
		if got := r.stage.Lamp(fact.DeviceID(s.text("lit"))); got != want {
			return fmt.Errorf("the reader shows lamp %d, want %d", got, want)
		}
		return nil
	})
}

func (r *run) move(s Step) error {
	for _, name := range s.texts("move") {
		tag, err := r.tag(name)
		if err != nil {
			return err
		}
		if err := r.stage.Move(r.ctx, tag, fact.PlaceID(s.text("to"))); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) double(s Step) error {
	tag, err := r.tag(s.text("tag"))
	if err != nil {
		return err
	}
	return r.stage.Double(r.ctx, tag, fact.PlaceID(s.text("at")))
}

func (r *run) pass(s Step) error {
	with, err := r.people(s.texts("with"))
	if err != nil {
		return err
	}
	way := s.text("way")
	if way != "in" && way != "out" {
		return fmt.Errorf("way: %q: want in or out", way)
	}
	for _, name := range s.texts("pass") {
		tag, err := r.tag(name)
		if err != nil {
			return err
		}
		if err := r.stage.Pass(r.ctx, tag, fact.DoorID(s.text("door")), way == "in", with); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) door(s Step) error {
	state := s.text("state")
	if state != "open" && state != "shut" {
		return fmt.Errorf("state: %q: want open or shut", state)
	}
	return r.stage.Door(r.ctx, fact.DoorID(s.text("door")), state == "open")
}

func (r *run) press(s Step) error { return r.stage.Press(r.ctx, fact.DoorID(s.text("press"))) }

func (r *run) enter(s Step) error { return r.through(s, true) }
func (r *run) leave(s Step) error { return r.through(s, false) }

// through has people go into or out of a room: badge, door open, door shut.
func (r *run) through(s Step, in bool) error {
	door, err := r.doorTo(fact.PlaceID(s.text("room")))
	if err != nil {
		return err
	}
	people, err := r.people(s.texts(s.Kind))
	if err != nil {
		return err
	}
	reader := door.EntryReader
	if !in {
		reader = door.ExitReader
	}
	for _, a := range people {
		o, err := r.stage.Badge(r.ctx, reader, a.CardBits)
		if err := errors.Join(err, r.outcome(s, o)); err != nil || o.Code != "" {
			return err
		}
		if err := errors.Join(r.stage.Door(r.ctx, door.ID, true), r.stage.Door(r.ctx, door.ID, false)); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) doorTo(room fact.PlaceID) (custody.Door, error) {
	for _, id := range slices.Sorted(maps.Keys(r.site.Doors)) {
		if r.site.Doors[id].To == room {
			return r.site.Doors[id], nil
		}
	}
	return custody.Door{}, fmt.Errorf("no door leads to %q", room)
}

var (
	bolts   = map[string]fact.BoltState{"locked": fact.BoltLocked, "unlocked": fact.BoltUnlocked, "jammed": fact.BoltJammed, "": fact.BoltLocked, "unknown": fact.BoltUnknown}
	leaves  = map[string]fact.InputState{"open": fact.InputActive, "shut": fact.InputInactive, "": fact.InputInactive}
	devices = map[string]fact.DeviceState{"up": fact.DeviceUp, "down": fact.DeviceDown, "fault": fact.DeviceFault}
)

func (r *run) lock(s Step) error {
	bolt, fine := bolts[s.text("bolt")]
	door, shut := leaves[s.text("door")]
	if !fine || !shut {
		return errors.New("want bolt: locked, unlocked, jammed or unknown, and door: open or shut")
	}
	return r.stage.Lock(r.ctx, fact.DeviceID(s.text("lock")), bolt, door, s.text("tamper") == "true")
}

func (r *run) device(s Step) error {
	state, known := devices[s.text("state")]
	if !known {
		return fmt.Errorf("state: %q: want up, down or fault", s.text("state"))
	}
	return r.stage.Device(r.ctx, fact.DeviceID(s.text("device")), state, s.text("code"))
}

func (r *run) wait(s Step) error {
	days, rest, err := daysAnd(s.text("wait"))
	if err != nil {
		return err
	}
	return r.stage.Wait(r.ctx, time.Duration(days)*24*time.Hour+rest)
}

func (r *run) until(s Step) error {
	text := s.text("until")
	if text == "" || text[0] != '@' {
		return fmt.Errorf("until: %q: want a time such as @17:30", text)
	}
	to, err := r.time(text[1:])
	if err != nil {
		return err
	}
	d := to.Sub(r.stage.Now())
	if d < 0 {
		return fmt.Errorf("%s has passed: it is %s", to.In(r.zone).Format(time.DateTime), r.stage.Now().In(r.zone).Format(time.DateTime))
	}
	return r.stage.Wait(r.ctx, d)
}

func (r *run) restart(Step) error { return r.stage.Restart(r.ctx) }

// about resolves what an alert is about; a person by name or by $name.
func (r *run) about(s Step, key string) (code, about string, err error) {
	code = s.text(key)
	if _, known := alerts.KindOf(alerts.Code(code)); !known {
		return "", "", fmt.Errorf("there is no alert %q", code)
	}
	about, err = r.word(s.text("about"))
	return code, about, err
}

func (r *run) alert(s Step) error {
	code, about, err := r.about(s, "alert")
	if err != nil {
		return err
	}
	err = r.stage.Settle(r.ctx, func() error {
		if !r.ledger.stands(code, about) {
			return errors.New("want the alert to stand, it does not")
		}
		return nil
	})
	r.ledger.look(code, about)
	return err
}

func (r *run) noAlert(s Step) error {
	code, about, err := r.about(s, "no-alert")
	if err != nil {
		return err
	}
	return r.stage.Settle(r.ctx, func() error {
		if r.ledger.stands(code, about) {
			return errors.New("want no such alert, it stands")
		}
		return nil
	})
}

func (r *run) recorded(s Step) error {
	with, err := r.fields(s.keys["with"])
	if err != nil {
		return err
	}
	kind := s.text("recorded")
	return r.stage.Settle(r.ctx, func() error {
		i, err := r.ledger.find(kind, with)
		if err == nil && i < 0 {
			err = errors.New("want an entry of this kind with these fields, there is none")
		}
		if err == nil {
			r.ledger.seen = i + 1
		}
		return err
	})
}

func (r *run) notRecorded(s Step) error {
	with, err := r.fields(s.keys["with"])
	if err != nil {
		return err
	}
	i, err := r.ledger.find(s.text("not-recorded"), with)
	if err == nil && i >= 0 {
		err = errors.New("want no such entry, there is one")
	}
	return err
}
