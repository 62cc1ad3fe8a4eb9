// Package openingsim is a seeded simulation of the opening of a safe, from the badge to
// the bolt, with everything in between that can fail or lie. It holds tests only; nothing
// imports it.
//
//	people ──badge, PIN, door──► daemon: custody.State, record, driver ──► broker ──► three locks
//	   ▲                            │ crash, SIGSTOP, clock ±1 day          │ loss, delay,     │ power cuts
//	   │                            ▼                                       │ repeats, cuts    ▼
//	   └──── truth: who stood where, who showed what, what was signed, where the bolts are ◄── attacker
//
// A seed is one run of three minutes of trouble, then none: the dice of a seed decide who
// comes and what goes wrong, so a seed that fails can be played again (README.md says how).
//
// The core is custody.State itself, fed as the engine feeds it; the wire is lockwire. The
// locks are a second firmware, written from lockwire's SPEC.md without its code, and
// lockwire.Verifier judges beside it: two that differ on a message end the seed. The
// driver is a copy of devices/lock's rules on virtual time in TestSeeds and
// TestPlantedBugs, and devices/lock itself, with its MQTT client, TLS and goroutines in a
// bubble of testing/synctest, in TestRealDriver.
//
// The truth (truth_test.go) asks none of them whether something is right. It holds that
//
//   - a bolt is drawn only for a request that quotes this lock's present challenge, within its
//     lifetime, once, with real approvals of three persons of three parties who showed
//     badge and PIN in the room, within the window;
//   - nobody acts on bytes that nobody who may say so has made for them, or on retained or repeated ones;
//   - a command to open leaves the daemon once, after its record, and never for an opening that has ended;
//   - bolts are thrown in time, by command and without; an opening that fails has its locks told to lock;
//   - an opening ends with a reason that is explained, and is closed only when the bolts are;
//   - a report that comes late is judged by its place in its lock's own order: of a finished
//     opening it is no alarm, of a forced door it is;
//   - what the core believes of a bolt is the newest word that came, or nothing when none came for too long;
//   - 30 s after the faults have stopped, an opening succeeds.
package openingsim
