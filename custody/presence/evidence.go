package presence

import (
	"fmt"
	"time"
)

// whyMoved says which antenna hears the tag in its new place, and what those of the old
// one say to that. It is called before the conclusion changes the tag.
func (e *Engine) whyMoved(t *tag, to state) string {
	text := "heard in its new place"
	if p := e.bestProfile(t, to); p != nil {
		a := &e.antennas[p.antenna]
		rounds := max(a.rounds-p.visitFrom+1, p.hits)
		text = fmt.Sprintf("%s heard it %d of %d rounds", a.id, p.hits, rounds)
		if p.levels > 0 {
			text += " at " + strength(p.level)
		}
	}
	if t.home == nowhere {
		return text
	}
	if e.places[t.home].notReadable {
		return text + fmt.Sprintf("; %s is not readable", e.places[t.home].id)
	}
	if p := e.bestProfile(t, t.home); p != nil {
		a := &e.antennas[p.antenna]
		if missed := a.rounds - p.heardAt; missed > 0 {
			return text + fmt.Sprintf("; %s has not for %s", a.id, count(missed))
		}
		return text + fmt.Sprintf("; %s heard it in its last round, too", a.id)
	}
	return text
}

// whyUnseen says which antenna misses the tag, for how long, and how well it used to hear it.
func (e *Engine) whyUnseen(t *tag) string {
	p := e.bestProfile(t, t.home)
	if p == nil {
		return "not heard"
	}
	a := &e.antennas[p.antenna]
	at := &e.places[t.home]
	silence := (at.watched - max(t.silentSince, at.readableFrom)).Round(100 * time.Millisecond)
	text := fmt.Sprintf("%s has not heard it for %s (%v)", a.id, count(a.rounds-p.heardAt), silence)
	if t.lastHeard == neverHeard {
		return text + ", not once since it was enrolled"
	}
	return text + fmt.Sprintf("; it used to hear it in %.0f of 100", 100*p.average())
}

// bestProfile returns the profile of the antenna at s that heard the tag last; the first of several.
func (e *Engine) bestProfile(t *tag, s state) *profile {
	var best *profile
	var least uint32
	for k := range int(t.known) {
		p := &t.profiles[k]
		if a := &e.antennas[p.antenna]; a.place == s {
			if missed := a.rounds - p.heardAt; best == nil || missed < least {
				best, least = p, missed
			}
		}
	}
	return best
}

// average returns the fraction of rounds in which the tag is heard in the long run: one
// read, and then as many misses as the contexts lead to.
func (p *profile) average() float64 {
	missHeard, missShort := 1-p.read[ctxHeard], 1-p.read[ctxShort]
	run, stay := 0.0, missHeard
	for range shortRun {
		run += stay
		stay *= missShort
	}
	run += stay / p.read[ctxLong]
	return 1 / (1 + run)
}

// strength names a level. Readers on a scale of their own do not report dBm, which is negative.
func strength(level float64) string {
	if level < 0 && level > -120 {
		return fmt.Sprintf("%.0f dBm", level)
	}
	return fmt.Sprintf("strength %.0f", level)
}

func count(rounds uint32) string {
	if rounds == 1 {
		return "1 round"
	}
	return fmt.Sprintf("%d rounds", rounds)
}
