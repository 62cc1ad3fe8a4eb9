package osdptest

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"trilock/firmware-protocols/osdp"
)

type fault struct {
	name       string
	fault      func(*PD)
	handshakes uint64
	mayLose    bool
}

// Each row switches a fault on between two cards. handshakes is how many new ones the
// fault must cost; lost tells whether the card that met the fault may be lost with the
// session (it is never reported twice).
var faultTable = []fault{
	{"nothing", func(*PD) {}, 0, false},
	{"lost reply", func(p *PD) { p.DropReplies(1) }, 0, false},
	{"three lost replies", func(p *PD) { p.DropReplies(3) }, 0, false},
	{"five lost commands", func(p *PD) { p.DropCommands(5) }, 0, false},
	{"five lost replies", func(p *PD) { p.DropReplies(5) }, 0, false},
	{"busy 20 times", func(p *PD) { p.Busy(20) }, 0, false},
	{"busy for 5 s", func(p *PD) { p.Busy(90) }, 0, false},
	{"corrupt reply", func(p *PD) { p.CorruptReplies(1) }, 0, false},
	{"corrupt replies", func(p *PD) { p.CorruptReplies(4) }, 0, false},
	{"truncated reply", func(p *PD) { p.TruncateReplies(1) }, 0, false},
	{"truncated replies", func(p *PD) { p.TruncateReplies(4) }, 0, false},
	{"NAK 1", func(p *PD) { p.NAK(osdp.NakCheck, 1) }, 0, false},
	{"NAK 1 five times", func(p *PD) { p.NAK(osdp.NakCheck, 5) }, 0, false},
	{"reply 150 ms late", func(p *PD) { p.Late(150*time.Millisecond, 1) }, 0, false},
	{"reply 250 ms late", func(p *PD) { p.Late(250*time.Millisecond, 1) }, 0, false},
	{"reply 900 ms late", func(p *PD) { p.Late(900*time.Millisecond, 2) }, 0, false},
	{"silence of 1 s", func(p *PD) { p.SilenceFor(time.Second) }, 0, false},
	{"silence of 5 s by the clock", func(p *PD) { p.SilenceFor(5 * time.Second) }, 0, false},
	{"line noise", func(p *PD) { p.NoisyReplies(1) }, 0, false},
	{"line noise for long", func(p *PD) { p.NoisyReplies(10) }, 0, false},
	{"silence of 5 s", func(p *PD) { p.DropCommands(7) }, 0, false},
	{"NAK 2", func(p *PD) { p.NAK(osdp.NakLength, 1) }, 1, true},
	{"NAK 3", func(p *PD) { p.NAK(osdp.NakUnknownCommand, 1) }, 1, true},
	{"NAK 4", func(p *PD) { p.NAK(osdp.NakSequence, 1) }, 1, true},
	{"NAK 5", func(p *PD) { p.NAK(osdp.NakNoSecureChannel, 1) }, 1, true},
	{"NAK 6", func(p *PD) { p.NAK(osdp.NakEncryptionWant, 1) }, 1, true},
	{"NAK 9", func(p *PD) { p.NAK(osdp.NakRecord, 1) }, 1, true},
	{"one bad sequence", func(p *PD) { p.WrongSequence(1) }, 1, true},
	{"bad MAC", func(p *PD) { p.BadMAC(1) }, 1, true},
	{"wrong sequence for good", func(p *PD) { p.WrongSequence(4) }, 1, true},
	{"sequence 0", func(p *PD) { p.ZeroSequence(1) }, 1, true},
	{"reader restarted", func(p *PD) { p.Restart() }, 1, true},
}

// naks are all codes of refusal that a reader has, and how many new handshakes each costs
// when it comes under a MAC: only three say that there is no session any more.
var naks = map[osdp.NakCode]uint64{0: 0, 1: 0, 2: 0, 3: 0, 4: 1, 5: 1, 6: 1, 7: 0, 8: 0, 9: 0, 0xFF: 0}

// allFaults is the table with the refusals of every code: in clear, where anybody can say
// them and the session is kept, and under a MAC.
func allFaults() []fault {
	rows := slices.Clone(faultTable)
	for code, handshakes := range naks {
		rows = append(rows,
			fault{fmt.Sprintf("NAK %d in clear", code), func(p *PD) { p.ClearNAK(code, 1) }, 0, false},
			fault{fmt.Sprintf("NAK %d in clear twice", code), func(p *PD) { p.ClearNAK(code, 2) }, 0, false},
			fault{fmt.Sprintf("NAK %d under a MAC", code), func(p *PD) { p.SealedNAK(code, 1) }, handshakes, handshakes > 0},
		)
	}
	return rows
}

func TestFaults(t *testing.T) {
	for _, row := range allFaults() {
		for _, variant := range []struct {
			name  string
			setup func(*rig)
		}{
			{"plain", func(*rig) {}},
			{"echo", func(r *rig) { r.echo = true }},
			{"pieces", func(r *rig) { r.chunk = 3 }},
			{"checksum", func(r *rig) { r.pds[0].settings.ChecksumOnly = true }},
			{"checksum and echo", func(r *rig) { r.pds[0].settings.ChecksumOnly, r.echo = true, true }},
		} {
			t.Run(row.name+"/"+variant.name, func(t *testing.T) {
				p, other := testPD(5), testPD(9)
				r := newRig(t, 0, p, other)
				variant.setup(r)
				r.goOnline()
				r.events = nil // a reader without CRC is found after some silence
				p.ShowCard(26, card(1))
				r.run(time.Second, nil)
				row.fault(p)
				p.ShowCard(26, card(2))
				r.run(7500*time.Millisecond, nil)
				p.ShowCard(26, card(3))
				other.ShowCard(26, card(4))
				r.run(2*time.Second, nil)
				checkFault(t, r, row.handshakes, row.mayLose)
			})
		}
	}
}

func checkFault(t *testing.T, r *rig, handshakes uint64, mayLose bool) {
	t.Helper()
	status, _ := r.bus.Status(5)
	if !status.Online || status.Handshakes != 1+handshakes {
		t.Errorf("online %v after %d handshakes, want %d%s", status.Online, status.Handshakes, 1+handshakes, r.describe())
	}
	if n := count[osdp.Offline](r.events); n != int(handshakes) {
		t.Errorf("%d times offline, want %d", n, handshakes)
	}
	cards := r.cards()
	if cards[1] != 1 || cards[3] != 1 || cards[4] != 1 || cards[2] > 1 || cards[2] == 0 && !mayLose {
		t.Errorf("cards reported %v times%s", cards, r.describe())
	}
}

func TestBringUpSurvivesFaults(t *testing.T) {
	for _, row := range faultTable {
		t.Run(row.name, func(t *testing.T) {
			p := testPD(5)
			r := newRig(t, 0, p)
			row.fault(p)
			r.goOnline()
			if p.Handshakes() > 2 {
				t.Errorf("%d handshakes", p.Handshakes())
			}
		})
	}
}

func TestSilenceAndReturn(t *testing.T) {
	p := testPD(5)
	r := newRig(t, 0, p)
	r.goOnline()
	p.SetSilent(true)
	start, sent := r.now, r.sent[5]
	if !r.run(time.Minute, func() bool { return count[osdp.Offline](r.events) == 1 }) {
		t.Fatal("never offline")
	}
	if n := r.sent[5] - sent; n > 1+osdp.QuickRepeats+int(osdp.OfflineAfter/osdp.SlowRepeat) {
		t.Errorf("%d transmissions to a silent reader", n)
	}
	if took := r.now - start; took < osdp.OfflineAfter || took > osdp.OfflineAfter+osdp.ReplyTimeout+osdp.SlowRepeat {
		t.Errorf("offline after %v", took)
	}
	if off := r.events[len(r.events)-1].(osdp.Offline); off.Reason != osdp.NoAnswer {
		t.Errorf("reason %v", off.Reason)
	}
	r.run(10*time.Minute, nil)
	if n := count[osdp.Offline](r.events); n != 1 {
		t.Errorf("offline reported %d times", n)
	}
	p.SetSilent(false)
	p.ShowCard(26, card(1))
	if !r.run(2*osdp.MaxBackoff, func() bool { return r.cards()[1] > 0 || p.Polls() > 4 && p.Handshakes() == 2 }) {
		t.Fatal("does not come back")
	}
}

func TestHeldCardIsMarked(t *testing.T) {
	p := testPD(5)
	p.ShowCard(26, card(1)) // before anybody asked
	r := newRig(t, 0, p)
	r.goOnline()
	p.ShowCard(26, card(2))
	r.run(time.Second, nil)
	held := map[byte]bool{}
	for _, e := range r.events {
		if c, ok := e.(osdp.Card); ok {
			held[c.Data[1]] = c.Held
		}
	}
	if len(held) != 2 || !held[1] || held[2] {
		t.Errorf("held: %v", held)
	}
}

func TestShortOutageDoesNotMarkCards(t *testing.T) {
	for silence, want := range map[time.Duration]bool{time.Second: false, time.Minute: true} {
		p := testPD(5)
		r := newRig(t, 0, p)
		r.goOnline()
		p.SetSilent(true)
		r.run(silence, nil)
		p.SetSilent(false)
		p.NAK(osdp.NakNoSecureChannel, 1) // a new handshake even after the short one
		p.ShowCard(26, card(1))
		if !r.run(time.Minute, func() bool { return r.cards()[1] > 0 || p.Pending() == 0 && p.Polls() > 10 }) {
			t.Fatalf("does not come back after %v", silence)
		}
		for _, e := range r.events {
			if c, ok := e.(osdp.Card); ok && c.Held != want {
				t.Errorf("after %v: held %v", silence, c.Held)
			}
		}
	}
}

func TestSlowReplyIsWaitedFor(t *testing.T) {
	p := testPD(5)
	r := newRig(t, 0, p)
	r.goOnline()
	r.chunk = 1 // 31 ms for the card
	p.ShowCard(26, card(1))
	p.Late(185*time.Millisecond, 1)
	r.run(time.Second, nil)
	if s, _ := r.bus.Status(5); s.Repeats != 0 || r.cards()[1] != 1 {
		t.Errorf("%d repeats, cards %v", s.Repeats, r.cards())
	}
}

func TestWaitingCommandExpires(t *testing.T) {
	p := testPD(5)
	r := newRig(t, 0, p)
	r.goOnline()
	p.SetSilent(true)
	r.run(500*time.Millisecond, nil) // an unanswered poll is under way
	if err := r.bus.Queue(r.now, 5, osdp.Buzz(0, osdp.ToneDefault, 2, 1, 1)); err != nil {
		t.Fatal(err)
	}
	r.run(osdp.CommandLifetime+time.Second, nil)
	p.SetSilent(false)
	r.run(5*time.Second, nil)
	lost := osdp.LossReason(0)
	for _, e := range r.events {
		if l, ok := e.(osdp.CommandLost); ok {
			lost = l.Why
		}
	}
	if _, heard := p.LastBuzzer(); heard || lost != osdp.LostExpired || p.Handshakes() != 1 {
		t.Errorf("heard %v, lost because of %v, %d handshakes", heard, lost, p.Handshakes())
	}
}

func TestWrongKeyNeverComesOnline(t *testing.T) {
	p := testPD(5)
	p.settings.Key = testKey(6)
	r := newRig(t, 0, p)
	r.run(time.Minute, nil)
	if count[osdp.Online](r.events) != 0 || count[osdp.Offline](r.events) != 1 {
		t.Fatalf("events:%s", r.describe())
	}
	if off := r.events[0].(osdp.Offline); off.Reason != osdp.HandshakeFailed {
		t.Errorf("reason %v", off.Reason)
	}
	if r.sends > 3*25 {
		t.Errorf("%d transmissions in a minute to a reader with a wrong key", r.sends)
	}
}

func TestChecksumOnlyReader(t *testing.T) {
	p := NewPD(Settings{Address: 5, Key: testKey(5), ChecksumOnly: true})
	r := newRig(t, 0, p)
	if !r.run(time.Minute, func() bool { return r.online[5] }) {
		t.Fatal("a reader without CRC is not found")
	}
	if s, _ := r.bus.Status(5); s.Check != osdp.Checksum {
		t.Errorf("check kind %v", s.Check)
	}
}

func TestDeadReadersDoNotSlowTheLiving(t *testing.T) {
	living, dying := testPD(1), testPD(2)
	r := newRig(t, 0, living, dying, testPD(3), testPD(4), testPD(5), testPD(6), testPD(7), testPD(8))
	for _, dead := range r.pds[2:] {
		dead.SetSilent(true)
	}
	r.run(10*time.Second, nil)
	if !r.online[1] || !r.online[2] {
		t.Fatal("the living are not online")
	}
	dying.SetSilent(true)
	r.run(500*time.Millisecond, nil) // its first unanswered poll was no probe yet
	clear(r.longest)
	for n := range 200 {
		living.ShowCard(26, card(n))
		shown := r.now
		if !r.run(time.Minute, func() bool { return r.cards()[byte(n)] == 1 }) {
			t.Fatalf("card %d lost", n)
		}
		// One probe of a dead reader may be under way.
		if late := r.now - shown; late > osdp.ReplyTimeout+2*osdp.DefaultPollInterval {
			t.Errorf("card %d after %v", n, late)
		}
		r.run(77*time.Millisecond, nil)
	}
	if r.longest[1] > osdp.ReplyTimeout+2*osdp.DefaultPollInterval {
		t.Errorf("the living reader waited %v", r.longest[1])
	}
	if count[osdp.Offline](r.events) != 7 {
		t.Errorf("%d offline", count[osdp.Offline](r.events))
	}
}

func TestCommands(t *testing.T) {
	p := testPD(5)
	r := newRig(t, 0, p)
	beep := osdp.Buzz(0, osdp.ToneDefault, 2, 1, 1)
	if err := r.bus.Queue(r.now, 5, beep); err == nil {
		t.Error("a command was queued for a reader that is offline")
	}
	r.goOnline()
	pulse, err := osdp.SetOutputs(osdp.OutputControl{Output: 1, Action: osdp.OutputOnFor, TimerTenths: 50})
	if err != nil {
		t.Fatal(err)
	}
	text, err := osdp.ShowText(osdp.Text{Row: 1, Column: 1, Line: "HELLO"})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.bus.Queue(r.now, 5, pulse, beep, text); err != nil {
		t.Fatal(err)
	}
	p.DropReplies(2) // a repeat must not pulse twice
	r.run(time.Second, nil)
	if pulses := p.Pulses(); len(pulses) != 1 || pulses[0] != (Pulse{1, 5 * time.Second}) || !p.Outputs()[1] {
		t.Errorf("pulses %v, outputs %v", pulses, p.Outputs())
	}
	if b, _ := p.LastBuzzer(); b != (Buzzer{osdp.ToneDefault, 2, 1, 1}) {
		t.Errorf("buzzer %+v", b)
	}
	if line, _ := p.LastText(); line != "HELLO" {
		t.Errorf("text %q", line)
	}
	r.run(6*time.Second, nil)
	if p.Outputs()[1] {
		t.Error("the pulse does not end")
	}
	for _, forbidden := range []osdp.Command{osdp.Poll(), {Code: osdp.CommandKeySet, Data: make([]byte, 18)}, {Code: osdp.CommandCommunication}} {
		if r.bus.Queue(r.now, 5, forbidden) == nil {
			t.Errorf("command 0x%02X was queued", uint8(forbidden.Code))
		}
	}
	full := make([]osdp.Command, osdp.MaxQueued+1)
	for i := range full {
		full[i] = beep
	}
	if r.bus.Queue(r.now, 5, full...) == nil {
		t.Error("the queue has no bound")
	}
	if r.bus.Queue(r.now, 5, osdp.Command{Code: osdp.CommandText, Data: make([]byte, 200)}) == nil {
		t.Error("a command longer than the reader's buffer was queued")
	}
}

func TestCommandIsNotCarriedOutLate(t *testing.T) {
	p := testPD(5)
	r := newRig(t, 0, p)
	r.goOnline()
	pulse, _ := osdp.SetOutputs(osdp.OutputControl{Output: 0, Action: osdp.OutputOnFor, TimerTenths: 50})
	beep := osdp.Buzz(0, osdp.ToneDefault, 2, 1, 1)
	p.SetSilent(true)
	if err := r.bus.Queue(r.now, 5, pulse, beep); err != nil {
		t.Fatal(err)
	}
	r.run(osdp.CommandLifetime+time.Second, nil)
	p.SetSilent(false)
	r.run(20*time.Second, nil)
	if !r.online[5] {
		t.Fatal("does not come back")
	}
	if len(p.Pulses()) != 0 {
		t.Error("the strike opened long after it was asked to")
	}
	if _, heard := p.LastBuzzer(); heard || count[osdp.CommandLost](r.events) != 2 {
		t.Errorf("commands were kept over the loss:%s", r.describe())
	}
}

func TestFloodOfCommandsDoesNotStopPolls(t *testing.T) {
	p, other := testPD(5), testPD(6)
	r := newRig(t, 0, p, other)
	r.goOnline()
	beep := osdp.Buzz(0, osdp.ToneDefault, 2, 1, 1)
	start, polls, others := r.now, p.Polls(), other.Polls()
	r.run(2*time.Second, func() bool {
		for r.bus.Queue(r.now, 5, beep) == nil { //nolint:revive // fills the queue to the brim
		}
		return false
	})
	want := int((r.now - start) / (2 * osdp.DefaultPollInterval))
	if p.Polls()-polls < want || other.Polls()-others < want {
		t.Errorf("%d and %d polls beside a flood, want %d", p.Polls()-polls, other.Polls()-others, want)
	}
}

func TestHoldKeepsCardsAndSession(t *testing.T) {
	p := testPD(5)
	r := newRig(t, 0, p)
	r.goOnline()
	r.bus.Hold(true)
	r.run(time.Second, nil) // a poll may be under way
	p.ShowCard(26, card(1))
	r.run(time.Minute, nil)
	if r.cards()[1] != 0 || count[osdp.Offline](r.events) != 0 {
		t.Fatalf("polled or lost while held:%s", r.describe())
	}
	r.bus.Hold(false)
	r.run(time.Second, nil)
	if r.cards()[1] != 1 || p.Handshakes() != 1 {
		t.Errorf("cards %v, %d handshakes", r.cards(), p.Handshakes())
	}
}

func TestStatusEvents(t *testing.T) {
	p := testPD(5)
	p.SetInput(2, true)
	p.events = nil
	r := newRig(t, 0, p)
	r.goOnline()
	if n := count[osdp.InputChanged](r.events); n != 4 {
		t.Errorf("%d inputs after connecting, want each of 4", n)
	}
	if n := count[osdp.OutputChanged](r.events); n != 2 {
		t.Errorf("%d outputs after connecting, want each of 2", n)
	}
	r.events = nil
	p.SetInput(1, true)
	p.SetTamper(true)
	p.SetPowerFailure(true)
	p.PressKeys("12#")
	p.Happen(osdp.ReplyReaders, []byte{1})
	p.Happen(0x90, []byte{1, 2, 3, 4})
	p.SetTamper(false)
	r.run(time.Second, nil)
	got := ""
	for _, e := range r.events {
		got += fmt.Sprintf("%T%+v\n", e, e)
	}
	want := "osdp.InputChanged{At:{Address:5} Input:1 State:1}\n" +
		"osdp.Tamper{At:{Address:5} Active:true}\n" +
		"osdp.Power{At:{Address:5} Failing:true}\n" +
		"osdp.Keypad{At:{Address:5} Keys:{Reader:0 Keys:[49 50 13]} Held:false}\n" +
		"osdp.AttachedChanged{At:{Address:5} Reader:0 State:1}\n" +
		"osdp.Unexpected{At:{Address:5} Unknown:{Code:144 Data:[1 2 3 4]}}\n" +
		"osdp.Tamper{At:{Address:5} Active:false}\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestBusyLineEndsSecureOrOffline(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Int64().Draw(rt, "seed")
		random := rand.New(rand.NewSource(seed))
		p, other := testPD(5), testPD(6)
		r := newRig(t, 0, p, other)
		r.echo = random.Intn(2) == 0
		r.chunk = random.Intn(4)
		rate := random.Intn(4)
		r.noise = func() []byte {
			if random.Intn(4) > rate {
				return nil
			}
			soup := make([]byte, random.Intn(40))
			random.Read(soup)
			if len(soup) > 8 && random.Intn(2) == 0 {
				copy(soup, []byte{0x53, 0x85, byte(random.Intn(60)), 0, byte(random.Intn(16))})
			}
			return soup
		}
		r.run(15*time.Second, nil)
		for n := range 10 {
			row := faultTable[random.Intn(len(faultTable))]
			row.fault(p)
			p.ShowCard(26, card(n))
			r.run(time.Duration(random.Intn(4000))*time.Millisecond, nil)
		}
		r.noise = nil
		p.NoFaults()
		if !r.run(40*time.Second, func() bool { return r.online[5] && r.online[6] && p.Secure() && other.Secure() }) {
			rt.Fatalf("not secure again:%s", r.describe())
		}
		for n, times := range r.cards() {
			if times > 1 {
				rt.Errorf("card %d reported %d times", n, times)
			}
		}
	})
}
