package main

import (
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lockVectors are the test vectors of the lock protocol, with its keys.
type lockVectors struct {
	Keys []struct {
		Name   string `json:"name"`
		Public string `json:"public_spki"`
	} `json:"keys"`
	Messages []struct {
		Name    string `json:"name"`
		Lock    string `json:"lock"`
		Key     string `json:"key"`
		Message string `json:"message"`
	} `json:"messages"`
	Verdicts []struct {
		Name    string `json:"name"`
		Message string `json:"message"`
	} `json:"verdicts"`
}

func loadLockVectors(t *testing.T) (v lockVectors) {
	t.Helper()
	text, err := os.ReadFile("../../firmware-protocols/lockwire/testdata/vectors.json")
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// writeKeyring writes the vectors' keys as files, and the file that names them.
func writeKeyring(t *testing.T, v lockVectors, names ...string) string {
	t.Helper()
	dir, list := t.TempDir(), "# keys of the vectors\n\n"
	for _, k := range v.Keys {
		der, err := hex.DecodeString(k.Public)
		if err != nil {
			t.Fatal(err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		if err := os.WriteFile(filepath.Join(dir, k.Name+".pub"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if name == k.Name {
				list += fmt.Sprintf("%s %s.pub\n", name, name)
			}
		}
	}
	path := filepath.Join(dir, "keys")
	if err := os.WriteFile(path, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func decodeOne(t *testing.T, message string, keys *keyring) map[string]any {
	t.Helper()
	raw, err := hex.DecodeString(message)
	if err != nil {
		t.Fatal(err)
	}
	found := decodeLockwire([][]byte{raw}, decodeSettings{locks: keys})
	if len(found) != 1 {
		t.Fatalf("%d objects for one message", len(found))
	}
	return plain(t, found[0])
}

// With keys, every message of the vectors is good, a command says to which lock, and one
// bit of a signature makes it bad.
func TestLockwireSignatures(t *testing.T) {
	v := loadLockVectors(t)
	ring, err := readKeyring(writeKeyring(t, v, "controller", "lock-a", "lock-b", "lock-c"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range v.Messages {
		o := decodeOne(t, m.Message, ring)
		if strings.HasPrefix(m.Lock, "zzz") { // a name at its limit: of no lock that has a key
			continue
		}
		if o["signature"] != "good: "+m.Key || o["error"] != nil {
			t.Errorf("%s: signature %v, error %v", m.Name, o["signature"], o["error"])
		}
		if o["direction"] == "cmd" && o["to"] != m.Lock {
			t.Errorf("%s: to %v, want %s", m.Name, o["to"], m.Lock)
		}
		digit := "0"
		if strings.HasSuffix(m.Message, digit) {
			digit = "1"
		}
		bent := m.Message[:len(m.Message)-1] + digit
		if o := decodeOne(t, bent, ring); !strings.HasPrefix(fmt.Sprint(o["signature"]), "bad: ") || o["refusal"] != "bad-signature" || o["error"] == nil {
			t.Errorf("%s, bent: %v", m.Name, o)
		}
		if o := decodeOne(t, m.Message, nil); o["signature"] != "not checked" {
			t.Errorf("%s without keys: %v", m.Name, o["signature"])
		}
	}
	only, err := readKeyring(writeKeyring(t, v, "lock-b"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range v.Messages {
		if said := fmt.Sprint(decodeOne(t, m.Message, only)["signature"]); m.Key != "lock-b" && !strings.HasPrefix(said, "not checked: no key of ") {
			t.Errorf("%s, its key is missing: %s", m.Name, said)
		}
	}
}

// Whatever the hostile vectors hold, the tool says something of each and never more than one object.
func TestLockwireOfBadMessages(t *testing.T) {
	v, bad := loadLockVectors(t), 0
	for _, m := range v.Verdicts {
		if o := decodeOne(t, m.Message, nil); o["error"] != nil {
			bad++
			if o["refusal"] == nil {
				t.Errorf("%s: an error without its word: %v", m.Name, o)
			}
		}
	}
	if bad < 20 {
		t.Errorf("%d of %d verdicts' messages cannot be read", bad, len(v.Verdicts))
	}
	for message, code := range map[string]string{"00": "bad-encoding", strings.Repeat("00", 2049): "too-long"} {
		if o := decodeOne(t, message, nil); o["refusal"] != code || o["error"] == nil {
			t.Errorf("%.20s: %v", message, o)
		}
	}
}

func TestKeyringFaults(t *testing.T) {
	v := loadLockVectors(t)
	good := writeKeyring(t, v, "controller")
	for name, text := range map[string]string{"nothing": "# none\n", "no file": "lock-a\n", "no such file": "lock-a nowhere.pub\n", "odd name": "Lock! controller.pub\n",
		"twice": "lock-a controller.pub\nlock-a controller.pub\n", "no key": "lock-a keys-bad\n"} {
		path := filepath.Join(filepath.Dir(good), "keys-bad")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readKeyring(path); err == nil {
			t.Errorf("%s: taken", name)
		} else if !strings.Contains(err.Error(), "keys-bad") {
			t.Errorf("%s: %v does not say where", name, err)
		}
	}
	if _, err := readKeyring(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there")
	}
}
