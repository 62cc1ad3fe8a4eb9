package osdp

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestCRC16(t *testing.T) {
	if got := crc16([]byte("123456789")); got != 0xE5CC {
		t.Errorf("CRC of 123456789 = %04X, want E5CC", got)
	}
	for want, part := range map[uint16]string{0xA60A: "53", 0xDF2C: "5300", 0x87BB: "530009", 0x5A6F: "53000900", 0xD43B: "5300090004", 0xCC7E: "530009000461", 0x66C0: "53000900046100"} {
		if got := crc16(unhex(t, part)); got != want {
			t.Errorf("CRC of %s = %04X, want %04X", part, got, want)
		}
	}
}

func TestFrameVectors(t *testing.T) {
	for _, name := range []string{"clear.txt", "annex-e.txt", "own-key.txt", "zero-keys.txt"} {
		for _, v := range vectors(t, name) {
			f, err := DecodeFrame(v.raw)
			if err != nil {
				t.Errorf("%s: %s: %v", name, v.meaning, err)
				continue
			}
			again, err := AppendFrame(nil, f)
			if err != nil || !bytes.Equal(again, v.raw) {
				t.Errorf("%s: %s: encoded % x (%v), want % x", name, v.meaning, again, err, v.raw)
			}
			for bit := range len(v.raw) * 8 {
				bad := bytes.Clone(v.raw)
				bad[bit/8] ^= 1 << (bit % 8)
				if _, err := DecodeFrame(bad); err == nil {
					t.Errorf("%s: %s: accepted with bit %d flipped", name, v.meaning, bit)
				}
			}
			for n := range v.raw {
				if _, err := DecodeFrame(v.raw[:n]); err == nil {
					t.Errorf("%s: %s: accepted %d of its bytes", name, v.meaning, n)
				}
			}
		}
	}
}

func TestFrameFields(t *testing.T) {
	f, err := DecodeFrame(unhex(t, "53 85 1b 00 0f 03 14 01 78 14 d8 b0 56 cb 16 ac 31 22 d9 a0 68 14 45 07 4e 86 a1"))
	if err != nil {
		t.Fatal(err)
	}
	if f.Address != 5 || !f.Reply || f.Sequence != 3 || f.Check != CRC16 || f.Block != BlockInitialRMAC ||
		!bytes.Equal(f.BlockData, []byte{1}) || f.Code != 0x78 || len(f.Data) != 16 {
		t.Errorf("%+v", f)
	}
}

func TestAppendFrameRefuses(t *testing.T) {
	for name, f := range map[string]Frame{
		"address":          {Address: 0x80},
		"sequence":         {Sequence: 4},
		"two block bytes":  {Block: BlockChallenge, BlockData: []byte{1, 2}},
		"data of no block": {BlockData: []byte{1}},
		"too long":         {Data: make([]byte, MaxFrame-headerLen-2)},
	} {
		if raw, err := AppendFrame(nil, f); err == nil {
			t.Errorf("%s: encoded % x", name, raw)
		}
	}
	if raw, err := AppendFrame(nil, Frame{Data: make([]byte, MaxFrame-headerLen-3)}); err != nil || len(raw) != MaxFrame {
		t.Errorf("the longest frame: %d bytes, %v", len(raw), err)
	}
}

func TestDecodeFrameRefusesImpossibleContents(t *testing.T) {
	for name, body := range map[string]string{
		"block of 1 byte":        "53 80 09 00 0c 01 15",
		"block of 4 bytes":       "53 80 0e 00 0c 04 15 00 00 40 00 00",
		"block longer than rest": "53 80 0a 00 0c 03 15 00",
		"block without type":     "53 80 0b 00 0c 02 00 40 00",
		"no room for a block":    "53 80 08 00 0c 02",
		"no code":                "53 80 0a 00 0c 02 11",
		"no room for a MAC":      "53 80 0e 00 0c 02 16 40 01 02 03",
		"no code before the MAC": "53 80 0d 00 0c 02 16 01 02 03 04",
		"no room for code":       "53 80 07 00 04",
	} {
		raw := unhex(t, body)
		raw[2] = byte(len(raw) + 2)
		f, err := DecodeFrame(CRC16.append(raw))
		if !errors.Is(err, ErrBlock) && !errors.Is(err, ErrLength) {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

// decodeAll feeds stream to a decoder in pieces and returns all frames, encoded again.
func decodeAll(d *Decoder, stream []byte, piece int) (frames [][]byte) {
	for len(stream) > 0 {
		n := d.Write(stream[:min(piece, len(stream))])
		stream = stream[n:]
		for f, ok := d.Next(); ok; f, ok = d.Next() {
			raw, _ := AppendFrame(nil, f)
			frames = append(frames, raw)
		}
	}
	return frames
}

func TestDecoderResynchronises(t *testing.T) {
	poll := unhex(t, "53 80 08 00 05 40 68 9f")
	keypad := unhex(t, "53 85 0d 00 06 53 00 03 31 32 0d 2b fd") // has 53 inside
	bad := bytes.Clone(poll)
	bad[5] ^= 1
	var stream []byte
	for _, part := range [][]byte{{mark, mark}, poll, {0x00, 0x53}, keypad, bad, {0x53, 0x80, 0x20, 0x00}, poll, {mark}, keypad, {0x53, 0xFF, 0xFF}, poll} {
		stream = append(stream, part...)
	}
	want := [][]byte{poll, keypad, poll, keypad, poll}
	for piece := 1; piece < len(stream)+1; piece++ {
		var d Decoder
		got := decodeAll(&d, stream, piece)
		for d.Partial() {
			d.Expire()
			got = append(got, decodeAll(&d, []byte{mark}, 1)...)
		}
		if len(got) != len(want) {
			t.Fatalf("pieces of %d: %d frames, want %d", piece, len(got), len(want))
		}
		for i := range want {
			if !bytes.Equal(got[i], want[i]) {
				t.Errorf("pieces of %d: frame %d is % x, want % x", piece, i, got[i], want[i])
			}
		}
		if c := d.Counts(); c.BadChecks == 0 || c.Noise == 0 {
			t.Errorf("counts %+v", c)
		}
	}
}

func TestDecoderTakesTheLongestFrameAndNoMore(t *testing.T) {
	longest, err := AppendFrame(nil, Frame{Code: 0x80, Data: bytes.Repeat([]byte{0x53}, MaxFrame-headerLen-3)})
	if err != nil {
		t.Fatal(err)
	}
	var d Decoder
	if got := decodeAll(&d, longest, len(longest)); len(got) != 1 || !bytes.Equal(got[0], longest) {
		t.Errorf("%d frames", len(got))
	}
	longest[3]++ // length beyond the limit: must not be waited for
	if decodeAll(&d, longest[:10], 10); d.n >= headerLen {
		t.Error("waits for a frame that is too long")
	}
}

func FuzzDecoder(f *testing.F) {
	for _, name := range []string{"clear.txt", "annex-e.txt", "own-key.txt"} {
		var all []byte
		for _, v := range vectors(f, name) {
			f.Add(v.raw, 3)
			all = append(append(all, mark), v.raw...)
		}
		f.Add(all, 7)
	}
	f.Fuzz(func(t *testing.T, stream []byte, piece int) {
		piece = max(1, min(piece, 2000))
		var whole, pieces Decoder
		one, other := decodeAll(&whole, stream, len(stream)+1), decodeAll(&pieces, stream, piece)
		if len(one) != len(other) {
			t.Fatalf("%d frames at once, %d in pieces of %d", len(one), len(other), piece)
		}
		for i, raw := range one {
			if !bytes.Equal(raw, other[i]) {
				t.Fatalf("frame %d differs", i)
			}
			frame, err := DecodeFrame(raw)
			if err != nil {
				t.Fatalf("own encoding not readable: %v", err)
			}
			ParseReply(ReplyCode(frame.Code), frame.Data)
		}
	})
}

func TestKeyIsNeverPrinted(t *testing.T) {
	k := key(t, "000102030405060708090a0b0c0d0e0f")
	text, err := k.MarshalText()
	if err != nil || !strings.Contains(string(text), "reader key") {
		t.Errorf("%s, %v", text, err)
	}
}
