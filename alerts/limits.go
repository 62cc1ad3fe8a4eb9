package alerts

// MaxRemembered bounds the alerts held in memory: a year of a busy site. Beyond it the
// oldest settled ones leave memory (the record keeps them); one that still asks for a
// person is never dropped.
const MaxRemembered = 10_000
