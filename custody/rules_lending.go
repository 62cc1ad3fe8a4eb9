package custody

// Ids of the rules of circulation and borrowing that refusals and alerts carry out.
const (
	RuleList        = "CIR-5"
	RuleInPerson    = "CIR-6"
	RuleZones       = "CIR-8"
	RuleYearEnd     = "CIR-9"
	RuleExtension   = "CIR-10"
	RuleReturnCount = "CIR-11"
	RuleOutsider    = "CIR-12"
	RuleFolder      = "CIR-13"
)
