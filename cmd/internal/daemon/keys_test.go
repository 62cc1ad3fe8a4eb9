package daemon

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"trilock/alerts"
	"trilock/alerts/notify/wall"
	"trilock/configs"
	"trilock/custody"
	"trilock/custody/console"
	"trilock/custody/engine"
	"trilock/custody/fact"
	"trilock/custody/journal"
	"trilock/custody/siteplan"
	"trilock/custody/threelock"
	"trilock/devices/devicetest/locktest"
	"trilock/devices/pki"
	"trilock/firmware-protocols/lockwire"
)

// keyHouse is a safe under three signed locks with everything between a browser and a bolt:
// console, engine, record, driver, broker, and locks that verify. Badges and PINs are
// reported by the test.
type keyHouse struct {
	t      *testing.T
	config *configs.Site
	site   custody.Site
	engine *engine.Engine
	locks  []*locktest.Lock
	origin string
	keys   int
}

func (h *keyHouse) token(p custody.PersonID) string { return "token-of-" + string(p) + "-0123456789" }

func newKeyHouse(t *testing.T) *keyHouse {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile("../../../configs/examples/site.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := configs.Parse(filepath.Join(dir, "site.yaml"), text)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &keyHouse{t: t, config: c, origin: fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port)}
	c.Data, c.MQTT.Listen, c.Console.Origin = configs.File(filepath.Join(dir, "data")), "127.0.0.1:0", h.origin
	c.Policy.LockAnswerTime, c.Policy.ClosingConfirm, c.Policy.OpeningDelay = configs.Duration(10*time.Second), 0, 0
	c.Policy.Guarding.Papers = configs.PapersElsewhere       // these people have no dates on the register
	c.Readers, c.BadgeLines, c.Doors = nil, nil, c.Doors[:1] // no serial line is opened
	h.site = siteplan.Custody(c, plainPIN)
	h.site.Devices["badge-safe"] = custody.Device{ID: "badge-safe", Kind: custody.BadgeReader}
	h.start(dir, listener)
	return h
}

func (h *keyHouse) start(dir string, listener net.Listener) {
	h.t.Helper()
	c := h.config
	for _, folder := range []string{string(c.Data), filepath.Join(dir, "keys")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			h.t.Fatal(err)
		}
	}
	ca, err := pki.NewAuthority(filepath.Join(dir, "pki"))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, name := range []string{configs.DaemonName, "lock-1", "lock-2", "lock-3"} {
		if _, err := ca.Issue(name, pki.Client, nil); err != nil {
			h.t.Fatal(err)
		}
	}
	if _, err := ca.Issue("broker", pki.Server, []string{"127.0.0.1"}); err != nil {
		h.t.Fatal(err)
	}
	controller, err := pki.NewSigningKey(string(c.ControllerKey), pki.ES256)
	if err != nil {
		h.t.Fatal(err)
	}
	believed, err := lockwire.NewKey(controller.Public())
	if err != nil {
		h.t.Fatal(err)
	}
	var locks []locktest.Settings
	for _, name := range []string{"lock-1", "lock-2", "lock-3"} {
		key, err := pki.NewSigningKey(filepath.Join(dir, "keys", name), pki.EdDSA)
		if err != nil {
			h.t.Fatal(err)
		}
		locks = append(locks, locktest.Settings{ID: name, Safe: "main-safe", Key: key, Trust: lockwire.ControllerTrust("main-safe", believed),
			TLS: h.clientTLS(filepath.Join(dir, "pki"), name), Log: slog.New(slog.DiscardHandler)})
	}
	h.run(locks, listener)
}

func (h *keyHouse) clientTLS(dir, name string) *tls.Config {
	h.t.Helper()
	config, err := pki.ClientTLS(pki.CAFile(dir), pki.Files(dir, name))
	if err != nil {
		h.t.Fatal(err)
	}
	return config
}

// run plugs everything in and waits until every lock has reported.
func (h *keyHouse) run(locks []locktest.Settings, listener net.Listener) {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	log := slog.New(slog.DiscardHandler)
	record, err := journal.Open(ctx, journal.Settings{Dir: string(h.config.Data), Site: "test"})
	if err != nil {
		h.t.Fatal(err)
	}
	p, err := plug(h.config, log)
	if err != nil {
		h.t.Fatal(err)
	}
	h.engine, err = engine.New(ctx, engine.Settings{Site: h.site, Places: siteplan.Presence(h.config), Presence: siteplan.Policy(h.config), Record: record,
		Routes: siteplan.Routes(h.config), Perform: p.perform, Wake: func() {}, Metrics: engine.NewMetrics(prometheus.NewRegistry()), Version: "test", Log: log})
	if err != nil {
		h.t.Fatal(err)
	}
	r := &rooms{config: h.config, log: log, engine: h.engine, plugged: p, failed: make(chan error, 1)}
	var deciders, running sync.WaitGroup
	deciding, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.start(&deciders, "engine", func() error { return h.engine.Run(deciding) })
	p.run(ctx, r)
	server := &http.Server{Handler: h.console(p, core{h.engine, record}), ReadHeaderTimeout: time.Minute, BaseContext: func(net.Listener) context.Context { return ctx }}
	running.Go(func() { _ = server.Serve(listener) })
	for _, s := range locks {
		s.BrokerURL = "tls://" + p.broker.Addr()
		lock, err := locktest.New(s)
		if err != nil {
			h.t.Fatal(err)
		}
		h.locks = append(h.locks, lock)
		running.Go(func() { _ = lock.Run(ctx) })
	}
	h.t.Cleanup(func() {
		cancel()
		_ = server.Close()
		running.Wait()
		r.running.Wait()
		stop()
		deciders.Wait()
		if err := errors.Join(p.close(), record.Close()); err != nil {
			h.t.Error(err)
		}
	})
	h.register()
	h.await("every bolt locked", func(o custody.Overview) bool {
		return !slices.ContainsFunc(o.Safes[0].Locks, func(l custody.LockOverview) bool { return l.Bolt != "locked" })
	})
}

// console serves the pages, with an account for each of the three.
func (h *keyHouse) console(p *plugged, c core) http.Handler {
	h.t.Helper()
	keys, err := newOwnKeys(h.config, p)
	if err != nil || keys == nil {
		h.t.Fatalf("no keys: %v", err)
	}
	var accounts []console.Account
	for i, person := range plainPeople {
		role := console.RoleApprover
		if i == 0 {
			role = console.RoleArchivist
		}
		accounts = append(accounts, console.Account{Name: "desk-" + string(person), Role: role, Person: person, TokenSHA256: sha256.Sum256([]byte(h.token(person)))})
	}
	handler, err := console.New(console.Settings{Core: c, Notices: wall.NewHub(func() {}), Site: h.site, Accounts: accounts, SessionKey: bytes.Repeat([]byte("k"), 32),
		Keys: keys, DefaultLang: fact.Chinese})
	if err != nil {
		h.t.Fatal(err)
	}
	return handler
}

func (h *keyHouse) register() {
	h.t.Helper()
	for i, post := range []custody.Post{custody.Archivist, custody.GeneralOffice, custody.GeneralManager} {
		id := plainPeople[i]
		name := []fact.Text{{ZH: "王芳", EN: "Wang Fang"}, {ZH: "李建国", EN: "Li Jianguo"}, {ZH: "陈立", EN: "Chen Li"}}[i]
		h.act("desk", custody.RegisterPerson{Person: custody.Person{ID: id, Name: name, Posts: []custody.Post{post}, Clearance: custody.TopSecret,
			Card: fact.CardID("raw:26:" + string(id)), Rooms: []fact.PlaceID{"room"}, PIN: custody.Fingerprint(plainPIN, id, "1234")}})
	}
	for _, p := range plainPeople { // they come in and stay
		h.report(fact.BadgeShown{Reader: "badge-door-in", Card: fact.CardID("raw:26:" + string(p))},
			fact.InputChanged{Device: "badge-door-in", State: fact.InputActive}, fact.InputChanged{Device: "badge-door-in", State: fact.InputInactive})
	}
}

func (h *keyHouse) act(actor string, a custody.Act) custody.Outcome {
	h.t.Helper()
	h.keys++
	o, err := h.engine.Act(h.t.Context(), actor, custody.Request{Key: fmt.Sprint("key-", h.keys), Act: a})
	if err != nil || !o.OK {
		h.t.Fatalf("%s: %+v, %v", a.Verb(), o, err)
	}
	return o
}

func (h *keyHouse) report(facts ...fact.Fact) {
	h.t.Helper()
	for _, f := range facts {
		if err := h.engine.Report(h.t.Context(), f); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *keyHouse) overview() (o custody.Overview) {
	h.engine.Read(func(s *custody.State) { o = s.Overview(time.Now()) })
	return o
}

func (h *keyHouse) await(what string, holds func(custody.Overview) bool) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), plainPatience)
	defer cancel()
	news := h.engine.Watch(ctx)
	for !holds(h.overview()) {
		select {
		case <-news:
		case <-ctx.Done():
			h.t.Fatalf("waited in vain for %s: %+v", what, h.overview().Safes)
		}
	}
}

func (h *keyHouse) phase(want threelock.Phase) {
	h.t.Helper()
	h.await("phase "+string(want), func(o custody.Overview) bool { return o.Safes[0].Phase == want })
}

// gather has the three show badge and PIN at the safe.
func (h *keyHouse) gather() {
	h.t.Helper()
	for _, p := range plainPeople {
		h.report(fact.BadgeShown{Reader: "badge-safe", Card: fact.CardID("raw:26:" + string(p))}, fact.PINEntered{Reader: "badge-safe", Digits: "1234"})
	}
}

// openAndShut opens the door, which three drawn bolts allow, and shuts it again.
func (h *keyHouse) openAndShut() {
	h.t.Helper()
	h.phase(threelock.Unlocked)
	for _, l := range h.locks {
		if err := l.OpenDoor(); err != nil {
			h.t.Fatal(err)
		}
	}
	h.phase(threelock.Open)
	for _, l := range h.locks {
		l.CloseDoor()
	}
	h.await("closed", func(o custody.Overview) bool { return o.Safes[0].EndCode == threelock.WhyClosed })
}

// request sends a request of a person to the console and returns its answer.
func (h *keyHouse) request(p custody.PersonID, method, path string, body any) (int, string) {
	h.t.Helper()
	h.keys++
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			h.t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.origin+path, content)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+h.token(p))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", fmt.Sprint("http-", h.keys))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// securityKey is a person's key with a browser around it, as far as the console can tell.
type securityKey struct {
	key   *ecdsa.PrivateKey
	count uint32
}

func newSecurityKey(t *testing.T) *securityKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &securityKey{key: key}
}

func (k *securityKey) public(t *testing.T) []byte {
	t.Helper()
	spki, err := x509.MarshalPKIXPublicKey(k.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return spki
}

// assert answers a challenge as navigator.credentials.get does, with the DER of an ES256 signature.
func (k *securityKey) assert(t *testing.T, origin, challenge string) map[string]any {
	t.Helper()
	u, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(challenge)
	if err != nil || len(raw) != 32 {
		t.Fatalf("challenge %q: %v", challenge, err)
	}
	k.count++
	token := locktest.Token{Key: k.key, RelyingParty: u.Hostname(), Origin: origin, Count: k.count}
	a, err := token.Assert(lockwire.Digest(raw))
	if err != nil {
		t.Fatal(err)
	}
	r, s := new(big.Int).SetBytes(a.Signature[:32]), new(big.Int).SetBytes(a.Signature[32:])
	der, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"authenticator_data": a.AuthenticatorData, "client_data": a.ClientData, "signature": der}
}

var (
	enrolButton = regexp.MustCompile(`data-enrol="[^"]*"[^>]*data-challenge="([^"]+)"`)
	signButton  = regexp.MustCompile(`data-sign="([^"]+)"[^>]*data-challenge="([^"]+)"`)
)

// enrol enrols a key by the page and the API, as the page's script does.
func (h *keyHouse) enrol(p custody.PersonID, k *securityKey) {
	h.t.Helper()
	_, page := h.request(p, "GET", "/keys", nil)
	found := enrolButton.FindStringSubmatch(page)
	if found == nil {
		h.t.Fatalf("no challenge on the page of keys: %s", page)
	}
	body := k.assert(h.t, h.origin, found[1])
	body["credential"], body["public"] = []byte("credential of "+p), k.public(h.t)
	if status, text := h.request(p, "POST", "/api/v1/keys", body); status != http.StatusCreated {
		h.t.Fatalf("%s enrols: %d %s", p, status, text)
	}
}

// challenge returns what a person is asked to sign on the page of the safe.
func (h *keyHouse) challenge(p custody.PersonID) string {
	h.t.Helper()
	_, page := h.request(p, "GET", "/safes/main-safe", nil)
	for _, m := range signButton.FindAllStringSubmatch(page, -1) {
		if m[1] == string(p) {
			return m[2]
		}
	}
	h.t.Fatalf("nothing to sign for %s: %s", p, page)
	return ""
}

func (h *keyHouse) sign(p custody.PersonID, body map[string]any) (int, string) {
	h.t.Helper()
	body["person"] = p
	return h.request(plainPeople[0], "POST", "/api/v1/safes/main-safe/signatures", body)
}

// bring has the three bring the enrolled keys to the locks, by badge and PIN.
func (h *keyHouse) bring() {
	h.t.Helper()
	if status, text := h.request(plainPeople[0], "POST", "/api/v1/safes/main-safe/keys", map[string]any{}); status != http.StatusCreated {
		h.t.Fatalf("the change of keys: %d %s", status, text)
	}
	h.gather()
	h.await("the keys are in the locks", func(o custody.Overview) bool {
		return o.Safes[0].EndCode == threelock.WhyKeysChanged && o.Safes[0].OwnKeys
	})
	for _, l := range h.locks {
		if version, _ := l.TrustInForce(); version != 2 {
			h.t.Errorf("a lock has list %d", version)
		}
	}
}

// From enrolment to the bolt: the three enrol keys, bring them to the locks by their badges,
// and from then on no lock opens without the three signatures over its own challenge.
func TestOwnKeysFromTheConsoleToTheBolt(t *testing.T) {
	h := newKeyHouse(t)
	keys := map[custody.PersonID]*securityKey{}
	for _, p := range plainPeople {
		keys[p] = newSecurityKey(t)
		h.enrol(p, keys[p])
	}
	h.bring()

	h.act("desk", custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	h.gather()
	h.phase(threelock.Approving)
	stranger := newSecurityKey(t)
	for what, body := range map[string]map[string]any{
		"by another key":                stranger.assert(t, h.origin, h.challenge(plainPeople[0])),
		"over another's challenge":      keys[plainPeople[0]].assert(t, h.origin, h.challenge(plainPeople[1])),
		"at another address":            keys[plainPeople[0]].assert(t, "https://elsewhere.example", h.challenge(plainPeople[0])),
		"over a challenge of enrolment": keys[plainPeople[0]].assert(t, h.origin, strings.Repeat("A", 43)),
	} {
		if status, text := h.sign(plainPeople[0], body); status != http.StatusUnprocessableEntity || !strings.Contains(text, "bad-signature") {
			t.Errorf("%s: %d %s", what, status, text)
		}
	}
	for _, p := range plainPeople {
		if status, text := h.sign(p, keys[p].assert(t, h.origin, h.challenge(p))); status != http.StatusOK {
			t.Fatalf("%s signs: %d %s", p, status, text)
		}
	}
	h.openAndShut()

	// What the console should have stopped, the locks stop.
	h.act("desk", custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
	h.gather()
	h.phase(threelock.Approving)
	for _, p := range plainPeople {
		token := locktest.Token{Key: stranger.key, RelyingParty: "localhost", Origin: h.origin}
		raw, err := base64.RawURLEncoding.DecodeString(h.challenge(p))
		if err != nil {
			t.Fatal(err)
		}
		forged, err := token.Assert(lockwire.Digest(raw))
		if err != nil {
			t.Fatal(err)
		}
		h.act("desk", custody.ApproveOpening{Safe: "main-safe", Person: p, Assertion: threelock.Assertion{AuthenticatorData: forged.AuthenticatorData, ClientData: forged.ClientData, Signature: forged.Signature}})
	}
	h.await("refused by the locks", func(o custody.Overview) bool { return o.Safes[0].EndCode == threelock.WhyLockRefused })
	for i, l := range h.locks {
		if l.Bolt() != lockwire.BoltLocked {
			t.Errorf("lock %d drew its bolt for forged signatures", i+1)
		}
	}
}

// The power of one lock goes while it stores the list: the alert says that the three differ,
// the page offers to bring it the list of the others, the three approve that in the form
// that this lock still demands, and the alert ends.
func TestLockThatMissedTheListGetsIt(t *testing.T) {
	t.Parallel()
	h := newKeyHouse(t)
	for _, p := range plainPeople {
		h.enrol(p, newSecurityKey(t))
	}
	h.locks[2].CutPowerWhileStoring(1)
	if status, text := h.request(plainPeople[0], "POST", "/api/v1/safes/main-safe/keys", map[string]any{}); status != http.StatusCreated {
		t.Fatalf("the change of keys: %d %s", status, text)
	}
	h.gather()
	h.await("the alert", func(o custody.Overview) bool { return standing(o, alerts.LockKeysDiffer) })
	if h.locks[2].Bolt() != lockwire.BoltLocked {
		t.Error("a change of keys drew a bolt")
	}
	bringButton := regexp.MustCompile(`data-change="main-safe" data-lock="([^"]+)"`)
	_, page := h.request(plainPeople[0], "GET", "/keys", nil)
	found := bringButton.FindAllStringSubmatch(page, -1)
	if len(found) != 1 || found[0][1] != "lock-3" {
		t.Fatalf("the page offers %v: %s", found, page)
	}
	if status, text := h.request(plainPeople[0], "POST", "/api/v1/safes/main-safe/keys", map[string]any{"locks": []string{"lock-3"}}); status != http.StatusCreated {
		t.Fatalf("the list for one lock: %d %s", status, text)
	}
	h.gather()
	h.await("they agree", func(o custody.Overview) bool { return !standing(o, alerts.LockKeysDiffer) })
	for _, l := range h.locks {
		if version, _ := l.TrustInForce(); version != 2 {
			t.Errorf("a lock has list %d", version)
		}
	}
	if o := h.overview(); standing(o, alerts.LockRekeyed) || slices.ContainsFunc(o.Alerts, func(a alerts.Alert) bool { return a.Code == alerts.LockRekeyed }) {
		t.Error("an approved list is an alert")
	}
}

// A key that did not sign what the console asked is not enrolled, and neither is one for an
// account that is nobody's, or of a console that does not know its address.
func TestKeysThatAreNotEnrolled(t *testing.T) {
	h := newKeyHouse(t)
	key := newSecurityKey(t)
	good := func() map[string]any {
		_, page := h.request(plainPeople[1], "GET", "/keys", nil)
		body := key.assert(t, h.origin, enrolButton.FindStringSubmatch(page)[1])
		body["credential"], body["public"] = []byte("c"), key.public(t)
		return body
	}
	for what, change := range map[string]func(map[string]any){
		"another's challenge": func(map[string]any) {},
		"another key":         func(b map[string]any) { b["public"] = newSecurityKey(t).public(t) },
		"no key":              func(b map[string]any) { b["public"] = []byte("key") },
		"no DER":              func(b map[string]any) { b["signature"] = bytes.Repeat([]byte{1}, 64) },
	} {
		body, person := good(), plainPeople[1]
		change(body)
		if what == "another's challenge" {
			person = plainPeople[2]
		}
		if status, text := h.request(person, "POST", "/api/v1/keys", body); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", what, status, text)
		}
	}
	if status, text := h.request(plainPeople[0], "POST", "/api/v1/safes/main-safe/keys", map[string]any{}); status != http.StatusUnprocessableEntity || !strings.Contains(text, "bad-key-list") {
		t.Errorf("a list without keys: %d %s", status, text)
	}
	for _, verb := range []string{"enrol-key", "change-keys", "approve-opening"} {
		if status, text := h.request(plainPeople[0], "POST", "/api/v1/acts/"+verb, map[string]any{}); status < http.StatusBadRequest {
			t.Errorf("%s past its own route: %d %s", verb, status, text)
		}
	}
}

// The list that goes to the locks is the one that the record shows to people, or none.
func TestListIsTheOneThatIsShown(t *testing.T) {
	key := newSecurityKey(t)
	controller, err := lockwire.NewKey(newSecurityKey(t).key.Public())
	if err != nil {
		t.Fatal(err)
	}
	k := &ownKeys{controller: controller, party: lockwire.NewRelyingParty("localhost", "http://localhost:1")}
	publics, listed := map[custody.PersonID][]byte{}, []custody.ListedKey{}
	for i, party := range threelock.Parties() {
		p := plainPeople[i]
		publics[p] = newSecurityKey(t).public(t)
		listed = append(listed, custody.ListedKey{Party: party, Person: p, Print: custody.PersonKey{Public: publics[p]}.Print()})
	}
	list, err := k.List("main-safe", 2, listed, publics)
	if err != nil {
		t.Fatal(err)
	}
	tell := func(l custody.KeyList) custody.TellLocks {
		return custody.TellLocks{Opening: threelock.Session{Safe: "main-safe"}, List: l}
	}
	if _, err := trustOf(tell(list)); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*custody.KeyList){
		"another key": func(l *custody.KeyList) { l.Keys[0].Print = custody.PersonKey{Public: key.public(t)}.Print() },
		"a key less":  func(l *custody.KeyList) { l.Keys = l.Keys[1:] },
		"a key more": func(l *custody.KeyList) {
			l.Keys = append(l.Keys, custody.ListedKey{Party: threelock.Archivist, Person: "x"})
		},
		"another version": func(l *custody.KeyList) { l.Version = 3 },
		"another form":    func(l *custody.KeyList) { l.Own = false },
		"another party":   func(l *custody.KeyList) { l.Keys[0].Party = threelock.Management },
		"no list":         func(l *custody.KeyList) { l.Encoded = []byte("x") },
	} {
		changed := list
		changed.Keys = slices.Clone(list.Keys)
		change(&changed)
		if _, err := trustOf(tell(changed)); err == nil {
			t.Errorf("%s: taken", what)
		}
	}
}
