package uhftest

import (
	"math"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/mercury"
)

// mercuryFirmware speaks package mercury's protocol. Like Silion's modules it begins in
// its boot loader, and knows no region, whenever power comes on.
type mercuryFirmware struct {
	r       *Reader
	dec     mercury.Decoder
	booted  bool
	region  mercury.Region
	antenna uint8
	search  mercury.Search // the one under way
	buffer  []mercury.Tag  // what was read and not fetched yet
}

// What the simulated module can do.
const (
	mercuryPowerMaxCdBm = 3300
	mercuryPowerMinCdBm = 500
)

func mercuryVersion() mercury.Version {
	return mercury.Version{BootLoader: 0x23010600, Hardware: 0x38000201, FirmwareDate: 0x20240913, Firmware: 0x02010608, Protocols: 0x10}
}

func (m *mercuryFirmware) reset() {
	*m = mercuryFirmware{r: m.r, dec: mercury.Decoder{Format: mercury.Format{Requests: true}}}
}

func (m *mercuryFirmware) half() half { return &m.dec }

func (m *mercuryFirmware) receive(p []byte) {
	for len(p) > 0 {
		p = p[m.dec.Feed(p):]
		for f, ok := m.dec.Next(); ok; f, ok = m.dec.Next() {
			m.answer(f)
		}
	}
}

func (m *mercuryFirmware) answer(f mercury.Frame) {
	streaming := m.r.run != nil && m.r.run.continuous
	m.booted = m.booted || streaming // one that a crashed host left behind
	switch {
	case f.Opcode == mercury.OpVersion:
		m.r.say(mercury.AppendVersion(nil, f.Opcode, mercuryVersion()))
	case f.Opcode == mercury.OpBoot && !m.booted:
		m.booted = true
		m.r.say(mercury.AppendVersion(nil, f.Opcode, mercuryVersion()))
	case !m.booted:
		m.status(f.Opcode, mercury.StatusInvalidOpcode)
	case mercury.IsStop(f):
		if streaming {
			m.r.run = nil
		}
		m.status(f.Opcode, mercury.StatusOK)
	default:
		m.obey(f)
	}
}

func (m *mercuryFirmware) status(op mercury.Opcode, status mercury.Status) {
	m.r.say(mercury.AppendStatus(nil, op, status))
}

// obey answers what the firmware knows.
func (m *mercuryFirmware) obey(f mercury.Frame) {
	switch f.Opcode {
	case mercury.OpSetAntenna:
		m.status(f.Opcode, m.setAntenna(f.Data))
	case mercury.OpSetRegion:
		m.status(f.Opcode, m.setRegion(f.Data))
	case mercury.OpGetRegion:
		m.r.say(mercury.AppendRegion(nil, m.region))
	case mercury.OpSetProtocol:
		m.status(f.Opcode, mercury.StatusOK)
	case mercury.OpSetPower:
		m.status(f.Opcode, m.setPower(f.Data))
	case mercury.OpGetPower:
		m.r.say(mercury.AppendPower(nil, mercury.Power{
			SetCdBm: 100 * int16(m.r.power[0]), MaxCdBm: mercuryPowerMaxCdBm, MinCdBm: mercuryPowerMinCdBm,
		}))
	case mercury.OpClearBuffer:
		m.buffer = nil
		m.status(f.Opcode, mercury.StatusOK)
	case mercury.OpSearch:
		if status := m.begin(f.Data); status != mercury.StatusOK {
			m.status(f.Opcode, status)
		}
	case mercury.OpGetBuffer:
		m.fetch(f)
	case mercury.OpGetGPIO:
		m.r.say(mercury.AppendGPIO(nil, m.pins()))
	case mercury.OpReadData, mercury.OpWriteData, mercury.OpLock, mercury.OpKill:
		m.access(f)
	default:
		m.status(f.Opcode, mercury.StatusInvalidOpcode)
	}
}

func (m *mercuryFirmware) setAntenna(data []byte) mercury.Status {
	tx, rx, err := mercury.ParseSetAntenna(data)
	if err != nil || tx != rx || tx < 1 || tx > m.r.settings.Ports {
		return mercury.StatusParameter
	}
	m.antenna = tx
	return mercury.StatusOK
}

func (m *mercuryFirmware) setRegion(data []byte) mercury.Status {
	region, err := mercury.ParseRegion(data)
	if err != nil || region == mercury.RegionNone {
		return mercury.StatusRegion
	}
	m.region = region
	return mercury.StatusOK
}

func (m *mercuryFirmware) setPower(data []byte) mercury.Status {
	cdBm, err := mercury.ParseSetPower(data)
	switch {
	case err != nil:
		return mercury.StatusParameter
	case cdBm > mercuryPowerMaxCdBm:
		return mercury.StatusPowerTooHigh
	case cdBm < mercuryPowerMinCdBm:
		return mercury.StatusPowerTooLow
	}
	for _, port := range allPorts(m.r.settings.Ports) {
		m.r.setPower(port, uint8(cdBm/100)) //nolint:gosec // 5 to 33
	}
	return mercury.StatusOK
}

func (m *mercuryFirmware) begin(data []byte) mercury.Status {
	search, err := mercury.ParseSearch(data)
	switch {
	case err != nil || m.r.run != nil:
		return mercury.StatusParameter
	case m.region == mercury.RegionNone:
		return mercury.StatusRegion
	case m.antenna == 0:
		return mercury.StatusAntennaUndefined
	case m.r.broken[m.antenna-1]:
		return mercury.StatusAntennaMissing
	}
	m.search = search
	m.r.begin([]uint8{m.antenna}, false)
	return mercury.StatusOK
}

// fetch hands out as much of the buffer as one frame holds.
func (m *mercuryFirmware) fetch(f mercury.Frame) {
	fields, err := mercury.ParseGetBuffer(f.Data)
	if err != nil || len(m.buffer) == 0 {
		m.status(f.Opcode, mercury.StatusNoTags)
		return
	}
	tags := make([]mercury.Tag, len(m.buffer))
	for i, t := range m.buffer {
		t.Fields = fields
		tags[i] = t
	}
	frame, n := mercury.AppendBuffer(nil, fields, tags)
	m.buffer = m.buffer[n:]
	m.r.say(frame)
}

// record streams a tag, or keeps it for the host to fetch.
func (m *mercuryFirmware) record(port uint8, h Heard) []byte {
	pc := uint16(epc.PCOf(len(h.EPC)))
	tag := mercury.Tag{
		ReadCount: 1, RSSIdBm: int8(max(-128, min(127, math.Round(h.RSSIdBm)))), AntennaTX: port, AntennaRX: port,
		FrequencyKHz: 922_625, Protocol: mercury.ProtocolGen2, PC: pc, EPC: h.EPC, CRC: mercury.TagCRC(pc, h.EPC),
	}
	if m.r.run.continuous {
		tag.Fields = mercury.MetaReadCount | mercury.MetaRSSI | mercury.MetaAntenna | mercury.MetaFrequency | mercury.MetaProtocol
		return mercury.AppendStreamTag(nil, &tag)
	}
	m.buffer = append(m.buffer, tag)
	return nil
}

func (m *mercuryFirmware) end(*run) []byte {
	if len(m.buffer) == 0 {
		return mercury.AppendStatus(nil, mercury.OpSearch, mercury.StatusNoTags)
	}
	return mercury.AppendSearchCount(nil, m.search.Flags, uint32(len(m.buffer))) //nolint:gosec // a round's reads
}
