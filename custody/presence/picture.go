package presence

import (
	"math"

	"trilock/custody/fact"
)

// view is how a place hears the tags of a home, whenever one of them is looked at. It is learnt at the
// end of each round, in sums that do not depend on the order of the reads.
type view struct {
	share  float32 // of the looks, in which the place had lately heard the tag
	dB     float32 // how much stronger it hears it than its home does: mostly less than nothing
	looks  float32 // that taught share, until it counts
	levels float32 // and dB
	// The logarithms of share and of the rest. The rest of a distant place is not asked for: miss is then 0.
	hit, miss float32
}

// glance is what the looks of one round have seen of a view.
type glance struct {
	heard int64 // ms of looks
	off   int64 // by how many hundredths of a dB the level was off, times ms
}

// ear is a place that has lately heard a tag, and how strongly.
type ear struct {
	place state
	known bool // the level says something
	dB    float32
}

func startView(share, dB float32) view {
	v := view{share: share, dB: dB, looks: looksStart, levels: looksStart}
	v.takeLogarithms()
	return v
}

func (v *view) takeLogarithms() {
	p := min(max(v.share, leastShare), 1-leastShare)
	v.hit, v.miss = logOf(p), logOf(1-p)
}

// view returns how a place hears the tags of a home, as far as it is known.
func (f *field) view(home, place state) *view {
	v := &f.views[int(home)*f.watched+int(place)]
	if v.looks == 0 {
		if home == place {
			*v = startView(ownShare, 0)
			return v
		}
		return &f.viewsOf[f.graph.kind(home, place)]
	}
	return v
}

// taughtView returns the same to be taught: a view of its own from now on.
func (f *field) taughtView(home, place state) *view {
	v := &f.views[int(home)*f.watched+int(place)]
	if v.looks == 0 {
		*v = *f.view(home, place)
		v.looks, v.levels = min(v.looks, looksStart), min(v.levels, looksStart)
	}
	return v
}

// misses returns the logarithm of the probability that of the places that see none near a home
// hears a tag of it.
func (e *Engine) misses(home state) float32 {
	p := &e.places[home]
	if p.missesAt == e.sight {
		return p.misses
	}
	p.misses, p.missesAt = 0, e.sight
	for _, s := range p.heed {
		if e.sees(s) {
			p.misses += e.field.view(home, s).miss
		}
	}
	return p.misses
}

// look weighs all that the antennas have lately heard of a tag, the whole picture, against what it would be in every
// place that the tag may be in. Looks count by the time between them, so that many reads in a moment
// are one look.
func (e *Engine) look(t tag, now uint32) {
	dt := now - t.lookedMS
	if dt < lookEvery {
		return
	}
	t.lookedMS = now
	worth := min(float32(dt)/lookMS, 1)
	if t.known == 0 {
		if t.home != nowhere {
			e.lessonOf(t.home).looks += int64(min(dt, lookMS))
			e.glanceAt(t.home, t.home, int64(min(dt, lookMS)), 0)
		}
		return
	}
	var room [maxTracks + 1]ear
	ears := e.earsOf(t, now, room[:0])
	own := t.own()
	if t.home == nowhere {
		e.compare(t, ears, own, worth)
		return
	}
	base, common := e.fit(t.home, t.home, ears, own)
	least := leastAfter[min(dt, longLook)/lookEvery]
	var commons, weights [maxTracks]float32
	sum, dark := float32(1), !e.sees(t.home)
	for k := range t.tracks[:t.known] {
		tr := &t.tracks[k]
		var fit float32
		fit, commons[k] = e.fit(tr.place, t.home, ears, own)
		gain := float32(worth * min(max(fit-base, -lookClip), lookClip))
		tr.favour = max(tr.favour, least) + gain
		if dark && e.graph.shelves(t.home, tr.place) { // all that is heard of a dark shelf's folders the next one hears
			tr.favour = min(tr.favour, darkMost)
		}
		tr.favour = min(max(tr.favour, leastFavour), mostFavour)
		if tr.favour > 0 && t.signs&labelled == 0 {
			weights[k] = float32(math.Exp(float64(tr.favour) - doubtAt))
			sum += weights[k]
		}
		e.lookAtHands(tr, ears, worth)
	}
	ms := float32(min(dt, lookMS))
	e.learnLook(t.home, ears, common, ms/sum)
	for k := range t.tracks[:t.known] {
		if w := weights[k] / sum; w > leastTaught {
			e.learnLook(t.tracks[k].place, ears, commons[k], ms*w)
		}
	}
}

// leastAfter is the logarithm of the seconds since the last look, by how many times lookEvery that is: what those in which the
// tag may have moved are at least worth.
var leastAfter = leastTable()

func leastTable() (least [longLook/lookEvery + 1]float32) {
	for n := range least {
		least[n] = logOf((float32(n) + 0.5) * lookEvery / 1000)
	}
	return least
}

// own is the level of a tag at home, and how much it weighs beside those of the present picture.
type own struct{ dB, weight float32 }

func (t tag) own() own {
	switch {
	case t.levels == 0:
		return own{}
	case t.levels < levelReads:
		return own{float32(t.level) / 100, ownWeight / 2}
	}
	return own{float32(t.level) / 100, ownWeight}
}

// earsOf appends the places that have lately heard a tag.
func (e *Engine) earsOf(t tag, now uint32, ears []ear) []ear {
	add := func(s state, ms uint32, level int16) {
		if now-ms <= e.places[s].window {
			ears = append(ears, ear{place: s, known: level != fact.RSSIUnknown, dB: float32(level) / 100})
		}
	}
	if t.signs&heard != 0 {
		add(t.home, t.heardMS, t.near)
	}
	for k := range t.tracks[:t.known] {
		if tr := &t.tracks[k]; tr.hits > 0 {
			add(tr.place, tr.heardMS, tr.level)
		}
	}
	return ears
}

// fit returns how well a picture fits a tag's being in place z, in nats, and the level that it would have there by it.
// What all antennas have in common says little: it is the tag's own. The silence of home is left out (see Engine.silence).
func (e *Engine) fit(z, home state, ears []ear, own own) (nats, common float32) {
	nats = e.misses(z)
	silent := home != nowhere && e.sees(home)
	for k := range ears {
		silent = silent && ears[k].place != home
	}
	if silent {
		nats -= e.field.view(z, home).miss
	}
	sum, weight := float32(own.dB*own.weight), own.weight
	var offs [maxTracks + 1]float32
	for k := range ears {
		v := e.field.view(z, ears[k].place)
		nats += v.hit
		if p := ears[k].place; e.sees(p) {
			nats -= v.miss
		}
		if ears[k].known {
			offs[k] = ears[k].dB - v.dB
			sum += offs[k]
			weight++
		}
	}
	if weight == 0 {
		return nats, 0
	}
	common = sum / weight
	for k := range ears {
		if ears[k].known {
			nats -= tail(offs[k] - common)
		}
	}
	return nats - float32(own.weight*tail(common-own.dB)), common
}

// tail is how improbable it is, in nats, that a level is so many dB off: like a bell curve, with thick ends.
func tail(dB float32) float32 {
	q := float32(dB*dB) / (2 * lookSpread * lookSpread * lookTail)
	return lookTail * q * (6 + q) / (6 + float32(4*q))
}

// compare weighs the places that hear a tag which is concluded to be in none against one another: the
// likeliest has 0 in its favour.
func (e *Engine) compare(t tag, ears []ear, own own, worth float32) {
	best := float32(-math.MaxFloat32)
	for k := range t.tracks[:t.known] {
		tr := &t.tracks[k]
		fit, _ := e.fit(tr.place, nowhere, ears, own)
		tr.favour = max(tr.favour, -nowhereFloor) + float32(worth*fit)
		best = max(best, tr.favour)
		e.lookAtHands(tr, ears, worth)
	}
	for k := range t.tracks[:t.known] {
		tr := &t.tracks[k]
		tr.favour = max(tr.favour-best, -mostFavour)
	}
}

// lookAtHands takes what the other places say to a tag's being in the place of a track rather than in
// somebody's hands: it is heard by those that hear the tags of the place.
func (e *Engine) lookAtHands(tr *track, ears []ear, worth float32) {
	hand := e.field.pairsOf[kindUnheard].anyHit
	for k := range ears {
		if s := ears[k].place; s != tr.place {
			if more := e.field.view(tr.place, s).hit - hand; more > 0 {
				tr.carried = min(tr.carried+float32(worth*more), mostFavour)
			}
		}
	}
}

// learnLook lets a look teach how the places hear the tags of the home, as far as it is there.
func (e *Engine) learnLook(home state, ears []ear, common, ms float32) {
	worth := int64(ms)
	if !e.sees(home) || worth == 0 {
		return
	}
	e.lessonOf(home).looks += worth
	for k := range ears {
		off := float32(0)
		if ears[k].known {
			off = ears[k].dB - common - e.field.view(home, ears[k].place).dB
		}
		e.glanceAt(home, ears[k].place, worth, int64(float32(min(max(off, -otherScale), otherScale)*100)))
	}
}

// glanceAt notes what a place hears at a look at a tag of a home.
func (e *Engine) glanceAt(home, place state, worth, off int64) {
	g := &e.glances[int(home)*e.field.watched+int(place)]
	g.heard += worth
	g.off += worth * off
}

// learnLooks takes what the looks of a round at the tags of a home have taught.
func (e *Engine) learnLooks(home state, looks int64) {
	f := &e.field
	n := float32(looks) / lookMS
	for _, place := range e.places[home].heed {
		g := &e.glances[int(home)*f.watched+int(place)]
		if !e.sees(place) { // its silence says nothing
			*g = glance{}
			continue
		}
		if home != place {
			f.viewsOf[f.graph.kind(home, place)].learn(g, n)
		}
		f.taughtView(home, place).learn(g, n)
		*g = glance{}
	}
	e.places[home].missesAt = 0
}

// learn moves a view towards what the looks of a round saw.
func (v *view) learn(g *glance, looks float32) {
	heard := float32(g.heard) / lookMS
	v.looks = min(v.looks+looks, looksMost)
	v.share = min(max(v.share+(heard-float32(looks*v.share))/v.looks, 0), 1)
	if g.heard > 0 {
		v.levels = min(v.levels+heard, looksMost)
		v.dB += float32(float32(g.off)/float32(g.heard)/100) * heard / v.levels
		v.dB = min(max(v.dB, -otherScale), otherScale)
	}
	v.takeLogarithms()
}

// smooth returns the level of a tag at a place: the last read counts most, those of a moment before still something.
func smooth(was, level int16, gap, window uint32) int16 {
	if was == fact.RSSIUnknown || level == fact.RSSIUnknown || gap >= window {
		return level
	}
	fresh := 1 - float32(gap)/float32(window)
	keep := min(float32(fresh*fresh), keepMost)
	return int16(float32(level) + float32(keep*float32(int32(was)-int32(level)))) //nolint:gosec // between two of them
}

// levelHere returns a level as it would be at an antenna like all others, in hundredths of a dB.
func (e *Engine) levelHere(rssi int16) int16 {
	if rssi == fact.RSSIUnknown {
		return rssi
	}
	return int16(min(max(float32(rssi)-float32(100*e.attended.shift), -32767), 32767)) //nolint:gosec // within limits
}
