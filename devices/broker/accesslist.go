package broker

import (
	"fmt"
	"strings"
)

// AccessList returns, in the form of mosquitto's acl_file, the rights that the built-in
// broker grants to the daemon, to locks and to clients of plain locks: each lock reaches
// its own three topics, and everything that is not listed is denied. Names are the common
// names of certificates. Rights that cannot be written down, for a name or a topic that
// would end its line or be a pattern, are left out, and a comment stands in their place.
func AccessList(daemon string, locks []string, plain []PlainClient) string {
	var list accessList
	var commands, reports []string
	for _, lock := range locks {
		commands = append(commands, topic(lock, "cmd"))
		reports = append(reports, topic(lock, "evt"), topic(lock, "online"))
	}
	if len(locks) > 0 {
		list.comment("The daemon commands, and hears what locks say.")
		list.user(daemon, commands, reports)
		list.comment("A lock hears its own commands, and speaks for itself.")
	}
	for _, lock := range locks {
		list.user(lock, []string{topic(lock, "evt"), topic(lock, "online")}, []string{topic(lock, "cmd")})
	}
	if len(plain) > 0 {
		list.comment("Plain locks: the daemon's second identity commands and hears them, and whoever speaks for them reaches their topics alone.")
	}
	for _, p := range plain {
		list.user(p.Name, p.Publish, p.Subscribe)
	}
	return list.text.String()
}

func topic(lock, role string) string { return "trilock/lock/" + lock + "/" + role }

type accessList struct{ text strings.Builder }

func (a *accessList) comment(what string) { fmt.Fprintf(&a.text, "\n# %s\n", what) }

// user writes the rights of one certificate.
func (a *accessList) user(name string, publish, subscribe []string) {
	if name == "" || !writable(name) {
		fmt.Fprintf(&a.text, "# no rights: a client without a name, or of a name that cannot stand here\n")
		return
	}
	fmt.Fprintf(&a.text, "user %s\n", name)
	for _, right := range []struct {
		word   string
		topics []string
	}{{"write", publish}, {"read", subscribe}} {
		for _, t := range right.topics {
			if t == "" || !writable(t) || strings.ContainsAny(t, "+#") {
				fmt.Fprintf(&a.text, "# no %s: a topic that cannot stand here\n", right.word)
				continue
			}
			fmt.Fprintf(&a.text, "topic %s %s\n", right.word, t)
		}
	}
}

// writable reports whether a word stays on its line and is nothing that mosquitto replaces.
func writable(word string) bool { return !strings.ContainsAny(word, " \t\r\n\x00%") }
