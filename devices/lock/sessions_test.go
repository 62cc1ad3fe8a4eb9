package lock

import (
	"fmt"
	"strings"
	"testing"
)

func TestSessionNames(t *testing.T) {
	n := newSessionNames()
	first, err := n.id("S-000001")
	if err != nil {
		t.Fatal(err)
	}
	again, _ := n.id("S-000001")
	other, _ := newSessionNames().id("S-000001")
	if first != again || first == other || n.name(first) != "S-000001" || n.name(other) != other.String() {
		t.Error("a name has one id in one run, and another in the next")
	}
	for i := range sessionsKept {
		if _, err := n.id(fmt.Sprintf("S-%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if n.name(first) != first.String() || len(n.names) != sessionsKept || len(n.order) != sessionsKept {
		t.Errorf("%d names kept", len(n.names))
	}
	for _, bad := range []string{"", strings.Repeat("x", maxSessionBytes+1)} {
		if _, err := n.id(bad); err == nil {
			t.Errorf("a name of %d bytes", len(bad))
		}
	}
}
