package recorded_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/presence/recorded"
)

const heading = "time,reader,antenna,epc,rssi\n"

func rowsOf(t *testing.T, text string) (*recorded.Rows, *recorded.Clock) {
	t.Helper()
	clock := &recorded.Clock{}
	rows, err := recorded.NewRows(strings.NewReader(text), clock)
	if err != nil {
		t.Fatal(err)
	}
	return rows, clock
}

func TestRowsInAnyOrderOfColumns(t *testing.T) {
	rows, clock := rowsOf(t, "\uFEFFphase, RSSI ,epc,comment,round,antenna,reader,time\r\n"+
		"90,-61.25,e200 0001,\"a, \"\"b\"\"\",7,2,reader-1,100.25\r\n"+
		"\r\n"+
		",,E2000002,,8,3,reader-1,100.5\n"+
		"-90,-1e1,,,8,3,reader-1,101") // no line end
	first, spelt, err := rows.Next()
	if err != nil {
		t.Fatal(err)
	}
	want := recorded.Read{Antenna: fact.Antenna{Reader: "reader-1", Port: 2}, Mark: "7",
		Read: fact.Read{EPC: epc(t, "E2000001"), RSSIcdBm: -6125, Phase: 1024}}
	if first != want || spelt != "e200 0001" {
		t.Errorf("first row: %+v %q, want %+v", first, spelt, want)
	}
	second, _, err := rows.Next()
	if err != nil || second.At != 250*time.Millisecond || second.Read.RSSIcdBm != fact.RSSIUnknown || second.Read.Phase != fact.PhaseUnknown {
		t.Errorf("second row: %+v, %v", second, err)
	}
	third, spelt, err := rows.Next()
	if err != nil || !third.Read.EPC.IsZero() || spelt != "" || third.Mark != "8" {
		t.Errorf("a row without epc: %+v, %v", third, err)
	}
	if _, _, err := rows.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last row: %v", err)
	}
	if got := string(clock.Append(nil, second.At)); got != "100.5" {
		t.Errorf("the time is written as %s", got)
	}
}

func TestTimesKeepTheirForm(t *testing.T) {
	rows, clock := rowsOf(t, heading+"2026-01-05T08:00:00.25+08:00,r,1,E2,-60\n2026-01-05T00:00:01Z,r,1,E2,-60\n")
	for range 2 {
		read, _, err := rows.Next()
		if err != nil {
			t.Fatal(err)
		}
		if read.At != 0 {
			if got := string(clock.Append(nil, read.At)); got != `"2026-01-05T08:00:01+08:00"` || read.At != 750*time.Millisecond {
				t.Errorf("second time: %v, written as %s", read.At, got)
			}
		}
	}
}

func TestWrongRowsSayWhere(t *testing.T) {
	good := "1,r,1,E200,-60\n"
	for _, c := range []struct{ row, want string }{
		{"soon,r,1,E200,-60", `line 3, column 1 (time): found "soon", want a time in seconds`},
		{"2026-01-05T08:00:00Z,r,1,E200,-60", `column 1 (time)`},
		{"NaN,r,1,E200,-60", `column 1 (time)`},
		{"1e300,r,1,E200,-60", `column 1 (time)`},
		{"2,,1,E200,-60", `column 2 (reader)`},
		{"2," + strings.Repeat("r", 41) + ",1,E200,-60", `column 2 (reader)`},
		{"2,r,left,E200,-60", `column 3 (antenna): found "left", want the number of an antenna port`},
		{"2,r,256,E200,-60", `column 3 (antenna)`},
		{"2,r,1,tag-7,-60", `column 4 (epc): found "tag-7", want an EPC in hexadecimal`},
		{"2,r,1,E20,-60", `column 4 (epc)`},
		{"2,r,1," + strings.Repeat("00", 63) + ",-60", `column 4 (epc)`},
		{"2,r,1,E200,loud", `column 5 (rssi)`},
		{"2,r,1,E200,-151", `column 5 (rssi): found "-151", want a strength from -150 to 50 dBm`},
		{"2,r,1,E200,NaN", `column 5 (rssi)`},
		{"2,r,1,E200", `line 3: found 4 columns, want 5, as in the heading`},
		{"2,r,1,E200,-60,7", `line 3: found 6 columns`},
		{`2,"r,1,E200,-60`, `line 3, column 2 (reader): found a quote that is not closed`},
		{`2,r"x,1,E200,-60`, `line 3, column 2 (reader): found a quote`},
		{`2,"r"x,1,E200,-60`, `line 3, column 2 (reader): found a quote`},
		{strings.Repeat("x", recorded.MaxLineBytes+10), `line 3: found more than 4096 bytes`},
		{strings.Repeat(",", 300), `line 3: found more than 256 columns`},
	} {
		rows, _ := rowsOf(t, heading+good+c.row+"\n"+good)
		if _, _, err := rows.Next(); err != nil {
			t.Fatal(err)
		}
		_, _, err := rows.Next()
		var bad *recorded.RowError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q: %v, want …%s…", c.row, err, c.want)
		}
		if _, _, err := rows.Next(); err != nil {
			t.Errorf("%.60q spoils the row after it: %v", c.row, err)
		}
	}
}

func TestHeadingMustNameTheColumns(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "the file is empty",
		"\n\n":                           "the file is empty",
		"1,r,1,E200,-60\n":               "no column time in the heading",
		"time,reader,antenna,epc\n":      "no column rssi",
		"time;reader;antenna;epc;rssi\n": "no column time",
	} {
		if _, err := recorded.NewRows(strings.NewReader(text), &recorded.Clock{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want …%s…", text, err, want)
		}
	}
}

func room() presence.Site {
	site := presence.Site{Places: []presence.Place{{ID: "a", Adjoins: []fact.PlaceID{"b"}}, {ID: "b"}, {ID: "outside", Adjoins: []fact.PlaceID{"a"}}}}
	for port, place := range []fact.PlaceID{"a", "b"} {
		site.Antennas = append(site.Antennas, presence.Watch{Antenna: fact.Antenna{Reader: "r", Port: uint8(port + 1)}, Place: place})
	}
	return site
}

func TestTruth(t *testing.T) {
	read := func(text string) (map[fact.EPC][]recorded.Stay, error) {
		clock := &recorded.Clock{}
		clock.Read("10")
		return recorded.ReadTruth(strings.NewReader(text), clock, room())
	}
	truth, err := read("place,epc,to_time,from_time\na,e200,20,10\noutside,E200,30,20\n,E200,40,30\nb,E201,15,5\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []recorded.Stay{{Place: "a", To: 10 * time.Second}, {From: 10 * time.Second, To: 20 * time.Second}, {From: 20 * time.Second, To: 30 * time.Second}}
	if got := truth[epc(t, "E200")]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("E200: %v, want %v", got, want)
	}
	if got := truth[epc(t, "E201")]; len(got) != 1 || got[0].From != -5*time.Second {
		t.Errorf("E201: %v", got)
	}
	for text, want := range map[string]string{
		"epc,from_time,to_time,place\nE200,10,20,attic\n":             `line 2, column 4 (place): found "attic"`,
		"epc,from_time,to_time,place\nE200,20,10,a\n":                 `line 2, column 3 (to_time)`,
		"epc,from_time,to_time,place\nE200,x,10,a\n":                  `line 2, column 2 (from_time)`,
		"epc,from_time,to_time,place\nzz,1,10,a\n":                    `line 2, column 1 (epc)`,
		"epc,from_time,to_time,place\nE200,10,20,a\nE200,19,30,b\n":   `line 3, column 2 (from_time)`,
		"epc,from_time,to_time\nE200,10,20\n":                         "no column place",
		"epc,from_time,to_time,place\nE200,2026-01-05T08:00:00Z,20,a": `line 2, column 2 (from_time): found "2026-01-05T08:00:00Z", want a time in seconds`,
	} {
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want …%s…", text, err, want)
		}
	}
}

// FuzzRows: whatever the file is, reading it ends, errors name a line, and what is read is in range.
func FuzzRows(f *testing.F) {
	f.Add([]byte(heading + "1,r,1,E200,-60\n2,\"r\",2,,\n"))
	f.Add([]byte("epc,rssi,time,reader,antenna,phase,round\nE2,-1,2026-01-05T08:00:00Z,r,1,3,4\n"))
	f.Add([]byte("epc,from_time,to_time,place\nE200,10,20,a\nE200,20,30,\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		clock := &recorded.Clock{}
		if truth, err := recorded.ReadTruth(strings.NewReader(string(text)), clock, room()); err == nil {
			for _, stays := range truth {
				for k, s := range stays {
					if s.To < s.From || k > 0 && s.From < stays[k-1].To {
						t.Fatalf("stays out of order: %v", stays)
					}
				}
			}
		}
		clock = &recorded.Clock{}
		rows, err := recorded.NewRows(strings.NewReader(string(text)), clock)
		if err != nil {
			return
		}
		player, err := recorded.NewPlayer(room(), presence.DefaultPolicy())
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; ; n++ {
			read, _, err := rows.Next()
			var bad *recorded.RowError
			switch {
			case errors.Is(err, io.EOF):
				if _, err := player.Flush(nil); err != nil {
					t.Fatal(err)
				}
				return
			case errors.As(err, &bad):
				if bad.Line < 1 || bad.Line > strings.Count(string(text), "\n")+1 {
					t.Fatalf("line %d of a file of %d", bad.Line, strings.Count(string(text), "\n")+1)
				}
				continue
			case err != nil:
				t.Fatal(err)
			}
			if n > len(text) {
				t.Fatal("more rows than bytes")
			}
			if _, err := player.Take(read, nil); err != nil {
				t.Fatal(err)
			}
			clock.Append(nil, read.At)
		}
	})
}

func epc(t testing.TB, text string) fact.EPC {
	t.Helper()
	e, err := fact.ParseEPC(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
