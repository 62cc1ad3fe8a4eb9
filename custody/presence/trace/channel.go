package trace

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"time"
)

// vec is a place or a direction in metres; z is up.
type vec struct{ x, y, z float64 }

func (a vec) add(b vec) vec           { return vec{a.x + b.x, a.y + b.y, a.z + b.z} }
func (a vec) sub(b vec) vec           { return vec{a.x - b.x, a.y - b.y, a.z - b.z} }
func (a vec) scale(f float64) vec     { return vec{a.x * f, a.y * f, a.z * f} }
func (a vec) dot(b vec) float64       { return a.x*b.x + a.y*b.y + a.z*b.z }
func (a vec) length() float64         { return math.Sqrt(a.dot(a)) }
func (a vec) unit() vec               { return a.scale(1 / math.Max(a.length(), 1e-9)) }
func (a vec) to(b vec, f float64) vec { return a.add(b.sub(a).scale(f)) }

// air is how a room carries waves. Draws of it differ from seed to seed.
type air struct {
	size    vec     // the box
	reflect float64 // amplitude of a wall's reflection
	diffuse float64 // amplitude of the diffuse rest, of that of the direct path without any gain lost
	body    float64 // dB that a body takes, one way, straight through
	noise   float64 // dB of the reader's measurement
	// steel: what lies still hears a diffuse rest that is another one on every channel, and hardly changes
	// with time, as in a steel box. In open rooms all channels are alike.
	steel bool
}

const (
	lightSpeed   = 299_792_458.0
	bandHz       = 920.625e6 // the lowest channel of the Chinese band
	channelHz    = 250e3
	channels     = 16
	hopEvery     = 400 * time.Millisecond
	backscatter  = 7.0   // dB lost in the tag's modulation
	readerFloor  = -82.0 // dBm below which the reader decodes nothing
	readerTop    = -20.0 // dBm that it measures at most
	backLobe     = 0.03  // of the antenna's pattern, in power
	tagNull      = 0.02  // of the dipole's, along its axis
	nearest      = 0.25  // m; nothing is nearer to an antenna than its housing
	lossByChance = 0.06  // of answers in which everything else is right
)

// mast is one antenna as the waves see it.
type mast struct {
	at, toward vec
	gainDBi    float64 // at its best
	narrow     float64 // exponent of the cosine of its pattern
	cableDB    float64
	extraDB    float64 // lost in a longer cable than those of the others
	box        box     // of steel, in which it hangs; none when empty
}

// box is a cabinet: what is outside hears less of what is inside.
type box struct {
	low, high vec
	wallDB    float64
}

// between returns what the walls of a cabinet take from the way between an antenna in it and a tag, in dB.
func (b box) between(p vec) float64 {
	if p.x >= b.low.x && p.y >= b.low.y && p.z >= b.low.z && p.x <= b.high.x && p.y <= b.high.y && p.z <= b.high.z {
		return 0
	}
	return b.wallDB
}

// pattern is the antenna's power pattern in a direction, 1 at its best.
func (m *mast) pattern(dir vec) float64 {
	c := m.toward.dot(dir)
	if c <= 0 {
		return backLobe
	}
	return math.Max(math.Pow(c, m.narrow), backLobe)
}

// posture is how a tag is held at an instant.
type posture struct {
	at      vec
	axis    vec  // of its dipole, unit length
	carried bool // by a person
	facing  vec  // where that person looks, unit length, level
	moving  bool
	stackDB float64
}

// path is what is between one antenna and one tag.
type path struct {
	rest  complex128 // the diffuse rest, variance 1
	until time.Duration
	still [channels]complex128 // ... on every channel, while the tag lies where it lay at lay
	lay   vec
}

// diffuseOn returns the diffuse rest of a path on a channel.
func (a *air) diffuseOn(p *path, s posture, channel int, rng *rand.Rand) complex128 {
	if !a.steel || s.carried || s.moving {
		return p.rest
	}
	if p.lay != s.at {
		p.lay = s.at
		for c := range p.still {
			p.still[c] = complex(rng.NormFloat64()/math.Sqrt2, rng.NormFloat64()/math.Sqrt2)
		}
	}
	const changing = 0.35 // the share that changes with time, in amplitude
	return complex(changing, 0)*p.rest + complex(math.Sqrt(1-changing*changing), 0)*p.still[channel]
}

// follow lets the diffuse rest go on until now.
func (p *path) follow(now time.Duration, s posture, rng *rand.Rand) {
	memory := 8.0 // seconds; nothing moves but somebody elsewhere in the room
	switch {
	case s.moving:
		memory = 0.12
	case s.carried:
		memory = 0.8
	}
	keep := math.Exp(-(now - p.until).Seconds() / memory)
	if p.until == 0 {
		keep = 0
	}
	fresh := math.Sqrt((1 - keep*keep) / 2)
	p.rest = complex(keep, 0)*p.rest + complex(fresh*rng.NormFloat64(), fresh*rng.NormFloat64())
	p.until = now
}

// gain returns the gain of one way between antenna and tag, in dB, cable and stack
// included, and the phase of the way there and back in turns.
func (a *air) gain(m *mast, diffuse complex128, s posture, channel int) (dB, turns float64) {
	wave := 2 * math.Pi * (bandHz + channelHz*float64(channel)) / lightSpeed
	var h complex128
	direct := math.Max(s.at.sub(m.at).length(), nearest)
	for k := range 7 {
		image, factor := a.image(s.at, k)
		way := image.sub(m.at)
		d := math.Max(way.length(), nearest)
		dir := way.scale(1 / d)
		along := s.axis.dot(dir)
		amplitude := factor / d * math.Sqrt(m.pattern(dir)*math.Max(1-along*along, tagNull))
		if s.carried {
			amplitude *= a.through(s.facing, dir)
		}
		h += cmplx.Rect(amplitude, -wave*d)
	}
	h += diffuse * complex(a.diffuse/direct, 0)
	const tagGainDB = 2.0
	oneWay := 20*math.Log10(math.Max(cmplx.Abs(h), 1e-9)/(2*wave)) + m.gainDBi + tagGainDB - m.cableDB - s.stackDB - m.box.between(s.at)
	return oneWay, math.Mod(1+cmplx.Phase(h)/math.Pi, 1)
}

// image returns the tag (k = 0) or its k-th mirror image, and the amplitude that is left after the reflection.
func (a *air) image(p vec, k int) (vec, float64) {
	switch k {
	case 1:
		return vec{-p.x, p.y, p.z}, -a.reflect
	case 2:
		return vec{2*a.size.x - p.x, p.y, p.z}, -a.reflect
	case 3:
		return vec{p.x, -p.y, p.z}, -a.reflect
	case 4:
		return vec{p.x, 2*a.size.y - p.y, p.z}, -a.reflect
	case 5:
		return vec{p.x, p.y, -p.z}, -a.reflect * 0.8
	case 6:
		return vec{p.x, p.y, 2*a.size.z - p.z}, -a.reflect
	}
	return p, 1
}

// through is the amplitude that is left of a wave that reaches a carried tag: the tag is
// held in front, and the body takes the more the more it is between. dir points from the antenna.
func (a *air) through(facing, dir vec) float64 {
	behind := (1 + facing.dot(dir)) / 2 // 1: the wave comes from the person's back
	return math.Pow(10, -a.body*math.Pow(behind, 1.5)/20)
}
