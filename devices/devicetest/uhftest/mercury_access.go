package uhftest

import (
	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/mercury"
)

// access does what a request asks of the tag that its choice names.
func (m *mercuryFirmware) access(f mercury.Frame) {
	if m.region == mercury.RegionNone || m.antenna == 0 {
		m.status(f.Opcode, mercury.StatusRegion)
		return
	}
	switch f.Opcode {
	case mercury.OpReadData:
		q, err := mercury.ParseReadData(f.Data)
		var words []byte
		status := m.take(q.Choice, err, func(c *Chip) (r result) {
			words, r = c.read(epc.Words{Bank: q.Bank, Word: uint16(q.Word), Count: q.Words}, q.AccessPassword) //nolint:gosec // no chip has more words
			return r
		})
		if status != mercury.StatusOK {
			m.status(f.Opcode, status)
			return
		}
		m.r.say(mercury.AppendDataRead(nil, q.Choice, words))
	case mercury.OpWriteData:
		q, err := mercury.ParseWriteData(f.Data)
		m.status(f.Opcode, m.take(q.Choice, err, func(c *Chip) result { return c.write(q.Bank, int(q.Word), q.Data, q.AccessPassword) }))
	case mercury.OpLock:
		q, err := mercury.ParseLock(f.Data)
		m.status(f.Opcode, m.take(q.Choice, err, func(c *Chip) result { return c.lock(q.Payload, q.AccessPassword) }))
	case mercury.OpKill:
		q, err := mercury.ParseKill(f.Data)
		status := m.take(q.Choice, err, func(c *Chip) result { return c.kill(q.Password) })
		if status == mercury.StatusTag {
			status = mercury.StatusKillFailed
		}
		m.status(f.Opcode, status)
	}
}

// take has the chosen tag do something, and returns the status that tells how it went. A
// wrong password is told as nothing more than an error of the tag.
func (m *mercuryFirmware) take(choice mercury.Choice, bad error, do func(c *Chip) result) mercury.Status {
	if bad != nil {
		return mercury.StatusParameter
	}
	if m.r.broken[m.antenna-1] {
		return mercury.StatusAntennaMissing
	}
	c := m.r.choose(m.antenna, func(c *Chip) bool { return c.matches(choice.Bank, int(choice.Bit), choice.Mask) })
	if c == nil {
		return mercury.StatusNoTags
	}
	switch r := do(c); r.outcome {
	case outcomeDone:
		return mercury.StatusOK
	case outcomeNoTag:
		return mercury.StatusNoTags
	case outcomePassword:
		return mercury.StatusTag
	default:
		return mercury.RefusedBy(r.code)
	}
}
