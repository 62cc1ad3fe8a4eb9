package approval

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// approve has persons approve in turn, each holding the posts named after the colon, and
// returns who counted.
func approve(t *testing.T, text string, persons ...string) (p Plan, given []Given) {
	t.Helper()
	p, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, person := range persons {
		name, posts, _ := strings.Cut(person, ":")
		if g, ok := p.Place(given, name, func(post string) bool { return slices.Contains(strings.Split(posts, ","), post) }); ok {
			given = append(given, g)
		}
	}
	return p, given
}

func TestPlans(t *testing.T) {
	for _, c := range []struct {
		text    string
		persons []string
		counted int
		done    bool
	}{
		{"", nil, 0, true},
		{"head", []string{"a:head"}, 1, true},
		{"head", []string{"a:clerk"}, 0, false},
		{"head then leader", []string{"b:leader", "a:head"}, 1, false},
		{"head then leader", []string{"a:head", "b:leader"}, 2, true},
		{"head and leader", []string{"b:leader", "a:head"}, 2, true},
		{"head and leader", []string{"a:head,leader", "a:head,leader"}, 1, false},
		{"head or deputy", []string{"a:deputy"}, 1, true},
		{"2 of (x, y, z)", []string{"a:x", "a:x"}, 1, false},
		{"2 of (x, y, z)", []string{"a:z", "b:z"}, 2, true},
		{"(head and unit) then 2 of (x, y)", []string{"a:head", "c:x", "b:unit", "c:x", "d:y"}, 4, true},
		{"a then b and c then d", []string{"1:c", "1:a", "2:c", "3:b", "4:d"}, 4, true},
	} {
		p, given := approve(t, c.text, c.persons...)
		if len(given) != c.counted || p.Done(given) != c.done {
			t.Errorf("%q with %v: %d counted, done %v", c.text, c.persons, len(given), p.Done(given))
		}
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"then head":                          `word 1 is "then"`,
		"head then":                          "the text ends, expected a post",
		"head leader":                        `word 2 is "leader"`,
		"2 (a)":                              "“of (”",
		"2 of (a":                            "“)”",
		"0 of (a)":                           "from 1 to 12",
		"13 of (a)":                          "from 1 to 12",
		"(head":                              "“)”",
		"((((((head))))))":                   "deep",
		"7 of (a) and 7 of (b)":              "more than 12 persons",
		strings.Repeat("a then ", 100) + "a": "longer than 500 bytes",
		"head,leader":                        `word 2 is ","`,
		"a then b and c then d or then something": `word 9 is "then"`,
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestNobodyCountsTwice holds for whatever plan and whoever approves: as many persons as
// places, and the plan is done exactly when no place is left.
func TestNobodyCountsTwice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		posts := []string{"a", "b", "c"}
		var text strings.Builder
		for i := range rapid.IntRange(1, 4).Draw(rt, "parts") {
			if i > 0 {
				text.WriteString(rapid.SampledFrom([]string{" then ", " and "}).Draw(rt, "between"))
			}
			text.WriteString(rapid.SampledFrom([]string{"a", "b or c", "2 of (a, b)", "(a then b)"}).Draw(rt, "part"))
		}
		p, err := Parse(text.String())
		if err != nil {
			rt.Fatal(err)
		}
		var given []Given
		by := map[string]bool{}
		for range 20 {
			who := rapid.SampledFrom([]string{"1", "2", "3", "4", "5", "6", "7", "8"}).Draw(rt, "who")
			holds := rapid.SampledFrom(posts).Draw(rt, "post")
			g, ok := p.Place(given, who, func(post string) bool { return post == holds })
			if !ok {
				continue
			}
			if by[who] || !slices.Contains(p.slots[g.Slot], holds) {
				rt.Fatalf("%q: %s fills place %d as %s after %v", text.String(), who, g.Slot, holds, given)
			}
			by[who] = true
			given = append(given, g)
		}
		if p.Done(given) != (len(given) == p.Persons()) {
			rt.Fatalf("%q: %d of %d given, done %v", text.String(), len(given), p.Persons(), p.Done(given))
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "a then b", "2 of (a, b) and (c or d)", "((a))", "1 of ("} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(p.String())
		if err != nil || again.String() != p.String() || again.Persons() != p.Persons() {
			t.Fatalf("%q came back as %q: %v", text, again.String(), err)
		}
	})
}
