package main

import (
	"fmt"
	"math/bits"

	"trilock/firmware-protocols/uhfreader"
)

func openUHFReader(o decodeSettings) stream {
	return &framed[uhfreader.Frame]{
		dec:     &uhfreader.Decoder{},
		view:    func(f uhfreader.Frame) (object, error) { return viewUHFReader(f, o.side), nil },
		inspect: func(p []byte) verdict { return inspectUHFReader(p, o.side) },
	}
}

func viewUHFReader(f uhfreader.Frame, told side) object {
	status, data, hasStatus := f.Reply()
	if told.or(uhfreaderIsRequest(f)) || !hasStatus {
		o := object{{"adr", hex8(f.Address)}, {"cmd", hex8(f.Command)}, {"data", hexOf(f.Data)}, {"request", true}}
		return append(o, viewUHFReaderRequest(f)...)
	}
	o := object{{"adr", hex8(f.Address)}, {"recmd", hex8(f.Command)}, {"status", hex8(status)}, {"data", hexOf(data)}}
	switch {
	case f.Command == uhfreader.CommandInformation && status == uhfreader.StatusOK:
		return append(o, viewUHFReaderInformation(data)...)
	case f.Command == uhfreader.CommandInventory && carriesRecords(status):
		b, layout, err := parseUHFReaderBatch(data)
		if err == nil {
			return append(o, viewUHFReaderBatch(b, layout)...)
		}
	case f.Command == uhfreader.CommandUnasked && status == uhfreader.StatusOK:
		return append(o, viewUHFReaderUnasked(data)...)
	}
	return o
}

// uhfreaderIsRequest tells requests from answers. Both have the same form, and an
// answer's status is a byte like any other: an answer is what makes sense as one.
func uhfreaderIsRequest(f uhfreader.Frame) bool {
	status, data, hasStatus := f.Reply()
	if !hasStatus {
		return true
	}
	switch f.Command {
	case uhfreader.CommandNone, uhfreader.CommandUnasked, uhfreader.CommandInformation:
		return false
	case uhfreader.CommandInventory:
		if carriesRecords(status) {
			_, _, err := parseUHFReaderBatch(data)
			return err != nil
		}
		_, inventory := uhfreader.ParseInventory(f.Data)
		_, _, tids := uhfreader.ParseInventoryTID(f.Data)
		return inventory == nil || tids == nil
	}
	if viewUHFReaderAccess(f) != nil {
		return true
	}
	sets := f.Command == uhfreader.CommandSetChannels || f.Command == uhfreader.CommandSetScanTime || f.Command == uhfreader.CommandSetPower ||
		f.Command == uhfreader.CommandSetMode18 || f.Command == uhfreader.CommandAntennaCheck || f.Command == uhfreader.CommandSetMode288
	return sets && (len(data) > 0 || status != uhfreader.StatusOK && status < uhfreader.StatusAntenna)
}

func carriesRecords(s uhfreader.Status) bool {
	return s >= uhfreader.StatusFinished && s <= uhfreader.StatusMemoryFull
}

// parseUHFReaderBatch reads records in the layout that they fill exactly. Which one a
// reader has, its type tells; bytes alone do so except for "no tag", where the layout with
// the antenna is taken.
func parseUHFReaderBatch(data []byte) (uhfreader.Batch, uhfreader.Layout, error) {
	b, err := uhfreader.ParseBatch(uhfreader.LayoutAntenna, data)
	if err == nil {
		return b, uhfreader.LayoutAntenna, nil
	}
	b, err = uhfreader.ParseBatch(uhfreader.LayoutPlain, data)
	return b, uhfreader.LayoutPlain, err
}

func viewUHFReaderRequest(f uhfreader.Frame) object {
	switch f.Command {
	case uhfreader.CommandInventory:
		if word, words, err := uhfreader.ParseInventoryTID(f.Data); err == nil {
			return object{{"tid_addr", int(word)}, {"tid_len", int(words)}}
		}
		if inv, err := uhfreader.ParseInventory(f.Data); err == nil {
			return object{
				{"q", int(inv.Q)}, {"session", int(inv.Session)}, {"target", int(inv.Target)}, {"antenna", hex8(f.Data[3])},
				{"scan_time_100ms", int(inv.ScanTime)},
			}
		}
	case uhfreader.CommandSetChannels:
		if c, err := uhfreader.ParseChannels(f.Data); err == nil {
			return viewUHFReaderBand(c)
		}
	case uhfreader.CommandSetPower:
		if dBm, err := uhfreader.ParseByte(f.Data); err == nil {
			return object{{"power_dbm", int(dBm)}}
		}
	case uhfreader.CommandSetScanTime:
		if tenths, err := uhfreader.ParseByte(f.Data); err == nil {
			return object{{"scan_time_ms", 100 * int(tenths)}}
		}
	}
	return viewUHFReaderAccess(f)
}

func viewUHFReaderInformation(data []byte) object {
	info, err := uhfreader.ParseInformation(data)
	if err != nil {
		return nil // the data says it all
	}
	o := object{
		{"version", info.Version()}, {"reader_type", hex8(info.Type)}, {"tr_type", hex8(info.AirProtocols)},
		{"max_fre", hex8(data[4])}, {"min_fre", hex8(data[5])},
	}
	o = append(o, viewUHFReaderBand(info.Channels)...)
	o = o.with("power_dbm", int(info.PowerDBm)).with("scan_time_ms", 100*int(info.ScanTime))
	if info.Extended {
		o = o.with("antenna_mask", hex8(info.Antennas))
	}
	return o
}

func viewUHFReaderBand(c uhfreader.Channels) object {
	names := map[uhfreader.Band]string{
		0b0000: "user", 0b0001: "China 2", 0b0010: "US", 0b0011: "Korea", 0b0100: "EU", 0b0110: "Ukraine", 0b0111: "Peru",
		0b1000: "China 1", 0b1001: "EU3", 0b1010: "Taiwan", 0b1100: "US3",
	}
	name, ok := names[c.Band]
	if !ok {
		name = "unknown"
	}
	o := object{{"band", fmt.Sprintf("%s %04b", name, c.Band)}}
	if low, high, known := c.RangeKHz(); known {
		o = o.with("max_mhz", decimal(float64(high)/1000)).with("min_mhz", decimal(float64(low)/1000))
	}
	return o
}

func viewUHFReaderBatch(b uhfreader.Batch, layout uhfreader.Layout) object {
	var o object
	if layout == uhfreader.LayoutAntenna {
		o = o.with("antenna_mask", hex8(b.AntennaMask))
	}
	o = o.with("count", b.Count)
	epcs, strengths := []string{}, []string{}
	var t uhfreader.Tag
	for b.Next(&t) {
		epcs = append(epcs, hexOf(t.EPC))
		if t.HasRSSI {
			strengths = append(strengths, hex8(t.RSSIRaw))
		}
	}
	if len(epcs) > 0 {
		o = o.with("epcs", epcs)
	}
	if len(strengths) > 0 {
		o = o.with("rssi_raw", strengths)
	}
	return append(o, viewUHFReaderPort(b.AntennaMask)...)
}

// viewUHFReaderPort names the port of a mask that has one bit.
func viewUHFReaderPort(mask uint8) object {
	if bits.OnesCount8(mask) != 1 {
		return nil
	}
	return object{{"antenna", bits.TrailingZeros8(mask) + 1}}
}

func viewUHFReaderUnasked(data []byte) object {
	var t uhfreader.Tag
	mask, err := uhfreader.ParseUnasked(uhfreader.LayoutAntenna, data, &t)
	if err == nil {
		o := object{{"antenna_mask", hex8(mask)}, {"epc", hexOf(t.EPC)}, {"rssi_raw", hex8(t.RSSIRaw)}}
		return append(o, viewUHFReaderPort(mask)...)
	}
	if _, err := uhfreader.ParseUnasked(uhfreader.LayoutPlain, data, &t); err == nil {
		return object{{"epc", hexOf(t.EPC)}}
	}
	return nil
}

// inspectUHFReader says why bytes are no frame. Any byte can begin one.
func inspectUHFReader(p []byte, told side) verdict {
	const lenMin = 4 // address, command, CRC
	if p[0] < lenMin {
		return verdict{what: fmt.Sprintf("length %d, want %d to 255", p[0], lenMin)}
	}
	size := 1 + int(p[0])
	if size > len(p) {
		return cut(size, len(p))
	}
	f := uhfreader.Frame{Address: p[1], Command: uhfreader.Command(p[2]), Data: p[3 : size-2]}
	good := uhfreader.AppendFrame(nil, f)
	return wrongCheck("crc_ok", "CRC", p[size-2:size], good[size-2:], size, viewUHFReader(f, told))
}
