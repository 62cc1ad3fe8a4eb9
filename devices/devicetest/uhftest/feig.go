package uhftest

import "trilock/firmware-protocols/feig"

// feigFirmware speaks package feig's protocol. It hears ISO 15693 tags alone: what the
// field names by anything but a UID of 8 bytes is not there for it.
type feigFirmware struct {
	r    *Reader
	dec  feig.Decoder
	rest []feig.Tag // what did not fit the last answer
}

const (
	feigAddress = 0
	// feigPerAnswer is how many tags the small readers put into one answer.
	feigPerAnswer = 4
)

func (g *feigFirmware) reset() { *g = feigFirmware{r: g.r} }

func (g *feigFirmware) half() half { return &g.dec }

func (g *feigFirmware) receive(p []byte) {
	for len(p) > 0 {
		p = p[g.dec.Feed(p):]
		for f, ok := g.dec.Next(); ok; f, ok = g.dec.Next() {
			if f.Address == feigAddress || f.Address == feig.AddressBroadcast {
				g.answer(f)
			}
		}
	}
}

func (g *feigFirmware) answer(f feig.Frame) {
	r := g.r
	status := func(s feig.Status) { r.say(feig.AppendAnswer(nil, feigAddress, f.Command, s, nil)) }
	switch f.Command {
	case feig.CommandSoftwareVersion:
		r.say(feig.AppendSoftwareVersion(nil, feigAddress, feig.SoftwareVersion{Major: 3, Minor: 3, HardwareType: 0x44, SoftwareType: 0x53, TagTypes: 0x0D30}))
	case feig.CommandRFReset, feig.CommandBaudDetection:
		status(feig.StatusOK)
	case feig.CommandISOHost:
		if r.run == nil && g.work(f) {
			return
		}
		more, err := feig.ParseInventoryRequest(f.Data)
		switch {
		case err != nil || r.run != nil:
			status(feig.StatusNotAvailable)
		case r.broken[0]:
			status(feig.StatusRFWarning)
		case more:
			r.say(g.tell())
		default:
			r.begin([]uint8{1}, false)
		}
	default:
		status(feig.StatusUnknownCommand)
	}
}

// record says nothing: the answer to an inventory holds all its tags.
func (g *feigFirmware) record(uint8, Heard) []byte { return nil }

func (g *feigFirmware) end(u *run) []byte {
	g.rest = nil
	for _, h := range u.heard {
		if len(h.EPC) == feig.UIDLen {
			g.rest = append(g.rest, feig.Tag{Type: feig.TagISO15693, UID: h.EPC})
		}
	}
	return g.tell()
}

// tell hands out the next tags.
func (g *feigFirmware) tell() []byte {
	n := min(feigPerAnswer, len(g.rest))
	if n == 0 {
		return feig.AppendAnswer(nil, feigAddress, feig.CommandISOHost, feig.StatusNoTransponder, nil)
	}
	status := feig.StatusOK
	if n < len(g.rest) {
		status = feig.StatusMoreData
	}
	frame := feig.AppendTags(nil, feigAddress, status, g.rest[:n])
	g.rest = g.rest[n:]
	return frame
}
