//go:build race

package presence_test

// underRace: the race detector makes the simulations many times slower; what it looks for needs few of them.
const underRace = true
