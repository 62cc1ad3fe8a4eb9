package uhftest

import (
	"math/bits"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/gx5a"
)

func (g *gxFirmware) chosen(antennas uint32, f gx5a.Filter) *Chip {
	port := uint8(bits.TrailingZeros32(antennas) + 1) //nolint:gosec // at most 33
	if port > g.r.settings.Ports || g.r.broken[port-1] {
		return nil
	}
	return g.r.choose(port, func(c *Chip) bool { return len(f.Mask) == 0 || c.matches(f.Bank, int(f.Bit), f.Mask) })
}

// change does what a request that changes a tag asks, and returns the byte that answers it.
func (g *gxFirmware) change(f gx5a.Frame) uint8 {
	switch f.Code() {
	case gx5a.CodeWrite:
		w, err := gx5a.ParseWrite(f.Data)
		if err != nil {
			return uint8(gx5a.AccessParameter)
		}
		return gxAccessResult(g.chosen(w.Antennas, w.Filter), func(c *Chip) result { return c.write(w.Bank, int(w.Word), w.Data, w.AccessPassword) })
	case gx5a.CodeLock:
		l, err := gx5a.ParseLock(f.Data)
		if err != nil {
			return uint8(gx5a.AccessParameter)
		}
		payload, _ := epc.Payload(l.Change) // ParseLock knows no other
		return gxAccessResult(g.chosen(l.Antennas, l.Filter), func(c *Chip) result { return c.lock(payload, l.AccessPassword) })
	}
	k, err := gx5a.ParseKill(f.Data)
	if err != nil {
		return uint8(gx5a.KillFilter)
	}
	c := g.chosen(k.Antennas, k.Filter)
	if c == nil {
		return uint8(gx5a.KillTagLost)
	}
	switch r := c.kill(k.Password); r {
	case done:
		return uint8(gx5a.KillDone)
	case denied:
		return uint8(gx5a.KillPassword)
	case noTag:
		return uint8(gx5a.KillTagLost)
	}
	return uint8(gx5a.KillOther)
}

func gxAccessResult(c *Chip, do func(c *Chip) result) uint8 {
	if c == nil {
		return uint8(gx5a.AccessTagLost)
	}
	r := do(c)
	switch r {
	case done:
		return uint8(gx5a.AccessDone)
	case denied:
		return uint8(gx5a.AccessPassword)
	case noTag:
		return uint8(gx5a.AccessTagLost)
	}
	switch r.code {
	case epc.TagErrorOverrun:
		return uint8(gx5a.AccessOverrun)
	case epc.TagErrorLocked:
		return uint8(gx5a.AccessLocked)
	case epc.TagErrorPower:
		return uint8(gx5a.AccessPower)
	case epc.TagErrorOther, epc.TagErrorUnknown:
	}
	return uint8(gx5a.AccessOther)
}

// read makes a single inventory that reads words, all at once: its confirmation, a record
// of the tag that was chosen, and its end.
func (g *gxFirmware) read(q gx5a.Read) {
	g.r.say(gx5a.AppendResult(nil, gx5a.CodeInventory, gx5a.ResultOK))
	if c := g.chosen(q.Antennas, q.Filter); c != nil {
		words, r := c.read(q.Words, q.AccessPassword)
		tag := gx5a.Tag{
			EPC: c.EPC(), PC: uint16(c.PC()), Antenna: uint8(bits.TrailingZeros32(q.Antennas) + 1), //nolint:gosec // at most 33
			RSSI: -gxRSSIZeroDBm + chipRSSIdBm, Result: uint8(gxReadResult(r)),
		}
		tag.Set(gx5a.FieldRSSI, gx5a.FieldResult)
		if r == done {
			tag.SetRead(q.Words.Bank, words)
		}
		g.r.say(gx5a.AppendTag(nil, &tag))
	}
	g.r.say(gx5a.AppendReadEnd(nil, gx5a.EndComplete))
}

func gxReadResult(r result) gx5a.ReadResult {
	switch {
	case r == done:
		return gx5a.ReadDone
	case r == denied:
		return gx5a.ReadPassword
	case r == noTag:
		return gx5a.ReadNoAnswer
	case r.code == epc.TagErrorOverrun:
		return gx5a.ReadOverrun
	case r.code == epc.TagErrorLocked:
		return gx5a.ReadLocked
	}
	return gx5a.ReadOther
}
