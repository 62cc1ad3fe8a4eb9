package score_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"trilock/custody/presence/score"
	"trilock/custody/presence/trace"
)

// whole makes TestTable play all traces at full length and print the table of the package comment.
var whole = flag.Bool("table", false, "print the whole score table")

// scenario is a row of the table: some traces of one kind.
type scenario struct {
	name string
	// marked gives presence the readers' rounds; otherwise it gets single reads, as the baselines always do.
	marked bool
	// enrolled has presence know from the record where the tags are at first.
	enrolled bool
	// departedAfter is the timer of the baselines where tags can leave; 0 is none.
	departedAfter time.Duration
	traces        int
	make          func(n int) *trace.Trace
	// walk makes a guided walk through the room of a trace; nil when there is none.
	walk func(n int) *trace.Trace
}

// cycles are after what times an antenna has its turn again.
var cycles = []time.Duration{300 * time.Millisecond, time.Second, 2500 * time.Millisecond, 6 * time.Second}

// zones is four zones of one geometry: frequent and rare reads, few and many tags, worn and laid down.
func zones(g trace.Geometry, separate bool) scenario {
	room := func(n int, walk uint64, long time.Duration) *trace.Trace {
		return trace.ZoneRoom(uint64(n), trace.ZoneOptions{ //nolint:gosec // eight of them
			Geometry: g, Tags: []int{1, 2, 6}[n%3], Length: long, Stay: 45 * time.Second,
			Cycle: cycles[n%4], Worn: n/4 == 0, Around: n%2 == 1, Walk: walk, Separate: separate,
		})
	}
	return scenario{
		name: "zones, " + g.String(), traces: 8,
		make: func(n int) *trace.Trace { return room(n, 0, length(20*time.Minute)) },
		walk: func(n int) *trace.Trace { return room(n, 1, 15*time.Minute) },
	}
}

func scenarios() []scenario {
	var all []scenario
	for _, g := range trace.Geometries() {
		all = append(all, zones(g, false))
	}
	separate := zones(trace.Corners, true)
	separate.name = "zones, corners, four readers"
	inRounds := zones(trace.Corners, false)
	inRounds.name, inRounds.marked, inRounds.walk = "zones, corners, rounds marked", true, nil
	still := func(name string, marked bool) scenario {
		return scenario{name: name, marked: marked, traces: 4, make: func(n int) *trace.Trace {
			return trace.Still(uint64(n), trace.StillOptions{ //nolint:gosec // four of them
				Tags: 20, Length: length(40 * time.Minute), LeastDB: 6, MostDB: 20, LeastEvery: 100 * time.Millisecond << (2 * n), MostEvery: 10 * time.Second,
			})
		}}
	}
	cabinets := func(name string, outages bool) scenario {
		return scenario{name: name, marked: true, enrolled: true, departedAfter: 15 * time.Second, traces: 3, make: func(n int) *trace.Trace {
			return trace.Cabinets(uint64(n), trace.CabinetOptions{Folders: 40, Length: length(20 * time.Minute), Every: 30 * time.Second, Outages: outages}) //nolint:gosec // three of them
		}}
	}
	return append(all, separate, inRounds,
		still("still, 6-20 dB", false), still("still, 6-20 dB, rounds marked", true),
		cabinets("cabinets", false), cabinets("cabinets, readers failing", true))
}

// length is how long a trace is; a test need not be as thorough as the table.
func length(d time.Duration) time.Duration {
	if *whole {
		return d
	}
	return d / 4
}

// line is one contestant in one scenario.
func line(who string, r score.Result) string {
	return fmt.Sprintf("  %-14s right %5.1f %%   missed %5.1f %%   extra %5.2f per change, %6d   delay %5.1f s, p90 %5.1f s",
		who, 100*r.RightShare(), 100*float64(r.Missed)/float64(max(r.Changes, 1)), float64(r.Extra)/float64(max(r.Changes, 1)), r.Extra,
		r.Latency(0.5).Seconds(), r.Latency(0.9).Seconds())
}

// TestTable prints the score of package presence and of the baselines on the same traces.
func TestTable(t *testing.T) {
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			traces := s.traces
			if !*whole {
				traces = 1
			}
			var all []contestant
			var total []score.Result
			for n := range traces {
				played := s.make(n)
				all = contestants(s, n)
				if total == nil {
					total = make([]score.Result, len(all))
				}
				for k, c := range all {
					r, err := run(c, played)
					if err != nil {
						t.Fatal(err)
					}
					total[k].Add(r)
				}
			}
			var out strings.Builder
			fmt.Fprintf(&out, "%s: %d reads, %d changes\n", s.name, total[0].Reads, total[0].Changes)
			for k, c := range all {
				fmt.Fprintln(&out, line(c.Name, total[k]))
				if k > 0 && total[k].Reads != total[0].Reads {
					t.Errorf("%s was scored on %d reads, %s on %d", c.Name, total[k].Reads, all[0].Name, total[0].Reads)
				}
			}
			if total[0].Reads == 0 || total[0].Moves == 0 {
				t.Errorf("nothing was concluded: %+v", total[0])
			}
			t.Log("\n" + out.String())
		})
	}
}
