package configs

// Policy is every number of the rules. Defaults are the rules' own; the ranges keep a
// slip of the pen from turning a rule off.
type Policy struct {
	// BadgePairWindow is how far apart the two badges of a hand-over may be (CIR-4).
	BadgePairWindow Duration `yaml:"badge_pair_window" min:"5s" max:"5m" want:"how far apart both badges of a hand-over may be"`
	// HandOverWindow is how soon after the second badge the folder must leave or arrive. Not shorter than BadgePairWindow.
	HandOverWindow Duration `yaml:"hand_over_window" min:"10s" max:"10m" want:"how soon the folder leaves or arrives after both badges"`
	// OpeningWindow is the time for all three parties, from the first (SAF-1).
	OpeningWindow Duration `yaml:"opening_window" min:"10s" max:"5m" want:"how long the three parties of an opening have, from the first"`
	// OpeningStatementValid is how long a stated purpose waits for its parties (SAF-2). Not shorter than OpeningWindow.
	OpeningStatementValid Duration `yaml:"opening_statement_valid" min:"1m" max:"1h" want:"how long the stated purpose of an opening is valid"`
	// OpeningDelay is how long three parties wait before the locks are asked; 0 is not at all.
	OpeningDelay Duration `yaml:"opening_delay" min:"0s" max:"2h" want:"the time delay of an opening; 0s is none"`
	// OpeningReconfirm is how long the three have after the delay to confirm; 0 is that nobody asks them. Needs OpeningDelay.
	OpeningReconfirm Duration `yaml:"opening_reconfirm" min:"0s" max:"30m" want:"how long the three have to confirm after the time delay; 0s is not asked"`
	// ClosingConfirm is how long the three have to confirm that the safe is closed; 0 is that nobody asks them.
	ClosingConfirm Duration `yaml:"closing_confirm" min:"0s" max:"30m" want:"how long the three have to confirm that the safe is closed; 0s is not asked"`
	// PINEntryTime is from the badge to the enter key. Not longer than OpeningWindow.
	PINEntryTime Duration `yaml:"pin_entry_time" min:"5s" max:"60s" want:"how long a PIN may take after the badge"`
	// WrongPINsBeforeLockout: security is told at the fifth at the latest.
	WrongPINsBeforeLockout int `yaml:"wrong_pins_before_lockout" min:"1" max:"5" want:"how many wrong PINs lock a person out"`
	// LockoutTime is how long that person's PIN is refused, the first time. Each time after it is
	// twice as long, up to LockoutLongest, until a right PIN.
	LockoutTime Duration `yaml:"lockout_time" min:"1m" max:"24h" want:"how long a person stays locked out the first time"`
	// LockoutLongest is not shorter than LockoutTime.
	LockoutLongest Duration `yaml:"lockout_longest" min:"1m" max:"168h" want:"how long a person stays locked out at the longest"`
	// LockAnswerTime is how long a lock has for each answer.
	LockAnswerTime Duration `yaml:"lock_answer_time" min:"1s" max:"30s" want:"how long a lock has to answer"`
	// UnlockedTime is how long the bolts stay free for the door to be opened; the locks themselves allow 60 s.
	UnlockedTime Duration `yaml:"unlocked_time" min:"5s" max:"60s" want:"how soon the safe's door must be opened"`
	// SafeOpenMax is how long the safe may stay open (SAF-3). Longer than UnlockedTime.
	SafeOpenMax Duration `yaml:"safe_open_max" min:"1m" max:"1h" want:"how long the safe may stay open"`
	// DoorGrantTime is how soon a granted door must be opened. Not shorter than any door's strike_time.
	DoorGrantTime Duration `yaml:"door_grant_time" min:"1s" max:"60s" want:"how soon a granted door must be opened"`
	// DeviceDownAfter is how long a device must be down to be reported, against transients.
	DeviceDownAfter Duration `yaml:"device_down_after" min:"1s" max:"5m" want:"how long a device must be down to be reported"`
	// MissingAfter is how long a folder must be unseen at home to be missing (INC-1). Longer
	// than DeviceDownAfter, so that a dead reader is known before its folders are doubted, and
	// not shorter than Presence.UnseenAfter.
	MissingAfter Duration `yaml:"missing_after" min:"5s" max:"1h" want:"how long a folder must be unseen at home to be missing"`
	// RestAfter is how long a folder must be heard in another's cabinet or safe to be out of place
	// (STO-1): who carries one past a shelf is done in less.
	RestAfter Duration `yaml:"rest_after" min:"0s" max:"5m" want:"how long a folder rests in another's place to be out of place"`
	// TwoCarriers are the levels and marks of documents that travel with two persons, who both badge at the exit with
	// them (OUT-2). Top secret is always one.
	TwoCarriers []TwoCarriers `yaml:"two_carriers" want:"the levels and marks of documents that leave the site with two persons only"`
	// LentUnseenAfter is how long a lent folder may be seen nowhere.
	LentUnseenAfter Duration `yaml:"lent_unseen_after" min:"1m" max:"24h" want:"how long a lent folder may be seen nowhere"`
	// LoanLongest is the longest loan of each level by the clock, besides Lending.Due (CIR-3); a level without an entry has no such limit.
	// A higher level never has a longer one.
	LoanLongest map[Level]Duration `yaml:"loan_longest" min:"1m" max:"8760h" want:"the longest loan of each level"`
	// Approvals are who approves what, by the level of the document. Loans of secret and top secret
	// documents always have somebody (CIR-1), and so has carrying out (OUT-1).
	Approvals map[ApprovalFor]map[Level]Plan `yaml:"approvals" want:"who approves what, by level"`
	// ApprovalWait is how long a request waits for its approvers, ApprovalUse how long an approval may be used.
	ApprovalWait Duration `yaml:"approval_wait" min:"1m" max:"8760h" want:"how long a request waits for its approvers"`
	ApprovalUse  Duration `yaml:"approval_use" min:"1m" max:"8760h" want:"how long an approval may be used"`
	// Guarding is the room, its people, its devices and incidents.
	Guarding Guarding `yaml:"guarding" want:"the room, its people, its devices, incidents: hours, visitors, roster, papers, checks, reports"`
	// Lending is circulation and borrowing.
	Lending Lending `yaml:"lending" want:"circulation and borrowing: due times, chase, extensions, where it is read"`
	// Register is the register of documents, copying and issuing.
	Register Register `yaml:"register" want:"numbers, categories, carriers, copies, drafts and packages"`
	// Keeping is sweeps, inventories, destruction, returns and carrying out.
	Keeping  Keeping  `yaml:"keeping" want:"sweeps, inventories, destruction, returns to the issuer, carrying out"`
	Presence Presence `yaml:"presence" want:"when a folder is taken to be somewhere, and no longer there"`
	// Repeat is how often a notice comes again until somebody acknowledges; 0 is once. Critical always repeats.
	Repeat map[Severity]Duration `yaml:"repeat" min:"0s" max:"24h" want:"how often notices repeat until acknowledged; 0s is once"`
}

// Presence is when reads become a conclusion.
type Presence struct {
	// Certainty is a probability; below one half a conclusion is a guess, and nothing is certain.
	Certainty float64 `yaml:"certainty" min:"0.5" max:"0.9999" want:"the probability from which a conclusion is drawn"`
	// UnseenAfter is how long rounds must miss a tag before it is doubted.
	UnseenAfter Duration `yaml:"unseen_after" min:"1s" max:"5m" want:"how long a tag must be missed before it is doubted"`
}
