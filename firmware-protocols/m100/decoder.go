package m100

import "trilock/firmware-protocols/frames"

// Decoder finds frames in a stream of bytes, as package frames tells. The zero value is
// ready and takes frames of both families.
type Decoder = frames.Decoder[Frame, Format]

// Format is the protocol's framing. It implements frames.Format.
type Format struct {
	// Family, once it is known, keeps the other family's head from being taken for a start.
	Family Family
}

// Measure judges a candidate as early as its bytes allow: a head byte occurs in data, and
// then a length of up to MaxData would be waited for.
func (t Format) Measure(p []byte) (int, frames.Fit) {
	switch {
	case !t.begins(p[0]):
		n := 1
		for n < len(p) && !t.begins(p[n]) {
			n++
		}
		return n, frames.Not
	case len(p) > 1 && Type(p[1]) > typeLast, len(p) > 3 && p[3] > MaxData>>8:
		return 1, frames.Not
	case len(p) < 5:
		return 0, frames.NeedsMore
	}
	n := int(p[3])<<8 | int(p[4])
	if n > MaxData {
		return 1, frames.Not
	}
	size := overhead + n
	if len(p) < size {
		return 0, frames.NeedsMore
	}
	return size, frames.Whole
}

// begins reports whether a frame that is wanted can begin with b.
func (t Format) begins(b byte) bool {
	family := familyOf(b)
	return family != FamilyAny && (t.Family == FamilyAny || family == t.Family)
}

// Check reports whether tail and checksum hold.
func (Format) Check(p []byte) bool {
	_, tail := familyOf(p[0]).delimiters()
	end := len(p) - 2
	return p[end+1] == tail && p[end] == sum(p[1:end])
}

// View reads a checked frame.
func (Format) View(p []byte) Frame {
	return Frame{Family: familyOf(p[0]), Type: Type(p[1]), Command: Command(p[2]), Data: p[5 : len(p)-2]}
}
