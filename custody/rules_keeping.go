package custody

// Ids of the rules of keeping.
const (
	RuleSweep        = "STO-3"
	RuleInventory    = "STO-4"
	RulePostHandOver = "STO-6"
	RuleMeeting      = "MTG-1"
	RuleDestroyList  = "DES-1"
	RuleDestroying   = "DES-2"
	RuleTransfer     = "DES-4"
	RuleReturn       = "DES-5"
	RuleCarrying     = "OUT-1"
	RuleTwoCarriers  = "OUT-2"
	RuleHandIn       = "OUT-3"
)
