package uhftest

import (
	"bytes"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/uhfreader"
)

// uhfPort is the antenna that accesses use: UHFReader18 has no other.
const uhfPort = 1

// access does what a request asks of the tag that it names, and reports false for what is
// no such request.
func (f *uhfFirmware) access(frame uhfreader.Frame) bool {
	var target uhfreader.Target
	var words []byte
	var do func(c *Chip) result
	var err error
	switch frame.Command {
	case uhfreader.CommandRead:
		var q uhfreader.ReadRequest
		q, err = uhfreader.ParseRead(frame.Data)
		target, do = q.Target, func(c *Chip) (r result) {
			words, r = c.read(epc.Words{Bank: q.Bank, Word: uint16(q.Word), Count: q.Words}, q.AccessPassword)
			return r
		}
	case uhfreader.CommandWrite:
		var q uhfreader.WriteRequest
		q, err = uhfreader.ParseWrite(frame.Data)
		target, do = q.Target, func(c *Chip) result { return c.write(q.Bank, int(q.Word), q.Data, q.AccessPassword) }
	case uhfreader.CommandLock:
		var q uhfreader.LockRequest
		q, err = uhfreader.ParseLock(frame.Data)
		payload, _ := epc.Payload(q.Change) // ParseLock knows no other
		target, do = q.Target, func(c *Chip) result { return c.lock(payload, q.AccessPassword) }
	case uhfreader.CommandKill:
		var q uhfreader.KillRequest
		q, err = uhfreader.ParseKill(frame.Data)
		target, do = q.Target, func(c *Chip) result { return c.kill(q.Password) }
	default:
		return false
	}
	plain := f.layout() == uhfreader.LayoutPlain
	if err != nil || plain && len(target.Mask) > 0 {
		f.tell(frame.Command, uhfreader.StatusParameter)
		return true
	}
	f.finish(frame.Command, f.r.choose(uhfPort, func(c *Chip) bool {
		if len(target.EPC) > 0 {
			return bytes.Equal(c.EPC(), target.EPC)
		}
		return c.matches(target.Bank, int(target.Bit), target.Mask)
	}), do, &words)
	return true
}

func (f *uhfFirmware) tell(command uhfreader.Command, status uhfreader.Status, data ...byte) {
	f.r.say(uhfreader.AppendReply(nil, uhfAddress, command, status, data...))
}

// finish has the tag do it, and tells how it went.
func (f *uhfFirmware) finish(command uhfreader.Command, c *Chip, do func(c *Chip) result, words *[]byte) {
	if c == nil {
		f.tell(command, uhfreader.StatusNoTag)
		return
	}
	r := do(c)
	switch {
	case r == done:
		f.tell(command, uhfreader.StatusOK, *words...)
	case r == noTag:
		f.tell(command, uhfreader.StatusPoorLink)
	case r == denied && command == uhfreader.CommandKill:
		f.tell(command, uhfreader.StatusKillFailed)
	case r == denied:
		f.tell(command, uhfreader.StatusPassword)
	case command == uhfreader.CommandKill && c.KillPassword() == 0:
		f.tell(command, uhfreader.StatusKillZero)
	default:
		f.tell(command, uhfreader.StatusTagError, byte(r.code))
	}
}
