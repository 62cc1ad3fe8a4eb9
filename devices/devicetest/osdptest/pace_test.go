package osdptest

import (
	"testing"
	"time"

	"trilock/firmware-protocols/osdp"
)

// A reader with something to tell is asked back to back; then it calms down.
func TestPollingAdapts(t *testing.T) {
	p := testPD(5)
	r := newRig(t, 0, p)
	r.goOnline()
	r.run(time.Second, nil)
	polls, start := p.Polls(), r.now
	r.run(10*time.Second, nil)
	if rate := float64(p.Polls()-polls) / (r.now - start).Seconds(); rate < 15 || rate > 20 {
		t.Errorf("%.1f polls/s while idle", rate)
	}
	for n := range 20 {
		p.ShowCard(26, card(n))
	}
	shown := r.now
	if !r.run(time.Second, func() bool { return len(r.cards()) == 20 }) {
		t.Fatal("not all cards in a second")
	}
	// One rest, then 20 exchanges of 3 ms and line time.
	if took := r.now - shown; took > osdp.DefaultPollInterval+20*10*time.Millisecond {
		t.Errorf("20 cards took %v", took)
	}
	polls = p.Polls()
	r.run(200*time.Millisecond, nil)
	if n := p.Polls() - polls; n < 7 || n > 12 {
		t.Errorf("%d polls in the 200 ms after an event, 1 + 2 + 4 + ... + 50 ms apart", n)
	}
	polls = p.Polls()
	r.run(time.Second, nil)
	if n := p.Polls() - polls; n > 20 {
		t.Errorf("%d polls in a second: it does not calm down", n)
	}
}

// At 9600 baud the line is used back to back, and rests its two characters.
func TestSlowLineIsPolledBackToBack(t *testing.T) {
	p := testPD(5)
	r := newRig(t, 0, p)
	bus, err := osdp.NewBus(osdp.BusSettings{
		Readers: []osdp.ReaderSettings{{Address: 5, Key: testKey(5)}}, BitsPerSecond: 9600, Random: zeroes{},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.bus = bus
	r.goOnline()
	polls := p.Polls()
	r.run(10*time.Second, nil)
	if n := p.Polls() - polls; n < 10*25 {
		t.Errorf("%d polls in 10 s", n)
	}
}

// zeroes is no source of randomness, and good enough for a pace.
type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A reader that was unplugged, for however long, is back within 2 s, on a line with
// others that stay away as well.
func TestUnpluggedReaderIsBackIn2Seconds(t *testing.T) {
	const limit = 2 * time.Second
	for _, missing := range []int{1, 4, 8} { // so many of eight are unplugged; one comes back
		var pds []*PD
		for address := range uint8(8) {
			pds = append(pds, testPD(address+1))
		}
		r := newRig(t, 0, pds...)
		r.goOnline()
		back := pds[0]
		for _, away := range []time.Duration{
			50 * time.Millisecond, time.Second, 3 * time.Second, 7900 * time.Millisecond, 8300 * time.Millisecond,
			12 * time.Second, time.Minute, 61300 * time.Millisecond, time.Hour,
		} {
			for _, p := range pds[:missing] {
				p.SetSilent(true)
			}
			r.run(away, nil)
			back.Restart() // its power was gone
			back.SetSilent(false)
			returned, before := r.now, back.Handshakes()
			if !r.run(limit, func() bool { return r.online[1] && back.Handshakes() > before && back.Secure() }) {
				t.Errorf("%d missing for %v: not back after %v", missing, away, r.now-returned)
				r.run(20*time.Second, nil)
			}
			for _, p := range pds[:missing] {
				p.SetSilent(false)
			}
			r.run(20*time.Second, nil)
		}
	}
}
