package main

import (
	"encoding/binary"
	"fmt"

	"trilock/firmware-protocols/osdp"
)

// osdpName returns the standard's name of a command or a reply.
func osdpName(reply bool, code uint8) string {
	names := map[uint8]string{
		0x60: "POLL", 0x61: "ID", 0x62: "CAP", 0x63: "DIAG", 0x64: "LSTAT", 0x65: "ISTAT", 0x66: "OSTAT", 0x67: "RSTAT",
		0x68: "OUT", 0x69: "LED", 0x6A: "BUZ", 0x6B: "TEXT", 0x6C: "RMODE", 0x6D: "TDSET", 0x6E: "COMSET", 0x6F: "DATA",
		0x73: "BIOREAD", 0x74: "BIOMATCH", 0x75: "KEYSET", 0x76: "CHLNG", 0x77: "SCRYPT", 0x7B: "ACURXSIZE",
		0x7C: "FILETRANSFER", 0x80: "MFG", 0xA1: "XWR", 0xA2: "ABORT", 0xA3: "PIVDATA", 0xA4: "GENAUTH", 0xA5: "CRAUTH", 0xA7: "KEEPACTIVE",
	}
	if reply {
		names = map[uint8]string{
			0x40: "ACK", 0x41: "NAK", 0x45: "PDID", 0x46: "PDCAP", 0x48: "LSTATR", 0x49: "ISTATR", 0x4A: "OSTATR", 0x4B: "RSTATR",
			0x50: "RAW", 0x51: "FMT", 0x53: "KEYPAD", 0x54: "COM", 0x57: "BIOREADR", 0x58: "BIOMATCHR", 0x59: "EXT_PDID",
			0x76: "CCRYPT", 0x78: "RMAC_I", 0x79: "BUSY", 0x7A: "FTSTAT", 0x80: "PIVDATAR", 0x81: "GENAUTHR", 0x82: "CRAUTHR",
			0x83: "MFGSTATR", 0x84: "MFGERRR", 0x90: "MFGREP", 0xB1: "XRD",
		}
	}
	if name, ok := names[code]; ok {
		return name
	}
	return "unknown"
}

// osdpContent returns a command's or a reply's data and its parts. Data that does not fit
// its code is given as it is.
func osdpContent(reply bool, code uint8, data []byte) object {
	if !reply && osdp.CommandCode(code) == osdp.CommandKeySet {
		return object{{"data_len", len(data)}} // a reader's new key: not for a screen or a log
	}
	o := object{{"data", hexOf(data)}}
	if reply {
		return append(o, osdpReply(osdp.ParseReply(osdp.ReplyCode(code), data))...)
	}
	return append(o, osdpCommand(osdp.CommandCode(code), data)...)
}

func osdpReply(r osdp.Reply) object {
	switch r := r.(type) {
	case osdp.Nak:
		return object{{"nak", int(r.Code)}}
	case osdp.Identity:
		return object{
			{"vendor", hexOf(r.Vendor[:])}, {"model", int(r.Model)}, {"version", int(r.Version)}, {"serial", r.Serial},
			{"firmware", fmt.Sprintf("%d.%d.%d", r.Firmware[0], r.Firmware[1], r.Firmware[2])},
		}
	case osdp.Capabilities:
		list := []object{}
		for _, c := range r {
			list = append(list, object{{"function", int(c.Function)}, {"level", int(c.Level)}, {"count", int(c.Count)}})
		}
		return object{{"capabilities", list}}
	case osdp.LocalStatus:
		return object{{"tamper", bit(r.Tamper)}, {"power", bit(r.PowerFailure)}}
	case osdp.Inputs:
		return object{{"inputs", numbers(r)}}
	case osdp.Outputs:
		list := []int{}
		for _, on := range r {
			list = append(list, bit(on))
		}
		return object{{"outputs", list}}
	case osdp.Attached:
		return object{{"readers", numbers(r)}}
	case osdp.CardData:
		return object{{"reader", int(r.Reader)}, {"format", int(r.Format)}, {"bits", int(r.Bits)}, {"card", hexOf(r.Data)}}
	case osdp.Keys:
		return object{{"reader", int(r.Reader)}, {"keys", osdpKeys(r.Keys)}}
	case osdp.Communication:
		return object{{"address", int(r.Address)}, {"baud", r.BitsPerSecond}}
	case osdp.ClientProof:
		return object{{"cuid", hexOf(r.ClientID[:])}, {"rnd_b", hexOf(r.RndB[:])}, {"client_cryptogram", hexOf(r.Cryptogram[:])}}
	case osdp.InitialRMAC:
		return object{{"rmac_i", hexOf(r[:])}}
	}
	return nil
}

// osdpKeys writes key presses as they are labelled: '*' sends 7F, '#' sends 0D.
func osdpKeys(keys []byte) string {
	text := make([]byte, 0, len(keys))
	for _, k := range keys {
		switch {
		case k == 0x7F:
			k = '*'
		case k == 0x0D:
			k = '#'
		case k < '0' || k > 'H':
			k = '?'
		}
		text = append(text, k)
	}
	return string(text)
}

// Lengths of the commands' data.
const (
	osdpOutputLen = 4
	osdpLEDLen    = 14
	osdpFileHead  = 11
	osdpTextHead  = 6
)

func osdpCommand(code osdp.CommandCode, d []byte) object {
	word := binary.LittleEndian.Uint16
	long := binary.LittleEndian.Uint32
	switch n := len(d); {
	case (code == osdp.CommandID || code == osdp.CommandCapabilities) && n == 1:
		return object{{"type", int(d[0])}}
	case code == osdp.CommandOutput && n > 0 && n%osdpOutputLen == 0:
		return osdpRecords("outputs", d, osdpOutputLen, func(r []byte) object {
			return object{{"output", int(r[0])}, {"control", int(r[1])}, {"timer_100ms", int(word(r[2:]))}}
		})
	case code == osdp.CommandLED && n > 0 && n%osdpLEDLen == 0:
		return osdpRecords("leds", d, osdpLEDLen, osdpLED)
	case code == osdp.CommandBuzzer && n == 5:
		return object{{"reader", int(d[0])}, {"tone", int(d[1])}, {"on_100ms", int(d[2])}, {"off_100ms", int(d[3])}, {"count", int(d[4])}}
	case code == osdp.CommandText && n >= osdpTextHead && n == osdpTextHead+int(d[5]):
		return object{
			{"reader", int(d[0])}, {"command", int(d[1])}, {"temp_s", int(d[2])}, {"row", int(d[3])}, {"col", int(d[4])}, {"text", printable(d[6:])},
		}
	case code == osdp.CommandCommunication && n == 5:
		return object{{"address", int(d[0])}, {"baud", long(d[1:])}}
	case code == osdp.CommandChallenge && n == 8:
		return object{{"rnd_a", hexOf(d)}}
	case code == osdp.CommandServerCryptogram && n == 16:
		return object{{"server_cryptogram", hexOf(d)}}
	case code == osdp.CommandReceiveSize && n == 2:
		return object{{"size", int(word(d))}}
	case code == osdpFileTransfer && n >= osdpFileHead:
		return object{
			{"type", int(d[0])}, {"total", long(d[1:])}, {"file_offset", long(d[5:])}, {"size", int(word(d[9:]))}, {"content", hexOf(d[osdpFileHead:])},
		}
	case code == osdpManufacturer && n >= 3:
		return object{{"vendor", hexOf(d[:3])}, {"vendor_data", hexOf(d[3:])}}
	}
	return nil
}

// Commands that the panel never sends and a listener may see.
const (
	osdpFileTransfer osdp.CommandCode = 0x7C
	osdpManufacturer osdp.CommandCode = 0x80
)

func osdpRecords(name string, d []byte, size int, one func([]byte) object) object {
	var list []object
	for ; len(d) > 0; d = d[size:] {
		list = append(list, one(d[:size]))
	}
	return object{{name, list}}
}

func osdpLED(r []byte) object {
	return object{
		{"reader", int(r[0])}, {"led", int(r[1])},
		{"temp", object{
			{"control", int(r[2])}, {"on_100ms", int(r[3])}, {"off_100ms", int(r[4])}, {"on_color", int(r[5])}, {"off_color", int(r[6])},
			{"timer_100ms", int(binary.LittleEndian.Uint16(r[7:]))},
		}},
		{"perm", object{
			{"control", int(r[9])}, {"on_100ms", int(r[10])}, {"off_100ms", int(r[11])}, {"on_color", int(r[12])}, {"off_color", int(r[13])},
		}},
	}
}

// printable keeps a device's text fit for a terminal.
func printable(p []byte) string {
	text := make([]byte, 0, len(p))
	for _, b := range p {
		if b < ' ' || b > '~' {
			b = '?'
		}
		text = append(text, b)
	}
	return string(text)
}
