package custody

// guarding is what is under way of guarding: visitors, duty, checks of devices, incidents, administration.
// Its fields are exported with JSON names: a checkpoint of the state holds them.
type guarding struct{}

func newGuarding() guarding { return guarding{} }

// GuardingPolicy holds the numbers of these rules that a site may set.
type GuardingPolicy struct{}

var guardingEvents = []func() Event{}

var guardingActs = []actKind{}

// guardingErrand settles what falls due here; it reports whether the errand was one of these.
func (d *decision) guardingErrand(errand) bool { return false }

// guardingReady goes on with what has just been approved.
func (d *decision) guardingReady(a *Approval) {}

// guardingOver drops what will not be approved any more.
func (d *decision) guardingOver(a *Approval, status ApprovalStatus) {}
