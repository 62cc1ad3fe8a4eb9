package presence_test

import (
	"fmt"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// hall is the smallest site with a way out: a cabinet next to the exit, one antenna each,
// a round every 100 ms.
type hall struct {
	t        *testing.T
	engine   *presence.Engine
	now      time.Duration
	findings []presence.Finding
}

const hallRound = 100 * time.Millisecond

func newHall(t *testing.T, last fact.PlaceID) *hall {
	t.Helper()
	e, err := presence.New(presence.Site{
		Places: []presence.Place{{ID: "cabinet-a", Adjoins: []fact.PlaceID{"exit"}}, {ID: "exit"}},
		Antennas: []presence.Watch{
			{Antenna: antennaOf("reader-a"), Place: "cabinet-a"}, {Antenna: antennaOf("reader-x"), Place: "exit"},
		},
	}, presence.DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	e.Enrol(folder(1), last)
	return &hall{t: t, engine: e}
}

func (h *hall) round(reader string, reads ...fact.Read) {
	h.now += hallRound
	h.findings = h.engine.Observe(stamp(h.now), fact.Round{Antenna: antennaOf(reader), Reads: reads}, h.findings)
}

func (h *hall) at() fact.PlaceID {
	place, _, _, _ := h.engine.Estimate(folder(1))
	return place
}

// known are the ways in which the engine can know the folder before it is carried away.
var known = map[string]func(*testing.T) *hall{
	"heard five times": func(t *testing.T) *hall {
		h := newHall(t, presence.Elsewhere)
		for range 5 {
			h.round("reader-a", read(1, -55))
		}
		return h
	},
	"heard for a minute": func(t *testing.T) *hall {
		h := newHall(t, "cabinet-a")
		for range 300 {
			h.round("reader-a", read(1, -55))
			h.round("reader-x")
		}
		return h
	},
	"cross-read for ten minutes": func(t *testing.T) *hall {
		h := newHall(t, "cabinet-a")
		for range 3000 {
			h.round("reader-a", read(1, -55))
			h.round("reader-x", read(1, -56))
		}
		return h
	},
	"from the record, never heard": func(t *testing.T) *hall { return newHall(t, "cabinet-a") },
}

// silences are the ways in which the antenna of the cabinet can say nothing of the folder,
// each told by what happens between two rounds of the exit's.
var silences = map[string]struct{ begin, between func(*hall) }{
	"the cabinet's rounds are empty": {func(*hall) {}, func(h *hall) { h.round("reader-a") }},
	"the cabinet completes no round": {func(*hall) {}, func(*hall) {}},
	"the cabinet's reader is down": {func(h *hall) {
		h.findings = h.engine.Report(stamp(h.now), fact.DeviceReport{Device: "reader-a", State: fact.DeviceDown}, h.findings)
	}, func(*hall) {}},
	"the cabinet's reader is at fault": {func(h *hall) {
		h.findings = h.engine.Report(stamp(h.now), fact.DeviceReport{Device: "reader-a", State: fact.DeviceFault}, h.findings)
	}, func(h *hall) { h.now -= hallRound; h.round("reader-a") }},
}

// TestStrongAtTheExitWithItsHomeSilentIsMoved is the attack: cut the cabinet reader's cable
// and carry the folder out.
func TestStrongAtTheExitWithItsHomeSilentIsMoved(t *testing.T) {
	for how, prepare := range known {
		for name, silence := range silences {
			t.Run(how+"; "+name, func(t *testing.T) {
				h := prepare(t)
				if h.at() != "cabinet-a" {
					t.Fatalf("it begins at %q", h.at())
				}
				silence.begin(h)
				began, moved, hits := h.now, time.Duration(0), 0
				for h.now < began+30*time.Second {
					silence.between(h)
					h.round("reader-x", read(1, -55))
					if h.at() == "exit" && moved == 0 {
						moved = h.now - began
					}
					if moved == 0 {
						hits++
					}
				}
				if h.at() != "exit" || moved == 0 || moved > 2*time.Second {
					t.Errorf("concluded at %q, after %v and %d hits, want the exit within 2 s; findings %q", h.at(), moved, hits+1, tell(h.findings))
				}
			})
		}
	}
}

// TestWeakNextDoorWithItsHomeDarkStays: cross-reads are 8 to 20 dB weaker than at home, and
// may go on for as long as the reader of the home is dark.
func TestWeakNextDoorWithItsHomeDarkStays(t *testing.T) {
	for name, levels := range map[string][]float64{
		"8 dB weaker":           {-63},
		"12 dB weaker":          {-67},
		"20 dB weaker":          {-75},
		"8 dB weaker, fading":   {-61, -65, -63, -60, -66},
		"8 dB weaker, one high": {-62, -64, -63, -54, -62, -64, -66},
	} {
		for how, prepare := range map[string]func(*testing.T) *hall{"five": known["heard five times"], "minute": known["heard for a minute"]} {
			for dark, silence := range silences {
				if dark == "the cabinet's rounds are empty" {
					continue // seeing it empty is another matter
				}
				t.Run(name+"; "+how+"; "+dark, func(t *testing.T) {
					h := prepare(t)
					silence.begin(h)
					for n := range 6000 {
						silence.between(h)
						h.round("reader-x", read(1, levels[n%len(levels)]))
						if h.at() != "cabinet-a" {
							t.Fatalf("after %d weak hits: %q", n+1, tell(h.findings))
						}
					}
				})
			}
		}
	}
}

// TestWeakAcrossTheRoomWithItsHomeDark: weak reads where a folder of the cabinet is never heard move nothing.
func TestWeakAcrossTheRoomWithItsHomeDark(t *testing.T) {
	b := settled(t)
	b.dead["reader-a"] = true
	b.report("reader-a", fact.DeviceDown)
	b.want("cabinet-a not readable (reader-a) [01]")
	b.heard["reader-exit"] = []fact.Read{read(1, -75)}
	b.rounds(6)
	b.want()
}

// TestHalfBlindHomeDoesNotHoldAFolder: the antenna that used to hear it is dead, and the
// other one of its place never could.
func TestHalfBlindHomeDoesNotHoldAFolder(t *testing.T) {
	site := office()
	second := fact.Antenna{Reader: "reader-a2", Port: 1}
	site.Antennas = append(site.Antennas, presence.Watch{Antenna: second, Place: "cabinet-a"})
	e, err := presence.New(site, presence.DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	b.engine = e
	e.Enrol(folder(1), "cabinet-a")
	round := func(n int) {
		for range n {
			b.rounds(1)
			b.findings = e.Observe(stamp(b.now), fact.Round{Antenna: second}, b.findings)
		}
	}
	b.heard["reader-a"] = []fact.Read{read(1, -55)}
	round(2400)
	b.dead["reader-a"] = true
	b.report("reader-a", fact.DeviceDown)
	round(40)
	b.want()
	b.heard["reader-exit"] = []fact.Read{read(1, -55)}
	round(10)
	b.want(`01 moved "cabinet-a" to "exit"`)
}

// TestHeardStronglyTwiceStaysWhereItIsStillHeard: two antennas hear it equally well, and
// that of its home does so in two rounds of three.
func TestHeardStronglyTwiceStaysWhereItIsStillHeard(t *testing.T) {
	h := newHall(t, "cabinet-a")
	for n := range 6000 {
		if n%3 == 0 {
			h.round("reader-a")
		} else {
			h.round("reader-a", read(1, -55))
		}
		h.round("reader-x", read(1, -55))
	}
	if len(h.findings) > 0 {
		t.Errorf("what its home still hears led to %q", tell(h.findings))
	}
}

// TestDarkPlaceThatHeardNothingIsNoNewPlace: a folder that was carried out past the exit is
// not back in its cabinet because nothing can be heard there.
func TestDarkPlaceThatHeardNothingIsNoNewPlace(t *testing.T) {
	for _, dBm := range []float64{-55, -58, -62, -66} {
		t.Run(fmt.Sprint(dBm), func(t *testing.T) {
			b := settled(t)
			b.dead["reader-a"] = true
			b.report("reader-a", fact.DeviceDown)
			b.want("cabinet-a not readable (reader-a) [01]")
			b.heard["reader-exit"] = []fact.Read{read(1, dBm)}
			for n := 0; n < 100 && len(b.findings) == 0; n++ {
				b.rounds(1) // no more than it takes: the cabinet is all but as likely as it can be
			}
			b.want(`01 moved "cabinet-a" to "exit"`)
			b.heard["reader-exit"] = nil
			b.rounds(400)
			b.want("01 unseen from exit")
		})
	}
}

// TestSilentHomeLosesWhatWasOftenCrossRead: the next shelf heard it in every round all
// along, nearly as strongly as its own did, which now hears nothing.
func TestSilentHomeLosesWhatWasOftenCrossRead(t *testing.T) {
	h := newHall(t, "cabinet-a")
	for range 3000 {
		h.round("reader-a", read(1, -55))
		h.round("reader-x", read(1, -58))
	}
	for began := h.now; h.at() == "cabinet-a"; {
		if h.now > began+10*time.Second {
			t.Fatal("nothing is concluded within 10 s")
		}
		h.round("reader-a")
		h.round("reader-x", read(1, -57))
	}
}
