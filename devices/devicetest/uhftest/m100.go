package uhftest

import (
	"bytes"

	"trilock/firmware-protocols/m100"
)

// m100Firmware speaks package m100's protocol. It has one antenna port, however many the
// reader was built with. A series of polls takes the reader's RoundTime; between two tags
// it must not pause for longer than real modules do.
type m100Firmware struct {
	r      *Reader
	dec    m100.Decoder
	family m100.Family
	region m100.Region
	query  m100.Query
	chosen m100.Select
	mode   m100.SelectMode
	// polls is how many polls the series under way has.
	polls int
}

// Values of the simulated module as it starts.
const (
	m100Region      = m100.RegionUS
	m100Query       = m100.Query(0x1020 | 0x0300) // session S3, as another host may have left it
	m100PowerMaxDBm = 33
)

func newM100Firmware(r *Reader) *m100Firmware {
	r.settings.Ports = 1
	return &m100Firmware{r: r, family: m100.FamilyBB, polls: 1}
}

func (f *m100Firmware) reset() {
	f.dec = m100.Decoder{Format: m100.Format{Family: f.family}}
	f.region, f.query, f.chosen, f.mode = m100Region, m100Query, m100.Select{}, m100.SelectNever
}

func (f *m100Firmware) half() half { return &f.dec }

func (f *m100Firmware) receive(p []byte) {
	for len(p) > 0 {
		p = p[f.dec.Feed(p):]
		for frame, ok := f.dec.Next(); ok; frame, ok = f.dec.Next() {
			if frame.Type == m100.TypeCommand {
				f.answer(frame)
			}
		}
	}
}

func (f *m100Firmware) answer(frame m100.Frame) {
	r := f.r
	say := func(data ...byte) { r.say(f.family.Response(nil, frame.Command, data...)) }
	if r.run != nil && frame.Command != m100.CommandStop { // it polls, and hears nothing else
		return
	}
	switch frame.Command {
	case m100.CommandStop:
		r.run = nil
		say(m100.Done)
	case m100.CommandInformation:
		kind, _ := m100.ParseByte(frame.Data)
		say(append([]byte{kind}, []string{"SIM-M100 V1.00", "V2.3.5", "trilock"}[min(kind, 2)]...)...)
	case m100.CommandGetRegion:
		say(byte(f.region))
	case m100.CommandGetQuery:
		say(byte(f.query>>8), byte(f.query))
	case m100.CommandGetPower:
		cdBm := uint16(r.power[0]) * 100
		say(byte(cdBm>>8), byte(cdBm))
	case m100.CommandGetSelect:
		r.say(f.chosen.Tell(nil, f.family))
	case m100.CommandMultiPoll, m100.CommandPoll:
		f.poll(frame)
	case m100.CommandRead, m100.CommandWrite, m100.CommandLock, m100.CommandKill:
		f.access(frame)
	default:
		if f.set(frame) {
			say(m100.Done)
		} else {
			r.say(m100.AppendError(nil, f.family, m100.CodeUnknown))
		}
	}
}

// set takes a setting, and reports false for what is none or cannot be.
func (f *m100Firmware) set(frame m100.Frame) bool {
	var err error
	switch frame.Command {
	case m100.CommandSetRegion:
		region, _ := m100.ParseByte(frame.Data)
		if _, known := m100.Region(region).ChannelKHz(0); !known {
			return false
		}
		f.region = m100.Region(region)
	case m100.CommandSetQuery:
		f.query, err = m100.ParseQuery(frame.Data)
	case m100.CommandSetPower:
		cdBm, bad := m100.ParsePower(frame.Data)
		if bad != nil || cdBm > 100*m100PowerMaxDBm {
			return false
		}
		f.r.setPower(1, uint8(cdBm/100)) //nolint:gosec // at most 33
	case m100.CommandSetSelect:
		f.chosen, err = m100.ParseSelect(bytes.Clone(frame.Data))
	case m100.CommandSelectMode:
		var mode uint8
		mode, err = m100.ParseByte(frame.Data)
		f.mode = m100.SelectMode(mode)
	default:
		return false
	}
	return err == nil
}

// poll begins a series of polls.
func (f *m100Firmware) poll(frame m100.Frame) {
	f.polls = 1
	if frame.Command == m100.CommandMultiPoll {
		count, err := m100.ParseMultiPoll(frame.Data)
		if err != nil || count == 0 {
			f.r.say(m100.AppendError(nil, f.family, m100.CodeUnknown))
			return
		}
		f.polls = int(count)
	}
	f.r.begin([]uint8{1}, false)
}

func (f *m100Firmware) record(_ uint8, h Heard) []byte {
	tag := m100.NewTag(h.EPC, int8(max(-128, min(0, h.RSSIdBm))))
	return m100.AppendTag(nil, f.family, &tag)
}

// end is what a module says in the last of its polls, of which nothing marks the end: the
// tags once more, or of every poll that there was none.
func (f *m100Firmware) end(u *run) []byte {
	var said []byte
	for _, h := range u.heard {
		said = append(said, f.record(1, h)...)
	}
	if len(said) == 0 {
		said = bytes.Repeat(m100.AppendError(nil, f.family, m100.CodeNoTag), f.polls)
	}
	return said
}

// SetFamily gives an m100-r200 module the other family's delimiters. Modules of other
// protocols do not change.
func (r *Reader) SetFamily(family m100.Family) {
	r.change(func() {
		if f, ok := r.firmware.(*m100Firmware); ok {
			f.family = family
			f.reset()
		}
	})
}
