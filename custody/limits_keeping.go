package custody

// Limits of keeping, each with its reason.
const (
	// MaxKept documents in one meeting, destruction list, transfer or carrying-out: a truck load is
	// several lists.
	MaxKept = 2000
	// MaxUnderWay of each of them: more than a house has in a year.
	MaxUnderWay = 500
	// MaxPeople named in one of them: a large meeting.
	MaxPeople = 500
	// MaxSwept findings on one sweep sheet, and differences in one automatic count: beyond it the
	// number says how many more there are.
	MaxSwept = 500
	// maxSpoken documents in one sentence; the sheet names them all.
	maxSpoken = 8
)
