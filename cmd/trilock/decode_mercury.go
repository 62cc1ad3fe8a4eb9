package main

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"trilock/firmware-protocols/mercury"
)

const (
	mercuryHead = 0xFF
	// A frame's bytes without its data: head, length, opcode, CRC; an answer has a status.
	mercuryRequestLen = 5
	mercuryAnswerLen  = 7
)

func openMercury(o decodeSettings) stream {
	return &framed[mercury.Frame]{
		dec: &mercuryScan{side: o.side}, heads: []byte{mercuryHead}, view: viewMercury,
		inspect: func(p []byte) verdict { return inspectMercury(p, o.side) },
		filler:  func(p []byte) bool { return len(bytes.Trim(p, "\xFF")) == 0 }, // it wakes a module up
	}
}

// mercuryScan finds frames of both directions in one stream: which one a frame is of, its
// CRC tells, because a request and an answer of the same length byte end at different places.
type mercuryScan struct {
	side    side
	buf     []byte
	dropped uint64
}

// Feed takes all of p.
func (s *mercuryScan) Feed(p []byte) int {
	s.buf = append(s.buf, p...)
	return len(p)
}

// Next returns the next frame, which owns its bytes.
func (s *mercuryScan) Next() (mercury.Frame, bool) {
	for {
		at := bytes.IndexByte(s.buf, mercuryHead)
		if at < 0 {
			at = len(s.buf)
		}
		s.drop(at)
		if len(s.buf) < 2 {
			return mercury.Frame{}, false
		}
		n := int(s.buf[1])
		if n <= mercury.MaxData {
			for _, f := range mercuryCandidates(s.buf, s.side) {
				if wire := mercury.AppendFrame(nil, f); bytes.HasPrefix(s.buf, wire) {
					f.Data = bytes.Clone(f.Data)
					s.buf = append(s.buf[:0], s.buf[len(wire):]...)
					return f, true
				}
			}
			if len(s.buf) < n+mercuryAnswerLen && (s.side != request || len(s.buf) < n+mercuryRequestLen) {
				return mercury.Frame{}, false
			}
		}
		s.drop(1)
	}
}

// mercuryCandidates returns what the bytes would say as a request and as an answer, as far
// as those are all there, whatever their CRC.
func mercuryCandidates(p []byte, told side) (list []mercury.Frame) {
	n := int(p[1])
	if told != reply && len(p) >= n+mercuryRequestLen {
		list = append(list, mercury.Frame{Opcode: mercury.Opcode(p[2]), Request: true, Data: p[3 : 3+n]})
	}
	if told != request && len(p) >= n+mercuryAnswerLen {
		list = append(list, mercury.Frame{Opcode: mercury.Opcode(p[2]), Status: mercury.Status(binary.BigEndian.Uint16(p[3:])), Data: p[5 : 5+n]})
	}
	return list
}

// Resync gives up the incomplete frame at the front.
func (s *mercuryScan) Resync() { s.drop(min(1, len(s.buf))) }

// Pending returns how many bytes wait for the rest of their frame.
func (s *mercuryScan) Pending() int { return len(s.buf) }

// Dropped returns how many bytes were not part of any frame.
func (s *mercuryScan) Dropped() uint64 { return s.dropped }

func (s *mercuryScan) drop(n int) {
	s.buf = append(s.buf[:0], s.buf[n:]...)
	s.dropped += uint64(n) //nolint:gosec // never negative
}

func viewMercury(f mercury.Frame) (object, error) {
	o := object{{"opcode", hex8(f.Opcode)}}
	if f.Request {
		o = o.with("data", hexOf(f.Data)).with("request", true)
		timed := f.Opcode == mercury.OpReadSingle || f.Opcode == mercury.OpWriteData
		if timed && len(f.Data) >= 2 {
			o = o.with("timeout_ms", int(binary.BigEndian.Uint16(f.Data)))
		}
		return append(o, viewMercuryAccess(f)...), nil
	}
	o = o.with("status", hex16(f.Status)).with("data", hexOf(f.Data))
	switch f.Opcode {
	case mercury.OpVersion, mercury.OpBoot:
		if v, err := mercury.ParseVersion(f.Data); err == nil {
			o = o.with("bootloader", hex32(v.BootLoader)).with("hardware", hex32(v.Hardware)).with("fw_date", hex32(v.FirmwareDate)).
				with("fw_version", hex32(v.Firmware)).with("protocols", hex32(v.Protocols))
		}
	case mercury.OpGetPower:
		if p, err := mercury.ParsePower(f.Data); err == nil {
			o = o.with("option", hex8(f.Data[0])).with("power_cdbm", p.SetCdBm).with("max_cdbm", p.MaxCdBm).with("min_cdbm", p.MinCdBm)
		}
	case mercury.OpReadSingle:
		if tag, crc, err := mercury.ParseReadSingle(f.Data); err == nil && f.Status == mercury.StatusOK {
			o = o.with("epc", hexOf(tag)).with("tag_crc", hex16(crc))
		}
	case mercury.OpSearch:
		if mercury.StreamKindOf(f) == mercury.StreamTag {
			return viewMercuryTag(o, f.Data)
		}
		if tags, err := mercury.ParseSearchCount(f.Data); err == nil {
			o = o.with("count", tags)
		}
	case mercury.OpGetBuffer:
		return viewMercuryBuffer(o, f.Data)
	}
	return o, nil
}

// viewMercuryTag reads a streamed record.
func viewMercuryTag(o object, data []byte) (object, error) {
	var t mercury.Tag
	err := mercury.ParseStreamTag(data, &t)
	o = o.with("search_flags", hexOf(data[1:3])).with("metadata_flags", hexOf(data[3:5])).with("response_type", int(data[5]))
	if err != nil {
		return o, err
	}
	return append(o, mercuryTag(&t)...), nil
}

func viewMercuryBuffer(o object, data []byte) (object, error) {
	b, err := mercury.ParseBuffer(data)
	if err != nil {
		return o, nil //nolint:nilerr // an empty buffer is told by the status
	}
	o = o.with("metadata_flags", hex16(b.Fields)).with("count", int(b.Count))
	tags := []object{}
	var t mercury.Tag
	for more := true; more; {
		if more, err = b.Next(&t); more {
			tags = append(tags, mercuryTag(&t))
		}
	}
	return o.with("tags", tags), err
}

func mercuryTag(t *mercury.Tag) (o object) {
	for _, part := range []struct {
		field mercury.Metadata
		parts object
	}{
		{mercury.MetaReadCount, object{{"read_count", int(t.ReadCount)}}},
		{mercury.MetaRSSI, object{{"rssi_dbm", int(t.RSSIdBm)}}},
		{mercury.MetaAntenna, object{{"antenna_tx", int(t.AntennaTX)}, {"antenna_rx", int(t.AntennaRX)}}},
		{mercury.MetaFrequency, object{{"freq_khz", t.FrequencyKHz}}},
		{mercury.MetaTimestamp, object{{"timestamp_ms", t.TimestampMS}}},
		{mercury.MetaPhase, object{{"phase", int(t.Phase)}}},
		{mercury.MetaProtocol, object{{"protocol", int(t.Protocol)}}},
		{mercury.MetaData, object{{"data_bits", int(t.DataBits)}}},
		{mercury.MetaGPIO, object{{"gpio", int(t.GPIO)}}},
	} {
		if t.Has(part.field) {
			o = append(o, part.parts...)
		}
	}
	if t.DataBits > 0 {
		o = o.with("tag_data", hexOf(t.Data))
	}
	const pcAndCRC = 2 + 2
	bytes, covered := len(t.EPC)+pcAndCRC, t.EPC
	if t.PC&pcExtended != 0 {
		bytes += 2
		covered = append(binary.BigEndian.AppendUint16(nil, t.XPC), t.EPC...)
		o = o.with("xpc", hex16(t.XPC))
	}
	return o.with("epc_bits", 8*bytes).with("pc", hex16(t.PC)).with("epc", hexOf(t.EPC)).with("tag_crc", hex16(t.CRC)).
		with("tag_crc_ok", mercury.TagCRC(t.PC, covered) == t.CRC)
}

// pcExtended is the bit of the PC word that says that an extended one follows.
const pcExtended = 0x0200

// inspectMercury says why bytes that begin with FF are no frame.
func inspectMercury(p []byte, told side) verdict {
	if len(p) < mercuryRequestLen {
		return cut(mercuryRequestLen, len(p))
	}
	n := int(p[1])
	if n > mercury.MaxData {
		return verdict{what: fmt.Sprintf("data length of %d, at most %d", n, mercury.MaxData)}
	}
	switch list := mercuryCandidates(p, told); len(list) {
	case 0:
		return cut(n+mercuryRequestLen, len(p))
	case 1:
		good := mercury.AppendFrame(nil, list[0])
		size := len(good)
		seen, _ := viewMercury(list[0]) // the check is what is wrong; more need not be said
		return wrongCheck("crc_ok", "CRC", p[size-2:size], good[size-2:], size, seen)
	}
	return verdict{what: fmt.Sprintf("CRC is neither that of a request of %s nor that of an answer of %s",
		count(n+mercuryRequestLen), count(n+mercuryAnswerLen))}
}
