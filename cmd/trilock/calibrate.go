package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"

	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/presence/recorded"
)

// calibrate learns how antennas hear from a recording of which the truth is known.
type calibrate struct{ recording }

// Help says how to make such a recording.
func (c *calibrate) Help() string {
	return `Guided walk: take some tagged folders, as they are used, to every place in turn; leave them there, and carry them about there, for a minute or more; ` +
		`write down from when to when. The parameters say how often and how strongly each antenna hears the tags of each place. ` +
		`Where a place was not visited, presence goes on learning by itself.`
}

// Run calibrates.
func (c *calibrate) Run() error { return c.run(os.Stdin, os.Stdout, os.Stderr) }

func (c *calibrate) run(stdin io.Reader, stdout, stderr io.Writer) error {
	if c.Truth == "" {
		return errors.New("--truth is missing: calibration learns from reads of which it is known where the tags were")
	}
	site, policy, err := c.site()
	if err != nil {
		return err
	}
	player, err := recorded.NewPlayer(site, policy)
	if err != nil {
		return err
	}
	labels := &labelled{player: player, reads: map[fact.PlaceID]int{}}
	counted, err := c.play(stdin, site, player, &recorded.Clock{}, labels)
	if err != nil {
		return err
	}
	counted.tell(stderr, player)
	if len(labels.reads) == 0 {
		return errors.New("no read of a tag was at a time at which the truth says where it was: do both files speak of the same tags, and the same time?")
	}
	labels.tell(stderr, site)
	learnt, err := json.MarshalIndent(player.Learnt(), "", " ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s\n", learnt)
	return err
}

// labelled counts the reads that teach.
type labelled struct {
	player *recorded.Player
	where  map[fact.EPC][]recorded.Stay
	reads  map[fact.PlaceID]int
}

func (l *labelled) truth(where map[fact.EPC][]recorded.Stay) {
	l.where = where
	l.player.Label(where)
}

func (l *labelled) read(r recorded.Read, _ string) {
	stays := l.where[r.Read.EPC]
	k := sort.Search(len(stays), func(k int) bool { return stays[k].To > r.At })
	if k < len(stays) && stays[k].From <= r.At && stays[k].Place != presence.Elsewhere {
		l.reads[stays[k].Place]++
	}
}

func (l *labelled) found([]recorded.Told) error { return nil }

// tell says what was learnt from, and what was not.
func (l *labelled) tell(w io.Writer, site presence.Site) {
	var watched []fact.PlaceID
	for _, a := range site.Antennas {
		if !slices.Contains(watched, a.Place) {
			watched = append(watched, a.Place)
		}
	}
	for _, place := range watched {
		if n := l.reads[place]; n > 0 {
			fmt.Fprintf(w, "%-20s %8d reads of tags that were there\n", place, n)
		} else {
			fmt.Fprintf(w, "%-20s nothing was read of a tag that was there: its parameters are not calibrated\n", place)
		}
	}
}
