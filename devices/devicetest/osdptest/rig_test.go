package osdptest

import (
	"bytes"
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"trilock/firmware-protocols/osdp"
)

const lineSpeed = 115200

// testKey is a reader's key for tests.
func testKey(address uint8) osdp.Key {
	var k osdp.Key
	for i := range k {
		k[i] = address ^ byte(i*7+1)
	}
	return k
}

// testPD is a reader with four inputs and two outputs.
func testPD(address uint8) *PD {
	return NewPD(Settings{
		Address: address, Key: testKey(address), Inputs: 4, Outputs: 2,
		Vendor: [3]byte{0xC3, 0xB2, 0xA1}, Model: 2, Version: 1, Serial: uint32(address), Firmware: [3]byte{1, 2, 3},
	})
}

// onLine is bytes that reach the panel at a time.
type onLine struct {
	at  time.Duration
	raw []byte
}

// rig is a bus and its readers on a line with times but without a clock.
type rig struct {
	t       testing.TB
	bus     *osdp.Bus
	pds     []*PD
	now     time.Duration
	line    []onLine
	decoder osdp.Decoder
	echo    bool
	chunk   int // replies arrive in pieces of this size, 1 ms apart
	noise   func() []byte
	online  map[uint8]bool
	events  []osdp.Event
	heard   []byte   // all that the readers said
	said    [][]byte // all that the bus sent
	sends   int
	speeds  []int // what the port was switched to
	strays  int   // transmissions to a reader that has another speed
	// installing follows the install window; defaults counts frames with the default key.
	installing bool
	defaults   int
	sent       map[uint8]int
	longest    map[uint8]time.Duration // between two transmissions to a reader
	last       map[uint8]time.Duration
}

func newRig(t testing.TB, interval time.Duration, pds ...*PD) *rig {
	t.Helper()
	var readers []osdp.ReaderSettings
	for _, p := range pds {
		readers = append(readers, osdp.ReaderSettings{Address: p.settings.Address, Key: testKey(p.settings.Address)})
	}
	return &rig{
		t: t, bus: newBus(t, interval, readers...), pds: pds, online: map[uint8]bool{}, sent: map[uint8]int{},
		longest: map[uint8]time.Duration{}, last: map[uint8]time.Duration{},
	}
}

func newBus(t testing.TB, interval time.Duration, readers ...osdp.ReaderSettings) *osdp.Bus {
	t.Helper()
	bus, err := osdp.NewBus(osdp.BusSettings{
		Readers: readers, BitsPerSecond: lineSpeed, PollInterval: interval, Random: rand.New(rand.NewSource(1)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return bus
}

// run lets time pass until done says so, at most for limit, and reports whether it did.
func (r *rig) run(limit time.Duration, done func() bool) bool {
	r.t.Helper()
	end, still := r.now+limit, 0
	for r.now < end {
		before := r.now
		wake := r.step()
		if done != nil && done() {
			return true
		}
		if len(r.line) > 0 {
			wake = min(wake, r.line[0].at)
		}
		r.now = max(r.now, min(wake, end))
		if still++; r.now > before {
			still = 0
		}
		if still > 100 {
			r.t.Fatalf("the bus is spinning at %v", r.now)
		}
	}
	return false
}

// step brings what is due to the bus and the bus's bytes to the readers.
func (r *rig) step() time.Duration {
	var heard []byte
	for len(r.line) > 0 && r.line[0].at <= r.now {
		heard = append(heard, r.line[0].raw...)
		r.line = r.line[1:]
	}
	out := r.bus.Advance(r.now, heard)
	if out.BitsPerSecond != 0 {
		r.speeds = append(r.speeds, out.BitsPerSecond)
	}
	for _, e := range out.Events {
		r.check(e)
	}
	r.events = append(r.events, out.Events...)
	r.heard = append(r.heard, heard...)
	if len(out.Send) > 0 {
		r.transmit(out.Send)
	}
	return out.Wake
}

// check holds the events against the policy: secure channel or offline.
func (r *rig) check(e osdp.Event) {
	switch e := e.(type) {
	case osdp.Online:
		r.online[e.Address] = true
	case osdp.Offline:
		r.online[e.Address] = false
	case osdp.CommandLost, osdp.KeyChangeFailed, osdp.InstallUsed, osdp.SpeedChangeFailed, osdp.AddressChangeFailed:
	case osdp.InstallOpened:
		r.installing = true
	case osdp.InstallClosed:
		r.installing = false
	default:
		if !r.online[e.PD()] {
			r.t.Fatalf("event %#v from a reader that is not online", e)
		}
	}
}

// transmit plays the line: every reader hears the frame, one answers.
func (r *rig) transmit(raw []byte) {
	r.sends++
	r.said = append(r.said, bytes.Clone(raw))
	at := r.now + lineTime(len(raw))
	if r.echo {
		r.put(at, raw)
	}
	r.decoder.Reset()
	r.decoder.Write(raw)
	f, ok := r.decoder.Next()
	if !ok {
		r.t.Fatalf("the bus sent what is no frame: % X", raw)
	}
	r.checkSent(f)
	for _, p := range r.pds {
		if p.settings.LineSpeed != nil && p.settings.Address == f.Address && p.settings.BitsPerSecond != r.speed() {
			r.strays++
		}
		if reply, ok := p.Answer(at, f); ok {
			r.putPieces(at+3*time.Millisecond+lineTime(len(reply.Raw))+reply.After, reply.Raw)
		}
	}
	if r.noise != nil {
		r.put(at+time.Millisecond, r.noise())
	}
}

// checkSent holds what the bus sends against the policy.
func (r *rig) checkSent(f osdp.Frame) {
	code := osdp.CommandCode(f.Code)
	clear := f.Block < osdp.BlockCommandMAC
	if len(f.BlockData) > 0 && f.BlockData[0] == osdp.SelectorDefault {
		r.defaults++
		if !r.installing {
			r.t.Fatal("the default key was used outside of an install window")
		}
	}
	before := code == osdp.CommandID || code == osdp.CommandCapabilities ||
		code == osdp.CommandChallenge || code == osdp.CommandServerCryptogram
	if clear && !before {
		r.t.Fatalf("command 0x%02X in clear", f.Code)
	}
	r.sent[f.Address]++
	if was, ok := r.last[f.Address]; ok {
		r.longest[f.Address] = max(r.longest[f.Address], r.now-was)
	}
	r.last[f.Address] = r.now
}

func (r *rig) putPieces(at time.Duration, raw []byte) {
	if r.chunk == 0 {
		r.put(at, raw)
		return
	}
	for piece := range slices.Chunk(raw, r.chunk) {
		r.put(at, piece)
		at += time.Millisecond
	}
}

func (r *rig) put(at time.Duration, raw []byte) {
	i, _ := slices.BinarySearchFunc(r.line, at, func(o onLine, at time.Duration) int {
		if o.at <= at {
			return -1
		}
		return 1
	})
	r.line = slices.Insert(r.line, i, onLine{at, bytes.Clone(raw)})
}

func lineTime(n int) time.Duration { return time.Duration(n) * 10 * time.Second / lineSpeed }

// goOnline runs until all readers are online and have nothing more to tell.
func (r *rig) goOnline() {
	r.t.Helper()
	ok := r.run(20*time.Second, func() bool {
		for _, p := range r.pds {
			if s, _ := r.bus.Status(p.settings.Address); !s.Online || p.Polls() < 2 {
				return false
			}
		}
		return true
	})
	if !ok {
		r.t.Fatalf("not online: %v", r.describe())
	}
}

// card is the n-th card of a test.
func card(n int) []byte { return []byte{0xA8, byte(n), 0x31, 0x40} }

// cards counts how often each card was reported.
func (r *rig) cards() map[byte]int {
	seen := map[byte]int{}
	for _, e := range r.events {
		if c, ok := e.(osdp.Card); ok {
			seen[c.Data[1]]++
		}
	}
	return seen
}

func count[T osdp.Event](events []osdp.Event) int {
	n := 0
	for _, e := range events {
		if _, ok := e.(T); ok {
			n++
		}
	}
	return n
}

func (r *rig) describe() string {
	text := ""
	for _, e := range r.events {
		text += fmt.Sprintf("\n  %T%+v", e, e)
	}
	return text
}
