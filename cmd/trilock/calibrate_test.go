package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"trilock/custody/presence"
	"trilock/custody/presence/trace"
)

// csvOf writes a trace down as a recorder would, with its truth.
func csvOf(t *testing.T, tr *trace.Trace) (reads, truth string) {
	t.Helper()
	var r, w strings.Builder
	fmt.Fprintln(&r, "time,reader,antenna,epc,rssi")
	for x := range tr.Reads() {
		fmt.Fprintf(&r, "%.4f,%s,%d,%s,%.1f\n", 1.7e9+x.At.Seconds(), x.Antenna.Reader, x.Antenna.Port, x.Read.EPC, float64(x.Read.RSSIcdBm)/100)
	}
	fmt.Fprintln(&w, "epc,from_time,to_time,place")
	for _, s := range tr.Stays {
		fmt.Fprintf(&w, "%s,%.4f,%.4f,%s\n", s.Tag, 1.7e9+s.From.Seconds(), 1.7e9+s.To.Seconds(), s.Place)
	}
	return put(t, "reads.csv", r.String()), put(t, "truth.csv", w.String())
}

const fourZones = `
places: [{id: zone-1}, {id: zone-2}, {id: zone-3}, {id: zone-4}]
readers: [{id: reader-1, antennas: [{port: 1, watches: zone-1}, {port: 2, watches: zone-2}, {port: 3, watches: zone-3}, {port: 4, watches: zone-4}]}]
`

func room(walk uint64) *trace.Trace {
	return trace.ZoneRoom(3, trace.ZoneOptions{Geometry: trace.Ceiling, Tags: 2, Length: 12 * time.Minute, Stay: 40 * time.Second, Cycle: time.Second, Walk: walk})
}

// What a guided walk taught is written, read again, and helps in the same room.
func TestCalibrateThenReplay(t *testing.T) {
	site := put(t, "site.yaml", fourZones)
	walkReads, walkTruth := csvOf(t, room(1))
	var out, said strings.Builder
	c := calibrate{recording{Site: site, Truth: walkTruth, Reads: walkReads}}
	if err := c.run(strings.NewReader(""), &out, &said); err != nil {
		t.Fatal(err)
	}
	var learnt presence.Learnt
	if err := json.Unmarshal([]byte(out.String()), &learnt); err != nil || len(learnt.Antennas) != 4 || len(learnt.Views) < 12 {
		t.Fatalf("learnt %+v, %v", learnt, err)
	}
	for place := 1; place <= 4; place++ {
		if !strings.Contains(said.String(), fmt.Sprintf("zone-%d ", place)) {
			t.Errorf("nothing is said of zone-%d:\n%s", place, said.String())
		}
	}
	reads, truth := csvOf(t, room(2))
	right := func(file string) int {
		lines, _, err := run(t, replay{recording: recording{Site: site, Truth: truth, Reads: reads}, Learnt: file})
		if err != nil || lines[len(lines)-1].Score == nil {
			t.Fatal(err)
		}
		return lines[len(lines)-1].Score.Right
	}
	with, without := right(put(t, "learnt.json", out.String())), right("")
	t.Logf("%d reads right with calibration, %d without", with, without)
	if with*100 < without*97 {
		t.Errorf("%d reads right with calibration, %d without", with, without)
	}
}

func TestCalibrateSaysWhatItCannotLearn(t *testing.T) {
	site, reads := put(t, "site.yaml", twoZones), put(t, "reads.csv", recordedWalk("time,reader,antenna,epc,rssi", plainRow))
	var out, said strings.Builder
	one := put(t, "truth.csv", "epc,from_time,to_time,place\ne2000a,1000,1110,zone-1\n")
	if err := (&calibrate{recording{Site: site, Truth: one, Reads: reads}}).run(strings.NewReader(""), &out, &said); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "zone-2               nothing was read") {
		t.Errorf("said\n%s", said.String())
	}
	for want, c := range map[string]recording{
		"--truth is missing":                   {Site: site, Reads: reads},
		"do both files speak of the same tags": {Site: site, Reads: reads, Truth: put(t, "other.csv", "epc,from_time,to_time,place\ne2000b,1000,1110,zone-1\n")},
	} {
		if err := (&calibrate{c}).run(strings.NewReader(""), &out, &said); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want …%s…", err, want)
		}
	}
}

func TestReplayRefusesWhatCalibrateDidNotWrite(t *testing.T) {
	c := replay{recording: recording{Site: put(t, "site.yaml", twoZones), Reads: put(t, "reads.csv", recordedWalk("time,reader,antenna,epc,rssi", plainRow))}}
	for text, want := range map[string]string{
		"":                  "EOF",
		"time,reader\n":     "give the file that trilock calibrate wrote",
		`{"colour": "red"}`: "colour",
		`{"antennas": [{"antenna": {"reader": "reader-1", "port": 1}, "usual": 1e9, "rounds": 5}]}`: "learnt parameters",
	} {
		c.Learnt = put(t, "learnt.json", text)
		if _, _, err := run(t, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want …%s…", text, err, want)
		}
	}
	c.Learnt = filepath.Join(t.TempDir(), "none")
	if _, _, err := run(t, c); err == nil {
		t.Error("a file that is not there was read")
	}
}
