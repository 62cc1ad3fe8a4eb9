package configs

import (
	"strings"
	"testing"
)

// The example quotes the sentence that the check demands, in both languages.
func TestExampleQuotesTheWeakerGuarantee(t *testing.T) {
	text := string(readText(t, "examples/site.yaml"))
	for _, sentence := range WeakerLocksAccepted() {
		if strings.Count(text, `"`+sentence+`"`) != 1 {
			t.Errorf("examples/site.yaml does not quote %q once", sentence)
		}
	}
}

// The English sentence is as good as the Chinese one, and nothing near to it is.
func TestWeakerGuaranteeWordForWord(t *testing.T) {
	text := string(readText(t, "testdata/good/plain.yaml"))
	zh, en := WeakerLocksAccepted()[0], WeakerLocksAccepted()[1]
	for sentence, accepted := range map[string]bool{
		zh: true, en: true, en + ".": false, strings.ToUpper(en): false, "yes": false, "true": false, zh[:len(zh)-3]: false,
	} {
		_, err := Parse("plain.yaml", []byte(strings.Replace(text, zh, sentence, 1)))
		if (err == nil) != accepted {
			t.Errorf("accepts_weaker_locks: %q gives %v", sentence, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "plain.yaml:47: safes[0].locks[0]: ") || !strings.Contains(err.Error(), zh)) {
			t.Errorf("the fault does not name its line and the sentence: %v", err)
		}
	}
}

func TestPlainLocksAreRead(t *testing.T) {
	site, err := Parse("/etc/trilock/plain.yaml", readText(t, "testdata/good/plain.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if l := site.PlainLocks[0]; l.Name != "cabinet-lock" || l.SilentAfter != hours(26) || l.Topic != "zigbee2mqtt/甲柜" {
		t.Errorf("first lock: %+v", l)
	}
	if site.Doors[0].Lock != "door-lock" || site.Places[3].Lock != "cabinet-lock" || site.Safes[0].Contact == nil || !site.PlainMQTT.Builtin() {
		t.Errorf("door %+v, cabinet %+v, safe %+v", site.Doors[0], site.Places[3], site.Safes[0])
	}
}
