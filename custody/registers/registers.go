// Package registers makes the paper registers that people know from the record: the register of
// receipts, of lending, the circulation sheet, and so on (REC-1). It owns which entries stand in
// which register, and under which heading. It refuses to know more than the record does: a row
// is one entry, in the order of the record, with its number, so that whoever doubts a line finds
// it there.
//
//	entries ──► Rows(register) ──► WriteCSV, or whatever prints
//
// Titles are shown to those who may see them alone (REC-2): the caller says who that is.
package registers

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"trilock/custody"
	"trilock/custody/fact"
)

// Column is one column of a register: its heading, and where each kind of entry has its content,
// as a dotted path in the entry's JSON form. A kind without a path leaves the cell empty.
type Column struct {
	Heading fact.Text
	Paths   map[string]string
	// Title: it is a document's title, which not everybody may read (REC-2).
	Title bool
}

// Register is one of the registers.
type Register struct {
	ID      string
	Name    fact.Text
	Kinds   []string // of the entries that stand in it
	Columns []Column
}

// Row is one line: the entry's number, time and kind, who did it, what it is about, and a cell for
// each column.
type Row struct {
	Seq     uint64
	At      time.Time
	Kind    string
	Actor   string
	Subject string
	Cells   []string
}

// ByID returns a register by its id; false if there is none.
func ByID(id string) (Register, bool) {
	for _, r := range All() {
		if r.ID == id {
			return r, true
		}
	}
	return Register{}, false
}

// holds reports whether an entry of a kind stands in the register.
func (r Register) holds(kind string) bool {
	for _, k := range r.Kinds {
		if k == kind {
			return true
		}
	}
	return false
}

// Row returns the line of an entry, or false if it has none here. shown says whether the reader
// may see the title of a document; nil shows none. The error names an entry that cannot be read.
func (r Register) Row(e custody.Entry, shown func(custody.DocumentID) bool) (Row, bool, error) {
	kind := e.Event.Kind()
	if !r.holds(kind) {
		return Row{}, false, nil
	}
	raw, err := custody.EncodeEvent(e.Event)
	if err != nil {
		return Row{}, false, fmt.Errorf("entry %d: %w", e.Seq, err)
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		return Row{}, false, fmt.Errorf("entry %d: %w", e.Seq, err)
	}
	row := Row{Seq: e.Seq, At: e.At.Wall, Kind: kind, Actor: e.Actor, Subject: e.Subject}
	for _, c := range r.Columns {
		cell := ""
		if path, has := c.Paths[kind]; has {
			cell = text(at(fields, path))
		}
		if c.Title && cell != "" && (shown == nil || !shown(custody.DocumentID(e.Subject))) {
			cell = "＊＊＊"
		}
		row.Cells = append(row.Cells, cell)
	}
	return row, true, nil
}

func at(v any, path string) any {
	for _, key := range strings.Split(path, ".") {
		m, is := v.(map[string]any)
		if !is {
			return nil
		}
		v = m[key]
	}
	return v
}

// text writes a value as people read it in a cell.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		parts := make([]string, len(v))
		for i, one := range v {
			parts[i] = text(one)
		}
		return strings.Join(parts, "、")
	case map[string]any:
		raw, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(raw)
	}
	return fmt.Sprint(v)
}

// WriteCSV writes a register's heading and rows, in one language ("zh", or else English), with
// times as clocks at the site show them. A cell that a spreadsheet would take for a formula is
// written as text.
func (r Register) WriteCSV(w io.Writer, lang string, zone *time.Location, rows []Row) error {
	word := func(t fact.Text) string {
		if lang == "zh" {
			return t.ZH
		}
		return t.EN
	}
	out := csv.NewWriter(w)
	heading := []string{word(fact.Text{ZH: "记录号", EN: "entry"}), word(fact.Text{ZH: "时间", EN: "time"}), word(fact.Text{ZH: "事项", EN: "what"}), word(fact.Text{ZH: "经办", EN: "by"}), word(fact.Text{ZH: "对象", EN: "about"})}
	for _, c := range r.Columns {
		heading = append(heading, word(c.Heading))
	}
	lines := [][]string{heading}
	for _, row := range rows {
		line := []string{fmt.Sprint(row.Seq), row.At.In(zone).Format(time.DateTime), row.Kind, row.Actor, row.Subject}
		lines = append(lines, append(line, row.Cells...))
	}
	for _, line := range lines {
		for i, cell := range line {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				line[i] = "'" + cell
			}
		}
		if err := out.Write(line); err != nil {
			return fmt.Errorf("register %s: %w", r.ID, err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("register %s: %w", r.ID, err)
	}
	return nil
}
