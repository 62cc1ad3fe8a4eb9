package osdp

import (
	"bufio"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vector is one line of a file in testdata.
type vector struct {
	reply   bool
	raw     []byte
	data    []byte // in clear
	mac     []byte // all 16 bytes, nil if the frame has none
	meaning string
}

// unhex reads hexadecimal with spaces; "-" and "" are nothing.
func unhex(t testing.TB, text string) []byte {
	t.Helper()
	text = strings.ReplaceAll(strings.TrimSpace(text), " ", "")
	if text == "-" {
		return nil
	}
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return raw
}

// vectors reads a file of two or five columns.
func vectors(t testing.TB, name string) []vector {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []vector
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		columns := strings.SplitN(lines.Text(), " | ", 5)
		if len(columns) == 2 {
			all = append(all, vector{raw: unhex(t, columns[0]), meaning: columns[1]})
			continue
		}
		all = append(all, vector{
			reply: columns[0] == "<-", raw: unhex(t, columns[1]), data: unhex(t, columns[2]),
			mac: unhex(t, columns[3]), meaning: columns[4],
		})
	}
	if len(all) == 0 {
		t.Fatalf("no vectors in %s", name)
	}
	return all
}

func key(t testing.TB, text string) Key { return Key(unhex(t, text)) }
