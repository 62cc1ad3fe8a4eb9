package console

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// fakeKeys signs nothing: every signature holds, but for those that say "bad".
type fakeKeys struct{ challenge error }

func (fakeKeys) RelyingParty() string { return "trilock.example" }

func (fakeKeys) CheckEnrolment(_ custody.PersonKey, _ [32]byte, first threelock.Assertion) error {
	return bad(first)
}

func bad(a threelock.Assertion) error {
	if string(a.Signature) == "bad" {
		return errors.New("a bad signature")
	}
	return nil
}

func (fakeKeys) List(_ fact.SafeID, version uint32, keys []custody.ListedKey, _ map[custody.PersonID][]byte) (custody.KeyList, error) {
	return custody.KeyList{Version: version, Encoded: []byte{byte(version)}, Own: true, Keys: keys}, nil
}

func (k fakeKeys) Challenge(threelock.Session, custody.KeyList, custody.PersonID) ([32]byte, error) {
	return [32]byte{1}, k.challenge
}

func (fakeKeys) Check(_ threelock.Session, _ custody.KeyList, _ custody.PersonKey, signed threelock.Assertion) (threelock.Assertion, error) {
	return signed, bad(signed)
}

// keyCore is a core at which three have enrolled keys that its locks have.
func keyCore(t *testing.T) *testCore {
	t.Helper()
	core := newTestCore(t)
	var keys []custody.ListedKey
	for i, party := range threelock.Parties() {
		p := testPeople[i].id
		key := custody.EnrolKey{Credential: []byte("c"), Public: []byte("key of " + p)}
		core.put(custody.Request{Act: key}, string(p))
		keys = append(keys, custody.ListedKey{Party: party, Person: p, Print: custody.PersonKey{Public: key.Public}.Print()})
	}
	list := custody.KeyList{Version: 2, Encoded: []byte("list"), Own: true, Keys: keys}
	trust := func(name string) {
		for _, lock := range []fact.DeviceID{"lock-1", "lock-2", "lock-3"} {
			core.put(fact.LockState{Lock: lock, Bolt: fact.BoltLocked, Door: fact.InputInactive, BatteryPercent: -1, Trust: name}, "")
		}
	}
	trust("1:aa")
	if o := core.put(custody.Request{Act: custody.ChangeKeys{Safe: "safe-1", List: list}}, "p-0001"); !o.OK {
		t.Fatalf("%+v", o)
	}
	trust(list.Name()) // as though three had approved it
	core.put(custody.Request{Act: custody.CancelOpening{Safe: "safe-1"}}, "p-0001")
	return core
}

// The page of a safe says what it is opened for and who is still missing, and offers nobody
// a signature that nothing waits for; the wall links to it for those who may sign.
func TestPageOfASafe(t *testing.T) {
	core := keyCore(t)
	settings := testSettings(core)
	settings.Keys = fakeKeys{}
	h, err := New(settings)
	if err != nil {
		t.Fatal(err)
	}
	core.act(t, custody.StateOpening{Safe: "safe-1", Purpose: threelock.DocumentsOut, Documents: []custody.DocumentID{"JM-2026-0001"}})
	for lang, l := range map[string]fact.Lang{"zh": fact.Chinese, "en": fact.English} {
		html := get(h, RoleApprover, "/safes/safe-1?lang="+lang).Body.String()
		for _, want := range []string{threelock.DocumentsOut.Name().In(l), "JM-2026-0001", threelock.Management.Name().In(l), phaseNames["stated"].In(l)} {
			if !strings.Contains(html, want) {
				t.Errorf("in %s the page does not say %q", lang, want)
			}
		}
		if strings.Contains(html, "data-sign=") {
			t.Error("somebody is asked to sign before anybody came")
		}
	}
	for role, want := range map[Role]bool{RoleArchivist: true, RoleObserver: false} {
		if got := strings.Contains(get(h, role, "/").Body.String(), `href="/safes/safe-1?lang=`); got != want {
			t.Errorf("%s: a link to the page on the wall: %v", role, got)
		}
	}
	if w := get(h, RoleApprover, "/safes/nowhere"); w.Code != http.StatusNotFound {
		t.Errorf("a safe that is not there: %d", w.Code)
	}
	for _, target := range []string{"/safes/safe-1", "/keys"} {
		html := get(h, RoleApprover, target).Body.String()
		for _, forbidden := range []string{` style="`, "<style", " onclick", "javascript:"} {
			if strings.Contains(html, forbidden) {
				t.Errorf("%s holds %q", target, forbidden)
			}
		}
	}
	if html := get(h, RoleApprover, "/?lang=en").Body.String(); !strings.Contains(html, `href="/keys?lang=en"`) {
		t.Error("an approver finds no way to the keys")
	}
}

// A console that does not know its address says so, and takes neither key nor signature.
func TestWithoutAnAddress(t *testing.T) {
	h := newTestHandler(t, keyCore(t))
	for lang, text := range map[string]string{"zh": wordNoOrigin.ZH, "en": wordNoOrigin.EN} {
		for _, target := range []string{"/keys", "/safes/safe-1"} {
			if html := get(h, RoleApprover, target+"?lang="+lang).Body.String(); !strings.Contains(html, text) || strings.Contains(html, "data-enrol=") {
				t.Errorf("%s in %s does not say what is missing", target, lang)
			}
		}
	}
}

// The challenge of an enrolment is a person's own, and grows old.
func TestEnrolmentChallenge(t *testing.T) {
	c := &console{Settings: testSettings(newTestCore(t))}
	now := time.Unix(1_800_000_000, 0)
	first := c.enrolmentChallenge("p-0001", now)
	if first != c.enrolmentChallenge("p-0001", now.Add(time.Second)) || first == c.enrolmentChallenge("p-0002", now) || first == c.enrolmentChallenge("p-0001", now.Add(enrolmentWindow)) {
		t.Error("a challenge is one person's, for one window")
	}
}
