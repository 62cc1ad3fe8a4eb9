package scenario

import (
	"context"
	"time"

	"trilock/custody"
	"trilock/custody/fact"
)

// Stage is where the steps of a scenario happen: the domain alone, or a daemon with its devices.
// An error means that a step could not be played at all; what was decided about it is in the
// outcome, and in the record.
type Stage interface {
	// Now is the site's wall clock.
	Now() time.Time
	// Record is every entry since the beginning, the oldest first.
	Record() []custody.Entry
	// Slack is how far a time in the record may be from what a step says: what a step does takes
	// time on a real site.
	Slack() time.Duration
	// Settle waits until check returns nil, as long as the stage thinks right; it returns its last error.
	Settle(ctx context.Context, check func() error) error

	// Act carries out an act by its verb, from its JSON form. By is a person's number, or "desk".
	Act(ctx context.Context, by, verb string, with []byte) (custody.Outcome, error)
	// Badge holds a card to a reader. bits are those of CardBits.
	Badge(ctx context.Context, reader fact.DeviceID, bits []byte) (custody.Outcome, error)
	// PIN types digits and the enter key.
	PIN(ctx context.Context, reader fact.DeviceID, digits string) (custody.Outcome, error)
	// Lamp is what a reader showed last; zero if it showed nothing yet.
	Lamp(reader fact.DeviceID) custody.Lamp

	// Move lays a tag down at a place; Nowhere is a metal case in somebody's hand.
	Move(ctx context.Context, tag fact.EPC, to fact.PlaceID) error
	// Double lays a second tag with the same number down at a place.
	Double(ctx context.Context, tag fact.EPC, at fact.PlaceID) error
	// Pass carries a tag through a door, together with those who have badged there.
	Pass(ctx context.Context, tag fact.EPC, door fact.DoorID, inward bool, with []Actor) error

	// Door moves a door's leaf, Press an exit button.
	Door(ctx context.Context, door fact.DoorID, open bool) error
	Press(ctx context.Context, door fact.DoorID) error
	// Leaf moves the door of a safe: it does not open while a bolt is in the way, and bolts
	// follow when it is shut.
	Leaf(ctx context.Context, safe fact.SafeID, open bool) error
	// Safe is how a safe stands.
	Safe(id fact.SafeID) (custody.SafeOverview, bool)
	// Lock has one lock report what it sees, whoever or whatever moved it.
	Lock(ctx context.Context, lock fact.DeviceID, bolt fact.BoltState, door fact.InputState, tamper bool) error
	// Device has a device fail, complain, or come back.
	Device(ctx context.Context, device fact.DeviceID, state fact.DeviceState, code string) error

	// Wait lets time pass.
	Wait(ctx context.Context, d time.Duration) error
	// Restart stops what decides and starts it again on its record.
	Restart(ctx context.Context) error
}

// Nowhere is where nobody hears a tag.
const Nowhere fact.PlaceID = "nowhere"
