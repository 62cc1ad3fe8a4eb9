package console

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"trilock/alerts"
	hub "trilock/alerts/notify/wall"
	"trilock/custody"
	"trilock/custody/approval"
	"trilock/custody/calendar"
	"trilock/custody/fact"
	"trilock/custody/presence"
)

// testCore is an engine without a journal: a real State, its entries kept in memory.
type testCore struct {
	mu       sync.RWMutex
	t        testing.TB
	state    *custody.State
	entries  []custody.Entry
	at       fact.Stamp
	broken   error // Act and Ready fail with it
	hub      *hub.Hub
	watchers map[chan uint64]struct{}
}

func (c *testCore) Act(_ context.Context, actor string, r custody.Request) (custody.Outcome, error) {
	c.mu.RLock()
	broken := c.broken
	c.mu.RUnlock()
	if broken != nil {
		return custody.Outcome{}, broken
	}
	return c.put(r, actor), nil
}

func (c *testCore) Read(f func(*custody.State)) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	f(c.state)
}

func (c *testCore) Watch(ctx context.Context) <-chan uint64 {
	ch := make(chan uint64, 1)
	c.mu.Lock()
	c.watchers[ch] = struct{}{}
	c.mu.Unlock()
	context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.watchers, ch)
		close(ch)
	})
	return ch
}

func (c *testCore) Record(_ context.Context, after uint64, limit int) ([]custody.Entry, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	from := min(int(after), len(c.entries))
	return append([]custody.Entry(nil), c.entries[from:min(from+limit, len(c.entries))]...), nil
}

func (c *testCore) Ready(context.Context) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.broken
}

func (c *testCore) breakDown(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = err
}

// put decides one input and makes it visible, as the engine does after its commit.
func (c *testCore) put(body custody.Body, actor string) custody.Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at.Mono += 10 * time.Millisecond
	c.at.Wall = c.at.Wall.Add(10 * time.Millisecond)
	d, err := c.state.Decide(custody.Input{At: c.at, Body: body, Actor: actor})
	if err != nil {
		c.t.Errorf("deciding %T: %v", body, err)
	}
	c.entries = append(c.entries, d.Entries...)
	for _, n := range d.Notices {
		_ = c.hub.Notify(context.Background(), n) // nobody may be watching
	}
	for ch := range c.watchers {
		select {
		case <-ch:
		default:
		}
		ch <- c.state.Seq()
	}
	return d.Outcome
}

// pass lets time pass and settles what falls due.
func (c *testCore) pass(d time.Duration) {
	c.mu.Lock()
	c.at.Mono += d
	c.at.Wall = c.at.Wall.Add(d)
	c.mu.Unlock()
	c.put(custody.Tick{}, "")
}

func (c *testCore) seq() (seq uint64) {
	c.Read(func(s *custody.State) { seq = s.Seq() })
	return seq
}

func both(zh, en string) fact.Text { return fact.Text{ZH: zh, EN: en} }

func testSite() custody.Site {
	day := 24 * time.Hour
	site := custody.Site{Name: both("北区保密室", "North secrecy room"), Location: time.FixedZone("CST", 8*3600),
		Places: map[fact.PlaceID]custody.Place{}, Doors: map[fact.DoorID]custody.Door{}, Safes: map[fact.SafeID]custody.Safe{}, Devices: map[fact.DeviceID]custody.Device{},
		Policy: custody.Policy{BadgePairWindow: 30 * time.Second, HandOverWindow: time.Minute, OpeningWindow: time.Minute, OpeningStatementValid: 10 * time.Minute, PINEntryTime: 20 * time.Second,
			WrongPINsBeforeLockout: 3, LockoutTime: 5 * time.Minute, LockAnswerTime: 5 * time.Second, UnlockedTime: 30 * time.Second, SafeOpenMax: 10 * time.Minute, DoorGrantTime: 10 * time.Second,
			DeviceDownAfter: 5 * time.Second, MissingAfter: time.Minute, LentUnseenAfter: day, LoanLongest: map[custody.Level]time.Duration{custody.Secret: 2 * day},
			Approvals: lendingNeedsTheHead(), Repeat: map[alerts.Severity]time.Duration{alerts.Critical: time.Minute}},
		PINKey: []byte("0123456789abcdef0123456789abcdef")}
	all := []custody.Level{custody.Public, custody.Internal, custody.Confidential, custody.Secret}
	for _, p := range []custody.Place{
		{ID: "outside", Kind: custody.Outside, Name: both("室外", "outside")}, {ID: "corridor", Kind: custody.Corridor, Name: both("走廊", "corridor")},
		{ID: "archive", Kind: custody.Room, Name: both("保密室", "secrecy room")}, {ID: "reading", Kind: custody.ReadingRoom, Name: both("阅览室", "reading room")},
		{ID: "cabinet-a", Kind: custody.Cabinet, Name: both("甲柜", "cabinet A"), Levels: all, BadgeReader: "badge-cabinets"},
		{ID: "cabinet-b", Kind: custody.Cabinet, Name: both("乙柜", "cabinet B"), Levels: all, BadgeReader: "badge-cabinets"},
		{ID: "safe-1", Kind: custody.SafeBox, Name: both("一号保险柜", "safe no. 1"), Levels: []custody.Level{custody.TopSecret}},
		{ID: "passage", Kind: custody.Passage, Name: both("出口通道", "exit passage")}} {
		site.Places[p.ID] = p
	}
	site.Doors["door-archive"] = custody.Door{ID: "door-archive", From: "corridor", To: "archive", EntryReader: "badge-in", ExitReader: "badge-out", Contact: custody.InputPoint{Device: "badge-in"}, HeldOpenAfter: 30 * time.Second}
	site.Doors["door-reading"] = custody.Door{ID: "door-reading", From: "corridor", To: "reading", EntryReader: "badge-reading", Contact: custody.InputPoint{Device: "badge-reading"}, HeldOpenAfter: 30 * time.Second}
	site.Safes["safe-1"] = custody.Safe{ID: "safe-1", Place: "safe-1", Room: "archive", Name: both("一号保险柜", "Safe no. 1"), BadgeReader: "badge-safe", Locks: [3]fact.DeviceID{"lock-1", "lock-2", "lock-3"}}
	for _, d := range []custody.Device{
		{ID: "reader-a", Kind: custody.UHFReader, Name: both("甲柜读写器", "reader, cabinet A")}, {ID: "reader-b", Kind: custody.UHFReader, Name: both("乙柜读写器", "reader, cabinet B")},
		{ID: "reader-exit", Kind: custody.UHFReader, Name: both("出口读写器", "reader, exit")}, {ID: "reader-safe", Kind: custody.UHFReader, Name: both("保险柜读写器", "reader, safe")},
		{ID: "badge-in", Kind: custody.BadgeReader, Name: both("保密室门外读卡器", "badge reader, room, outside")}, {ID: "badge-out", Kind: custody.BadgeReader, Name: both("保密室门内读卡器", "badge reader, room, inside")},
		{ID: "badge-reading", Kind: custody.BadgeReader, Name: both("阅览室读卡器", "badge reader, reading room")}, {ID: "badge-cabinets", Kind: custody.BadgeReader, Name: both("柜前读卡器", "badge reader, cabinets")},
		{ID: "badge-safe", Kind: custody.BadgeReader, Name: both("保险柜读卡器", "badge reader, safe")},
		{ID: "lock-1", Kind: custody.Lock, Name: both("一号锁", "lock 1")}, {ID: "lock-2", Kind: custody.Lock, Name: both("二号锁", "lock 2")}, {ID: "lock-3", Kind: custody.Lock, Name: both("三号锁", "lock 3")}} {
		site.Devices[d.ID] = d
	}
	return site
}

type testPerson struct {
	id     custody.PersonID
	zh, en string
	posts  []custody.Post
}

var testPeople = []testPerson{
	{"p-0001", "王芳", "Wang Fang", []custody.Post{custody.Archivist}},
	{"p-0002", "李建国", "Li Jianguo", []custody.Post{custody.GeneralOffice}},
	{"p-0003", "陈立", "Chen Li", []custody.Post{custody.GeneralManager}},
	{"p-0004", "赵敏", "Zhao Min", []custody.Post{custody.Staff}},
	{"p-0005", "孙伟", "Sun Wei", []custody.Post{custody.GeneralOfficeHead}},
	{"p-0006", "周洋", "Zhou Yang", []custody.Post{custody.Security}},
}

func tagOf(n int) fact.EPC {
	e, err := fact.ParseEPC(fmt.Sprintf("2C00000000000000%08X", n))
	if err != nil {
		panic(err)
	}
	return e
}

// newTestCore returns a core of a site that has started, with people, documents at home
// and every device up.
func newTestCore(t testing.TB) *testCore {
	c := &testCore{t: t, state: custody.NewState(testSite()), hub: hub.NewHub(nil), watchers: map[chan uint64]struct{}{},
		at: fact.Stamp{Mono: time.Hour, Wall: time.Now().UTC().Add(-2 * time.Minute)}}
	c.put(custody.Start{Version: "1.0.0"}, "")
	for i, p := range testPeople {
		c.act(t, custody.RegisterPerson{Person: custody.Person{ID: p.id, Name: both(p.zh, p.en), Posts: p.posts, Clearance: custody.TopSecret,
			Card: fact.CardID(fmt.Sprintf("raw:26:A8ED31%02d", 40+i)), Rooms: []fact.PlaceID{"archive", "reading"}}})
	}
	for _, id := range []fact.DeviceID{"reader-a", "reader-b", "reader-exit", "reader-safe", "badge-in", "badge-out", "badge-reading", "badge-cabinets", "badge-safe", "lock-1", "lock-2", "lock-3"} {
		c.put(fact.DeviceReport{Device: id, State: fact.DeviceUp, Identity: "v2"}, "")
	}
	for _, lock := range []fact.DeviceID{"lock-1", "lock-2", "lock-3"} {
		c.put(fact.LockState{Lock: lock, Bolt: fact.BoltLocked, Door: fact.InputInactive, BatteryPercent: -1}, "")
	}
	for _, contact := range []fact.DeviceID{"badge-in", "badge-reading"} {
		c.put(fact.InputChanged{Device: contact, State: fact.InputInactive}, "")
	}
	levels := []custody.Level{custody.Internal, custody.Confidential, custody.Secret}
	for n := 1; n <= 16; n++ {
		r := custody.DocumentRecord{ID: custody.DocumentID(fmt.Sprintf("JM-2026-%04d", n)), Title: "secret title", Level: levels[n%3], Copy: 1, Copies: 1, Tag: tagOf(n), Home: "cabinet-a",
			Issuer: "示范机关", IssuerNumber: "示发〔2026〕1号", Produced: calendar.DateOf(1999, 1, 5), Pages: 4, Retention: custody.Retention{Permanent: true},
			Receipt: custody.Receipt{At: c.at.Wall.Add(-time.Hour), By: "p-0001", Envelope: custody.EnvelopeIntact}}
		if n > 8 {
			r.Home = "cabinet-b"
		}
		if n > 13 {
			r.Home, r.Level = "safe-1", custody.TopSecret
		}
		c.act(t, custody.RegisterDocument{Document: r})
		c.put(presence.Moved{Tag: r.Tag, To: r.Home, Certainty: presence.CertaintyBP(9990 - 7*n), Evidence: "12 rounds"}, "")
	}
	return c
}

func (c *testCore) act(t testing.TB, a custody.Act) custody.Outcome {
	t.Helper()
	o := c.put(custody.Request{Act: a}, "p-0001")
	if !o.OK {
		t.Fatalf("%s was refused: %+v", a.Verb(), o)
	}
	return o
}

// enter lets a person of testPeople badge through the door of the archive.
func (c *testCore) enter(n int) {
	c.put(fact.BadgeShown{Reader: "badge-in", Card: fact.CardID(fmt.Sprintf("raw:26:A8ED31%02d", 40+n))}, "")
	c.put(fact.InputChanged{Device: "badge-in", State: fact.InputActive}, "")
	c.put(fact.InputChanged{Device: "badge-in", State: fact.InputInactive}, "")
}

var testTokens = map[Role]string{RoleArchivist: "token-of-the-archivist", RoleSecurity: "token-of-security", RoleApprover: "token-of-the-approver",
	RoleAuditor: "token-of-the-auditor", RoleRegistrar: "token-of-the-registrar", RoleObserver: "token-of-the-observer"}

func testAccounts() []Account {
	persons := map[Role]custody.PersonID{RoleArchivist: "p-0001", RoleSecurity: "p-0006", RoleApprover: "p-0005", RoleAuditor: "p-0010", RoleRegistrar: "p-0011"}
	var accounts []Account
	for _, r := range allRoles {
		accounts = append(accounts, Account{Name: "desk-" + string(r), Role: r, Person: persons[r], TokenSHA256: sha256.Sum256([]byte(testTokens[r]))})
	}
	return accounts
}

func testSettings(c *testCore) Settings {
	return Settings{Core: c, Notices: c.hub, Site: testSite(), Accounts: testAccounts(), SessionKey: []byte("k123456789abcdef0123456789abcdef"), DefaultLang: fact.Chinese,
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "trilock_up 1") })}
}

func newTestHandler(t testing.TB, c *testCore) http.Handler {
	t.Helper()
	h, err := New(testSettings(c))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// newTestServer serves a console on a real port; its streams end with the test.
func newTestServer(t testing.TB, c *testCore) *httptest.Server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	server := httptest.NewUnstartedServer(newTestHandler(t, c))
	server.Config.BaseContext = func(_ net.Listener) context.Context { return ctx }
	server.Start()
	t.Cleanup(func() { cancel(); server.Close(); http.DefaultClient.CloseIdleConnections() })
	return server
}

var errDisk = errors.New("the disk is full")

func lendingNeedsTheHead() custody.ApprovalPolicy {
	head, err := approval.Parse("general-office-head")
	if err != nil {
		panic(err)
	}
	return custody.ApprovalPolicy{Wait: time.Hour, Use: time.Hour, Plans: map[custody.ApprovalFor]map[custody.Level]approval.Plan{custody.ForLoan: {custody.Secret: head}}}
}
