package osdp

import (
	"bytes"
	"errors"
	"io"
	"math/rand"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// scripted is a reader that answers as far as the handshake needs it, and then whatever
// the test wants. The simulated reader for whole sessions lives beside the device drivers.
type scripted struct {
	key     Key
	rndA    [8]byte
	rndB    [8]byte
	keys    *SessionKeys
	channel *Channel
	say     func(command Frame) (ReplyCode, []byte)
}

// answer returns the reply to one transmission, with its mark.
func (s *scripted) answer(t testing.TB, raw []byte) []byte {
	t.Helper()
	f, err := DecodeFrame(raw[1:])
	if err != nil || raw[0] != mark {
		t.Fatalf("transmission % x: %v", raw, err)
	}
	r := Frame{Address: f.Address, Reply: true, Sequence: f.Sequence, Check: f.Check}
	switch {
	case CommandCode(f.Code) == CommandID && f.Block == NoBlock:
		r.Code, r.Data = byte(ReplyIdentity), unhex(t, "c3b2a1020105000001010203")
	case CommandCode(f.Code) == CommandCapabilities && f.Block == NoBlock:
		r.Code, r.Data = byte(ReplyCapabilities), unhex(t, "0102040204020301000404020502010601010801000901000a00010d0001100200")
	case f.Block == BlockChallenge:
		s.rndA = [8]byte(f.Data)
		s.keys = DeriveSessionKeys(s.key, s.rndA)
		proof := s.keys.ClientCryptogram(s.rndA, s.rndB)
		r.Code, r.Block, r.BlockData = byte(ReplyClientCryptogram), BlockClientCryptogram, []byte{1}
		r.Data = append(append(unhex(t, "c3b2020005000001"), s.rndB[:]...), proof[:]...)
	case f.Block == BlockServerCryptogram:
		initial := s.keys.InitialRMAC([16]byte(f.Data))
		s.channel = NewChannel(s.keys, initial)
		r.Code, r.Block, r.BlockData, r.Data = byte(ReplyInitialRMAC), BlockInitialRMAC, []byte{1}, initial[:]
	default:
		data, _, err := s.channel.OpenCommand(f)
		if err != nil {
			t.Fatalf("command 0x%02X: %v", f.Code, err)
		}
		f.Data = data
		code, data := s.say(f)
		r.Code, r.Data = byte(code), data
		sealed, err := s.channel.SealReply(r)
		if err != nil {
			t.Fatal(err)
		}
		return append([]byte{mark}, sealed...)
	}
	out, err := AppendFrame([]byte{mark}, r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func ack(Frame) (ReplyCode, []byte) { return ReplyAck, nil }

// oneReader is a bus with the reader of the recorded session.
func oneReader(t testing.TB) (*Bus, *scripted) {
	t.Helper()
	own := key(t, "000102030405060708090a0b0c0d0e0f") // recorded before such keys were refused
	bus, err := NewBus(BusSettings{
		Readers: []ReaderSettings{{Address: 5, Key: key(t, "4c0e9d31f7a2586b13d5e07784ab29c6")}}, BitsPerSecond: 9600, PollInterval: DefaultPollInterval,
		Random: bytes.NewReader(unhex(t, "a1a2a3a4a5a6a7a8 0102030405060708 1112131415161718 2122232425262728")),
	})
	if err != nil {
		t.Fatal(err)
	}
	bus.links[0].key = own
	return bus, &scripted{key: own, rndB: [8]byte(unhex(t, "b7d805c1f97d9521")), say: ack}
}

// exchange lets the bus transmit and the reader answer once.
func exchangeOnce(t testing.TB, bus *Bus, s *scripted, now *time.Duration) (sent []byte, events []Event) {
	t.Helper()
	for range 5 {
		step := bus.Advance(*now, nil)
		events = append(events, step.Events...)
		if len(step.Send) == 0 {
			*now = step.Wake
			continue
		}
		*now += 20 * time.Millisecond
		step2 := bus.Advance(*now, s.answer(t, step.Send))
		events = append(events, step2.Events...)
		if len(step2.Send) > 0 {
			t.Fatal("transmits without the gap")
		}
		*now = step2.Wake
		return step.Send, events
	}
	t.Fatal("the bus does not transmit")
	return nil, nil
}

func TestHandshakeTranscript(t *testing.T) {
	bus, s := oneReader(t)
	var now time.Duration
	for _, want := range []struct {
		sequence uint8
		code     CommandCode
		block    BlockType
		data     string
		online   bool
	}{
		{0, CommandID, NoBlock, "00", false},
		{1, CommandCapabilities, NoBlock, "00", false},
		{0, CommandChallenge, BlockChallenge, "a1a2a3a4a5a6a7a8", false},
		{1, CommandServerCryptogram, BlockServerCryptogram, "d40ac35aed184d43783672d51ffbe6b8", false},
		{2, CommandCapabilities, BlockCommandEncrypted, "", true},
		{3, CommandLocalStatus, BlockCommandMAC, "-", true},
		{1, CommandInputStatus, BlockCommandMAC, "-", true},
		{2, CommandOutputStatus, BlockCommandMAC, "-", true},
		{3, CommandReaderStatus, BlockCommandMAC, "-", true},
		{1, CommandPoll, BlockCommandMAC, "-", true},
		{2, CommandPoll, BlockCommandMAC, "-", true},
	} {
		raw, _ := exchangeOnce(t, bus, s, &now)
		f, err := DecodeFrame(raw[1:])
		if err != nil {
			t.Fatal(err)
		}
		if f.Address != 5 || f.Reply || f.Sequence != want.sequence || CommandCode(f.Code) != want.code ||
			f.Block != want.block || want.data != "" && !bytes.Equal(f.Data, unhex(t, want.data)) {
			t.Fatalf("sent %+v, want %+v", f, want)
		}
		if f.Block == BlockChallenge || f.Block == BlockServerCryptogram {
			if !bytes.Equal(f.BlockData, []byte{SelectorSCBK}) {
				t.Errorf("key selector %x", f.BlockData)
			}
		}
		if status, _ := bus.Status(5); status.Online != want.online {
			t.Errorf("online %v after command 0x%02X", status.Online, f.Code)
		}
	}
}

func TestFirstTransmissionIsTheVector(t *testing.T) {
	bus, _ := oneReader(t)
	if step := bus.Advance(0, nil); !bytes.Equal(step.Send, unhex(t, "ff 53 05 09 00 04 61 00 c1 25")) {
		t.Errorf("% x", step.Send)
	}
}

func TestRepeatIsIdenticalAndTheChainStands(t *testing.T) {
	bus, s := oneReader(t)
	var now time.Duration
	for range 8 {
		exchangeOnce(t, bus, s, &now)
	}
	first := bus.Advance(now, nil)
	for len(first.Send) == 0 {
		now = first.Wake
		first = bus.Advance(now, nil)
	}
	before := *bus.links[0].channel
	busy, _ := AppendFrame(nil, Frame{Address: 5, Reply: true, Code: byte(ReplyBusy)})
	lost := s.answer(t, first.Send) // the reader has acted; its reply does not arrive
	for _, heard := range [][]byte{nil, busy, nil} {
		now += 50 * time.Millisecond
		step := bus.Advance(now, heard)
		for len(step.Send) == 0 {
			now = step.Wake
			step = bus.Advance(now, nil)
		}
		if !bytes.Equal(step.Send, first.Send) || *bus.links[0].channel != before {
			t.Fatalf("repeated % x, want % x; chain moved: %v", step.Send, first.Send, *bus.links[0].channel != before)
		}
	}
	bus.Advance(now+50*time.Millisecond, lost)
	if status, _ := bus.Status(5); !status.Online || bus.links[0].pending != nil {
		t.Error("the repeated reply was not taken")
	}
}

func TestGapBeforeEveryTransmission(t *testing.T) {
	bus, s := oneReader(t)
	gap := bus.lineTime(GapCharacters)
	step := bus.Advance(0, nil)
	reply := s.answer(t, step.Send)
	step = bus.Advance(30*time.Millisecond, reply)
	if step.Wake != 30*time.Millisecond+gap || len(step.Send) > 0 {
		t.Errorf("next at %v, want after a gap of %v", step.Wake, gap)
	}
	if step = bus.Advance(step.Wake-1, nil); len(step.Send) > 0 {
		t.Error("transmits inside the gap")
	}
	if step = bus.Advance(step.Wake, nil); len(step.Send) == 0 {
		t.Error("does not transmit after the gap")
	}
}

func TestBabblingLineDoesNotStopTheBus(t *testing.T) {
	bus, _ := oneReader(t)
	var now time.Duration
	sends := 0
	var offline bool
	for range 60000 {
		now += time.Millisecond
		step := bus.Advance(now, []byte{0x53, 0x85, 0x40, 0x00, 0x05})
		if len(step.Send) > 0 {
			sends++
		}
		for _, e := range step.Events {
			off, ok := e.(Offline)
			offline = offline || ok && off.Reason == NoAnswer
		}
	}
	if sends < 10 || !offline {
		t.Errorf("%d transmissions in a minute, offline %v", sends, offline)
	}
}

func TestWrongProofsEndTheHandshake(t *testing.T) {
	for name, spoil := range map[string]func(*Frame) bool{
		"client cryptogram": func(f *Frame) bool { f.Data[31] ^= 1; return f.Block == BlockClientCryptogram },
		"default key":       func(f *Frame) bool { f.BlockData[0] = 0; return f.Block == BlockClientCryptogram },
		"R-MAC":             func(f *Frame) bool { f.Data[0] ^= 1; return f.Block == BlockInitialRMAC },
		"status FF":         func(f *Frame) bool { f.BlockData[0] = 0xFF; return f.Block == BlockInitialRMAC },
		"status 0":          func(f *Frame) bool { f.BlockData[0] = 0; return f.Block == BlockInitialRMAC },
		"status FF alone": func(f *Frame) bool {
			f.BlockData[0], f.Data = 0xFF, nil
			return f.Block == BlockInitialRMAC
		},
	} {
		t.Run(name, func(t *testing.T) {
			bus, s := oneReader(t)
			var now time.Duration
			for range 40 {
				step := bus.Advance(now, nil)
				if now = step.Wake; len(step.Send) == 0 {
					continue
				}
				reply := s.answer(t, step.Send)
				f, err := DecodeFrame(bytes.Clone(reply[1:]))
				if err != nil {
					t.Fatal(err)
				}
				if len(f.BlockData) > 0 && spoil(&f) {
					reply, _ = AppendFrame(nil, f)
				}
				now -= 100 * time.Millisecond
				step = bus.Advance(now, reply)
				now = step.Wake
				for _, e := range step.Events {
					off, ok := e.(Offline)
					want := HandshakeFailed
					if name == "default key" {
						want = DefaultKey
					}
					if !ok || off.Reason != want {
						t.Fatalf("%#v", e)
					}
					return
				}
			}
			t.Fatal("the handshake goes on")
		})
	}
}

func TestUnencryptedRepliesUnderAMAC(t *testing.T) {
	for code, keep := range map[ReplyCode]bool{ReplyInputs: true, ReplyLocalStatus: true, ReplyCard: false, ReplyKeypad: false} {
		bus, s := oneReader(t)
		var now time.Duration
		for range 8 {
			exchangeOnce(t, bus, s, &now)
		}
		step := bus.Advance(now, nil)
		for len(step.Send) == 0 {
			now = step.Wake
			step = bus.Advance(now, nil)
		}
		command, _ := DecodeFrame(step.Send[1:])
		if _, _, err := s.channel.OpenCommand(command); err != nil {
			t.Fatal(err)
		}
		body := Frame{Address: 5, Reply: true, Sequence: command.Sequence, Block: BlockReplyMAC, Code: byte(code), Data: unhex(t, "00 01 08 00 ff")}
		raw, _ := AppendFrame(nil, signed(t, s.channel, body))
		step = bus.Advance(now+30*time.Millisecond, raw)
		status, _ := bus.Status(5)
		if status.Online != keep || keep && status.PlainStatus != 1 {
			t.Errorf("reply 0x%02X: online %v, counted %d", uint8(code), status.Online, status.PlainStatus)
		}
		for _, e := range step.Events {
			if _, bad := e.(Card); bad {
				t.Error("a card that came in clear was reported")
			}
		}
	}
}

// awaiting returns a bus whose online reader owes it the answer to a poll.
func awaiting(t *testing.T) (bus *Bus, s *scripted, raw []byte, now time.Duration) {
	t.Helper()
	bus, s = oneReader(t)
	for range 9 {
		exchangeOnce(t, bus, s, &now)
	}
	step := bus.Advance(now, nil)
	for len(step.Send) == 0 {
		now = step.Wake
		step = bus.Advance(now, nil)
	}
	return bus, s, step.Send, now
}

func TestNaksUnderAMAC(t *testing.T) {
	for code, keep := range map[NakCode]bool{
		NakCheck: true, NakLength: true, NakUnknownCommand: true, NakSequence: false,
		NakNoSecureChannel: false, NakEncryptionWant: false, NakRecord: true, 0xFF: true,
	} {
		bus, s, raw, now := awaiting(t)
		s.say = func(Frame) (ReplyCode, []byte) { return ReplyNak, []byte{byte(code)} }
		bus.Advance(now+20*time.Millisecond, s.answer(t, raw))
		if status, _ := bus.Status(5); status.Online != keep || status.Naks != 1 {
			t.Errorf("NAK %d: %+v", code, status)
		}
	}
}

func TestOtherAddressesAreIgnored(t *testing.T) {
	bus, s, raw, now := awaiting(t)
	stranger, err := AppendFrame(nil, Frame{Address: 6, Reply: true, Sequence: bus.links[0].pending.sequence, Code: byte(ReplyNak), Data: []byte{5}})
	if err != nil {
		t.Fatal(err)
	}
	bus.Advance(now+10*time.Millisecond, stranger)
	if bus.active == nil || !bus.links[0].inSession() {
		t.Fatal("the answer of another reader was taken")
	}
	bus.Advance(now+20*time.Millisecond, s.answer(t, raw))
	if status, _ := bus.Status(5); bus.active != nil || !status.Online {
		t.Error("the right answer was not taken")
	}
}

func TestNewBusRefuses(t *testing.T) {
	good := key(t, "4c0e9d31f7a2586b13d5e07784ab29c6")
	one := []ReaderSettings{{Address: 1, Key: good}}
	for name, s := range map[string]BusSettings{
		"no readers":     {BitsPerSecond: 9600, Random: rand.New(rand.NewSource(1))},
		"many readers":   {Readers: make([]ReaderSettings, MaxReaders+1), BitsPerSecond: 9600, Random: rand.New(rand.NewSource(1))},
		"address twice":  {Readers: append(one, one...), BitsPerSecond: 9600, Random: rand.New(rand.NewSource(1))},
		"address 7F":     {Readers: []ReaderSettings{{Address: 0x7F, Key: good}}, BitsPerSecond: 9600, Random: rand.New(rand.NewSource(1))},
		"counting key":   {Readers: []ReaderSettings{{Key: key(t, "fefdfcfbfaf9f8f7f6f5f4f3f2f1f0ef")}}, BitsPerSecond: 9600, Random: rand.New(rand.NewSource(1))},
		"weak next key":  {Readers: []ReaderSettings{{Key: good, Next: key(t, "000102030405060708090a0b0c0d0e0f")}}, BitsPerSecond: 9600, Random: rand.New(rand.NewSource(1))},
		"default key":    {Readers: []ReaderSettings{{Key: key(t, "303132333435363738393a3b3c3d3e3f")}}, BitsPerSecond: 9600, Random: rand.New(rand.NewSource(1))},
		"zero key":       {Readers: []ReaderSettings{{Address: 1}}, BitsPerSecond: 9600, Random: rand.New(rand.NewSource(1))},
		"speed":          {Readers: one, BitsPerSecond: 1200, Random: rand.New(rand.NewSource(1))},
		"interval":       {Readers: one, BitsPerSecond: 9600, PollInterval: time.Minute, Random: rand.New(rand.NewSource(1))},
		"without random": {Readers: one, BitsPerSecond: 9600},
	} {
		if _, err := NewBus(s); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	bus, _ := oneReader(t)
	if err := bus.Queue(0, 9, Poll()); !errors.Is(err, ErrUnknownReader) {
		t.Errorf("unknown reader: %v", err)
	}
	if err := bus.Queue(0, 5, Poll()); !errors.Is(err, ErrOffline) {
		t.Errorf("offline reader: %v", err)
	}
}

func TestWithoutRandomnessThereIsNoHandshake(t *testing.T) {
	bus, s := oneReader(t)
	bus.links[0].random = io.LimitReader(nil, 0)
	var now time.Duration
	exchangeOnce(t, bus, s, &now)
	exchangeOnce(t, bus, s, &now)
	step := bus.Advance(now, nil)
	if len(step.Events) != 1 || step.Events[0].(Offline).Reason != HandshakeFailed {
		t.Fatalf("%#v", step.Events)
	}
}

// soup plays bytes against a bus without holding the key: as they are, or as frames with
// a right check, the right address and the awaited sequence number.
func soup(t testing.TB, bus *Bus, now time.Duration, stream []byte) {
	for len(stream) > 2 && now < 10*time.Minute {
		kind, n := stream[0], int(stream[1])%64
		stream = stream[2:]
		part := stream[:min(n, len(stream))]
		stream = stream[len(part):]
		heard := part
		if kind&1 == 1 && len(part) > 3 {
			heard = forged(bus, part)
		}
		step := bus.Advance(now, heard)
		for _, e := range step.Events {
			switch e.(type) {
			case Offline, CommandLost:
			default:
				t.Fatalf("a stranger without the key caused %#v", e)
			}
		}
		checkTransmission(t, step.Send)
		if len(bus.events) > 64 || len(bus.links[0].queue) > MaxQueued || bus.decoder.n > MaxFrame {
			t.Fatal("something grows")
		}
		now += time.Duration(kind>>1) * time.Millisecond
		if kind > 200 {
			now = max(now, step.Wake)
		}
	}
}

// forged makes a well-formed reply of part.
func forged(bus *Bus, part []byte) []byte {
	f := Frame{Address: 5, Reply: true, Sequence: part[0] & 3, Block: BlockType(part[0] >> 2 & 0x1F), Code: part[1], Data: part[3:]}
	if part[2]&1 == 1 && bus.links[0].pending != nil {
		f.Sequence = bus.links[0].pending.sequence
	}
	if f.Block >= BlockChallenge && f.Block <= BlockInitialRMAC {
		f.BlockData = []byte{part[2] >> 1 & 1}
	}
	raw, err := AppendFrame(nil, f)
	if err != nil {
		return part
	}
	return raw
}

// checkTransmission holds what is sent against the policy.
func checkTransmission(t testing.TB, raw []byte) {
	if len(raw) == 0 {
		return
	}
	f, err := DecodeFrame(raw[1:])
	if err != nil || f.Reply {
		t.Fatalf("transmission % x: %v", raw, err)
	}
	switch CommandCode(f.Code) {
	case CommandID, CommandCapabilities, CommandChallenge, CommandServerCryptogram:
	default:
		if f.Block != BlockCommandMAC && f.Block != BlockCommandEncrypted {
			t.Fatalf("command 0x%02X in clear", f.Code)
		}
	}
}

// onlineBus returns a bus whose reader is online, and the time.
func onlineBus(t testing.TB) (*Bus, time.Duration) {
	t.Helper()
	bus, s := oneReader(t)
	bus.links[0].random = rand.New(rand.NewSource(1))
	var now time.Duration
	for range 9 {
		exchangeOnce(t, bus, s, &now)
	}
	if err := bus.Queue(now, 5, Buzz(0, ToneDefault, 1, 1, 1)); err != nil {
		t.Fatal(err)
	}
	return bus, now
}

func FuzzBus(f *testing.F) {
	for _, name := range []string{"clear.txt", "annex-e.txt", "own-key.txt"} {
		var all []byte
		for i, v := range vectors(f, name) {
			all = append(append(all, byte(i*16), byte(len(v.raw))), v.raw...)
		}
		f.Add(all, true)
		f.Add(all, false)
	}
	f.Add([]byte{1, 8, 0, 0x79, 0, 0, 0, 0, 0, 0, 255, 8, 2, 0x41, 1, 6, 0, 0, 0, 0}, true)
	f.Fuzz(func(t *testing.T, stream []byte, online bool) {
		if online {
			bus, now := onlineBus(t)
			soup(t, bus, now, stream)
			return
		}
		bus, _ := oneReader(t)
		bus.links[0].random = rand.New(rand.NewSource(1))
		soup(t, bus, 0, stream)
	})
}

func TestSoup(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		stream := rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(rt, "stream")
		bus, now := onlineBus(t)
		soup(t, bus, now, stream)
		if status, _ := bus.Status(5); status.Online != (bus.links[0].channel != nil && bus.links[0].phase == phaseOnline) {
			rt.Fatal("online without a channel")
		}
	})
}

func TestIdleBusDoesNotAllocateMoreAndMore(t *testing.T) {
	bus, _ := oneReader(t)
	bus.links[0].random = rand.New(rand.NewSource(1))
	noise := make([]byte, 512)
	rand.New(rand.NewSource(2)).Read(noise)
	var now time.Duration
	allocations := testing.AllocsPerRun(2000, func() {
		now += 40 * time.Millisecond
		bus.Advance(now, noise)
	})
	if allocations > 32 {
		t.Errorf("%v allocations for each piece of noise", allocations)
	}
}
