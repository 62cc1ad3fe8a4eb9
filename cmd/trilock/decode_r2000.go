package main

import (
	"fmt"
	"strings"

	"trilock/firmware-protocols/r2000"
)

func openR2000(o decodeSettings) stream {
	return &framed[r2000.Frame]{
		dec: &r2000.Decoder{}, heads: []byte{r2000Head},
		view:    func(f r2000.Frame) (object, error) { return viewR2000(f, o.side) },
		inspect: func(p []byte) verdict { return inspectR2000(p, o.side) },
	}
}

const r2000Head = 0xA0

// Lengths of the data of requests to switch antennas fast: pairs of port and stay, the
// interval, the repetitions.
const (
	r2000FourPorts  = 4*2 + 2
	r2000EightPorts = 8*2 + 2
)

func viewR2000(f r2000.Frame, told side) (object, error) {
	o := object{{"addr", int(f.Address)}, {"cmd", hex8(f.Command)}, {"data", hexOf(f.Data)}}
	if told.or(r2000IsRequest(f)) {
		return viewR2000Request(o.with("request", true), f), nil
	}
	switch f.Command {
	case r2000.CommandRealTimeInventory, r2000.CommandFastSwitch:
		return viewR2000Inventory(o, f)
	case r2000.CommandFirmwareVersion:
		v, err := r2000.ParseFirmwareVersion(f.Data)
		return o.with("major", int(v.Major)).with("minor", int(v.Minor)), err
	case r2000.CommandGetPower, r2000.CommandGetPowerEight:
		return viewR2000Power(o, f.Data), nil
	}
	if len(f.Data) == 1 {
		o = o.with("result", hex8(f.Data[0]))
	}
	return viewR2000Record(o, f), nil
}

// r2000IsRequest tells requests from answers, which carry the same command. One byte may
// be either: it is an answer when it is one of the error codes (of which success is one),
// so a power of 16 dBm being set is taken for "done"; whoever knows better says so.
func r2000IsRequest(f r2000.Frame) bool {
	n := len(f.Data)
	if n == 0 {
		return true
	}
	if n == 1 && r2000IsCode(f) {
		return false
	}
	switch f.Command {
	case r2000.CommandRead, r2000.CommandWrite, r2000.CommandLock, r2000.CommandKill, r2000.CommandEPCMatch:
		return viewR2000Access(f) != nil
	case r2000.CommandSetPower, r2000.CommandSetPowerStored, r2000.CommandSetWorkAntenna:
		return true
	case r2000.CommandRealTimeInventory:
		return n == 1
	case r2000.CommandFastSwitch:
		var t r2000.Tag
		return (n == r2000FourPorts || n == r2000EightPorts) && r2000.ParseTag(f.Data, &t) != nil
	}
	return false
}

// r2000IsCode reports whether the only data byte can be an answer's code. A power of 17,
// 32 or 33 dBm is more likely than the errors with these numbers, which are not those of
// a power setting.
func r2000IsCode(f r2000.Frame) bool {
	code := r2000.ErrorCode(f.Data[0])
	power := f.Command == r2000.CommandSetPower || f.Command == r2000.CommandSetPowerStored
	if power && code <= r2000.MaxPowerDBm && code != r2000.Success {
		return false
	}
	return !strings.HasPrefix(code.String(), "error ")
}

func viewR2000Request(o object, f r2000.Frame) object {
	d := f.Data
	switch {
	case f.Command == r2000.CommandSetWorkAntenna && len(d) == 1:
		return o.with("antenna", int(d[0])+1)
	case f.Command == r2000.CommandSetPower, f.Command == r2000.CommandSetPowerStored:
		return viewR2000Power(o, d)
	case f.Command == r2000.CommandRealTimeInventory && len(d) == 1:
		return o.with("repeat", int(d[0]))
	case f.Command == r2000.CommandFastSwitch && (len(d) == r2000FourPorts || len(d) == r2000EightPorts):
		pairs := d[:len(d)-2]
		var stays []string
		for i := 0; i < len(pairs); i += 2 {
			stays = append(stays, fmt.Sprintf("%s:%d", portLetter(pairs[i]), pairs[i+1]))
		}
		return o.with("stays", strings.Join(stays, " ")).with("interval_ms", int(d[len(d)-2])).with("repeat", int(d[len(d)-1]))
	}
	return append(o, viewR2000Access(f)...)
}

// portLetter names a port as the vendor does: A is port 0; a port that does not exist is skipped.
func portLetter(port byte) string {
	if port >= r2000.MaxPort {
		return "-"
	}
	return string(rune('A' + port))
}

func viewR2000Power(o object, data []byte) object {
	powers, err := r2000.ParsePower(data)
	switch {
	case err != nil:
		return o // no power has this length; the data says it all
	case len(powers) == 1:
		return o.with("power_dbm", int(powers[0]))
	}
	return o.with("power_dbm", numbers(powers))
}

func viewR2000Inventory(o object, f r2000.Frame) (object, error) {
	switch r2000.KindOf(f) {
	case r2000.ReplyTag:
		return viewR2000Tag(o.with("kind", "tag"), f.Data)
	case r2000.ReplyEnd:
		o = o.with("kind", "end")
		if f.Command == r2000.CommandFastSwitch {
			e, err := r2000.ParseFastSwitchEnd(f.Data)
			return o.with("total_read", e.TotalRead).with("duration_ms", e.DurationMS), err
		}
		e, err := r2000.ParseEnd(f.Data)
		return o.with("ant_id", int(e.Antenna)).with("read_rate", int(e.ReadRate)).with("total_read", e.TotalRead), err
	case r2000.ReplyError:
		return o.with("kind", "error").with("error", hex8(f.Data[0])), nil
	case r2000.ReplyAntennaError:
		e, err := r2000.ParseAntennaError(f.Data)
		return o.with("kind", "antenna_error").with("ant_id", int(e.Antenna)).with("error", hex8(e.Code)), err
	}
	return o, fmt.Errorf("no answer to command %02X has %s of data", uint8(f.Command), count(len(f.Data)))
}

func viewR2000Tag(o object, data []byte) (object, error) {
	var t r2000.Tag
	if err := r2000.ParseTag(data, &t); err != nil {
		return o, err
	}
	rssi := t.RSSIRaw
	if t.UpperPorts {
		rssi |= 0x80
	}
	o = o.with("freq_ant", hex8(t.FreqAnt)).with("freq_index", int(t.FreqAnt>>2)).
		with("freq_mhz", decimal(float64(t.FrequencyKHz())/1000)).with("antenna", int(t.Port())).
		with("pc", hex16(t.PC)).with("epc", hexOf(t.EPC)).
		with("rssi_raw", hex8(rssi)).with("rssi_dbm", int(t.RSSIcdBm())/100)
	if t.HasPhase {
		o = o.with("phase", int(t.Phase))
	}
	return o, nil
}

// inspectR2000 says why bytes that begin with A0 are no frame.
func inspectR2000(p []byte, told side) verdict {
	const lenMin = 3 // address, command, check
	switch {
	case len(p) < 2:
		return cut(2+lenMin, len(p))
	case p[1] < lenMin:
		return verdict{what: fmt.Sprintf("length %d, want %d to 255", p[1], lenMin)}
	}
	size := 2 + int(p[1])
	if size > len(p) {
		return cut(size, len(p))
	}
	f := r2000.Frame{Address: p[2], Command: r2000.Command(p[3]), Data: p[4 : size-1]}
	good := r2000.AppendFrame(nil, f)
	seen, _ := viewR2000(f, told) // the check is what is wrong; more need not be said
	return wrongCheck("checksum_ok", "check byte", p[size-1:size], good[size-1:], size, seen)
}
