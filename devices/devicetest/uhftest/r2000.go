package uhftest

import (
	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/r2000"
)

// r2000Firmware speaks package r2000's protocol.
type r2000Firmware struct {
	r       *Reader
	dec     r2000.Decoder
	antenna uint8 // the work antenna, counted from 0
	// detector is the antenna check's threshold in dB; 0 is off.
	detector uint8
	matched  []byte // the EPC that accesses are limited to; nil for none
}

// Error codes that the simulated reader gives.
const (
	r2000ErrorParameter = r2000.ErrorCode(0x41)
	r2000ErrorAntenna   = r2000.ErrorCode(0x47)
)

func (f *r2000Firmware) reset() {
	f.dec, f.antenna, f.matched, f.detector = r2000.Decoder{}, 0, nil, f.deliveredDetector()
}

func (f *r2000Firmware) address() uint8 {
	if f.r.settings.OldAddress {
		return r2000.AddressOld
	}
	return r2000.AddressDefault
}

func (f *r2000Firmware) half() half { return &f.dec }

func (f *r2000Firmware) receive(p []byte) {
	for len(p) > 0 {
		p = p[f.dec.Feed(p):]
		for frame, ok := f.dec.Next(); ok; frame, ok = f.dec.Next() {
			if frame.Address == f.address() || frame.Address == r2000.AddressBroadcast {
				f.answer(frame)
			}
		}
	}
}

func (f *r2000Firmware) answer(frame r2000.Frame) {
	r, own := f.r, f.address()
	result := func(code r2000.ErrorCode) { r.say(r2000.AppendResult(nil, own, frame.Command, code)) }
	switch frame.Command {
	case r2000.CommandFirmwareVersion:
		r.say(r2000.AppendFirmwareVersion(nil, own, r2000.FirmwareVersion{Major: 1, Minor: 9}))
	case r2000.CommandSetPower, r2000.CommandSetPowerStored:
		result(f.setPower(frame.Data))
	case r2000.CommandGetPower:
		r.say(r2000.AppendFrame(nil, r2000.Frame{Address: own, Command: frame.Command, Data: f.powers(4)}))
	case r2000.CommandGetPowerEight:
		r.say(r2000.AppendFrame(nil, r2000.Frame{Address: own, Command: frame.Command, Data: r.power[:r2000.MaxPort]}))
	case r2000.CommandSetWorkAntenna:
		if len(frame.Data) != 1 || frame.Data[0] >= r.settings.Ports {
			result(r2000ErrorAntenna)
			return
		}
		f.antenna = frame.Data[0]
		result(r2000.Success)
	case r2000.CommandEPCMatch:
		result(f.match(frame.Data))
	case r2000.CommandRead, r2000.CommandWrite, r2000.CommandLock, r2000.CommandKill:
		f.access(frame)
	case r2000.CommandRealTimeInventory:
		if r.broken[f.antenna] && f.detector > 0 {
			result(r2000.ErrorAntennaMissing)
			return
		}
		r.begin([]uint8{f.antenna + 1}, false)
	case r2000.CommandReadGPIO, r2000.CommandTemperature, r2000.CommandGetDetector, r2000.CommandSetDetector:
		f.health(frame)
	case r2000.CommandFastSwitch: // not simulated: the driver reads antenna by antenna
	}
}

func (f *r2000Firmware) setPower(data []byte) r2000.ErrorCode {
	powers, err := r2000.ParsePower(data)
	if err != nil {
		return r2000ErrorParameter
	}
	for _, port := range allPorts(f.r.settings.Ports) {
		p, told := r2000.PowerOf(powers, port)
		if p > r2000.MaxPowerDBm {
			return r2000.ErrorPowerRange
		}
		if told {
			f.r.setPower(port, p)
		}
	}
	return r2000.Success
}

// powers answers as readers do: one byte when all ports are alike.
func (f *r2000Firmware) powers(ports int) []byte {
	all := f.r.power[:ports]
	for _, p := range all[:min(ports, int(f.r.settings.Ports))] {
		if p != all[0] {
			return all
		}
	}
	return all[:1]
}

func (f *r2000Firmware) record(port uint8, h Heard) []byte {
	const frequencyIndex = 35 // 916 MHz
	tag := r2000.Tag{
		FreqAnt: frequencyIndex<<2 | (port-1)&3, PC: uint16(epc.PCOf(len(h.EPC))), EPC: h.EPC,
		RSSIRaw: r2000.RSSIRawOf(h.RSSIdBm), UpperPorts: port > 4,
	}
	return r2000.AppendTag(nil, f.address(), r2000.CommandRealTimeInventory, &tag)
}

func (f *r2000Firmware) end(u *run) []byte {
	return r2000.AppendEnd(nil, f.address(), r2000.End{Antenna: f.antenna, ReadRate: 100, TotalRead: uint32(u.total)}) //nolint:gosec // a round's reads
}
