package custody

// registering is what the register of documents knows besides the documents: numbers, tags that were retired, copies, drafts and packages.
// Its fields are exported with JSON names: a checkpoint of the state holds them.
type registering struct{}

func newRegistering() registering { return registering{} }

// RegisteringPolicy holds the numbers of these rules that a site may set.
type RegisteringPolicy struct{}

var registeringEvents = []func() Event{}

var registeringActs = []actKind{}

// registeringErrand settles what falls due here; it reports whether the errand was one of these.
func (d *decision) registeringErrand(errand) bool { return false }

// registeringReady goes on with what has just been approved.
func (d *decision) registeringReady(a *Approval) {}

// registeringOver drops what will not be approved any more.
func (d *decision) registeringOver(a *Approval, status ApprovalStatus) {}
