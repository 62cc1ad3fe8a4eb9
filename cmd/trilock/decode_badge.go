package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strings"

	"trilock/firmware-protocols/wiegand"
)

// rdmStart and rdmEnd frame what an RDM6300 sends.
const (
	rdmStart = 0x02
	rdmEnd   = 0x03
)

func openRDM6300(decodeSettings) stream {
	return &framed[wiegand.EM4100]{
		dec: &scan[wiegand.EM4100]{
			head:  rdmStart,
			size:  func([]byte) int { return wiegand.FrameLen },
			parse: wiegand.ParseRDM6300,
		},
		heads:   []byte{rdmStart},
		view:    viewRDM6300,
		inspect: inspectRDM6300,
		filler:  func(p []byte) bool { return len(bytes.Trim(p, "\r\n")) == 0 }, // some readers end their lines
	}
}

func viewRDM6300(c wiegand.EM4100) (object, error) {
	wire := wiegand.AppendRDM6300(nil, c)
	short := c.Wiegand26()
	return object{
		{"id_hex", c.String()}, {"version", hex8(c.Version)}, {"card32", c.Number}, {"printed10", c.Printed()},
		{"wiegand26_fc", short.Facility}, {"wiegand26_cn", short.Number},
		{"checksum", string(wire[len(wire)-3 : len(wire)-1])}, {"kind", "rdm6300"},
	}, nil
}

func inspectRDM6300(p []byte) verdict {
	if len(p) < wiegand.FrameLen {
		return cut(wiegand.FrameLen, len(p))
	}
	frame := p[:wiegand.FrameLen]
	if frame[wiegand.FrameLen-1] != rdmEnd {
		return verdict{what: fmt.Sprintf("byte 14 is %02X, should be 03", frame[wiegand.FrameLen-1])}
	}
	_, err := wiegand.ParseRDM6300(frame)
	if !errors.Is(err, wiegand.ErrChecksum) {
		return verdict{what: "a byte that is no hexadecimal digit within the frame"}
	}
	return verdict{what: "checksum is not the XOR of the five bytes", seen: object{{"kind", "rdm6300"}, {"checksum_ok", false}}, size: wiegand.FrameLen}
}

// cardFormat is a Wiegand format under the name that the sheets have for it.
type cardFormat struct {
	format wiegand.Format
	name   string
	bits   int
}

// cardFormats returns the formats that bits alone can be told to have. H10302 has the
// length and the parities of H10304 and is therefore never told.
func cardFormats() []cardFormat {
	return []cardFormat{{wiegand.H10301, "w26_h10301", 26}, {wiegand.H10306, "w34_h10306", 34}, {wiegand.H10304, "w37_h10304", 37}}
}

// viewCard reads a card number: what a 125 kHz card sends over the air (64 bits), a
// proxmark3's raw bits, a new-PACS number, or the bits of a Wiegand format as a
// right-aligned number. Which one it is, is told by what is fixed in each of them, the
// parities above all. Where more than one fits, "also" names the others.
func viewCard(code []byte) (object, error) {
	if len(code) == 0 || len(code) > 8 {
		return nil, fmt.Errorf("a card number of %s: want 1 to 8, or a serial frame of %d", count(len(code)), wiegand.FrameLen)
	}
	value := binary.BigEndian.Uint64(append(make([]byte, 8-len(code), 16), code...))
	if o, ok := viewEM4100(value); ok {
		return o, nil
	}
	if o, ok := viewPM3(value); ok {
		return o, nil
	}
	if o, ok := viewNewPACS(code); ok {
		return o, nil
	}
	var fits []string
	var first object
	for _, f := range cardFormats() {
		if o, ok := f.view(value); ok {
			if fits = append(fits, f.name); len(fits) == 1 {
				first = o.with("kind", f.name)
			}
		}
	}
	switch len(fits) {
	case 0:
		return nil, fmt.Errorf("no card format of 26, 34 or 37 bits has room for %X with right parities", code)
	case 1:
		return first, nil
	}
	return first.with("also", fits[1:]), nil
}

// view reads the bits of a right-aligned number.
func (f cardFormat) view(value uint64) (object, bool) {
	if bits.Len64(value) > f.bits {
		return nil, false
	}
	raw := wiegand.Bits{Count: f.bits, Data: binary.BigEndian.AppendUint64(nil, value<<(64-f.bits))[:(f.bits+7)/8]}
	card, err := wiegand.Decode(f.format, raw)
	if err != nil {
		return nil, false
	}
	return object{{"bits", fmt.Sprintf("%0*b", f.bits, value)}, {"fc", card.Facility}, {"cn", card.Number}}, true
}

// viewPM3 reads proxmark3's raw form of HID cards: bit 37 is set, then zeros, a one, and
// the bits of the format behind it.
func viewPM3(value uint64) (object, bool) {
	const header = 1 << 37
	if value>>37 != 1 || value == header {
		return nil, false
	}
	value &^= header
	n := bits.Len64(value) - 1
	for _, f := range cardFormats() {
		if o, ok := f.view(value &^ (1 << n)); ok && f.bits == n {
			return o.with("kind", "pm3_raw"), true
		}
	}
	return nil, false
}

// viewNewPACS reads a byte that counts padding bits, and left-aligned bits.
func viewNewPACS(code []byte) (object, bool) {
	pad := int(code[0])
	n := 8*(len(code)-1) - pad
	if pad > 7 || n < 1 {
		return nil, false
	}
	value := binary.BigEndian.Uint64(append(make([]byte, 9-len(code), 16), code[1:]...))
	if value&(1<<pad-1) != 0 {
		return nil, false
	}
	for _, f := range cardFormats() {
		if o, ok := f.view(value >> pad); ok && f.bits == n {
			return o.with("kind", "new_pacs"), true
		}
	}
	return nil, false
}

// viewEM4100 reads the 64 bits of a 125 kHz card: nine ones, ten times four bits with
// their even parity, four column parities, and a zero.
func viewEM4100(value uint64) (object, bool) {
	if value>>55 != 0x1FF || value&1 != 0 {
		return nil, false
	}
	var id uint64
	var columns uint64
	for row := range 10 {
		five := value >> (50 - 5*row) & 0x1F
		if bits.OnesCount64(five)%2 != 0 {
			return nil, false
		}
		id = id<<4 | five>>1
		columns ^= five >> 1
	}
	if columns != value>>1&0xF {
		return nil, false
	}
	c := wiegand.EM4100{Version: byte(id >> 32), Number: uint32(id)} //nolint:gosec // 40 bits
	return object{{"id_hex", c.String()}, {"printed10", c.Printed()}, {"kind", "em4100_64"}}, true
}

// badgeKnown reports whether bytes are a card number or serial frames from the first byte on.
func badgeKnown(code []byte) bool {
	if isRDM6300(code) {
		return true
	}
	_, err := viewCard(code)
	return err == nil
}

// isRDM6300 reports whether bytes are a serial reader's: no card number is as long.
func isRDM6300(code []byte) bool {
	return len(code) >= wiegand.FrameLen || strings.HasPrefix(string(code), "\x02") && len(code) > 8
}
