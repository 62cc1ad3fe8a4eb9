package uhftest

import (
	"bytes"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/r2000"
)

// match takes the EPC that accesses are limited to.
func (f *r2000Firmware) match(data []byte) r2000.ErrorCode {
	code, err := r2000.ParseEPCMatch(data)
	if err != nil {
		return r2000ErrorParameter
	}
	f.matched = bytes.Clone(code)
	return r2000.Success
}

// access does what a request asks of the tag that is matched, or of any tag without a match.
func (f *r2000Firmware) access(frame r2000.Frame) {
	own := f.address()
	result := func(code r2000.ErrorCode) { f.r.say(r2000.AppendResult(nil, own, frame.Command, code)) }
	if f.r.broken[f.antenna] {
		result(r2000.ErrorAntennaMissing)
		return
	}
	var tags uint16 // that answer to the match
	chip := f.r.choose(f.antenna+1, func(c *Chip) bool { return f.matched == nil || bytes.Equal(c.EPC(), f.matched) })
	for _, c := range f.r.tags(f.antenna + 1) {
		if c.here() && (f.matched == nil || bytes.Equal(c.EPC(), f.matched)) {
			tags++
		}
	}
	if chip == nil {
		result(r2000.ErrorNoTag)
		return
	}
	who := r2000.Access{Tags: tags, PC: chip.PC(), EPC: chip.EPC(), Result: r2000.Success, FreqAnt: f.antenna & 3}
	words, r, err := r2000Access(chip, frame)
	failed := map[r2000.Command]r2000.ErrorCode{
		r2000.CommandRead: r2000.ErrorReadFailed, r2000.CommandWrite: r2000.ErrorWriteFailed,
		r2000.CommandLock: r2000.ErrorLockFailed, r2000.CommandKill: r2000.ErrorKillFailed,
	}[frame.Command]
	switch {
	case err != nil:
		result(r2000ErrorParameter)
		return
	case r == noTag:
		result(r2000.ErrorNoTag)
		return
	case r != done && frame.Command == r2000.CommandRead:
		if r != denied {
			result(failed)
		} else {
			result(r2000.ErrorPassword)
		}
		return
	case r == denied:
		who.Result = r2000.ErrorPassword
	case r != done:
		who.Result = failed
	}
	who.Words = words
	f.r.say(r2000.AppendAccess(nil, own, frame.Command, who))
}

func r2000Access(c *Chip, frame r2000.Frame) (words []byte, r result, err error) {
	switch frame.Command {
	case r2000.CommandRead:
		var q r2000.Read
		if q, err = r2000.ParseRead(frame.Data); err == nil {
			words, r = c.read(epc.Words{Bank: q.Bank, Word: uint16(q.Word), Count: q.Words}, q.AccessPassword)
		}
	case r2000.CommandWrite:
		var q r2000.Write
		if q, err = r2000.ParseWrite(frame.Data); err == nil {
			r = c.write(q.Bank, int(q.Word), q.Data, q.AccessPassword)
		}
	case r2000.CommandLock:
		password, change, bad := r2000.ParseLock(frame.Data)
		if err = bad; err == nil {
			payload, _ := epc.Payload(change) // ParseLock knows no other
			r = c.lock(payload, password)
		}
	default:
		password, bad := r2000.ParseKill(frame.Data)
		if err = bad; err == nil {
			r = c.kill(password)
		}
	}
	return words, r, err
}
