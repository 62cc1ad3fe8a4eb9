package osdp

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// handshakeVectors are the values of the two recorded sessions.
var handshakeVectors = []struct {
	file, key, rndA, rndB       string
	enc, mac1, mac2             string
	client, server, initialRMAC string
}{
	{
		"annex-e.txt", "303132333435363738393a3b3c3d3e3f", "b0b1b2b3b4b5b6b7", "a0a1a2a3a4a5a6a7",
		"bf8dc2a8329acb8c67c6d0cd9a451682", "5e86c676603bdee2d8beafe178637332", "6fda86e857777e81132035758239172e",
		"fde5d2f428ec16312471ea3c02bd7796", "26d3356e07762d262801fc8e6665a891", "b2a30057eb98ba2229ec1f875662b524",
	},
	{
		"own-key.txt", "000102030405060708090a0b0c0d0e0f", "a1a2a3a4a5a6a7a8", "b7d805c1f97d9521",
		"fb2970c56ac2b3f188dcd39a368efb7f", "b4fb2072affd62be0f271ddddec305d7", "8ef0372683cfd68d96a86c216809f7f6",
		"922d8362339196a8810f437e515dfd78", "d40ac35aed184d43783672d51ffbe6b8", "14d8b056cb16ac3122d9a0681445074e",
	},
}

func TestHandshakeVectors(t *testing.T) {
	for _, v := range handshakeVectors {
		rndA, rndB := [8]byte(unhex(t, v.rndA)), [8]byte(unhex(t, v.rndB))
		keys := DeriveSessionKeys(key(t, v.key), rndA)
		want := sessionKeys(t, v.enc, v.mac1, v.mac2)
		probe := [16]byte{1, 2, 3}
		if encryptBlock(keys.enc, probe) != encryptBlock(want.enc, probe) ||
			encryptBlock(keys.mac1, probe) != encryptBlock(want.mac1, probe) ||
			encryptBlock(keys.mac2, probe) != encryptBlock(want.mac2, probe) {
			t.Errorf("%s: session keys differ", v.file)
		}
		server := keys.ServerCryptogram(rndA, rndB)
		for name, pair := range map[string][2]string{
			"client":  {fmt.Sprintf("%x", keys.ClientCryptogram(rndA, rndB)), v.client},
			"server":  {fmt.Sprintf("%x", server), v.server},
			"initial": {fmt.Sprintf("%x", keys.InitialRMAC(server)), v.initialRMAC},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s: %s cryptogram %s, want %s", v.file, name, pair[0], pair[1])
			}
		}
	}
}

func sessionKeys(t testing.TB, enc, mac1, mac2 string) *SessionKeys {
	t.Helper()
	return &SessionKeys{newAES(key(t, enc)), newAES(key(t, mac1)), newAES(key(t, mac2))}
}

// newRecorded returns both ends of a recorded session, just after its handshake.
func newRecorded(t testing.TB, n int) (panel, reader *Channel, frames []vector) {
	t.Helper()
	v := handshakeVectors[n]
	keys := DeriveSessionKeys(key(t, v.key), [8]byte(unhex(t, v.rndA)))
	initial := [16]byte(unhex(t, v.initialRMAC))
	for _, one := range vectors(t, v.file) {
		if len(one.mac) > 0 {
			frames = append(frames, one)
		}
	}
	return NewChannel(keys, initial), NewChannel(keys, initial), frames
}

func TestSessionVectors(t *testing.T) {
	for n := range handshakeVectors {
		panel, reader, frames := newRecorded(t, n)
		for _, v := range frames {
			f, err := DecodeFrame(v.raw)
			if err != nil {
				t.Fatal(err)
			}
			sender, receiver, seal, open := panel, reader, panel.SealCommand, reader.OpenCommand
			if v.reply {
				sender, receiver, seal, open = reader, panel, reader.SealReply, panel.OpenReply
			}
			plain := Frame{Address: f.Address, Reply: f.Reply, Sequence: f.Sequence, Check: f.Check, Code: f.Code, Data: v.data}
			raw, err := seal(plain)
			if err != nil || !bytes.Equal(raw, v.raw) {
				t.Fatalf("%s: sealed % x (%v), want % x", v.meaning, raw, err, v.raw)
			}
			data, encrypted, err := open(f)
			if err != nil || !bytes.Equal(data, v.data) || encrypted != (len(v.data) > 0) {
				t.Fatalf("%s: opened %x (%v), want %x", v.meaning, data, err, v.data)
			}
			if mac := sender.lastMAC(v.reply); !bytes.Equal(mac[:], v.mac) || receiver.lastMAC(v.reply) != mac {
				t.Fatalf("%s: MAC %x, want %x", v.meaning, mac, v.mac)
			}
		}
	}
}

func (c *Channel) lastMAC(reply bool) [16]byte {
	if reply {
		return c.lastReply
	}
	return c.lastCommand
}

func TestSessionRefusesEveryFlippedBit(t *testing.T) {
	panel, reader, frames := newRecorded(t, 1)
	for _, v := range frames {
		open, own := reader.OpenCommand, reader
		if v.reply {
			open, own = panel.OpenReply, panel
		}
		for bit := range len(v.raw)*8 - 16 {
			bad := bytes.Clone(v.raw[:len(v.raw)-2])
			bad[bit/8] ^= 1 << (bit % 8)
			f, err := DecodeFrame(CRC16.append(bad))
			if err != nil || f.Check != CRC16 {
				continue // the frame itself is not readable any more
			}
			command, reply := own.lastCommand, own.lastReply
			if _, _, err := open(f); err == nil {
				t.Fatalf("%s: accepted with bit %d flipped", v.meaning, bit)
			}
			if own.lastCommand != command || own.lastReply != reply {
				t.Fatalf("%s: the chain moved on a refused frame", v.meaning)
			}
		}
		f, _ := DecodeFrame(v.raw)
		other := panel.OpenReply
		if v.reply {
			other = reader.OpenCommand
		}
		if _, _, err := other(f); !errors.Is(err, ErrNoMAC) {
			t.Fatalf("%s: accepted in the wrong direction: %v", v.meaning, err)
		}
		seal := panel.SealCommand
		if v.reply {
			seal = reader.SealReply
		}
		if _, err := seal(Frame{Address: f.Address, Reply: f.Reply, Sequence: f.Sequence, Code: f.Code, Data: v.data}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := open(f); err != nil {
			t.Fatalf("%s: %v", v.meaning, err)
		}
	}
}

func TestZeroKeyVectors(t *testing.T) {
	const zero = "00000000000000000000000000000000"
	plain := map[byte]string{
		0x60: "-", 0x66: "-", 0x6E: "01 80 25 00 00", 0x68: "00 03 64 00 01 06 78 00",
		0x75: "01 10 00 01 02 03 04 05 06 07 00 01 02 03 04 05 06 07",
	}
	for _, v := range vectors(t, "zero-keys.txt") {
		f, err := DecodeFrame(v.raw)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := NewChannel(sessionKeys(t, zero, zero, zero), [16]byte{}).SealCommand(
			Frame{Sequence: 2, Code: f.Code, Data: unhex(t, plain[f.Code])})
		if err != nil || !bytes.Equal(raw, v.raw) {
			t.Errorf("%s: % x (%v), want % x", v.meaning, raw, err, v.raw)
		}
	}
}

func TestEncryptedLengths(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 16, 15: 16, 16: 32, 17: 32} {
		panel, reader, _ := newRecorded(t, 1)
		data := bytes.Repeat([]byte{0x80}, n)
		raw, err := panel.SealCommand(Frame{Code: 0x80, Data: data})
		if err != nil {
			t.Fatal(err)
		}
		f, err := DecodeFrame(raw)
		if err != nil || len(f.Data) != want || (f.Block == BlockCommandMAC) != (n == 0) {
			t.Errorf("%d bytes: %d encrypted, block %02X, %v", n, len(f.Data), f.Block, err)
		}
		if len(raw) != sealedSize(n) {
			t.Errorf("%d bytes: frame of %d, sealedSize says %d", n, len(raw), sealedSize(n))
		}
		if got, _, err := reader.OpenCommand(f); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes: opened %x, %v", n, got, err)
		}
	}
}

func TestReaderQuirksAreToldApart(t *testing.T) {
	// One block of nothing but padding: encrypted, empty.
	panel, reader, _ := newRecorded(t, 1)
	f := Frame{Reply: true, Block: BlockReplyEncrypted, Code: 0x48, Data: encrypted(reader, nil)}
	open(t, panel, reader, f, nil, true)
	// Data in clear beside the MAC.
	panel, reader, _ = newRecorded(t, 1)
	open(t, panel, reader, Frame{Reply: true, Block: BlockReplyMAC, Code: 0x48, Data: []byte{1, 0}}, []byte{1, 0}, false)
	// Wrong padding under a right MAC.
	for _, block := range [][]byte{make([]byte, 16), append(make([]byte, 15), 7), append([]byte{0x80}, append(make([]byte, 14), 7)...)} {
		panel, reader, _ = newRecorded(t, 1)
		f = Frame{Reply: true, Block: BlockReplyEncrypted, Code: 0x48, Data: encrypted(reader, block)[:16]}
		if _, _, err := panel.OpenReply(signed(t, reader, f)); !errors.Is(err, ErrPadding) {
			t.Errorf("padding % x: %v", block, err)
		}
	}
}

// encrypted returns data as a reader would send it.
func encrypted(reader *Channel, data []byte) []byte {
	out := bytes.Clone(reader.pad(data))
	reader.encrypt(out, &reader.lastCommand)
	return out
}

// A busy line seals and opens thousands of frames a second.
func TestChannelAllocatesNothing(t *testing.T) {
	panel, reader, _ := newRecorded(t, 1)
	command := Frame{Address: 5, Sequence: 1, Code: byte(CommandPoll)}
	reply := Frame{Address: 5, Reply: true, Sequence: 1, Code: byte(ReplyCard), Data: []byte{0, 0, 26, 0, 1, 2, 3, 4}}
	there, back := make([]byte, 0, MaxFrame), make([]byte, 0, MaxFrame)
	exchange := func() {
		sent, err := panel.AppendCommand(there[:0], command)
		if err != nil {
			t.Fatal(err)
		}
		heard, err := DecodeFrame(sent)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := reader.OpenCommand(heard); err != nil {
			t.Fatal(err)
		}
		reply.Block = BlockReplyMAC
		if sent, err = reader.seal(back[:0], reply, &reader.lastCommand, &reader.lastReply); err != nil {
			t.Fatal(err)
		}
		if heard, err = DecodeFrame(sent); err != nil {
			t.Fatal(err)
		}
		if _, _, err := panel.OpenReply(heard); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(100, exchange); n != 0 {
		t.Errorf("%v allocations for an exchange", n)
	}
}

// signed gives a reply the MAC that a reader would give it.
func signed(t *testing.T, reader *Channel, f Frame) Frame {
	t.Helper()
	body, err := appendBody(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	reader.mac(body, &reader.lastCommand)
	f.MAC = [macLen]byte(reader.chain[:macLen])
	raw, err := AppendFrame(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	f, err = DecodeFrame(raw)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func open(t *testing.T, panel, reader *Channel, f Frame, want []byte, wantEncrypted bool) {
	t.Helper()
	data, encrypted, err := panel.OpenReply(signed(t, reader, f))
	if err != nil || !bytes.Equal(data, want) || encrypted != wantEncrypted {
		t.Errorf("opened %x, %v, %v", data, encrypted, err)
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	for _, bad := range []string{"303132333435363738393a3b3c3d3e3f", "00000000000000000000000000000000", "ffffffffffffffffffffffffffffffff"} {
		if err := key(t, bad).Validate(); !errors.Is(err, ErrWeakKey) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, step := range []byte{0, 1, 255} { // the 768 keys of the published attack
		for first := range 256 {
			var k Key
			for i := range k {
				k[i] = byte(first) + byte(i)*step
			}
			if err := k.Validate(); !errors.Is(err, ErrWeakKey) {
				t.Errorf("step %d from %d: %v", step, first, err)
			}
		}
	}
	good := key(t, "010003020504070609080b0a0d0c0f0e")
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for _, verb := range []string{"%v", "%+v", "%x", "%X", "%s", "%#v", "%d"} {
		if text := fmt.Sprintf(verb, ReaderSettings{Key: good}); bytes.Contains([]byte(text), []byte("0d")) || bytes.Contains([]byte(text), []byte("13 14")) {
			t.Errorf("%s prints the key: %s", verb, text)
		}
	}
}
