package presence_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// strangers adds reads of so many tags that nobody enrolled to what is heard, numbered from first on.
func strangers(reads []fact.Read, first, count int) []fact.Read {
	for k := range count {
		n := first + k
		epc, err := fact.EPCFromBytes([]byte{0xEE, byte(n >> 16), byte(n >> 8), byte(n)})
		if err != nil {
			panic(err)
		}
		reads = append(reads, fact.Read{EPC: epc, RSSIcdBm: -4500, Phase: fact.PhaseUnknown})
	}
	return reads
}

// A flood is said once, and when it is over, and then another one; the folder that lies there is heard as ever, and
// strangers elsewhere are told.
func TestFloodBeginsAndEnds(t *testing.T) {
	b := settled(t)
	known := []fact.Read{read(1, -55)}
	b.heard["reader-a"] = strangers(known, 0, 500)
	b.rounds(1)
	got := tell(b.findings)
	if n := len(got); n != 33 || got[32] != "flood at cabinet-a of reader-a" {
		t.Fatalf("%d findings, the last %q; want 32 strangers and the flood", n, got[n-1])
	}
	b.findings = b.findings[:0]
	for n := range 20 {
		b.heard["reader-a"] = strangers(known, 1000*(n+1), 100)
		b.rounds(1)
	}
	b.want()
	b.heard["reader-exit"] = []fact.Read{read(900, -55)}
	b.rounds(1)
	b.heard["reader-exit"] = nil
	b.want("84 stranger at exit")
	b.heard["reader-a"] = known
	b.rounds(130) // 32 s
	b.want(fmt.Sprintf("flood of %d over at cabinet-a", 500-32+20*100+100))
	b.heard["reader-a"] = strangers(known, 100_000, 300)
	b.rounds(1)
	if got := tell(b.findings); len(got) != 1 || got[0] != "flood at cabinet-a of reader-a" {
		t.Errorf("a second flood, with no room left to remember strangers: %q", got)
	}
	b.findings = b.findings[:0]
	b.heard["reader-a"] = nil
	b.rounds(60)
	if got := tell(b.findings); !slices.Contains(got, "01 unseen from cabinet-a") {
		t.Errorf("a folder taken during a flood: %q", got)
	}
}

// A flood is over although its reader says no more, and Due knows when.
func TestFloodEndsWithoutRounds(t *testing.T) {
	b := settled(t)
	b.heard["reader-a"] = strangers(nil, 0, 100)
	b.rounds(1)
	b.findings = b.findings[:0]
	for range 100 {
		due, ok := b.engine.Due()
		if !ok {
			t.Fatal("nothing falls due, and the flood goes on")
		}
		for _, f := range b.engine.Advance(stamp(due), nil) {
			if over, is := f.(presence.FloodOver); is {
				if over.Count != 100-32 || over.Reader != "reader-a" {
					t.Errorf("%+v", over)
				}
				return
			}
		}
	}
	t.Error("the flood does not end")
}

// Some new folders that nobody registered yet are strangers, one by one, and no flood.
func TestFewStrangersAreNoFlood(t *testing.T) {
	b := settled(t)
	for n := range 60 {
		b.heard["reader-a"] = strangers([]fact.Read{read(1, -55)}, n, 1)
		b.rounds(int(2 * time.Second / (250 * time.Millisecond)))
	}
	for _, f := range b.findings {
		if _, is := f.(presence.Flood); is {
			t.Errorf("%+v", f)
		}
	}
	if len(b.findings) != 60 {
		t.Errorf("%d of 60 strangers told", len(b.findings))
	}
}
