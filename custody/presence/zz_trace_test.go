package presence

import (
	"fmt"
	"testing"
	"time"

	"trilock/custody/fact"
)

func TestZZTrace(t *testing.T) {
	for _, dead := range []bool{false, true} {
		for _, warm := range []int{5, 600} {
			for _, enrol := range []fact.PlaceID{Elsewhere, "cabinet-a"} {
				e, _ := New(Site{
					Places:   []Place{{ID: "cabinet-a", Adjoins: []fact.PlaceID{"exit"}}, {ID: "exit"}},
					Antennas: []Watch{{fact.Antenna{Reader: "a", Port: 1}, "cabinet-a"}, {fact.Antenna{Reader: "x", Port: 1}, "exit"}},
				}, DefaultPolicy())
				epc, _ := fact.EPCFromBytes([]byte{1})
				e.Enrol(epc, enrol)
				heard := []fact.Read{{EPC: epc, RSSIcdBm: -5500}}
				var now time.Duration
				obs := func(r string, reads []fact.Read) {
					now += 100 * time.Millisecond
					if out := e.Observe(fact.Stamp{Mono: now}, fact.Round{Antenna: fact.Antenna{Reader: fact.DeviceID(r), Port: 1}, Reads: reads}, nil); len(out) > 0 {
						fmt.Printf("%v %+v\n", now, out)
					}
				}
				fmt.Println("==== dead", dead, "warm", warm, "enrol", enrol)
				for range warm {
					obs("a", heard)
				}
				for n := range 100 {
					if !dead {
						obs("a", nil)
					}
					obs("x", heard)
					if n < 12 || n == 99 {
						g := &e.tags[e.tagOf[epc]]
						for k := range int(g.held) {
							fmt.Printf(" s%d=%.3g", g.slots[k].state, g.slots[k].w)
						}
						fmt.Printf(" silence=%.3g home=%d", e.silence(g), g.home)
						for k := range int(g.known) {
							p := g.profiles[k]
							fmt.Printf(" [%d own=%v read=%.2f hits=%d level=%.1f/%d]", p.antenna, p.own, p.read, p.hits, p.level, p.levels)
						}
						fmt.Println()
					}
				}
			}
		}
	}
}
