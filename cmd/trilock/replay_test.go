package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"trilock/custody/fact"
)

const twoZones = `
places: [{id: zone-1, adjoins: [zone-2]}, {id: zone-2}]
readers: [{id: reader-1, antennas: [{port: 1, watches: zone-1}, {port: 2, watches: zone-2}]}]
`

// recordedWalk is a tag that lies in zone 1 for two minutes, in zone 2 for two, and in zone 1 again,
// read by that zone's antenna twice a second and by no other.
func recordedWalk(header string, row func(at float64, antenna int) string) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for n := range 720 {
		at := float64(n) / 2
		b.WriteString(row(at, 1+int(at/120)%2) + "\n")
	}
	return b.String()
}

const walkTruth = "epc,from_time,to_time,place\ne2000a,1000,1120,zone-1\ne2000a,1120,1240,zone-2\ne2000a,1240,1360,zone-1\n"

func put(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// said is one line of the output.
type said struct {
	At        any          `json:"at"`
	EPC       string       `json:"epc"`
	From      fact.PlaceID `json:"from"`
	To        fact.PlaceID `json:"to"`
	Certainty float64      `json:"certainty"`
	Passage   *struct {
		Door fact.DoorID
		Way  string
	} `json:"passage"`
	Score *struct {
		Reads, Right, Changes, Missed, Extra, Moves int
		P90                                         float64 `json:"latency_p90_s"`
		Confusion                                   []struct {
			True, Concluded string
			Reads           int
		}
	} `json:"score"`
}

func run(t *testing.T, c replay) (lines []said, stderr string, err error) {
	t.Helper()
	var out, errs strings.Builder
	err = c.run(strings.NewReader(""), &out, &errs)
	for _, text := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var l said
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		lines = append(lines, l)
	}
	return lines, errs.String(), err
}

func plainRow(at float64, antenna int) string {
	return fmt.Sprintf("%.2f,reader-1,%d,e2000a,-55.5", 1000+at, antenna)
}

func TestReplayFollowsATagAndScores(t *testing.T) {
	c := replay{recording: recording{
		Site: put(t, "site.yaml", twoZones), Truth: put(t, "truth.csv", walkTruth),
		Reads: put(t, "reads.csv", recordedWalk("time,reader,antenna,epc,rssi", plainRow)),
	}}
	lines, stderr, err := run(t, c)
	if err != nil {
		t.Fatal(err)
	}
	var way []fact.PlaceID
	for _, l := range lines[:len(lines)-1] {
		way = append(way, l.To)
		if at, ok := l.At.(float64); !ok || at < 1000 || at > 1360 || l.EPC != "e2000a" || l.Certainty < 0.5 || l.Certainty >= 1 {
			t.Errorf("move %+v", l)
		}
	}
	if fmt.Sprint(way) != "[zone-1 zone-2 zone-1]" {
		t.Errorf("way %v", way)
	}
	s := lines[len(lines)-1].Score
	if s == nil || s.Reads != 720 || s.Right < 640 || s.Changes != 2 || s.Missed != 0 || s.Extra != 0 || s.P90 > 20 || len(s.Confusion) == 0 {
		t.Errorf("score %+v", s)
	}
	if !strings.Contains(stderr, "720 rows of 1 tags") || !strings.Contains(stderr, "changes missed            0 of 2") {
		t.Errorf("said to people:\n%s", stderr)
	}
}

// Where a site says which antennas are on either side of a door, a replay tells what is carried through it.
func TestReplayTellsPassages(t *testing.T) {
	site := strings.ReplaceAll(twoZones, "zone-", "side-") + "doors: [{id: gate, outer_antennas: [{reader: reader-1, port: 1}], inner_antennas: [{reader: reader-1, port: 2}]}]\n"
	var b strings.Builder
	b.WriteString("time,reader,antenna,epc,rssi,round\n")
	for n := range 600 { // a round in 100 ms; the tag comes by twice, there and back
		at := float64(n) / 10
		for antenna, nearest := range []float64{19.5, 20.5} {
			if n > 300 {
				nearest = 60 - nearest + 0.5
			}
			row := fmt.Sprintf("%.3f,reader-1,%d,,,%d\n", 1000+at, antenna+1, n)
			if far := math.Abs(at - nearest); far < 2 {
				row = fmt.Sprintf("%.3f,reader-1,%d,e2000a,%.1f,%d\n", 1000+at, antenna+1, -40-12*far, n)
			}
			b.WriteString(row)
		}
	}
	lines, _, err := run(t, replay{recording: recording{Site: put(t, "site.yaml", site), Reads: put(t, "reads.csv", b.String())}})
	if err != nil {
		t.Fatal(err)
	}
	var ways []string
	for _, l := range lines {
		if l.Passage != nil && l.Passage.Door == "gate" && l.EPC == "e2000a" {
			ways = append(ways, l.Passage.Way)
		}
	}
	if fmt.Sprint(ways) != "[in out]" {
		t.Errorf("passages %v in %+v", ways, lines)
	}
}

func TestReplayTakesRFC3339AndOtherOrders(t *testing.T) {
	c := replay{recording: recording{Site: put(t, "site.yaml", twoZones), Reads: put(t, "reads.csv", recordedWalk("rssi,epc,antenna,reader,phase,time", func(at float64, antenna int) string {
		return fmt.Sprintf("-55,E2000A,%d,reader-1,12.5,2026-01-05T08:%02d:%04.1f+08:00", antenna, int(at)/60, at-float64(60*(int(at)/60)))
	}))}}
	lines, _, err := run(t, c)
	if err != nil || len(lines) != 3 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if at, ok := lines[1].At.(string); !ok || !strings.HasPrefix(at, "2026-01-05T08:02:") || !strings.HasSuffix(at, "+08:00") {
		t.Errorf("at %v", lines[1].At)
	}
}

func TestReplayStopsAtAWrongRowUnlessToldToGoOn(t *testing.T) {
	text := recordedWalk("time,reader,antenna,epc,rssi", plainRow)
	text = strings.Replace(text, "1003.00,reader-1,1,e2000a,-55.5", "1003.00,reader-1,1,e2000a,loud", 1)
	c := replay{recording: recording{Site: put(t, "site.yaml", twoZones), Reads: put(t, "reads.csv", text)}}
	_, _, err := run(t, c)
	if err == nil || !strings.Contains(err.Error(), `line 8, column 5 (rssi): found "loud"`) || !strings.Contains(err.Error(), "--keep-going") {
		t.Errorf("a wrong row: %v", err)
	}
	c.KeepGoing = true
	lines, stderr, err := run(t, c)
	if err != nil || len(lines) != 3 || !strings.Contains(stderr, "1 rows were wrong and left out; the first: line 8, column 5") {
		t.Errorf("%d lines, %v\n%s", len(lines), err, stderr)
	}
}

func TestReplayNamesWhatTheSiteDoesNotKnow(t *testing.T) {
	text := recordedWalk("time,reader,antenna,epc,rssi", plainRow) + "1361,reader-1,7,E2,-50\n1362,reader-9,1,E2,-50\n1362,reader-9,1,E2,-50\n1300,reader-1,1,E2,-50\n"
	_, stderr, err := run(t, replay{recording: recording{Site: put(t, "site.yaml", twoZones), Reads: put(t, "reads.csv", text)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"antenna reader-1/7 is not in the site's configuration: 1 rows", "antenna reader-9/1 is not in the site's configuration: 2 rows", "1 rows were earlier than one before"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("want …%s… in\n%s", want, stderr)
		}
	}
}

func TestReplayRefuses(t *testing.T) {
	site, reads := put(t, "site.yaml", twoZones), put(t, "reads.csv", recordedWalk("time,reader,antenna,epc,rssi", plainRow))
	for want, c := range map[string]recording{
		"want the id of a place of the site": {Site: site, Reads: reads, Truth: put(t, "truth.csv", strings.Replace(walkTruth, "zone-2", "attic", 1))},
		"no column epc in the heading":       {Site: site, Reads: put(t, "reads.csv", "time,reader,antenna,tag,rssi\n")},
		"the file is empty":                  {Site: site, Reads: put(t, "reads.csv", "")},
		"readers: found nothing":             {Site: put(t, "site.yaml", "places: [{id: a}]\n"), Reads: reads},
		"no such file":                       {Site: site, Reads: filepath.Join(t.TempDir(), "none.csv")},
	} {
		if _, _, err := run(t, replay{recording: c}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want …%s…", err, want)
		}
	}
}
