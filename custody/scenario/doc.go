// Package scenario reads the files of testdata/scenarios, each of which proves one rule, and
// carries out their steps. A file is written once and played twice: by Core against the domain
// alone, in the blink of an eye, and by the live form against the real daemon with simulated
// devices. Both are a Stage; the steps, the names, the times and what is expected are here.
//
//	rule: CIR-2
//	title: {zh: …, en: …}
//	start: "2026-03-02 09:00"     # site time; a Monday, a working day
//	policy: {missing_after: 5s}   # laid over the policy of site.yaml
//	given:                        # on the register, lying at home, when the steps begin
//	  - {id: JM-2026-0001, level: secret, home: cabinet-a}
//	steps:
//	  - {as: archivist, do: request-loan, with: {document: JM-2026-0001, borrower: $reader-a, due: "@+1d 17:00"}, gives: loan}
//	  - {as: archivist, do: request-loan, with: {…}, refused: already-lent, rule: CIR-2}
//	breaks: {file: custody/lending.go, old: …, new: …, why: …}
//
// The steps (see kinds): do, badge, pin, duress-pin, card, move, pass, tag, door, press, enter,
// leave, open-safe, close-safe, lock, device, wait, until, restart happen; alert, no-alert,
// recorded, not-recorded, lit are looked for. A step with refused must be refused with that
// code, and by that rule where it names one; every other must not be refused. Each takes
// `only: core` or `only: live`, with a why.
//
// In the values of an act and of an expectation
//
//	$archivist     the number of a person of the cast
//	$loan          what an earlier step gave under that name
//	@+2h @-1d      a time from now; also @17:00 (today), @+2d 17:00, @2026-03-04 17:00
//	@@+30d         a date from today; @@+0d is today
//
// What a file says is read strictly: a key that is not known is a fault, with its line.
package scenario
