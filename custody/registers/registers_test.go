package registers_test

import (
	"encoding/csv"
	"reflect"
	"strings"
	"testing"
	"time"

	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/registers"
)

// Every kind of entry that a register names exists, and each path leads to a field of it.
func TestRegistersNameWhatTheRecordHas(t *testing.T) {
	all := registers.All()
	if len(all) != 10 {
		t.Errorf("%d registers, want ten", len(all))
	}
	for _, r := range all {
		for _, kind := range r.Kinds {
			if _, err := custody.DecodeEvent(kind, []byte("{}")); err != nil {
				t.Errorf("%s: %v", r.ID, err)
			}
		}
		for _, c := range r.Columns {
			if c.Heading.ZH == "" || c.Heading.EN == "" {
				t.Errorf("%s: a heading lacks a language: %+v", r.ID, c.Heading)
			}
			for kind, path := range c.Paths {
				ev, err := custody.DecodeEvent(kind, []byte("{}"))
				if err != nil {
					t.Errorf("%s: %v", r.ID, err)
				} else if !leads(reflect.TypeOf(ev).Elem(), strings.Split(path, ".")) {
					t.Errorf("%s: entry %s has no field %s", r.ID, kind, path)
				}
			}
		}
	}
}

func leads(of reflect.Type, path []string) bool {
	if len(path) == 0 {
		return true
	}
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct {
		return false
	}
	for i := range of.NumField() {
		f := of.Field(i)
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name == path[0] {
			return leads(f.Type, path[1:])
		}
		if f.Anonymous && leads(f.Type, path) {
			return true
		}
	}
	return false
}

// A title is in the receipts of who may see it, and masked for everybody else (REC-2); a cell that
// a spreadsheet would run is text.
func TestReceipts(t *testing.T) {
	r, ok := registers.ByID("receipts")
	if !ok {
		t.Fatal("there is no register of receipts")
	}
	e := custody.Entry{Seq: 7, At: fact.Stamp{Wall: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)}, Actor: "p-0001", Subject: "JM-2026-0001",
		Event: &custody.DocumentRegistered{Document: custody.DocumentRecord{ID: "JM-2026-0001", Title: "=cmd()", Level: custody.Secret, Copy: 1, Copies: 2}}}
	for _, c := range []struct {
		shown func(custody.DocumentID) bool
		title string
	}{{nil, "＊＊＊"}, {func(custody.DocumentID) bool { return false }, "＊＊＊"}, {func(id custody.DocumentID) bool { return id == "JM-2026-0001" }, "'=cmd()"}} {
		row, has, err := r.Row(e, c.shown)
		if err != nil || !has {
			t.Fatalf("no row: %v", err)
		}
		var out strings.Builder
		if err := r.WriteCSV(&out, "zh", time.FixedZone("CST", 8*3600), []registers.Row{row}); err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
		if err != nil || len(lines) != 2 {
			t.Fatalf("%v: %q", err, out.String())
		}
		if got := lines[1]; got[0] != "7" || got[1] != "2026-03-02 09:00:00" || got[6] != c.title || got[7] != "secret" {
			t.Errorf("row is %q, want title %q", got, c.title)
		}
	}
	if _, has, _ := r.Row(custody.Entry{Event: &custody.Started{}}, nil); has {
		t.Error("a start stands in the register of receipts")
	}
}
