package main

import (
	"encoding/binary"
	"fmt"

	"trilock/firmware-protocols/gx5a"
)

func openGX5A(o decodeSettings) stream {
	return &framed[gx5a.Frame]{
		dec: &gx5a.Decoder{}, heads: []byte{gx5aHead},
		view:    func(f gx5a.Frame) (object, error) { return viewGX5A(f, o.side) },
		inspect: func(p []byte) verdict { return inspectGX5A(p, o.side) },
	}
}

const gx5aHead = 0x5A

// viewGX5A returns a frame's fields.
func viewGX5A(f gx5a.Frame, told side) (object, error) {
	o := object{
		{"pcw", hex32(f.PCW)}, {"proto_type", int(f.PCW >> 24)}, {"version", int(f.PCW >> 16 & 0xFF)}, {"rs485", f.RS485()},
		{"notification", f.Notification()}, {"category", int(f.Category())}, {"mid", hex8(f.MID())},
	}
	if f.RS485() {
		o = o.with("address", int(f.Address))
	}
	o = o.with("data", hexOf(f.Data))
	switch {
	case f.Notification():
		return viewGX5ANotice(o, f)
	case told.or(gx5aIsRequest(f)):
		return viewGX5ARequest(o.with("request", true), f)
	}
	return viewGX5AReply(o, f)
}

// gx5aIsRequest tells requests from answers, which carry the same code: a request to tell
// something has no data, its answer has; a request to do something has more than the one
// byte of its answer.
func gx5aIsRequest(f gx5a.Frame) bool {
	if len(f.Data) == 0 {
		return true
	}
	var acts []byte
	switch f.Category() {
	case 1: // address, outputs, triggers, Wiegand, restart, clock, factory settings, RS-485
		acts = []byte{0x04, 0x07, 0x09, 0x0B, 0x0D, 0x0F, 0x10, 0x14, 0x15}
	case 2: // power, band, channels, hub, filter, baseband, dormancy; inventory, write, lock, kill
		acts = []byte{0x01, 0x03, 0x05, 0x07, 0x09, 0x0B, 0x0D, 0x10, 0x11, 0x12, 0x13}
	}
	for _, mid := range acts {
		if f.MID() == mid {
			return len(f.Data) > 1
		}
	}
	return false
}

func viewGX5ARequest(o object, f gx5a.Frame) (object, error) {
	switch {
	case f.Code() == gx5a.CodeInventory:
		inv, err := gx5a.ParseInventory(f.Data)
		if err != nil {
			return o, err
		}
		return append(o.with("ant_mask", inv.Antennas).with("mode", int(f.Data[4])), viewGX5AAccess(f)...), nil
	case f.Code() == gx5a.CodeSetPower:
		return viewGX5APower(o, f.Data)
	}
	return append(o, viewGX5AAccess(f)...), nil
}

func viewGX5APower(o object, data []byte) (object, error) {
	powers, persist, err := gx5a.ParsePower(data)
	if err != nil {
		return o, err
	}
	list := []object{}
	for _, p := range powers {
		list = append(list, object{{"antenna", int(p.Antenna)}, {"power_dbm", int(p.DBm)}})
	}
	return o.with("powers", list).with("persist", persist), nil
}

func viewGX5AReply(o object, f gx5a.Frame) (object, error) {
	switch f.Code() {
	case gx5a.CodeBasebandVersion:
		v, err := gx5a.ParseBasebandVersion(f.Data)
		if err != nil {
			return o, err
		}
		return o.with("baseband_version", v.String()), nil
	case gx5a.CodeReaderInfo:
		info, err := gx5a.ParseReaderInfo(f.Data)
		if err != nil {
			return o, err
		}
		return o.with("serial", info.Serial).with("uptime_s", info.UptimeSeconds).
			with("baseband_build", info.BasebandBuild).with("app_version", info.App.String()), nil
	case gx5a.CodeCapabilities:
		caps, err := gx5a.ParseCapabilities(f.Data)
		if err != nil {
			return o, err
		}
		return o.with("min_dbm", int(caps.MinDBm)).with("max_dbm", int(caps.MaxDBm)).with("antennas", int(caps.Antennas)).
			with("frequencies", hexOf(caps.Frequencies)).with("protocols", hexOf(caps.Protocols)), nil
	case gx5a.CodeGetPower:
		return viewGX5APower(o, f.Data)
	}
	if len(f.Data) == 1 {
		o = o.with("result", int(f.Data[0]))
	}
	return o, nil
}

func viewGX5ANotice(o object, f gx5a.Frame) (object, error) {
	switch f.Code() {
	case gx5a.CodeTag:
		return viewGX5ATag(o, f.Data)
	case gx5a.CodeReadEnd:
		reason, err := gx5a.ParseReadEnd(f.Data)
		if err != nil {
			return o, err
		}
		return o.with("reason", int(reason)), nil
	case gx5a.CodeInputStart, gx5a.CodeInputStop:
		e, err := gx5a.ParseInputEvent(f.Data)
		if err != nil {
			return o, err
		}
		return o.with("gpi", int(e.Input)), nil
	case gx5a.CodeHeartbeat:
		counter, err := gx5a.ParseHeartbeat(f.Data)
		if err != nil {
			return o, err
		}
		return o.with("counter", counter), nil
	}
	return o, nil
}

func viewGX5ATag(o object, data []byte) (object, error) {
	var t gx5a.Tag
	err := gx5a.ParseTag(data, &t)
	o = o.with("epc", hexOf(t.EPC)).with("pc", hex16(t.PC)).with("antenna", int(t.Antenna))
	for _, part := range []struct {
		field gx5a.Field
		name  string
		value any
	}{
		{gx5a.FieldRSSI, "rssi_raw", int(t.RSSI)},
		{gx5a.FieldResult, "result", int(t.Result)},
		{gx5a.FieldTID, "tid", hexOf(t.TID)},
		{gx5a.FieldUser, "user", hexOf(t.User)},
		{gx5a.FieldReserved, "reserved", hexOf(t.Reserved)},
		{gx5a.FieldSubAntenna, "sub_antenna", int(t.SubAntenna)},
		{gx5a.FieldUTC, "utc_s", t.UTCSeconds},
		{gx5a.FieldFrequency, "freq_khz", t.FrequencyKHz},
		{gx5a.FieldPhase, "phase", int(t.Phase)},
		{gx5a.FieldEPCData, "epc_data", hexOf(t.EPCData)},
		{gx5a.FieldLTU27, "temperature_ltu27_raw", t.LTU27},
		{gx5a.FieldLTU31, "temperature_ltu31_raw", t.LTU31},
		{gx5a.FieldKunYue, "temperature_kunyue_raw", t.KunYue},
		{gx5a.FieldRSSI16, "rssi16_raw", t.RSSI16},
		{gx5a.FieldCRC, "tag_crc", hex16(t.CRC)},
		{gx5a.FieldReaderSerial, "reader_serial", hexOf(t.ReaderSerial)},
		{gx5a.FieldReplySerial, "reply_serial", t.ReplySerial},
	} {
		if t.Has(part.field) {
			o = o.with(part.name, part.value)
		}
	}
	if len(t.Tail) > 0 {
		o = o.with("tail", hexOf(t.Tail))
	}
	return o, err
}

// inspectGX5A says why bytes that begin with 5A are no frame.
func inspectGX5A(p []byte, told side) verdict {
	const short = 8 // head, PCW, length, and one more: an empty frame has 9 bytes
	switch {
	case len(p) > 1 && p[1] != 0:
		return verdict{what: fmt.Sprintf("type %02X in the first PCW byte, want 00", p[1])}
	case len(p) > 2 && p[2] != 1:
		return verdict{what: fmt.Sprintf("version %02X in the second PCW byte, want 01", p[2])}
	case len(p) < short:
		return cut(short+1, len(p))
	}
	f := gx5a.Frame{PCW: binary.BigEndian.Uint32(p[1:])}
	if c := f.Category(); c < 1 || c > 5 {
		return verdict{what: fmt.Sprintf("category %d in the third PCW byte, want 1 to 5", c)}
	}
	body := 7
	if f.RS485() {
		f.Address, body = p[5], 8
	}
	n := int(binary.BigEndian.Uint16(p[body-2:]))
	size := body + n + 2
	switch {
	case n > gx5a.MaxData:
		return verdict{what: fmt.Sprintf("data length of %d, at most %d", n, gx5a.MaxData)}
	case size > len(p):
		return cut(size, len(p))
	}
	f.Data = p[body : body+n]
	good := gx5a.AppendFrame(nil, f)
	seen, _ := viewGX5A(f, told) // the check is what is wrong; more need not be said
	return wrongCheck("crc_ok", "CRC", p[size-2:size], good[size-2:], size, seen)
}
