package recorded

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"trilock/custody/fact"
	"trilock/custody/presence"
)

// Rows reads recorded reads from a CSV file with a heading. Columns, in any order: time,
// reader, antenna (port, a number), epc (hexadecimal), rssi (dBm; empty where the reader gave none); and, where
// the recorder has them, phase (degrees) and round (what marks the reader's rounds). A row without
// epc is a round in which nothing was heard. Other columns are ignored.
type Rows struct {
	table *table
	clock *Clock
	time, reader, antenna,
	epc, rssi, phase, round int
}

// NewRows reads the heading. Times are read by clock.
func NewRows(r io.Reader, clock *Clock) (*Rows, error) {
	t, err := newTable(r, "time", "reader", "antenna", "epc", "rssi")
	if err != nil {
		return nil, err
	}
	return &Rows{
		table: t, clock: clock,
		time: t.column("time"), reader: t.column("reader"), antenna: t.column("antenna"),
		epc: t.column("epc"), rssi: t.column("rssi"), phase: t.column("phase"), round: t.column("round"),
	}, nil
}

// Next returns the next row and the EPC as the file writes it. It returns io.EOF after the last. After a
// *RowError it can be called again, and goes on with the next row.
func (r *Rows) Next() (read Read, epc string, err error) {
	if err := r.table.next(); err != nil {
		return Read{}, "", err
	}
	t := r.table
	at, ok := r.clock.Read(t.row[r.time])
	if !ok {
		return Read{}, "", t.wrong(r.time, r.clock.Form())
	}
	read.At = at
	if name := t.row[r.reader]; name == "" || len(name) > fact.MaxNameLen {
		return Read{}, "", t.wrong(r.reader, fmt.Sprintf("a reader's name of at most %d bytes", fact.MaxNameLen))
	}
	read.Antenna.Reader = fact.DeviceID(t.row[r.reader])
	port, err := strconv.ParseUint(t.row[r.antenna], 10, 8)
	if err != nil {
		return Read{}, "", t.wrong(r.antenna, "the number of an antenna port, 0 to 255")
	}
	read.Antenna.Port = uint8(port)
	read.Read = fact.Read{RSSIcdBm: fact.RSSIUnknown, Phase: fact.PhaseUnknown}
	if r.round >= 0 {
		read.Mark = t.row[r.round]
	}
	if epc = t.row[r.epc]; epc == "" {
		return read, "", nil
	}
	if read.Read.EPC, err = fact.ParseEPC(epc); err != nil {
		return Read{}, "", t.wrong(r.epc, fmt.Sprintf("an EPC in hexadecimal, two digits for each of 1 to %d bytes", fact.MaxEPCBytes))
	}
	return read, epc, r.strength(&read.Read)
}

// strength reads rssi and phase.
func (r *Rows) strength(to *fact.Read) error {
	t := r.table
	if text := t.row[r.rssi]; text != "" {
		dBm, err := strconv.ParseFloat(text, 64)
		if err != nil || !(dBm >= minDBm && dBm <= maxDBm) {
			return t.wrong(r.rssi, fmt.Sprintf("a strength from %g to %g dBm, or nothing", minDBm, maxDBm))
		}
		to.RSSIcdBm = int16(math.Round(dBm * 100))
	}
	if r.phase < 0 || t.row[r.phase] == "" {
		return nil
	}
	degrees, err := strconv.ParseFloat(t.row[r.phase], 64)
	if err != nil || !(math.Abs(degrees) <= 1e6) {
		return t.wrong(r.phase, "a phase in degrees, or nothing")
	}
	to.Phase = int16(math.Floor((degrees/360-math.Floor(degrees/360))*4096)) & 4095
	return nil
}

// Stay says that a tag was in a place from one time until just before another.
type Stay struct {
	Place    fact.PlaceID
	From, To time.Duration
}

// ReadTruth reads where tags were from a CSV file with a heading and the columns epc,
// from_time, to_time and place, in any order; place may be empty for "nowhere that is
// watched". Rows of one tag must be in the order of time and not overlap. Places that the
// site does not list are refused, those that no antenna watches become presence.Elsewhere. The error says
// line, column and what is wanted.
func ReadTruth(r io.Reader, clock *Clock, site presence.Site) (map[fact.EPC][]Stay, error) {
	t, err := newTable(r, "epc", "from_time", "to_time", "place")
	if err != nil {
		return nil, err
	}
	watched := map[fact.PlaceID]bool{presence.Elsewhere: false}
	for _, p := range site.Places {
		watched[p.ID] = false
	}
	for _, w := range site.Antennas {
		watched[w.Place] = true
	}
	truth := map[fact.EPC][]Stay{}
	for n := 0; ; n++ {
		switch err := t.next(); {
		case errors.Is(err, io.EOF):
			return truth, nil
		case err != nil:
			return nil, err
		case n == MaxStays:
			return nil, fmt.Errorf("line %d: more than %d rows: cut the recording", t.line, MaxStays)
		}
		epc, stay, err := t.stay(clock, watched)
		if err != nil {
			return nil, err
		}
		before := truth[epc]
		if k := len(before); k > 0 && stay.From < before[k-1].To {
			return nil, t.wrong(t.column("from_time"), "a time not before the end of the tag's row before: sort the file by tag and time")
		}
		truth[epc] = append(before, stay)
	}
}

// stay reads the present row of a truth.
func (t *table) stay(clock *Clock, watched map[fact.PlaceID]bool) (epc fact.EPC, s Stay, err error) {
	column := t.column("epc")
	if epc, err = fact.ParseEPC(t.row[column]); err != nil {
		return epc, s, t.wrong(column, "an EPC in hexadecimal")
	}
	var ok bool
	column = t.column("from_time")
	if s.From, ok = clock.Read(t.row[column]); !ok {
		return epc, s, t.wrong(column, clock.Form())
	}
	column = t.column("to_time")
	if s.To, ok = clock.Read(t.row[column]); !ok || s.To < s.From {
		return epc, s, t.wrong(column, clock.Form()+", not before from_time")
	}
	column = t.column("place")
	hears, known := watched[fact.PlaceID(t.row[column])]
	if !known {
		return epc, s, t.wrong(column, "the id of a place of the site, or nothing")
	}
	if hears {
		s.Place = fact.PlaceID(t.row[column])
	}
	return epc, s, nil
}
