package custody

// Ids of the rules of the register of documents, of copying and of issuing.
const (
	RuleTerm      = "REG-3" // levels and retention
	RuleCopies    = "REG-4"
	RuleApart     = "REG-7"
	RuleCarriers  = "REG-8"
	RuleParts     = "STO-7"
	RuleIssue     = "ISS-1"
	RuleDispatch  = "ISS-2"
	RuleCopying   = "CPY-1"
	RuleCopyCount = "CPY-2"
)
