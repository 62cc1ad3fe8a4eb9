package score_test

import (
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/presence/baseline"
	"trilock/custody/presence/recorded"
	"trilock/custody/presence/score"
	"trilock/custody/presence/trace"
)

// contestant is one way of telling where tags are.
type contestant struct {
	Name string
	// Run goes through a trace and tells the scorer.
	Run func(t *trace.Trace, s *score.Scorer) error
}

// contestants returns package presence and the baselines for the n-th trace of a scenario. Where readers mark
// no rounds, presence plays twice if there is a walk to calibrate with.
func contestants(of scenario, n int) []contestant {
	all := []contestant{{Name: "presence", Run: func(t *trace.Trace, s *score.Scorer) error { return runMarked(t, of.enrolled, s) }}}
	if !of.marked {
		all[0].Run = func(t *trace.Trace, s *score.Scorer) error { return runCut(t, nil, s) }
	}
	if of.walk != nil {
		all = append(all, contestant{Name: "  calibrated", Run: func(t *trace.Trace, s *score.Scorer) error {
			return runCut(t, of.walk(n), s)
		}})
	}
	simple := func(name string, engine func(p baseline.Places, departedAfter time.Duration) baseline.Engine) contestant {
		return contestant{Name: name, Run: func(t *trace.Trace, s *score.Scorer) error {
			runBaseline(engine(placesOf(t.Site), of.departedAfter), t, s)
			return nil
		}}
	}
	return append(all,
		simple("last antenna", func(p baseline.Places, d time.Duration) baseline.Engine { return baseline.NewLastAntenna(p, d) }),
		simple("mean of 20", func(p baseline.Places, d time.Duration) baseline.Engine { return baseline.NewMeanOf20(p, d) }),
		simple("weighted mean", func(p baseline.Places, d time.Duration) baseline.Engine { return baseline.NewWeighted(p, d) }),
		simple("smurf", func(p baseline.Places, d time.Duration) baseline.Engine { return baseline.NewSmurf(p, d) }),
	)
}

func placesOf(site presence.Site) baseline.Places {
	places := baseline.Places{}
	for _, w := range site.Antennas {
		places[w.Antenna] = w.Place
	}
	return places
}

// truthOf returns the truth of a trace as a scorer wants it: places that no antenna watches are Elsewhere.
func truthOf(t *trace.Trace) map[fact.EPC][]recorded.Stay {
	watched := map[fact.PlaceID]bool{}
	for _, w := range t.Site.Antennas {
		watched[w.Place] = true
	}
	truth := map[fact.EPC][]recorded.Stay{}
	for _, s := range t.Stays {
		place := s.Place
		if !watched[place] {
			place = presence.Elsewhere
		}
		truth[s.Tag] = append(truth[s.Tag], recorded.Stay{Place: place, From: s.From, To: s.To})
	}
	return truth
}

// run scores a contestant on a trace.
func run(c contestant, t *trace.Trace) (score.Result, error) {
	s := score.New(truthOf(t))
	if err := c.Run(t, s); err != nil {
		return score.Result{}, err
	}
	return s.Result(), nil
}

func runBaseline(e baseline.Engine, t *trace.Trace, s *score.Scorer) {
	var moves []baseline.Move
	for r := range t.Reads() {
		moves = e.Advance(r.At, moves[:0])
		moves = e.Read(r.At, r.Antenna, r.Read, moves)
		s.Read(r.At, r.Read.EPC)
		for _, m := range moves {
			s.Move(m.At, m.Tag, m.To)
		}
		s.Known(r.At - 1)
	}
}

// ours is package presence with a scorer listening.
type ours struct {
	engine *presence.Engine
	score  *score.Scorer
	out    []presence.Finding
}

// newOurs enrols the tags of a trace: where they lie, as from the record, or in no watched place.
func newOurs(t *trace.Trace, enrolled bool, s *score.Scorer) (*ours, error) {
	e, err := presence.New(t.Site, policyFor(t))
	if err != nil {
		return nil, err
	}
	truth := truthOf(t)
	for _, epc := range t.Tags() {
		stays, at := truth[epc], presence.Elsewhere
		if enrolled {
			at = stays[0].Place
			s.Move(0, epc, at)
		}
		e.Enrol(epc, at)
	}
	return &ours{engine: e, score: s}, nil
}

// policyFor returns the default policy, as a site with readers that slow would set it.
func policyFor(t *trace.Trace) presence.Policy {
	policy := presence.DefaultPolicy()
	rounds, last := map[fact.Antenna]int{}, map[fact.Antenna]time.Duration{}
	for _, e := range t.Events {
		if r, ok := e.Fact.(fact.Round); ok {
			rounds[r.Antenna]++
			last[r.Antenna] = e.At
		}
	}
	for a, n := range rounds {
		slow := 4 * last[a] / time.Duration(n)
		policy.SilentAfter, policy.UnseenAfter = max(policy.SilentAfter, slow), max(policy.UnseenAfter, slow)
	}
	return policy
}

func (o *ours) take(at time.Duration, f fact.Fact) {
	now := fact.Stamp{Mono: at}
	o.out = o.out[:0]
	switch f := f.(type) {
	case fact.Round:
		o.out = o.engine.Observe(now, f, o.out)
	case fact.DeviceReport:
		o.out = o.engine.Report(now, f, o.out)
	}
	for _, f := range o.out {
		tellMove(o.score, at, f)
	}
}

func runMarked(t *trace.Trace, enrolled bool, s *score.Scorer) error {
	o, err := newOurs(t, enrolled, s)
	if err != nil {
		return err
	}
	for r := range t.Reads() {
		s.Read(r.At, r.Read.EPC)
	}
	for _, e := range t.Events {
		o.take(e.At, e.Fact)
	}
	return nil
}

// runCut gives presence single reads, after calibrating it with a walk if there is one.
func runCut(t, walk *trace.Trace, s *score.Scorer) error {
	p, err := recorded.NewPlayer(t.Site, presence.DefaultPolicy())
	if err != nil {
		return err
	}
	if walk != nil {
		learnt, err := calibrated(walk)
		if err != nil {
			return err
		}
		if err := p.Teach(learnt); err != nil {
			return err
		}
	}
	var told []recorded.Told
	hear := func() {
		for _, f := range told {
			tellMove(s, f.At, f.Finding)
		}
		told = told[:0]
	}
	for r := range t.Reads() {
		if told, err = p.Take(recorded.Read{At: r.At, Antenna: r.Antenna, Read: r.Read}, told); err != nil {
			return err
		}
		s.Read(r.At, r.Read.EPC)
		hear()
	}
	told, err = p.Flush(told)
	hear()
	return err
}

// calibrated returns what presence learns from a walk of which the truth is known.
func calibrated(walk *trace.Trace) (presence.Learnt, error) {
	p, err := recorded.NewPlayer(walk.Site, presence.DefaultPolicy())
	if err != nil {
		return presence.Learnt{}, err
	}
	p.Label(truthOf(walk))
	for r := range walk.Reads() {
		if _, err := p.Take(recorded.Read{At: r.At, Antenna: r.Antenna, Read: r.Read}, nil); err != nil {
			return presence.Learnt{}, err
		}
	}
	if _, err := p.Flush(nil); err != nil {
		return presence.Learnt{}, err
	}
	return p.Learnt(), nil
}

// tellMove tells the scorer of a finding, if it is about where a tag is.
func tellMove(s *score.Scorer, at time.Duration, f presence.Finding) {
	switch f := f.(type) {
	case presence.Moved:
		s.Move(at, f.Tag, f.To)
	case presence.Unseen:
		s.Move(at, f.Tag, presence.Elsewhere)
	}
}
