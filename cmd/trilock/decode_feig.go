package main

import (
	"encoding/binary"
	"fmt"

	"trilock/firmware-protocols/feig"
)

func openFeig(o decodeSettings) stream {
	return &framed[feig.Frame]{
		dec:     &feig.Decoder{},
		view:    func(f feig.Frame) (object, error) { return viewFeig(f, o.side) },
		inspect: func(p []byte) verdict { return inspectFeig(p, o.side) },
	}
}

func viewFeig(f feig.Frame, told side) (object, error) {
	framing := "standard"
	if f.Advanced {
		framing = "advanced"
	}
	o := object{{"framing", framing}, {"com_adr", hex8(f.Address)}, {"command", hex8(f.Command)}}
	status, content, err := feig.Answer(f)
	if told.or(feigIsRequest(f)) || err != nil {
		return append(o.with("data", hexOf(f.Data)).with("request", true), viewFeigBlocks(f)...), nil
	}
	o = o.with("status", hex8(status)).with("data", hexOf(content))
	switch f.Command {
	case feig.CommandSoftwareVersion:
		if v, err := feig.ParseSoftwareVersion(content); err == nil {
			o = o.with("sw_rev", hexOf(content[:2])).with("d_rev", hex8(v.Development)).with("hw_type", hex8(v.HardwareType)).
				with("sw_type", hex8(v.SoftwareType)).with("tr_type", hex16(v.TagTypes))
		}
	case feig.CommandISOHost:
		if len(content) > 0 && (status == feig.StatusOK || status == feigMoreData) {
			return viewFeigInventory(o, content), nil
		}
	}
	return o, nil
}

// feigMoreData is the status of an inventory that did not fit one answer.
const feigMoreData feig.Status = 0x94

// feigIsRequest tells requests from answers, which have a status where requests have
// data. Everybody's address is only in requests; a block's number and an inventory's mode
// are no statuses of these commands.
func feigIsRequest(f feig.Frame) bool {
	if len(f.Data) == 0 || f.Address == feig.AddressBroadcast {
		return true
	}
	switch f.Command {
	case feig.CommandReadConfig:
		return len(f.Data) == 1
	case feig.CommandISOHost:
		_, err := feig.ParseInventoryRequest(f.Data)
		return err == nil || f.Data[0] >= 0x22 && f.Data[0] <= 0x2C
	}
	return false
}

// viewFeigInventory reads the data sets of an inventory. What answers another host command
// looks like one and is left as it is.
func viewFeigInventory(o object, content []byte) object {
	v, err := feig.ParseInventory(content)
	if err != nil {
		return o
	}
	uids := []string{}
	var t, only feig.Tag
	for {
		more, err := v.Next(&t)
		if err != nil {
			return o
		}
		if !more {
			break
		}
		uids, only = append(uids, hexOf(t.UID)), t
	}
	o = o.with("data_sets", int(v.Count)).with("uids", uids)
	if len(uids) != 1 {
		return o
	}
	o = o.with("tr_type", hex8(only.Type))
	if only.Type == feig.TagISO15693 {
		o = o.with("dsfid", hex8(only.DSFID))
	}
	return o.with("uid", uids[0])
}

// inspectFeig says why bytes are no frame. Nearly every byte can begin one.
func inspectFeig(p []byte, told side) verdict {
	const standardMin, advancedMin, advancedHead = 5, 8, 0x02
	f := feig.Frame{Advanced: p[0] == advancedHead}
	size, body, shortest := int(p[0]), 1, standardMin
	if f.Advanced {
		if len(p) < advancedMin {
			return cut(advancedMin, len(p))
		}
		size, body, shortest = int(binary.BigEndian.Uint16(p[1:])), 3, advancedMin
	}
	switch {
	case size < shortest || size > feig.MaxFrame:
		return verdict{what: fmt.Sprintf("length %d, want %d to %d", size, shortest, feig.MaxFrame)}
	case size > len(p):
		return cut(size, len(p))
	}
	f.Address, f.Command, f.Data = p[body], feig.Command(p[body+1]), p[body+2:size-2]
	good := feig.AppendFrame(nil, f)
	seen, _ := viewFeig(f, told) // the check is what is wrong; more need not be said
	return wrongCheck("crc_ok", "CRC", p[size-2:size], good[size-2:], size, seen)
}
