package presence_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// bench is the office with rounds that the test states itself: no chance in it.
type bench struct {
	t        *testing.T
	engine   *presence.Engine
	now      time.Duration
	heard    map[string][]fact.Read // by reader: what each of its rounds hears
	dead     map[string]bool
	findings []presence.Finding
}

func newBench(t *testing.T) *bench {
	t.Helper()
	e, err := presence.New(office(), presence.DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	return &bench{t: t, engine: e, heard: map[string][]fact.Read{}, dead: map[string]bool{}}
}

func read(n int, dBm float64) fact.Read {
	return fact.Read{EPC: folder(n), RSSIcdBm: int16(dBm * 100), Phase: fact.PhaseUnknown}
}

// rounds lets every living reader complete n rounds, a quarter of a second apart.
func (b *bench) rounds(n int) {
	for range n {
		b.now += 250 * time.Millisecond
		b.findings = b.engine.Advance(stamp(b.now), b.findings)
		for _, reader := range []string{"reader-a", "reader-b", "reader-safe", "reader-exit"} {
			if !b.dead[reader] {
				b.findings = b.engine.Observe(stamp(b.now), fact.Round{Antenna: antennaOf(reader), Reads: b.heard[reader]}, b.findings)
			}
		}
	}
}

func (b *bench) report(reader string, state fact.DeviceState) {
	b.findings = b.engine.Report(stamp(b.now), fact.DeviceReport{Device: fact.DeviceID(reader), State: state}, b.findings)
}

// want checks the findings since the last call, told in one word each.
func (b *bench) want(want ...string) {
	b.t.Helper()
	got := tell(b.findings)
	b.findings = nil
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		b.t.Fatalf("at %v: findings %q, want %q", b.now, got, want)
	}
}

func tell(findings []presence.Finding) []string {
	var out []string
	for _, f := range findings {
		switch f := f.(type) {
		case presence.Moved:
			out = append(out, fmt.Sprintf("%s moved %q to %q", last(f.Tag), f.From, f.To))
		case presence.Unseen:
			out = append(out, fmt.Sprintf("%s unseen from %s", last(f.Tag), f.From))
		case presence.NotReadable:
			var tags []string
			for _, t := range f.Tags {
				tags = append(tags, last(t))
			}
			out = append(out, fmt.Sprintf("%s not readable (%s) %v", f.Place, f.Reader, tags))
		case presence.ReadableAgain:
			out = append(out, fmt.Sprintf("%s readable again", f.Place))
		case presence.Stranger:
			out = append(out, fmt.Sprintf("%s stranger at %s", last(f.Tag), f.Place))
		case presence.Flood:
			out = append(out, fmt.Sprintf("flood at %s of %s", f.Place, f.Reader))
		case presence.FloodOver:
			out = append(out, fmt.Sprintf("flood of %d over at %s", f.Count, f.Place))
		}
	}
	return out
}

func last(e fact.EPC) string { s := e.String(); return s[len(s)-2:] }

// settled is a bench with folder 1 heard well in cabinet-a for ten minutes.
func settled(t *testing.T) *bench {
	b := newBench(t)
	b.engine.Enrol(folder(1), "cabinet-a")
	b.heard["reader-a"] = []fact.Read{read(1, -55)}
	b.rounds(2400)
	b.want()
	return b
}

func TestTakenAndBroughtBack(t *testing.T) {
	b := settled(t)
	b.heard["reader-a"] = nil
	b.rounds(23) // 5.75 s of silence
	b.want()
	b.rounds(10)
	b.want("01 unseen from cabinet-a")
	if at, certainty, lastHeard, ok := b.engine.Estimate(folder(1)); at != presence.Elsewhere || certainty < 9900 || lastHeard != 10*time.Minute || !ok {
		t.Errorf("estimate is %q with %d, last heard %v, %t", at, certainty, lastHeard, ok)
	}
	b.rounds(400)
	b.want()
	b.heard["reader-a"] = []fact.Read{read(1, -56)}
	b.rounds(4)
	b.want(`01 moved "" to "cabinet-a"`)
	b.rounds(100)
	b.want()
}

func TestExitIsDecisive(t *testing.T) {
	b := settled(t)
	b.heard["reader-a"] = nil
	b.rounds(12) // three seconds across the room
	b.want()
	b.heard["reader-exit"] = []fact.Read{read(1, -55)}
	b.rounds(2)
	evidence := ""
	if len(b.findings) == 1 {
		evidence = b.findings[0].(presence.Moved).Evidence
	}
	b.want(`01 moved "cabinet-a" to "exit"`)
	if want := "reader-exit/1 heard it 1 of 1 rounds at -55 dBm; reader-a/1 has not for 13 rounds"; evidence != want {
		t.Errorf("evidence is %q, want %q", evidence, want)
	}
	b.heard["reader-exit"] = nil
	b.rounds(60)
	b.want("01 unseen from exit")
}

func TestFolderThatItsHomeStillHearsStays(t *testing.T) {
	for name, cross := range map[string]struct {
		reader string
		dBm    float64
		rounds int
	}{
		"one weak read next door":              {"reader-b", -68, 1},
		"carried past the safe by a neighbour": {"reader-safe", -66, 4},
		"next door without end":                {"reader-b", -67, 1000},
		"one strong read next door":            {"reader-b", -55, 1},
		"a strange read at the exit":           {"reader-exit", -65, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := settled(t)
			b.heard[cross.reader] = []fact.Read{read(1, cross.dBm)}
			b.rounds(cross.rounds)
			b.heard[cross.reader] = nil
			b.rounds(200)
			b.want()
		})
	}
}

func TestStackThatShadowsForAFewRounds(t *testing.T) {
	b := settled(t)
	for range 20 {
		b.heard["reader-a"] = nil
		b.rounds(12)
		b.heard["reader-a"] = []fact.Read{read(1, -57)}
		b.rounds(40)
	}
	b.want()
}

func TestDeadReaderSaysNothingAboutItsFolders(t *testing.T) {
	for name, fail := range map[string]func(*bench){
		"reported down": func(b *bench) { b.dead["reader-a"] = true; b.report("reader-a", fact.DeviceDown); b.rounds(1) },
		"fell silent":   func(b *bench) { b.dead["reader-a"] = true; b.rounds(20) },
	} {
		t.Run(name, func(t *testing.T) {
			b := settled(t)
			b.engine.Enrol(folder(3), "cabinet-a")
			b.engine.Enrol(folder(2), "cabinet-a")
			b.engine.Enrol(folder(4), "cabinet-b")
			b.heard["reader-b"] = []fact.Read{read(4, -55)}
			fail(b)
			b.want("cabinet-a not readable (reader-a) [01 02 03]")
			b.rounds(4 * 3600)
			b.want()
			b.dead["reader-a"] = false
			b.report("reader-a", fact.DeviceUp)
			b.want()
			b.heard["reader-a"] = []fact.Read{read(1, -55)} // 02 and 03 are gone
			b.rounds(4)
			b.want()
			b.rounds(1)
			b.want("cabinet-a readable again")
			b.rounds(24)
			b.want() // silence before the reader came back does not count
			b.rounds(60)
			b.want("02 unseen from cabinet-a", "03 unseen from cabinet-a")
		})
	}
}

func TestSilenceBeforeTheReaderFailedDoesNotCount(t *testing.T) {
	b := settled(t)
	b.heard["reader-a"] = nil
	b.rounds(22) // 5.5 s: all but over
	b.report("reader-a", fact.DeviceDown)
	b.want("cabinet-a not readable (reader-a) [01]")
	b.rounds(5)
	b.want("cabinet-a readable again")
	b.rounds(21)
	b.want()
	b.rounds(15)
	b.want("01 unseen from cabinet-a")
}

func TestUnseenWaitsAsLongAsThePolicySays(t *testing.T) {
	policy := presence.DefaultPolicy()
	policy.UnseenAfter = 30 * time.Second
	e, err := presence.New(office(), policy)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	b.engine = e
	e.Enrol(folder(1), "cabinet-a")
	b.heard["reader-a"] = []fact.Read{read(1, -55)}
	b.rounds(2400)
	b.heard["reader-a"] = nil
	b.rounds(119)
	b.want()
	b.rounds(2)
	b.want("01 unseen from cabinet-a")
}

func TestFindingsOfOneRoundAreInTheOrderOfTheirTags(t *testing.T) {
	b := newBench(t)
	var reads []fact.Read
	var want []string
	for _, n := range []int{5, 2, 9, 1, 7, 3} {
		b.engine.Enrol(folder(n), "cabinet-a")
		reads = append(reads, read(n, -55))
	}
	for _, n := range []int{1, 2, 3, 5, 7, 9} {
		want = append(want, fmt.Sprintf("%02d unseen from cabinet-a", n))
	}
	b.heard["reader-a"] = reads
	b.rounds(1200)
	b.heard["reader-a"] = nil
	b.rounds(100)
	b.want(want...)
}

func TestFaultyAntennaProvesNothingBySilence(t *testing.T) {
	b := settled(t)
	b.report("reader-a", fact.DeviceFault)
	b.want("cabinet-a not readable (reader-a) [01]")
	b.heard["reader-a"] = nil
	b.rounds(1000) // completed, and empty, because the antenna is off
	b.want()
	b.heard["reader-a"] = []fact.Read{read(1, -55)}
	b.rounds(5)
	b.want("cabinet-a readable again")
	b.report("reader-a", fact.DeviceFault)
	b.want("cabinet-a not readable (reader-a) [01]")
	b.heard["reader-a"] = nil
	b.report("reader-a", fact.DeviceUp)
	b.rounds(5)
	b.want("cabinet-a readable again")
}

func TestHalfBlindPlaceMakesNoUnseen(t *testing.T) {
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
	b.heard["reader-a"] = []fact.Read{read(1, -55)}
	for range 2400 {
		b.rounds(1)
		b.findings = e.Observe(stamp(b.now), fact.Round{Antenna: second}, b.findings)
	}
	b.want()
	b.heard["reader-a"] = nil
	b.report("reader-a2", fact.DeviceDown)
	b.rounds(1000)
	b.want()
	if at, certainty, _, _ := e.Estimate(folder(1)); at != "cabinet-a" || certainty < 9000 {
		t.Errorf("estimate %q with %d while half of the place is blind", at, certainty)
	}
	for range 120 {
		b.rounds(1)
		b.findings = e.Observe(stamp(b.now), fact.Round{Antenna: second}, b.findings)
	}
	b.want("01 unseen from cabinet-a")
}

func TestMovesWhileItsOwnReaderIsDead(t *testing.T) {
	b := settled(t)
	b.dead["reader-a"] = true
	b.report("reader-a", fact.DeviceDown)
	b.want("cabinet-a not readable (reader-a) [01]")
	b.heard["reader-b"] = []fact.Read{read(1, -69)} // weak, as a cross-read of a folder that is still there
	b.rounds(2000)
	b.want()
	b.heard["reader-b"] = nil
	b.heard["reader-exit"] = []fact.Read{read(1, -55)}
	b.rounds(8)
	b.want(`01 moved "cabinet-a" to "exit"`)
}

func TestStrangersAreRepeatedNoMoreOftenThanAllowed(t *testing.T) {
	b := newBench(t)
	b.heard["reader-safe"] = []fact.Read{read(9, -55), read(8, -60), read(9, -70)}
	b.rounds(1)
	b.want("08 stranger at safe", "09 stranger at safe")
	b.rounds(4*600 - 1)
	b.want()
	b.heard["reader-exit"] = []fact.Read{read(9, -55)}
	b.rounds(1)
	b.want("08 stranger at safe", "09 stranger at safe", "09 stranger at exit")
	b.engine.Enrol(folder(9), "safe")
	b.rounds(4 * 600)
	b.want("08 stranger at safe")
	b.engine.Withdraw(folder(9))
	b.rounds(1)
	b.want("09 stranger at safe", "09 stranger at exit")
}

func TestOddInputIsCountedAndChangesNothing(t *testing.T) {
	b := settled(t)
	odd := fact.Round{Antenna: fact.Antenna{Reader: "reader-a", Port: 9}, Reads: []fact.Read{read(1, -50)}}
	b.findings = b.engine.Observe(stamp(b.now), odd, b.findings)
	b.findings = b.engine.Advance(stamp(b.now-time.Hour), b.findings)
	b.report("no-such-device", fact.DeviceDown)
	b.engine.Enrol(fact.EPC{}, "safe")
	b.engine.Withdraw(folder(77))
	b.want()
	if c := b.engine.Counts(); c.UnknownAntenna != 1 || c.Backwards != 1 {
		t.Errorf("counts are %+v", c)
	}
	if _, _, _, ok := b.engine.Estimate(folder(77)); ok {
		t.Error("an estimate of a tag that was never enrolled")
	}
}

func TestUnknownStrengthStillConcludes(t *testing.T) {
	b := newBench(t)
	silent := fact.Read{EPC: folder(1), RSSIcdBm: fact.RSSIUnknown, Phase: fact.PhaseUnknown}
	b.engine.Enrol(folder(1), "cabinet-a")
	b.heard["reader-a"] = []fact.Read{silent}
	b.rounds(240)
	b.heard["reader-a"] = nil
	b.rounds(12)
	b.heard["reader-exit"] = []fact.Read{silent}
	b.rounds(6)
	b.want(`01 moved "cabinet-a" to "exit"`)
}

func TestDueTellsWhenAReaderWouldBeSilent(t *testing.T) {
	b := newBench(t)
	if due, ok := b.engine.Due(); due != 0 || !ok {
		t.Errorf("before the first stamp due is %v, %t; want at once", due, ok)
	}
	b.rounds(10)
	b.dead["reader-b"] = true
	b.rounds(4)
	due, ok := b.engine.Due()
	if want := 2500*time.Millisecond + 5*time.Second; due != want || !ok {
		t.Fatalf("due is %v, %t; want %v", due, ok, want)
	}
	b.findings = b.engine.Advance(stamp(due-1), b.findings)
	b.want()
	b.findings = b.engine.Advance(stamp(due), b.findings)
	b.want("cabinet-b not readable (reader-b) []")
	for _, reader := range []string{"reader-a", "reader-safe", "reader-exit"} {
		b.report(reader, fact.DeviceDown)
	}
	if due, ok := b.engine.Due(); ok {
		t.Errorf("due is %v with every reader down", due)
	}
}

func TestNewNamesWhatIsWrong(t *testing.T) {
	good := presence.DefaultPolicy()
	for name, c := range map[string]struct {
		change func(*presence.Site, *presence.Policy)
		says   string
	}{
		"place twice":      {func(s *presence.Site, _ *presence.Policy) { s.Places = append(s.Places, s.Places[0]) }, `place "cabinet-a" is listed twice`},
		"no name":          {func(s *presence.Site, _ *presence.Policy) { s.Places = append(s.Places, presence.Place{}) }, "a place has no name"},
		"adjoins nothing":  {func(s *presence.Site, _ *presence.Policy) { s.Places[2].Adjoins = []fact.PlaceID{"cellar"} }, `place "safe" adjoins "cellar"`},
		"adjoins itself":   {func(s *presence.Site, _ *presence.Policy) { s.Places[2].Adjoins = []fact.PlaceID{"safe"} }, `place "safe" adjoins "safe"`},
		"antenna twice":    {func(s *presence.Site, _ *presence.Policy) { s.Antennas = append(s.Antennas, s.Antennas[0]) }, "antenna reader-a/1 is listed twice"},
		"antenna nowhere":  {func(s *presence.Site, _ *presence.Policy) { s.Antennas[0].Place = "attic" }, `antenna reader-a/1 watches "attic"`},
		"port zero":        {func(s *presence.Site, _ *presence.Policy) { s.Antennas[0].Antenna.Port = 0 }, `antenna "reader-a/0" is incomplete`},
		"too many places":  {func(s *presence.Site, _ *presence.Policy) { s.Places = make([]presence.Place, presence.MaxPlaces+1) }, "at most 512"},
		"certainty":        {func(_ *presence.Site, p *presence.Policy) { p.MovedAt = 5000 }, "MovedAt is 5000, must be 5001 to 9999"},
		"total certainty":  {func(_ *presence.Site, p *presence.Policy) { p.FalseUnseen = 0 }, "FalseUnseen is 0"},
		"unseen after":     {func(_ *presence.Site, p *presence.Policy) { p.UnseenAfter = 0 }, "UnseenAfter is 0s, must be 1s to 1h0m0s"},
		"silent after":     {func(_ *presence.Site, p *presence.Policy) { p.SilentAfter = time.Hour }, "SilentAfter is 1h0m0s"},
		"readable rounds":  {func(_ *presence.Site, p *presence.Policy) { p.ReadableRounds = 0 }, "ReadableRounds is 0, must be 1 to 100"},
		"stranger flooded": {func(_ *presence.Site, p *presence.Policy) { p.StrangerEvery = 0 }, "StrangerEvery is 0s"},
	} {
		t.Run(name, func(t *testing.T) {
			site, policy := office(), good
			c.change(&site, &policy)
			_, err := presence.New(site, policy)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error is %v, want it to say %q", err, c.says)
			}
		})
	}
}
