package main

import (
	"encoding/binary"
	"fmt"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/m100"
)

func openM100(decodeSettings) stream {
	return &framed[m100.Frame]{dec: &m100.Decoder{}, heads: []byte{0xBB, 0xAA}, view: viewM100, inspect: inspectM100}
}

// viewM100 returns a frame's fields; its data is among them where nothing else tells it all.
func viewM100(f m100.Frame) (object, error) {
	o := object{{"type", int(f.Type)}, {"cmd", hex8(f.Command)}}
	if len(f.Data) == 0 {
		return o, nil
	}
	var parts object
	switch f.Type {
	case m100.TypeCommand:
		parts = viewM100Command(f)
	case m100.TypeNotification:
		if f.Command == m100.CommandPoll {
			return viewM100Tag(o, f.Data)
		}
	case m100.TypeResponse:
		parts = viewM100Response(f)
	}
	if parts == nil {
		parts = object{{"data", hexOf(f.Data)}}
	}
	return append(o, parts...), nil
}

func viewM100Command(f m100.Frame) object {
	switch f.Command {
	case m100.CommandMultiPoll:
		if rounds, err := m100.ParseMultiPoll(f.Data); err == nil {
			return object{{"rounds", int(rounds)}}
		}
	case m100.CommandSetSelect:
		return viewM100Select(f.Data)
	case m100.CommandSetPower:
		return viewM100Power(f.Data)
	case m100.CommandSetBaud:
		if baud, err := m100.ParseBaud(f.Data); err == nil {
			return object{{"baud", baud}}
		}
	case m100.CommandSetQuery:
		return viewM100Query(f.Data)
	case m100.CommandWrite, m100.CommandLock, m100.CommandKill:
		return viewM100Change(f)
	case m100.CommandRead:
		if r, err := m100.ParseRead(f.Data); err == nil {
			return object{
				{"access_password", hex32(uint32(r.AccessPassword))}, {"bank", int(r.Bank)}, {"word_addr", int(r.Word)}, {"word_count", int(r.Words)},
			}
		}
	}
	return nil
}

// viewM100Change reads the requests that change a tag. Passwords are shown, as all that
// goes over the line is: a capture of tag work is a secret.
func viewM100Change(f m100.Frame) object {
	switch f.Command {
	case m100.CommandWrite:
		if w, err := m100.ParseWrite(f.Data); err == nil {
			return object{
				{"access_password", hex32(uint32(w.AccessPassword))}, {"bank", int(w.Bank)}, {"word_addr", int(w.Word)}, {"data", hexOf(w.Data)},
			}
		}
	case m100.CommandLock:
		if password, payload, err := m100.ParseLock(f.Data); err == nil {
			return object{
				{"access_password", hex32(uint32(password))}, {"lock_mask", hex16(payload.Mask())}, {"lock_action", hex16(payload.Action())},
			}
		}
	case m100.CommandKill:
		if password, err := m100.ParseKill(f.Data); err == nil {
			return object{{"kill_password", hex32(uint32(password))}}
		}
	}
	return nil
}

func viewM100Response(f m100.Frame) object {
	switch f.Command {
	case m100.CommandInformation:
		if kind, text, err := m100.ParseInformation(f.Data); err == nil {
			return object{{"info_type", int(kind)}, {"text", text}}
		}
	case m100.CommandGetSelect:
		return viewM100Select(f.Data)
	case m100.CommandGetPower:
		return viewM100Power(f.Data)
	case m100.CommandGetQuery, m100.CommandSetQuery: // some modules answer a set with the value
		return viewM100Query(f.Data)
	case m100.CommandRead, m100.CommandWrite, m100.CommandLock, m100.CommandKill:
		return viewM100Access(f.Data, true)
	case m100.CommandError:
		o := object{{"error", hex8(f.Data[0])}}
		return append(o, viewM100Access(f.Data[1:], false)...)
	}
	return nil
}

func viewM100Select(data []byte) object {
	s, err := m100.ParseSelect(data)
	if err != nil {
		return nil
	}
	return object{
		{"sel_param", hex8(data[0])}, {"pointer_bits", s.PointerBits}, {"mask_len_bits", int(s.MaskBits)},
		{"truncate", bit(s.Truncate)}, {"mask", hexOf(s.Mask)},
	}
}

func viewM100Power(data []byte) object {
	cdBm, err := m100.ParsePower(data)
	if err != nil {
		return nil
	}
	return object{{"power_dbm", decimal(float64(cdBm) / 100)}}
}

func viewM100Query(data []byte) object {
	q, err := m100.ParseQuery(data)
	if err != nil {
		return nil
	}
	return object{
		{"dr", int(q.DR())}, {"m", int(q.M())}, {"trext", bit(q.TRext())}, {"sel", int(q.Sel())}, {"session", int(q.Session())},
		{"target", int(q.Target())}, {"q", int(q.Q())},
	}
}

// viewM100Access returns the tag that an access went to, and what was read.
func viewM100Access(data []byte, reads bool) object {
	a, err := m100.ParseAccess(data)
	if err != nil {
		return nil
	}
	o := object{{"ul", int(data[0])}, {"pc", hex16(a.PC)}, {"epc", hexOf(a.EPC)}}
	if reads || len(a.Data) > 0 {
		o = o.with("data", hexOf(a.Data))
	}
	return o
}

// viewM100Tag reads a notification. The tag's own CRC is told to be right or wrong: a
// record where it is wrong is what the module sent all the same.
func viewM100Tag(o object, data []byte) (object, error) {
	var t m100.Tag
	err := m100.ParseTag(data, &t)
	if len(t.EPC) == 0 && err != nil {
		return o.with("data", hexOf(data)), err
	}
	sent := binary.BigEndian.AppendUint16(nil, uint16(t.PC))
	o = o.with("rssi_dbm", int(t.RSSIdBm)).with("pc", hex16(t.PC)).with("epc", hexOf(t.EPC)).with("tag_crc", hex16(t.CRC))
	if !t.PC.Extended() { // otherwise a word is under the CRC that the record does not hold
		o = o.with("tag_crc_ok", epc.CRC16(append(sent, t.EPC...)) == t.CRC)
	}
	return o, err
}

// inspectM100 says why bytes that begin with BB or AA are no frame.
func inspectM100(p []byte) verdict {
	const overhead = 7
	family, tail := m100.FamilyBB, byte(0x7E)
	if p[0] == 0xAA {
		family, tail = m100.FamilyAA, 0xDD
	}
	switch {
	case len(p) > 1 && p[1] > byte(m100.TypeNotification):
		return verdict{what: fmt.Sprintf("type %02X, want 00 to 02", p[1])}
	case len(p) < overhead:
		return cut(overhead, len(p))
	}
	n := int(binary.BigEndian.Uint16(p[3:]))
	size := overhead + n
	switch {
	case n > m100.MaxData:
		return verdict{what: fmt.Sprintf("data length of %d, at most %d", n, m100.MaxData)}
	case size > len(p):
		return cut(size, len(p))
	case p[size-1] != tail:
		return verdict{what: fmt.Sprintf("last byte is %02X, should be %02X", p[size-1], tail), size: size}
	}
	f := m100.Frame{Family: family, Type: m100.Type(p[1]), Command: m100.Command(p[2]), Data: p[5 : size-2]}
	good := m100.AppendFrame(nil, f)
	seen, _ := viewM100(f) // the check is what is wrong; more need not be said
	return wrongCheck("checksum_ok", "checksum", p[size-2:size-1], good[size-2:size-1], size, seen)
}
