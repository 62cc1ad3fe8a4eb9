package uhf

import (
	"fmt"
	"slices"
	"strings"

	"trilock/custody/fact"
)

// Codes of the reports of a reader that works.
const (
	// CodeConnected: the reader has answered and takes its first round.
	CodeConnected = "connected"
	// CodeRestarted: it has lost its settings by a restart and got them back.
	CodeRestarted = "restarted"
	// CodeRecovered: the last of its faults is over.
	CodeRecovered = "recovered"
	// CodeAntennaFault: an antenna is not connected.
	CodeAntennaFault = "antenna-fault"
	// CodeReaderError: the reader refuses or breaks off the rounds of an antenna.
	CodeReaderError = "reader-error"
	// CodePowerMismatch: the reader tells another power than it was set to.
	CodePowerMismatch = "power-mismatch"
	// CodeTooManyTags: a round held more tags than one round may, and was cut.
	CodeTooManyTags = "too-many-tags"
)

// fault is one thing that is wrong with a reader that works.
type fault struct {
	about  string // what it is about, for example "antenna 2"
	code   string
	detail string
	good   int // good rounds since it was last seen
}

// faults is what is wrong at present, sorted by subject. There are never more than the
// antennas and a few subjects besides.
type faults []fault

// raise notes a fault and reports whether it is news. A fault that changes its code while
// it lasts is no news, so that one cause never reports itself without end.
func (f *faults) raise(about, code, detail string) bool {
	i, known := f.find(about)
	if known {
		(*f)[i].good = 0
		return false
	}
	*f = slices.Insert(*f, i, fault{about: about, code: code, detail: detail})
	return true
}

// settle counts a good round, and reports whether it ended the fault.
func (f *faults) settle(about string) bool {
	i, known := f.find(about)
	if !known {
		return false
	}
	(*f)[i].good++
	if (*f)[i].good < settledRounds {
		return false
	}
	*f = slices.Delete(*f, i, i+1)
	return true
}

// end takes a fault away, and reports whether there was one.
func (f *faults) end(about string) bool {
	i, known := f.find(about)
	if known {
		*f = slices.Delete(*f, i, i+1)
	}
	return known
}

func (f *faults) find(about string) (int, bool) {
	return slices.BinarySearchFunc(*f, about, func(a fault, b string) int { return strings.Compare(a.about, b) })
}

// report says all of it: the first fault's code, and a sentence for each.
func (f faults) report(device fact.DeviceID, identity string) fact.DeviceReport {
	r := fact.DeviceReport{Device: device, State: fact.DeviceUp, Code: CodeRecovered, Identity: identity}
	if len(f) == 0 {
		return r
	}
	r.State, r.Code = fact.DeviceFault, f[0].code
	details := make([]string, len(f))
	for i, one := range f {
		details[i] = one.about + ": " + one.detail
	}
	r.Detail = strings.Join(details, "; ")
	return r
}

func antennaName(port uint8) string { return fmt.Sprintf("antenna %02d", port) }
