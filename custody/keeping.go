package custody

// keeping is what is under way of keeping: sweeps, inventories, meetings, destruction, carrying out, hand-overs of a post.
// Its fields are exported with JSON names: a checkpoint of the state holds them.
type keeping struct{}

func newKeeping() keeping { return keeping{} }

// KeepingPolicy holds the numbers of these rules that a site may set.
type KeepingPolicy struct{}

var keepingEvents = []func() Event{}

var keepingActs = []actKind{}

// keepingErrand settles what falls due here; it reports whether the errand was one of these.
func (d *decision) keepingErrand(errand) bool { return false }

// keepingReady goes on with what has just been approved.
func (d *decision) keepingReady(a *Approval) {}

// keepingOver drops what will not be approved any more.
func (d *decision) keepingOver(a *Approval, status ApprovalStatus) {}
