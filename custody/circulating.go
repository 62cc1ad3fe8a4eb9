package custody

// circulating is what is under way of circulation: lists, extensions, counts on return.
// Its fields are exported with JSON names: a checkpoint of the state holds them.
type circulating struct{}

func newCirculating() circulating { return circulating{} }

// LendingPolicy holds the numbers of these rules that a site may set.
type LendingPolicy struct{}

var circulatingEvents = []func() Event{}

var circulatingActs = []actKind{}

// circulatingErrand settles what falls due here; it reports whether the errand was one of these.
func (d *decision) circulatingErrand(errand) bool { return false }

// circulatingReady goes on with what has just been approved.
func (d *decision) circulatingReady(a *Approval) {
	if a.For == ForLoan {
		d.loanApproved(LoanID(a.ID))
	}
}

// circulatingOver drops what will not be approved any more.
func (d *decision) circulatingOver(a *Approval, status ApprovalStatus) {
	if a.For == ForLoan {
		d.loanDropped(LoanID(a.ID), status)
	}
}
