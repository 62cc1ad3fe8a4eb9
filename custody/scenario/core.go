package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// pinKey is the key of the fingerprints of PINs on the stage of the domain.
var pinKey = []byte("a key of the scenarios' own, 32 b")

// Core plays scenarios against the domain alone: facts, findings and acts go in, time is a number.
type Core struct {
	site    *Site
	state   *custody.State
	now     fact.Stamp
	entries []custody.Entry
	lamps   map[fact.DeviceID]custody.Lamp
	world   *world
	acts    int
	locks   map[fact.DeviceID]fact.LockState
}

// NewCore sets up the stage of one scenario: the cast and what is given are on the register, every
// device works, every lock is locked, every document lies at home.
func NewCore(set *Setting, s *Scenario) (*Core, error) {
	site, err := set.Site(s, pinKey)
	if err != nil {
		return nil, err
	}
	c := &Core{site: site, state: custody.NewState(site.Custody), now: fact.Stamp{Wall: site.Start.UTC()}, lamps: map[fact.DeviceID]custody.Lamp{},
		world: newWorld(site.Config), locks: map[fact.DeviceID]fact.LockState{}}
	if err := c.begin(); err != nil {
		return nil, err
	}
	return c, errors.Join(c.enrolCast(set), c.layOut())
}

// begin starts what decides, and has every device report.
func (c *Core) begin() error {
	errs := []error{c.told(custody.Start{Version: "scenario"})}
	for _, id := range slices.Sorted(maps.Keys(c.site.Custody.Devices)) {
		errs = append(errs, c.told(fact.DeviceReport{Device: id, State: fact.DeviceUp, Identity: "scenario"}))
	}
	for _, id := range slices.Sorted(maps.Keys(c.site.Custody.Doors)) {
		if p := c.site.Custody.Doors[id].Contact; p.Device != "" {
			errs = append(errs, c.told(fact.InputChanged{Device: p.Device, Input: p.Input, State: fact.InputInactive}))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.site.Custody.Safes)) {
		for _, lock := range c.site.Custody.Safes[id].Locks {
			if _, known := c.locks[lock]; !known {
				c.locks[lock] = fact.LockState{Lock: lock, Bolt: fact.BoltLocked, Door: fact.InputInactive, BatteryPercent: -1, Motor: fact.MotorReady}
			}
			errs = append(errs, c.told(c.locks[lock]))
		}
	}
	return errors.Join(errs...)
}

// enrolCast enters the people: who grants permissions first, and then by that person.
func (c *Core) enrolCast(set *Setting) error {
	by := "setup"
	for _, name := range append([]string{"secadmin"}, set.Order...) {
		if name == "secadmin" && by != "setup" {
			continue
		}
		a, known := set.Cast[name]
		if !known {
			return fmt.Errorf("the cast has no %q", name)
		}
		o, err := c.feed(by, custody.Request{Act: custody.RegisterPerson{Person: a.register(pinKey)}})
		if err != nil || !o.OK {
			return errors.Join(err, fmt.Errorf("%s is not registered: %s %s", name, o.Code, o.Text.EN))
		}
		by = string(set.Cast["secadmin"].Person.ID)
	}
	return nil
}

func (c *Core) layOut() error {
	for _, d := range c.site.Documents {
		o, err := c.feed(string(d.Receipt.By), custody.Request{Act: custody.RegisterDocument{Document: d, Gap: "情景"}})
		if err != nil || !o.OK {
			return errors.Join(err, fmt.Errorf("%s is not registered: %s %s", d.ID, o.Code, o.Text.EN))
		}
		if err := c.Move(context.Background(), d.Tag, d.Home); err != nil {
			return err
		}
	}
	return nil
}

// told feeds what needs no answer.
func (c *Core) told(body custody.Body) error {
	_, err := c.feed("", body)
	return err
}

// feed has the domain decide, and the devices carry out what follows.
func (c *Core) feed(actor string, body custody.Body) (custody.Outcome, error) {
	d, err := c.state.Decide(custody.Input{At: c.now, Body: body, Actor: actor})
	if err != nil {
		return custody.Outcome{}, err
	}
	c.entries = append(c.entries, d.Entries...)
	for _, effect := range d.Effects {
		if err := c.carryOut(effect); err != nil {
			return d.Outcome, err
		}
	}
	return d.Outcome, nil
}

func (c *Core) carryOut(effect custody.Effect) error {
	switch e := effect.(type) {
	case custody.Signal:
		c.lamps[e.Reader] = e.Lamp
	case custody.TellLocks:
		return c.tellLocks(e)
	case custody.Enrol:
		return c.findings(c.world.enrolled(e.Tag))
	}
	return nil
}

// tellLocks has the three locks of a safe answer properly, at once.
func (c *Core) tellLocks(e custody.TellLocks) error {
	for _, lock := range e.Opening.Locks {
		var err error
		switch e.Command {
		case threelock.AskChallenge:
			err = c.told(fact.LockChallenge{Lock: lock, Session: e.Opening.ID, Challenge: []byte("nonce of " + lock)})
		case threelock.Authorise:
			err = errors.Join(c.told(fact.LockResult{Lock: lock, Session: e.Opening.ID, Accepted: true}), c.bolt(lock, fact.BoltUnlocked, "unlocked"))
		case threelock.Relock:
			err = c.bolt(lock, fact.BoltLocked, "relocked")
		case threelock.None:
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bolt moves a bolt, and has its lock report if it moved.
func (c *Core) bolt(lock fact.DeviceID, to fact.BoltState, reason string) error {
	l := c.locks[lock]
	if l.Bolt == to || to == fact.BoltLocked && l.Door == fact.InputActive {
		return nil
	}
	l.Bolt, l.Reason = to, reason
	c.locks[lock] = l
	return c.told(l)
}

func (c *Core) findings(list []custody.Body, err error) error {
	for _, f := range list {
		if err == nil {
			err = c.told(f)
		}
	}
	return err
}

// Now is the site's wall clock.
func (c *Core) Now() time.Time { return c.now.Wall }

// Record is every entry since the beginning.
func (c *Core) Record() []custody.Entry { return c.entries }

// Slack is none: time passes only when a step says so.
func (c *Core) Slack() time.Duration { return 0 }

// Settle asks once: the domain decides at once or not at all.
func (c *Core) Settle(_ context.Context, check func() error) error { return check() }

// Act carries out an act by its verb.
func (c *Core) Act(_ context.Context, by, verb string, with []byte) (custody.Outcome, error) {
	act, err := custody.DecodeAct(verb, with)
	if err != nil {
		return custody.Outcome{}, err
	}
	c.acts++
	return c.feed(by, custody.Request{Key: "scenario-" + strconv.Itoa(c.acts), Act: act})
}

// Badge holds a card to a reader.
func (c *Core) Badge(_ context.Context, reader fact.DeviceID, bits []byte) (custody.Outcome, error) {
	if _, known := c.site.Custody.Devices[reader]; !known {
		return custody.Outcome{}, fmt.Errorf("the site has no badge reader %q", reader)
	}
	return c.feed("", fact.BadgeShown{Reader: reader, Card: cardID(bits)})
}

// PIN types digits.
func (c *Core) PIN(_ context.Context, reader fact.DeviceID, digits string) (custody.Outcome, error) {
	return c.feed("", fact.PINEntered{Reader: reader, Digits: digits})
}

// Lamp is what a reader showed last.
func (c *Core) Lamp(reader fact.DeviceID) custody.Lamp { return c.lamps[reader] }

// Move lays a tag down at a place.
func (c *Core) Move(_ context.Context, tag fact.EPC, to fact.PlaceID) error {
	return c.findings(c.world.move(tag, to, c.live(tag)))
}

// Double lays a second tag with the same number down.
func (c *Core) Double(_ context.Context, tag fact.EPC, at fact.PlaceID) error {
	return c.findings(c.world.double(tag, at, c.live(tag)))
}

// live reports whether a tag is one that the register knows.
func (c *Core) live(tag fact.EPC) (known bool) {
	c.state.Tagged(func(t fact.EPC, _ fact.PlaceID) { known = known || t == tag })
	return known
}

// Pass carries a tag through a door.
func (c *Core) Pass(_ context.Context, tag fact.EPC, door fact.DoorID, inward bool, with []Actor) error {
	if _, known := c.site.Custody.Doors[door]; !known {
		return fmt.Errorf("the site has no door %q", door)
	}
	outer, inner := c.site.Sides(door)
	return c.findings(c.world.pass(tag, door, [2]fact.PlaceID{outer, inner}, inward, with, c.live(tag)))
}

// Door moves a door's leaf.
func (c *Core) Door(_ context.Context, door fact.DoorID, open bool) error {
	p, state := c.site.Custody.Doors[door].Contact, fact.InputInactive
	if p.Device == "" {
		return fmt.Errorf("the door %q has no contact", door)
	}
	if open {
		state = fact.InputActive
	}
	return c.told(fact.InputChanged{Device: p.Device, Input: p.Input, State: state})
}

// Press pushes a door's exit button.
func (c *Core) Press(_ context.Context, door fact.DoorID) error {
	p := c.site.Custody.Doors[door].ExitButton
	if p.Device == "" {
		return fmt.Errorf("the door %q has no exit button", door)
	}
	return errors.Join(c.told(fact.InputChanged{Device: p.Device, Input: p.Input, State: fact.InputActive}),
		c.told(fact.InputChanged{Device: p.Device, Input: p.Input, State: fact.InputInactive}))
}

// Leaf moves the door of a safe, and its bolts after it.
func (c *Core) Leaf(_ context.Context, id fact.SafeID, open bool) error {
	safe := c.site.Custody.Safes[id]
	door, reason := fact.InputInactive, "door-shut"
	if open {
		door, reason = fact.InputActive, "door-opened"
	}
	for _, lock := range safe.Locks {
		if open && c.locks[lock].Bolt != fact.BoltUnlocked {
			return fmt.Errorf("the safe does not open: the bolt of %s is in the way", lock)
		}
	}
	for _, lock := range safe.Locks {
		l := c.locks[lock]
		l.Door, l.Reason = door, reason
		c.locks[lock] = l
		if err := c.told(l); err != nil {
			return err
		}
	}
	for _, lock := range safe.Locks {
		if !open {
			if err := c.bolt(lock, fact.BoltLocked, "locked"); err != nil {
				return err
			}
		}
	}
	return nil
}

// Safe is how a safe stands.
func (c *Core) Safe(id fact.SafeID) (custody.SafeOverview, bool) {
	for _, s := range c.state.Overview(c.now.Wall).Safes {
		if s.ID == id {
			return s, true
		}
	}
	return custody.SafeOverview{}, false
}

// Lock has one lock report what it sees.
func (c *Core) Lock(_ context.Context, lock fact.DeviceID, bolt fact.BoltState, door fact.InputState, tamper bool) error {
	l, known := c.locks[lock]
	if !known {
		return fmt.Errorf("the site has no lock %q", lock)
	}
	l.Bolt, l.Door, l.Tamper, l.Reason = bolt, door, tamper, "changed"
	c.locks[lock] = l
	return c.told(l)
}

// Device has a device fail, complain or come back; what only it could hear becomes unreadable.
func (c *Core) Device(_ context.Context, device fact.DeviceID, state fact.DeviceState, code string) error {
	if _, known := c.site.Custody.Devices[device]; !known {
		return fmt.Errorf("the site has no device %q", device)
	}
	if code == "" && state != fact.DeviceUp {
		code = "no-answer"
	}
	if err := c.told(fact.DeviceReport{Device: device, State: state, Code: code}); err != nil {
		return err
	}
	return c.findings(c.world.reader(device, state != fact.DeviceDown, c.live))
}

// Wait lets time pass, settling whatever falls due on the way.
func (c *Core) Wait(_ context.Context, d time.Duration) error {
	end := c.now.Mono + d
	for range maxTicks {
		wait, due := c.state.Due(c.now)
		if !due || c.now.Mono+wait > end {
			c.advance(end - c.now.Mono)
			return nil
		}
		c.advance(wait)
		if err := c.told(custody.Tick{}); err != nil {
			return err
		}
	}
	return fmt.Errorf("more than %d things fell due within %s: something is due again as soon as it is settled", maxTicks, d)
}

// maxTicks bounds one wait: notices that nobody acknowledges repeat every minute, for a year.
const maxTicks = 600_000

func (c *Core) advance(d time.Duration) {
	c.now = fact.Stamp{Mono: c.now.Mono + d, Wall: c.now.Wall.Add(d)}
}

// Restart begins anew on the record.
func (c *Core) Restart(context.Context) error {
	state, err := c.replayed()
	if err != nil {
		return err
	}
	c.state = state
	clear(c.lamps)
	return c.begin()
}

// replayed returns the state that the record leads to, each entry in its written form.
func (c *Core) replayed() (*custody.State, error) {
	state := custody.NewState(c.site.Custody)
	for _, e := range c.entries {
		raw, err := custody.EncodeEvent(e.Event)
		if err != nil {
			return nil, err
		}
		if e.Event, err = custody.DecodeEvent(e.Event.Kind(), raw); err != nil {
			return nil, err
		}
		if err := state.Evolve(e); err != nil {
			return nil, err
		}
	}
	return state, nil
}

// SameAfterReplay says where the state that the record leads to differs from the one it came from.
func (c *Core) SameAfterReplay() error {
	if err := c.told(custody.Tick{}); err != nil { // what was settled may come up once more, and must then change nothing
		return err
	}
	again, err := c.replayed()
	if err != nil {
		return err
	}
	if d, err := again.Decide(custody.Input{At: c.now, Body: custody.Tick{}}); err != nil || len(d.Entries) > 0 {
		return errors.Join(err, fmt.Errorf("a tick after the replay made %d entries, and none before it: %s", len(d.Entries), kindsOf(d.Entries)))
	}
	was, err := json.Marshal(c.state.Overview(c.now.Wall))
	if err != nil {
		return err
	}
	is, err := json.Marshal(again.Overview(c.now.Wall))
	if err != nil {
		return err
	}
	if string(was) != string(is) {
		return fmt.Errorf("the record leads to another state:\nreplayed %s\nlived    %s", is, was)
	}
	d1, ok1 := c.state.Due(c.now)
	d2, ok2 := again.Due(c.now)
	if d1 != d2 || ok1 != ok2 {
		return fmt.Errorf("next due in %v (%v), after replay in %v (%v)", d1, ok1, d2, ok2)
	}
	return nil
}

// Run plays a scenario against the domain alone, and replays its record.
func Run(ctx context.Context, set *Setting, s *Scenario) error {
	c, err := NewCore(set, s)
	if err != nil {
		return fmt.Errorf("%s: setting the scene: %w", s.File, err)
	}
	if err := Play(ctx, s, c, "core", set, c.site.Layout); err != nil {
		return err
	}
	if err := c.SameAfterReplay(); err != nil {
		return fmt.Errorf("%s: %w", s.File, err)
	}
	return nil
}

// kindsOf names what entries are, for a fault.
func kindsOf(list []custody.Entry) string {
	var words []string
	for _, e := range list {
		words = append(words, e.Event.Kind()+" of "+e.Subject)
	}
	return strings.Join(words, ", ")
}
