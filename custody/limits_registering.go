package custody

import "time"

// Limits of the register of documents, each with its reason.
const (
	// MaxRetiredTags whose owners are remembered. A tag beyond them is still an alert when it is
	// read: that of a tag nobody knows.
	MaxRetiredTags = 1 << 20
	// MaxCopies of one document, MaxPages of one: a slip of the pen ends here.
	MaxCopies = 100_000
	MaxPages  = 1_000_000
	// MaxSkipped numbers in one gap: half a paper register.
	MaxSkipped = 100_000
	// MaxParts of one document that is kept in parts.
	MaxParts = 20
	// MaxChanges, MaxCopyings, MaxDrafts and MaxDispatches under way at once: what a busy house
	// does in a year. More is a caller gone wrong.
	MaxChanges    = 5000
	MaxCopyings   = 1000
	MaxDrafts     = 5000
	MaxDispatches = 5000
	// MaxWidened persons in one widening of a scope.
	MaxWidened = 200
	// MaxFormer levels of one document that are kept in memory beside the record.
	MaxFormer = 20
	// MaxRecipients of one dispatch, MaxCouriers of one.
	MaxRecipients = 200
	MaxCouriers   = 4
	// MaxNamed documents in the sentence of one alert.
	MaxNamed = 8
	// clockSlack is how far another's clock may run ahead of ours.
	clockSlack = 5 * time.Minute
)
