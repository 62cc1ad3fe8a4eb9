package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"trilock/configs"
	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/presence/recorded"
	"trilock/custody/presence/score"
	"trilock/custody/siteplan"
)

// replay runs the estimate of where tags are over a recorded stream of reads.
type replay struct {
	recording
	Learnt string `type:"existingfile" help:"What trilock calibrate wrote."`
}

// recording is a stream of reads and what belongs to it.
type recording struct {
	Site      string `required:"" type:"existingfile" help:"The site's configuration; one that has places and readers with antennas is enough."`
	Truth     string `type:"existingfile" help:"Where the tags were: CSV with epc, from_time, to_time, place."`
	KeepGoing bool   `help:"Leave out rows that are wrong, and count them, instead of stopping at the first."`
	Reads     string `arg:"" help:"CSV with a heading: time (RFC 3339 or seconds), reader, antenna, epc, rssi (dBm); phase and round where the recorder has them. - reads standard input."`
}

// Help says how rounds are made where the recording marks none.
func (c *replay) Help() string {
	return `Prints a JSON object for every move: at, epc, from, to, certainty, evidence; an empty place is "in no watched place". ` +
		`With --truth the last one is {"score": ...}. Where the site names the antennas on both sides of a door, what is carried through it is printed as well: ` +
		`at, epc and passage, with door, way (in, out or unknown), certainty and evidence. Light barriers and badges are in no recording.

Presence takes completed rounds, the empty ones included. A recording without a column round is cut into them: all antennas of a reader complete ` +
		`a round once in a period, which is the typical time after which its antennas read a tag again, learnt from the first reads. An antenna that read nothing in a period ` +
		`has completed an empty round, as long as its reader is alive: it has read something, by any of its antennas, not much longer ago than is usual for it. ` +
		`With a column round, an antenna's round is complete when its value changes. A row without epc is an empty round.`
}

// odd counts what is wrong with a recording, for people.
type odd struct {
	rows, wrong int
	first       error // of the wrong rows
}

// Run replays.
func (c *replay) Run() error { return c.run(os.Stdin, os.Stdout, os.Stderr) }

func (c *replay) run(stdin io.Reader, stdout, stderr io.Writer) error {
	site, policy, err := c.site()
	if err != nil {
		return err
	}
	player, err := recorded.NewPlayer(site, policy)
	if err != nil {
		return err
	}
	if err := teach(player, c.Learnt); err != nil {
		return err
	}
	out := &moves{to: bufio.NewWriter(stdout), spelt: map[fact.EPC]string{}}
	counted, err := c.play(stdin, site, player, &out.clock, out)
	if err := errors.Join(err, out.to.Flush()); err != nil {
		return err
	}
	counted.tell(stderr, player)
	if out.score == nil {
		return nil
	}
	return printScore(stdout, stderr, out.score.Result())
}

// learntMax bounds a file of learnt parameters: a site of some hundred antennas that all hear one another's
// places, and a hundred thousand tags.
const learntMax = 64 << 20

// teach gives the player what calibrate wrote, if there is a file of it.
func teach(player *recorded.Player, file string) error {
	if file == "" {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read only
	text := json.NewDecoder(io.LimitReader(f, learntMax))
	text.DisallowUnknownFields()
	var learnt presence.Learnt
	if err := text.Decode(&learnt); err != nil {
		return fmt.Errorf("%s: %w: give the file that trilock calibrate wrote", file, err)
	}
	if err := player.Teach(learnt); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// site returns the places and antennas of the recording, and the policy.
func (c *recording) site() (presence.Site, presence.Policy, error) {
	config, err := configs.LoadLayout(c.Site)
	if err != nil {
		return presence.Site{}, presence.Policy{}, err
	}
	site := siteplan.Presence(config)
	if !slices.ContainsFunc(site.Places, func(p presence.Place) bool { return len(p.Adjoins) > 0 }) {
		joinAll(site.Places)
	}
	return site, siteplan.Policy(config), nil
}

// joinAll makes all places adjoin one another: what a layout means that says of none what it adjoins.
func joinAll(places []presence.Place) {
	for i := range places {
		for j := range places {
			if i != j {
				places[i].Adjoins = append(places[i].Adjoins, places[j].ID)
			}
		}
	}
}

// audience is told what comes out of a recording.
type audience interface {
	// truth is told once, with the first row, if there is one.
	truth(where map[fact.EPC][]recorded.Stay)
	// read is told every row, with the EPC as the file writes it.
	read(r recorded.Read, spelt string)
	// found is told what presence found by the time of a row.
	found(told []recorded.Told) error
}

// play goes through the recording.
func (c *recording) play(stdin io.Reader, site presence.Site, player *recorded.Player, clock *recorded.Clock, to audience) (counted odd, err error) {
	file, closing, err := c.open(stdin)
	if err != nil {
		return odd{}, err
	}
	defer closing()
	rows, err := recorded.NewRows(file, clock)
	if err != nil {
		return odd{}, c.in(c.Reads, err)
	}
	var told []recorded.Told
	for {
		read, spelt, err := rows.Next()
		var bad *recorded.RowError
		switch {
		case errors.Is(err, io.EOF):
			told, err = player.Flush(told)
			return counted, errors.Join(err, to.found(told))
		case errors.As(err, &bad) && c.KeepGoing:
			if counted.wrong++; counted.first == nil {
				counted.first = err
			}
			continue
		case bad != nil:
			return counted, fmt.Errorf("%w; correct it, or leave such rows out with --keep-going", c.in(c.Reads, err))
		case err != nil:
			return counted, c.in(c.Reads, err)
		}
		if counted.rows++; counted.rows == 1 {
			if err := c.tellTruth(site, clock, to); err != nil {
				return counted, err
			}
		}
		if told, err = player.Take(read, told); err != nil {
			return counted, err
		}
		to.read(read, spelt)
		if err := to.found(told); err != nil {
			return counted, err
		}
		told = told[:0]
	}
}

// tellTruth reads the truth, once the first row has fixed the clock.
func (c *recording) tellTruth(site presence.Site, clock *recorded.Clock, to audience) error {
	if c.Truth == "" {
		return nil
	}
	file, err := os.Open(c.Truth)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // read only
	where, err := recorded.ReadTruth(file, clock, site)
	if err != nil {
		return c.in(c.Truth, err)
	}
	to.truth(where)
	return nil
}

func (c *recording) open(stdin io.Reader) (io.Reader, func(), error) {
	if c.Reads == "-" {
		return stdin, func() {}, nil
	}
	file, err := os.Open(c.Reads)
	if err != nil {
		return nil, nil, err
	}
	return file, func() { _ = file.Close() }, nil // read only
}

func (c *recording) in(file string, err error) error { return fmt.Errorf("%s: %w", file, err) }

// tell says what was odd about the recording.
func (n odd) tell(w io.Writer, p *recorded.Player) {
	tags, dropped := p.Tags()
	fmt.Fprintf(w, "%d rows of %d tags; a round is complete every %v\n", n.rows, tags, p.Cutter().SlowestPeriod().Round(time.Millisecond))
	if n.wrong > 0 {
		fmt.Fprintf(w, "%d rows were wrong and left out; the first: %v\n", n.wrong, n.first)
	}
	if late := p.Cutter().Backwards(); late > 0 {
		fmt.Fprintf(w, "%d rows were earlier than one before; they were taken as of the same time\n", late)
	}
	if dropped > 0 {
		fmt.Fprintf(w, "%d reads were left out: more than %d tags\n", dropped, recorded.MaxTags)
	}
	unknown := p.Cutter().Unknown()
	for _, a := range slices.SortedFunc(maps.Keys(unknown), func(a, b fact.Antenna) int { return strings.Compare(a.String(), b.String()) }) {
		name := "antenna " + a.String() + " is not in the site's configuration"
		if a.Reader == "" {
			name = "further antennas are not in the site's configuration"
		}
		fmt.Fprintf(w, "%s: %d rows were left out\n", name, unknown[a])
	}
}

// moves prints what is found and scores it.
type moves struct {
	to    *bufio.Writer
	clock recorded.Clock
	score *score.Scorer
	// spelt is how the recording writes an EPC, where that is not our way. It is bounded as the tags are.
	spelt map[fact.EPC]string
	line  []byte
}

func (m *moves) truth(where map[fact.EPC][]recorded.Stay) { m.score = score.New(where) }

func (m *moves) read(r recorded.Read, spelt string) {
	if _, noted := m.spelt[r.Read.EPC]; !noted && len(m.spelt) < recorded.MaxTags && spelt != r.Read.EPC.String() {
		m.spelt[r.Read.EPC] = spelt
	}
	if m.score != nil && spelt != "" {
		m.score.Read(r.At, r.Read.EPC)
	}
}

// found prints moves, one JSON object on each line, and hands them on at once: who stops the replay has all so far.
func (m *moves) found(told []recorded.Told) error {
	for _, t := range told {
		switch f := t.Finding.(type) {
		case presence.Moved:
			m.move(t.At, f.Tag, f.From, f.To, f.Certainty, f.Evidence)
		case presence.Unseen:
			m.move(t.At, f.Tag, f.From, presence.Elsewhere, f.Certainty, f.Evidence)
		case presence.Passage:
			m.passage(t.At, f)
		}
		if m.score != nil {
			m.score.Known(t.At - 1)
		}
	}
	if len(told) == 0 {
		return nil
	}
	return m.to.Flush()
}

func (m *moves) move(at time.Duration, tag fact.EPC, from, to fact.PlaceID, sure presence.CertaintyBP, evidence string) {
	m.print(at, struct {
		EPC       string       `json:"epc"`
		From      fact.PlaceID `json:"from"`
		To        fact.PlaceID `json:"to"`
		Certainty float64      `json:"certainty"`
		Evidence  string       `json:"evidence"`
	}{m.spelling(tag), from, to, float64(sure) / 10000, evidence})
	if m.score != nil {
		m.score.Move(at, tag, to)
	}
}

// passage prints that a tag was carried through a door.
func (m *moves) passage(at time.Duration, p presence.Passage) {
	type passage struct {
		Door      fact.DoorID `json:"door"`
		Way       string      `json:"way"`
		Certainty float64     `json:"certainty"`
		Evidence  string      `json:"evidence"`
	}
	way := "out"
	switch {
	case p.Unsure:
		way = "unknown"
	case p.Inward:
		way = "in"
	}
	m.print(at, struct {
		EPC     string  `json:"epc"`
		Passage passage `json:"passage"`
	}{m.spelling(p.Tag), passage{p.Door, way, float64(p.Certainty) / 10000, p.Evidence}})
}

// spelling returns an EPC as the recording writes it.
func (m *moves) spelling(tag fact.EPC) string {
	if spelt, ok := m.spelt[tag]; ok {
		return spelt
	}
	return tag.String()
}

// print writes an object with its time first.
func (m *moves) print(at time.Duration, object any) {
	m.line = m.clock.Append(append(m.line[:0], `{"at":`...), at)
	rest, err := json.Marshal(object)
	if err != nil {
		panic("replay: strings and numbers cannot be written: " + err.Error())
	}
	m.line = append(append(append(m.line, ','), rest[1:]...), '\n')
	_, _ = m.to.Write(m.line) // Flush returns the error
}

// confused is one entry of the table of true and concluded places.
type confused struct {
	True      fact.PlaceID `json:"true"`
	Concluded fact.PlaceID `json:"concluded"`
	Reads     int          `json:"reads"`
}

// printScore prints the score, as an object for programs and as a table for people.
func printScore(stdout, stderr io.Writer, r score.Result) error {
	var table []confused
	for pair, n := range r.Confusion {
		table = append(table, confused{pair.True, pair.Concluded, n})
	}
	slices.SortFunc(table, func(a, b confused) int {
		return strings.Compare(string(a.True)+"\x00"+string(a.Concluded), string(b.True)+"\x00"+string(b.Concluded))
	})
	line, err := json.Marshal(map[string]any{"score": map[string]any{
		"reads": r.Reads, "right": r.Right, "right_share": r.RightShare(),
		"changes": r.Changes, "missed": r.Missed, "moves": r.Moves, "extra": r.Extra,
		"latency_p50_s": r.Latency(0.5).Seconds(), "latency_p90_s": r.Latency(0.9).Seconds(),
		"confusion": table,
	}})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stdout, "%s\n", line); err != nil {
		return err
	}
	fmt.Fprintf(stderr, "reads in the right place  %6.1f %% of %d\nchanges missed            %d of %d\nextra moves               %d of %d\ndelay of a change         %.1f s median, %.1f s for 9 of 10\n",
		100*r.RightShare(), r.Reads, r.Missed, r.Changes, r.Extra, r.Moves, r.Latency(0.5).Seconds(), r.Latency(0.9).Seconds())
	for _, c := range table {
		fmt.Fprintf(stderr, "  %-20s concluded %-20s %8d reads\n", named(c.True), named(c.Concluded), c.Reads)
	}
	return nil
}

func named(p fact.PlaceID) string {
	if p == presence.Elsewhere {
		return "(elsewhere)"
	}
	return string(p)
}
