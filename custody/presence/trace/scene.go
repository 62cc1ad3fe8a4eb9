package trace

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// scene is a trace in the making: a room, its readers, and where everything is at every time.
type scene struct {
	rng     *rand.Rand
	air     air
	readers []reader
	tags    []tag
	events  []Event
	length  time.Duration
}

// reader serves its antennas one after the other.
type reader struct {
	id       fact.DeviceID
	masts    []mast // port 1, 2, ...
	powerDBm float64
	dwell    time.Duration // of one antenna
	rest     time.Duration // after a cycle over all antennas
	perSec   float64       // answers that get through in a second, at most
	once     bool          // a tag answers once in a dwell
	from     time.Duration // when its first cycle begins
	// off are the times in which it is not at work; a dwell that would touch one is not made.
	off []span
}

type span struct{ from, to time.Duration }

// tag is one tag and its way through the trace.
type tag struct {
	epc         fact.EPC
	sensitivity float64 // dBm
	legs        []leg   // in the order of time, each beginning where the one before ends
	at          int     // the leg of the present
}

// leg is a time in which a tag lies still or moves in a straight line.
type leg struct {
	from, to time.Duration
	a, b     vec
	axis     vec
	carried  bool
	facing   vec // while a is b; else where it goes
	stackDB  float64
	away     bool // out of reach of every antenna
}

// newTag returns the n-th tag of a scene, of a make of its own.
func (s *scene) newTag(n int) tag {
	raw := []byte{0x2C, 0x74, 0x25, 0x7B, 0xF4, 0, 0, 0, 0, 0, byte(n >> 8), byte(n)} // a GDTI-96 of a sort
	epc, err := fact.EPCFromBytes(raw)
	if err != nil {
		panic("trace: twelve bytes are no EPC: " + err.Error())
	}
	return tag{epc: epc, sensitivity: -16.5 + 1.2*s.rng.NormFloat64()}
}

// posture returns how the tag is at a time that is not before the last one asked for, and false while it is away.
func (t *tag) posture(now time.Duration) (posture, bool) {
	for t.at < len(t.legs)-1 && t.legs[t.at].to <= now {
		t.at++
	}
	if len(t.legs) == 0 {
		return posture{}, false
	}
	l := &t.legs[t.at]
	if l.away || now < l.from || now > l.to {
		return posture{}, false
	}
	p := posture{at: l.a, axis: l.axis, carried: l.carried, facing: l.facing, stackDB: l.stackDB}
	if l.a != l.b {
		f := float64(now-l.from) / float64(max(l.to-l.from, 1))
		p.at, p.moving = l.a.to(l.b, f), true
		p.facing = level(l.b.sub(l.a))
	}
	return p, true
}

// level returns the direction of v in the plane.
func level(v vec) vec { v.z = 0; return v.unit() }

// anyAxis draws how a dipole lies: mostly flat, as tags on folders do.
func (s *scene) anyAxis() vec {
	angle := 2 * math.Pi * s.rng.Float64()
	return vec{math.Cos(angle), math.Sin(angle), 0.5 * s.rng.NormFloat64()}.unit()
}

func (s *scene) anyFacing() vec {
	angle := 2 * math.Pi * s.rng.Float64()
	return vec{math.Cos(angle), math.Sin(angle), 0}
}

// between draws evenly from low to high.
func (s *scene) between(low, high float64) float64 { return low + (high-low)*s.rng.Float64() }

// seconds turns a number of seconds into a duration.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// listen has every reader work through the trace and adds the rounds to the events.
func (s *scene) listen() {
	for r := range s.readers {
		for t := range s.tags {
			s.tags[t].at = 0
		}
		s.work(&s.readers[r])
	}
	slices.SortStableFunc(s.events, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
}

// work has one reader cycle over its antennas until the trace ends.
func (s *scene) work(r *reader) {
	paths := make([]path, len(r.masts)*len(s.tags))
	channel := 0
	var hop time.Duration
	for now := r.from; now < s.length; now += r.rest {
		for port := range r.masts {
			end := now + r.dwell
			if slices.ContainsFunc(r.off, func(o span) bool { return now < o.to && end > o.from }) {
				now = end
				continue
			}
			if now >= hop {
				channel, hop = s.rng.IntN(channels), now+hopEvery
			}
			s.events = append(s.events, s.dwell(r, port, paths[port*len(s.tags):], now, channel))
			now = end
		}
	}
}

// answer is a tag that gets enough power in a dwell.
type answer struct {
	tag   int
	p     float64 // that one answer gets through
	rssi  float64
	turns float64
}

// dwell makes one round of one antenna, beginning now.
func (s *scene) dwell(r *reader, port int, paths []path, now time.Duration, channel int) Event {
	m := &r.masts[port]
	middle := now + r.dwell/2
	var able []answer
	for i := range s.tags {
		t := &s.tags[i]
		held, here := t.posture(middle)
		if !here {
			continue
		}
		p := &paths[i]
		p.follow(middle, held, s.rng)
		gain, turns := s.air.gain(m, s.air.diffuseOn(p, held, channel, s.rng), held, channel)
		margin := r.powerDBm + gain - t.sensitivity
		rssi := r.powerDBm + 2*gain - backscatter
		if margin > -4 && rssi > readerFloor {
			able = append(able, answer{tag: i, p: (1 - lossByChance) / (1 + math.Exp(-margin/0.7)), rssi: rssi, turns: turns})
		}
	}
	round := fact.Round{Antenna: fact.Antenna{Reader: r.id, Port: uint8(port + 1)}, Duration: r.dwell} //nolint:gosec // a reader has at most 32
	share := r.dwell.Seconds() * r.perSec / float64(max(len(able), 1))
	var reads []Read
	for _, a := range able {
		for range s.answers(r, share, a.p) {
			reads = append(reads, Read{At: now + seconds(r.dwell.Seconds()*s.rng.Float64()), Read: fact.Read{
				EPC: s.tags[a.tag].epc, RSSIcdBm: s.strength(a.rssi), Phase: int16(a.turns*4096) & 4095,
			}})
		}
	}
	slices.SortStableFunc(reads, func(a, b Read) int { return cmp.Compare(a.At, b.At) })
	e := Event{At: now + r.dwell}
	for _, read := range reads {
		round.Reads = append(round.Reads, read.Read)
		e.Heard = append(e.Heard, read.At)
	}
	e.Fact = round
	return e
}

// answers draws how often a tag is read in a dwell in which so many tries fall to it, each
// of which gets through with probability p.
func (s *scene) answers(r *reader, share, p float64) int {
	tries := int(share)
	if s.rng.Float64() < share-float64(tries) {
		tries++
	}
	n := 0
	for range min(tries, maxReadsPerDwell) {
		if s.rng.Float64() < p {
			n++
			if r.once {
				break
			}
		}
	}
	return n
}

// strength is what the reader measures, in hundredths of a dBm, in steps of half a dB.
func (s *scene) strength(dBm float64) int16 {
	return int16(50 * math.Round(2*min(dBm+s.air.noise*s.rng.NormFloat64(), readerTop)))
}

// trace finishes the scene.
func (s *scene) trace(name string, site presence.Site, placeAt func(vec) fact.PlaceID) *Trace {
	s.listen()
	t := &Trace{Name: name, Site: site, Events: s.events, Length: s.length}
	for i := range s.tags {
		t.Stays = append(t.Stays, s.stays(&s.tags[i], placeAt)...)
	}
	return t
}

// stays follows a tag and says where it was.
func (s *scene) stays(t *tag, placeAt func(vec) fact.PlaceID) []Stay {
	var out []Stay
	note := func(p fact.PlaceID, from, to time.Duration) {
		if from == to {
			return
		}
		if n := len(out); n > 0 && out[n-1].Place == p && out[n-1].To == from {
			out[n-1].To = to
		} else {
			out = append(out, Stay{Tag: t.epc, Place: p, From: from, To: to})
		}
	}
	for _, l := range t.legs {
		switch {
		case l.away:
			note(presence.Elsewhere, l.from, l.to)
		case l.a == l.b:
			note(placeAt(l.a), l.from, l.to)
		default:
			turn := l.arrives(placeAt)
			note(placeAt(l.a), l.from, turn)
			note(placeAt(l.b), turn, l.to)
		}
	}
	return out
}

// arrives returns when a moving tag is in the place it goes to for good: what it passes on the way it is not in.
func (l *leg) arrives(placeAt func(vec) fact.PlaceID) time.Duration {
	const step = 50 * time.Millisecond
	there, turn := placeAt(l.b), l.to
	for turn-step > l.from {
		f := float64(turn-step-l.from) / float64(l.to-l.from)
		if placeAt(l.a.to(l.b, f)) != there {
			break
		}
		turn -= step
	}
	return turn
}

// siteOf lists places that all adjoin one another, or only the next one, and the antennas that watch them.
func siteOf(readers []reader, watches func(reader, port int) fact.PlaceID, places []presence.Place) presence.Site {
	site := presence.Site{Places: places}
	for r := range readers {
		for port := range readers[r].masts {
			site.Antennas = append(site.Antennas, presence.Watch{
				Antenna: fact.Antenna{Reader: readers[r].id, Port: uint8(port + 1)}, Place: watches(r, port), //nolint:gosec // a reader has at most 32
			})
		}
	}
	return site
}

// placeName returns "zone-1" for "zone" and 0.
func placeName(kind string, n int) fact.PlaceID { return fact.PlaceID(fmt.Sprintf("%s-%d", kind, n+1)) }
