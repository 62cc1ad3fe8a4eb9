package uhftest

import (
	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/m100"
)

// access does what a request asks of the tag that the Select parameters choose, or of any
// tag when they are not to be sent.
func (f *m100Firmware) access(frame m100.Frame) {
	chip := f.r.choose(1, func(c *Chip) bool {
		return f.mode == m100.SelectNever || c.matches(epc.Bank(f.chosen.Bank), int(f.chosen.PointerBits), f.chosen.Mask)
	})
	if chip == nil {
		f.r.say(m100.AppendError(nil, f.family, m100Failed(frame.Command)))
		return
	}
	data, r, err := m100Access(chip, frame)
	who := m100.Access{PC: chip.PC(), EPC: chip.EPC()}
	switch {
	case err != nil:
		f.r.say(m100.AppendError(nil, f.family, m100.CodeUnknown))
	case r == done:
		who.Data = data
		f.r.say(m100.AppendAccess(nil, f.family, frame.Command, who))
	case r == noTag:
		f.r.say(m100.AppendError(nil, f.family, m100Failed(frame.Command)))
	case r == denied:
		f.r.say(m100.AppendAccessError(nil, f.family, m100.CodePassword, who))
	default:
		f.r.say(m100.AppendAccessError(nil, f.family, m100.RefusedBy(frame.Command, r.code), who))
	}
}

// m100Failed is the code of an access that no tag took.
func m100Failed(command m100.Command) m100.Code {
	return map[m100.Command]m100.Code{
		m100.CommandRead: m100.CodeReadFailed, m100.CommandWrite: m100.CodeWriteFailed,
		m100.CommandLock: m100.CodeLockFailed, m100.CommandKill: m100.CodeKillFailed,
	}[command]
}

func m100Access(c *Chip, frame m100.Frame) (data []byte, r result, err error) {
	data = []byte{m100.Done}
	switch frame.Command {
	case m100.CommandRead:
		var q m100.ReadRequest
		if q, err = m100.ParseRead(frame.Data); err == nil {
			data, r = c.read(epc.Words{Bank: q.Bank, Word: q.Word, Count: uint8(min(q.Words, 255))}, q.AccessPassword) //nolint:gosec // just limited
		}
	case m100.CommandWrite:
		var q m100.WriteRequest
		if q, err = m100.ParseWrite(frame.Data); err == nil {
			r = c.write(q.Bank, int(q.Word), q.Data, q.AccessPassword)
		}
	case m100.CommandLock:
		password, payload, bad := m100.ParseLock(frame.Data)
		if err = bad; err == nil {
			r = c.lock(payload, password)
		}
	default:
		password, bad := m100.ParseKill(frame.Data)
		if err = bad; err == nil {
			r = c.kill(password)
		}
	}
	return data, r, err
}
