package presence

import (
	"fmt"
	"time"

	"trilock/custody/fact"
)

// whyMoved says which antenna hears the tag in its new place, and what those of the old
// one say to that. It is called before the conclusion changes the tag.
func (e *Engine) whyMoved(t tag, tr *track) string {
	p := &e.places[tr.place]
	text := fmt.Sprintf("%s heard it %d of %d rounds", e.antennaNames(p), tr.hits, tr.span)
	if tr.level != fact.RSSIUnknown {
		text += " at " + strength(float64(tr.level)/100+float64(e.attended.shift))
	}
	if t.home == nowhere {
		return text
	}
	home := &e.places[t.home]
	if home.notReadable {
		return text + fmt.Sprintf("; %s is not readable", home.id)
	}
	if missed := home.silentRounds(t); missed > 0 {
		return text + fmt.Sprintf("; %s has not for %s", e.antennaNames(home), count(missed))
	}
	return text + fmt.Sprintf("; %s heard it in its last round, too", e.antennaNames(home))
}

// whyUnseen says which antenna misses the tag, for how long, and how well it used to hear it.
func (e *Engine) whyUnseen(t tag, p *place, quiet time.Duration) string {
	text := fmt.Sprintf("%s has not heard it for %s (%v)", e.antennaNames(p), count(p.silentRounds(t)), quiet.Round(100*time.Millisecond))
	if t.signs&everHeard == 0 {
		return text + ", not once since it was enrolled"
	}
	return text + fmt.Sprintf("; it used to hear it in %.0f of 100", 100*t.average())
}

// antennaNames names the antennas of a place: the first, and how many more there are.
func (e *Engine) antennaNames(p *place) string {
	name := e.antennas[p.antennas[0]].id.String()
	if more := len(p.antennas) - 1; more > 0 {
		name += fmt.Sprintf(" and %d more", more)
	}
	return name
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
