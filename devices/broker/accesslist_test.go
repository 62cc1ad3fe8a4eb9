package broker

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAccessList(t *testing.T) {
	got := AccessList("trilockd", []string{"lock-1"}, []PlainClient{{Name: "bridge", Publish: []string{"z/a"}, Subscribe: []string{"z/a/set"}}})
	const want = `
# The daemon commands, and hears what locks say.
user trilockd
topic write trilock/lock/lock-1/cmd
topic read trilock/lock/lock-1/evt
topic read trilock/lock/lock-1/online

# A lock hears its own commands, and speaks for itself.
user lock-1
topic write trilock/lock/lock-1/evt
topic write trilock/lock/lock-1/online
topic read trilock/lock/lock-1/cmd

# Plain locks: the daemon's second identity commands and hears them, and whoever speaks for them reaches their topics alone.
user bridge
topic write z/a
topic read z/a/set
`
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// Whatever names and topics are made of, no line of the list grants what was not asked for.
func TestAccessListGrantsNothingElse(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringMatching(`([a-z]|\n|\r| |%|\+|#|/|topic write #){0,12}`)
		p := PlainClient{Name: text.Draw(r, "name"), Publish: []string{text.Draw(r, "publish")}, Subscribe: []string{text.Draw(r, "subscribe")}}
		for line := range strings.SplitSeq(AccessList("trilockd", nil, []PlainClient{p}), "\n") {
			switch {
			case line == "", strings.HasPrefix(line, "# "), line == "user "+p.Name && !strings.ContainsAny(p.Name, " %\r"):
			case line == "topic write "+p.Publish[0] && !strings.ContainsAny(line[12:], "+#% \r"), line == "topic read "+p.Subscribe[0] && !strings.ContainsAny(line[11:], "+#% \r"):
			default:
				r.Fatalf("%+v makes the line %q", p, line)
			}
		}
	})
}
