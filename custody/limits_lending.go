package custody

import "time"

// Limits of circulation and borrowing, each with its reason.
const (
	// MaxReaders of one circulation list: a circular goes to a floor, not to a city.
	MaxReaders = 200
	// MaxPieces of one folder: a box holds no more, and each is looked at when the box moves.
	MaxPieces = 200
	// MaxCirculations open at once: a custodian follows some dozens.
	MaxCirculations = 2000
	// MaxLingering documents named in one daily list or one clearing; the number of the others is said.
	MaxLingering = 500
	// MaxAdmissions of outside readers at once: a reading room has a few seats.
	MaxAdmissions = 500
	// MaxAdmission is the longest stay of one letter of introduction.
	MaxAdmission = 31 * 24 * time.Hour
	// MaxCountedPages of one document: a slip of the pen shows itself.
	MaxCountedPages = 100_000
)
