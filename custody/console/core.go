package console

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
)

// Core is what the console needs of the engine and the journal.
type Core interface {
	// Act carries out an act of a person's id or an account's name. It returns when the act
	// is committed; an error says why nothing was decided.
	Act(ctx context.Context, actor string, r custody.Request) (custody.Outcome, error)
	// Read passes the committed state to f under a read lock; f must not keep the state.
	Read(f func(*custody.State))
	// Watch returns a channel of the latest committed entry's number, sent whenever it has
	// changed; a slow reader sees the latest only. It is closed when ctx ends.
	Watch(ctx context.Context) <-chan uint64
	// Record returns committed entries after a number, in order, at most limit of them.
	Record(ctx context.Context, after uint64, limit int) ([]custody.Entry, error)
	// Ready returns nil, or why the daemon cannot decide now.
	Ready(ctx context.Context) error
}

// Notices is where the console hears of notices: the channel of kind console.
type Notices interface {
	// Subscribe returns a channel of every notice from now on that is wanted. It is closed when ctx ends,
	// when leave is called, or when its reader did not keep up. It fails when there are too
	// many subscribers already.
	Subscribe(ctx context.Context, wants func(alerts.Notice) bool) (notices <-chan alerts.Notice, leave func(), err error)
}

// Account is a desk, a screen or a machine that signs in by a token.
type Account struct {
	// Name is the account's id in the configuration.
	Name string
	Role Role
	// Person is who acts through the account. It stands in the record as the actor; where it
	// is empty the account's name does.
	Person custody.PersonID
	// TokenSHA256 is the hash of the account's token. The token itself is kept nowhere.
	TokenSHA256 [sha256.Size]byte
}

// actor returns the name under which the account's acts stand in the record.
func (a Account) actor() string {
	if a.Person != "" {
		return string(a.Person)
	}
	return a.Name
}

// Settings say what a console works with. Core, Notices, Accounts and SessionKey are required.
type Settings struct {
	Core    Core
	Notices Notices
	// Site is the configured site, as the core has it: names of places, the devices that
	// watch doors, the time zone, and the key of the fingerprints of PINs.
	Site     custody.Site
	Accounts []Account
	// SessionKey signs the cookies: 32 random bytes or more from the data folder. A new key signs everybody out.
	SessionKey []byte
	// Keys knows what persons sign with keys of their own; nil where the console does not know
	// the address that people reach it by.
	Keys Keys
	// Metrics answers /metrics; nil leaves the route out.
	Metrics http.Handler
	// DefaultLang is the language of a browser that prefers neither.
	DefaultLang fact.Lang
	// Secure says that browsers reach the console by TLS: cookies are then for TLS only.
	Secure bool
	// Log takes what the operator should know; nil discards it.
	Log *slog.Logger
}
