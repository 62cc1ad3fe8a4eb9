package recorded

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// Player plays a recorded stream to package presence. Tags are enrolled when they are
// first read, in no watched place: nothing is known of them before.
type Player struct {
	site   presence.Site
	policy presence.Policy
	cutter *Cutter
	engine *presence.Engine // from the first step on
	waking []fact.EPC       // to be enrolled with the first step

	learnt *presence.Learnt
	labels []label // in the order of time, those not yet told

	known   map[fact.EPC]struct{}
	dropped uint64
	steps   []Step
	found   []presence.Finding
}

// label says that a tag is in a place from a time on, beyond doubt; Elsewhere ends that.
type label struct {
	at    time.Duration
	tag   fact.EPC
	place fact.PlaceID
}

// Told is a finding with its time.
type Told struct {
	At      time.Duration
	Finding presence.Finding
}

// NewPlayer returns a player. It fails when the site or the policy contradicts itself.
func NewPlayer(site presence.Site, policy presence.Policy) (*Player, error) {
	if _, err := presence.New(site, policy); err != nil {
		return nil, err
	}
	var antennas []fact.Antenna
	for _, w := range site.Antennas {
		antennas = append(antennas, w.Antenna)
	}
	return &Player{site: site, policy: policy, cutter: New(antennas), known: map[fact.EPC]struct{}{}}, nil
}

// Teach gives the engine what was learnt before. It must come before the first row, and
// fails on values that cannot have been learnt.
func (p *Player) Teach(l presence.Learnt) error {
	e, err := presence.New(p.site, p.policy)
	if err != nil {
		return err
	}
	if err := e.Teach(l); err != nil {
		return err
	}
	p.learnt = &l
	for _, t := range l.Tags {
		p.enrol(t.EPC)
	}
	return nil
}

// Learnt returns what was learnt, after Flush.
func (p *Player) Learnt() presence.Learnt {
	if p.engine == nil {
		return presence.Learnt{}
	}
	return p.engine.Learnt()
}

// Label tells where tags are, so that the engine learns how they are heard there instead of
// concluding where they are. It must come before the second row.
func (p *Player) Label(where map[fact.EPC][]Stay) {
	for tag, stays := range where {
		for k, s := range stays {
			p.labels = append(p.labels, label{s.From, tag, s.Place})
			if k == len(stays)-1 || stays[k+1].From > s.To {
				p.labels = append(p.labels, label{s.To, tag, presence.Elsewhere})
			}
		}
	}
	slices.SortStableFunc(p.labels, func(a, b label) int {
		return cmp.Or(cmp.Compare(a.at, b.at), bytes.Compare(a.tag.Bytes(), b.tag.Bytes()))
	})
}

// Take takes the next row and appends what was found by its time, in the order of time.
func (p *Player) Take(r Read, out []Told) ([]Told, error) {
	if !r.Read.EPC.IsZero() && !p.enrol(r.Read.EPC) {
		return out, nil
	}
	p.steps = p.cutter.Take(r, p.steps[:0])
	return p.play(out)
}

// Flush ends the stream and appends what was found at its end.
func (p *Player) Flush(out []Told) ([]Told, error) {
	p.steps = p.cutter.Flush(p.steps[:0])
	return p.play(out)
}

// Cutter returns what makes the rounds, for its counts.
func (p *Player) Cutter() *Cutter { return p.cutter }

// Tags returns how many tags were read, and how many reads were dropped because of too many others.
func (p *Player) Tags() (tags int, dropped uint64) { return len(p.known), p.dropped }

// enrol makes a tag known; it returns false when there are too many.
func (p *Player) enrol(epc fact.EPC) bool {
	if _, known := p.known[epc]; known {
		return true
	}
	if len(p.known) >= MaxTags {
		p.dropped++
		return false
	}
	p.known[epc] = struct{}{}
	if p.engine == nil {
		p.waking = append(p.waking, epc)
	} else {
		p.engine.Enrol(epc, presence.Elsewhere)
	}
	return true
}

// play takes the steps.
func (p *Player) play(out []Told) ([]Told, error) {
	if len(p.steps) == 0 {
		return out, nil
	}
	if err := p.begin(); err != nil {
		return out, err
	}
	for _, s := range p.steps {
		now := fact.Stamp{Mono: s.At}
		p.tellLabels(s.At)
		if s.Open {
			p.found = p.engine.Hear(now, s.Round.Antenna, s.Round.Reads, p.found[:0])
		} else {
			p.found = p.engine.Observe(now, s.Round, p.found[:0])
		}
		for _, f := range p.found {
			out = append(out, Told{At: s.At, Finding: f})
		}
	}
	return out, nil
}

// tellLabels tells the engine where tags are by a time.
func (p *Player) tellLabels(now time.Duration) {
	for len(p.labels) > 0 && p.labels[0].at <= now {
		l := p.labels[0]
		p.labels = p.labels[1:]
		if p.enrol(l.tag) {
			p.engine.Label(l.tag, l.place)
		}
	}
}

// begin makes the engine, once the period of the rounds is known: a policy for readers
// with several rounds a second would take slower ones for silent.
func (p *Player) begin() error {
	if p.engine != nil {
		return nil
	}
	policy := p.policy
	slow := patience * p.cutter.SlowestPeriod()
	policy.SilentAfter = max(policy.SilentAfter, slow)
	policy.UnseenAfter = max(policy.UnseenAfter, slow)
	e, err := presence.New(p.site, policy)
	if err != nil {
		return err
	}
	for _, epc := range p.waking {
		e.Enrol(epc, presence.Elsewhere)
	}
	p.waking, p.engine = nil, e
	if p.learnt == nil {
		return nil
	}
	return e.Teach(*p.learnt)
}
