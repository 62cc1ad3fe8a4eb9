package fact_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"trilock/custody/fact"
)

func TestEPCTextIsTheSameBothWays(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		raw := rapid.SliceOfN(rapid.Byte(), 1, fact.MaxEPCBytes).Draw(r, "epc")
		e, err := fact.EPCFromBytes(raw)
		if err != nil {
			r.Fatal(err)
		}
		again, err := fact.ParseEPC(strings.ToLower(e.String()))
		if err != nil || again != e || string(again.Bytes()) != string(raw) {
			r.Fatalf("%x became %s, %v", raw, again, err)
		}
		var read fact.EPC
		if text, err := e.MarshalText(); err != nil || read.UnmarshalText(text) != nil || read != e {
			r.Fatalf("%x does not survive its text form", raw)
		}
	})
}

func TestEPCRefusesWhatNoTagHolds(t *testing.T) {
	for _, text := range []string{"", "E2 0", "hello", strings.Repeat("00", fact.MaxEPCBytes+1)} {
		if e, err := fact.ParseEPC(text); err == nil {
			t.Errorf("%q is taken for %s", text, e)
		}
	}
	if e, err := fact.ParseEPC("e2-80 11"); err != nil || e.String() != "E28011" {
		t.Errorf("grouped digits: %s, %v", e, err)
	}
}

func TestTextFillsBothLanguages(t *testing.T) {
	inner := fact.Text{ZH: "甲柜", EN: "cabinet A"}
	got := fact.Text{ZH: "%[2]d 份在 %[1]s", EN: "%[1]s holds %[2]d"}.Fill(inner, 3)
	if want := (fact.Text{ZH: "3 份在 甲柜", EN: "cabinet A holds 3"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got.In("fr") != got.ZH || got.In(fact.English) != got.EN {
		t.Error("the language of the house is Chinese")
	}
}

func TestCardsAreMasked(t *testing.T) {
	card := fact.CardID("raw:26:A8ED3140")
	if got := card.Masked(); strings.Contains(got, "A8ED") || !strings.HasSuffix(got, "40") {
		t.Errorf("masked card: %q", got)
	}
	if got := fact.CardID("4").Masked(); strings.Contains(got, "4") {
		t.Errorf("masked card: %q", got)
	}
}

// Recordings hold millions of EPCs: reading one allocates nothing.
func TestParseEPCAllocatesNothing(t *testing.T) {
	text, sink := "2C74 257B-F400 0000 0000 0001", fact.EPC{}
	allocations := testing.AllocsPerRun(100, func() {
		var err error
		if sink, err = fact.ParseEPC(text); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 || sink.String() != "2C74257BF400000000000001" {
		t.Errorf("%v allocations, read as %s", allocations, sink)
	}
}
