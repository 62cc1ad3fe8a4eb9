package custody

// Ids of the rules of guarding: the room, the people, devices, incidents, administration.
const (
	RuleVisitors     = "ACC-2"
	RuleRoomEmpty    = "ACC-3"
	RuleDuty         = "ACC-4"
	RuleLeaving      = "ACC-5"
	RulePapers       = "ACC-7"
	RulePINAge       = "STO-5"
	RuleMissing      = "INC-1"
	RuleReportInTime = "INC-2"
	RuleMasked       = "REC-2"
	RuleThreeAdmins  = "REC-3"
)
