package uhftest

import (
	"time"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/gx5a"
)

// gxFirmware speaks package gx5a's protocol.
type gxFirmware struct {
	r   *Reader
	dec gx5a.Decoder
}

// Results of the power setting.
const (
	gxPowerMaxDBm   = 33
	gxResultNoPort  = 1
	gxResultNoPower = 2
	gxResultOther   = 6
)

func (g *gxFirmware) reset() { g.dec = gx5a.Decoder{} }

func (g *gxFirmware) half() half { return &g.dec }

func (g *gxFirmware) receive(p []byte) {
	for len(p) > 0 {
		p = p[g.dec.Feed(p):]
		for f, ok := g.dec.Next(); ok; f, ok = g.dec.Next() {
			g.answer(f)
		}
	}
}

func (g *gxFirmware) answer(f gx5a.Frame) {
	r := g.r
	switch f.Code() {
	case gx5a.CodeStop:
		r.say(gx5a.AppendResult(nil, gx5a.CodeStop, gx5a.ResultOK))
		if r.run != nil {
			r.run = nil
			r.say(gx5a.AppendReadEnd(nil, gx5a.EndStopped))
		}
	case gx5a.CodeBasebandVersion:
		r.say(gx5a.AppendBasebandVersion(nil, gx5a.Version{1, 0, 4, 2}))
	case gx5a.CodeInputs:
		r.say(gx5a.AppendInputs(nil, g.levels()))
	case gx5a.CodeReaderInfo:
		r.say(gx5a.AppendReaderInfo(nil, gx5a.ReaderInfo{
			Serial: "SIM-GX", UptimeSeconds: uint32(time.Since(r.started) / time.Second), //nolint:gosec // no simulation runs for a century
			BasebandBuild: "simulated", App: gx5a.Version{2, 1, 0, 0},
		}))
	case gx5a.CodeCapabilities:
		r.say(gx5a.AppendCapabilities(nil, gx5a.Capabilities{MaxDBm: gxPowerMaxDBm, Antennas: r.settings.Ports, Frequencies: []byte{3}, Protocols: []byte{0}}))
	case gx5a.CodeSetPower:
		r.say(gx5a.AppendResult(nil, gx5a.CodeSetPower, g.setPower(f.Data)))
	case gx5a.CodeGetPower:
		var powers []gx5a.AntennaPower
		for _, port := range allPorts(r.settings.Ports) {
			powers = append(powers, gx5a.AntennaPower{Antenna: port, DBm: r.power[port-1]})
		}
		r.say(gx5a.AppendPower(nil, powers))
	case gx5a.CodeWrite, gx5a.CodeLock, gx5a.CodeKill:
		r.say(gx5a.AppendResult(nil, f.Code(), g.change(f)))
	case gx5a.CodeInventory:
		if q, err := gx5a.ParseReadRequest(f.Data); err == nil && r.settings.Tags != nil {
			g.read(q)
			return
		}
		r.say(gx5a.AppendResult(nil, gx5a.CodeInventory, g.inventory(f.Data)))
	}
}

func (g *gxFirmware) setPower(data []byte) uint8 {
	powers, _, err := gx5a.ParsePower(data)
	if err != nil {
		return gxResultNoPower
	}
	for _, p := range powers {
		switch {
		case p.Antenna < 1 || p.Antenna > g.r.settings.Ports:
			return gxResultNoPort
		case p.DBm > gxPowerMaxDBm:
			return gxResultNoPower
		}
		g.r.setPower(p.Antenna, p.DBm)
	}
	return gx5a.ResultOK
}

func (g *gxFirmware) inventory(data []byte) uint8 {
	inv, err := gx5a.ParseInventory(data)
	if err != nil {
		return gxResultOther
	}
	var ports []uint8
	for port := uint8(1); port <= 32; port++ {
		if inv.Antennas&(1<<(port-1)) == 0 {
			continue
		}
		if port > g.r.settings.Ports || g.r.broken[port-1] {
			return gx5a.ResultBadAntenna
		}
		ports = append(ports, port)
	}
	if len(ports) == 0 {
		return gx5a.ResultBadAntenna
	}
	g.r.begin(ports, inv.Continuous)
	return gx5a.ResultOK
}

// gxRSSIZeroDBm is the strength of raw value 0, as the driver's default scale takes it.
const gxRSSIZeroDBm = -100

func (g *gxFirmware) record(port uint8, h Heard) []byte {
	tag := gx5a.Tag{
		EPC: h.EPC, PC: uint16(epc.PCOf(len(h.EPC))), Antenna: port,
		RSSI: uint8(max(0, min(255, h.RSSIdBm-gxRSSIZeroDBm+0.5))), FrequencyKHz: 924_250,
	}
	tag.Set(gx5a.FieldRSSI, gx5a.FieldResult, gx5a.FieldFrequency)
	return gx5a.AppendTag(nil, &tag)
}

func (g *gxFirmware) end(*run) []byte { return gx5a.AppendReadEnd(nil, gx5a.EndComplete) }

func (g *gxFirmware) input(input uint8, active bool) {
	code := gx5a.CodeInputStop
	e := gx5a.InputEvent{Input: input}
	if active {
		code, e.Level = gx5a.CodeInputStart, 1
	}
	g.r.say(gx5a.AppendInputEvent(nil, code, e))
}
