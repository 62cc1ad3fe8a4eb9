package custody

// Ids of the rules that refusals and alerts of this package carry out.
const (
	RuleRegister      = "REG-1"
	RuleNumber        = "REG-2"
	RuleScope         = "REG-5"
	RuleOneTag        = "REG-6"
	RuleHome          = "STO-1"
	RuleRoomList      = "ACC-1"
	RuleBarredBadge   = "ACC-6"
	RuleThreeParties  = "SAF-1"
	RuleSafePurpose   = "SAF-2"
	RuleSafeForced    = "SAF-4"
	RuleLoanApproval  = "CIR-1"
	RuleSingleLine    = "CIR-2"
	RuleLoanTime      = "CIR-3"
	RuleBothBadge     = "CIR-4"
	RuleNothingErased = "INC-3"
	RuleDevices       = "DEV-1"
)
