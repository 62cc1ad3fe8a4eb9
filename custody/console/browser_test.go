package console

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/threelock"
)

// newBrowser starts a headless Chromium of its own; it is gone with the test.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		const need = "the wall page is tested in Chromium: install Debian's package chromium"
		if os.Getenv("CI") == "true" {
			t.Fatal(need)
		}
		t.Skip(need)
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true), chromedp.WindowSize(1920, 1080))
	t.Cleanup(stop)
	browser, closeBrowser := chromedp.NewContext(alloc)
	t.Cleanup(closeBrowser)
	do(t, browser, "starting Chromium", chromedp.EmulateViewport(1920, 1080))
	ctx, cancel := context.WithTimeout(browser, 3*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

type step = chromedp.Action[chromedp.Void]

func do(t *testing.T, ctx context.Context, what string, steps ...step) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func ask[T any](t *testing.T, ctx context.Context, what string, a chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return v
}

// until waits for a condition on the page.
func until(condition string) step {
	return chromedp.Poll[chromedp.Void](condition, chromedp.WithPollingTimeout(30*time.Second), chromedp.WithPollingInterval(50*time.Millisecond))
}

func contains(selector, text string) step {
	return until(fmt.Sprintf("document.querySelector(%q)?.textContent.includes(%q)", selector, text))
}

func typing(selector, text string) step { return chromedp.SendKeys(chromedp.CSS(selector), text) }

// shot keeps a picture of the page in the folder that TRILOCK_SHOTS names.
func shot(t *testing.T, ctx context.Context, name string, width, height int64) {
	t.Helper()
	folder := os.Getenv("TRILOCK_SHOTS")
	if folder == "" {
		return
	}
	picture := chromedp.CaptureScreenshot()
	if width < 600 {
		picture = chromedp.FullScreenshot(100)
		do(t, ctx, "phone", chromedp.EmulateViewport(width, height, chromedp.EmulateMobile))
	}
	// Animations run; the picture is taken where they begin.
	do(t, ctx, "settling", until("document.fonts.status === 'loaded'"))
	png := ask(t, ctx, "picture "+name, picture)
	do(t, ctx, "back", chromedp.EmulateViewport(1920, 1080))
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600); err != nil {
		t.Fatal(err)
	}
}

// signIn opens a link with a token in it, as somebody would who was sent one.
func signIn(url string, r Role, lang fact.Lang) step {
	return chromedp.Steps(chromedp.Navigate(fmt.Sprintf("%s/signin?lang=%s#token=%s", url, lang, testTokens[r])), chromedp.WaitVisible(chromedp.CSS(".top")),
		until("document.body.classList.contains('is-live')")) // from here on, no notice is missed
}

// TestWallInBrowser signs in, sees an alert arrive live, acknowledges it by clicking and
// sees it change, in both languages.
func TestWallInBrowser(t *testing.T) {
	for _, lang := range []fact.Lang{fact.Chinese, fact.English} {
		t.Run(string(lang), func(t *testing.T) {
			core := newTestCore(t)
			server := newTestServer(t, core)
			ctx := newBrowser(t)
			core.enter(0)
			core.enter(3)
			do(t, ctx, "sign in", signIn(server.URL, RoleSecurity, lang), contains("#alerts", wordNoAlertsCalm.In(lang)))
			for _, entry := range ask(t, ctx, "history", chromedp.NavigationEntries()).Entries {
				if strings.Contains(entry.URL, "token") {
					t.Errorf("the token stayed in the browser's history: %s", entry.URL)
				}
			}
			shot(t, ctx, "calm-"+string(lang), 1920, 1080)

			core.put(fact.InputChanged{Device: "badge-reading", State: fact.InputActive}, "")
			forced, _ := alerts.KindOf(alerts.DoorForced)
			do(t, ctx, "an alert arrives", contains("#alert-1 h3", forced.Title.In(lang)), contains("#spoken", forced.Title.In(lang)), until("document.body.classList.contains('flash-critical')"))
			do(t, ctx, "a note is typed", typing("#ack-note-1", "half a no"))
			core.put(fact.BadgeShown{Reader: "badge-in", Card: "raw:26:FFFFFFFF"}, "")
			do(t, ctx, "another alert arrives meanwhile", chromedp.WaitVisible(chromedp.CSS("#alert-2")),
				until("document.activeElement.id === 'ack-note-1' && document.activeElement.value === 'half a no'"),
				typing("#ack-note-1", "te"))
			troubles(core)
			do(t, ctx, "more alerts", chromedp.WaitVisible(chromedp.CSS("#alert-3")))
			shot(t, ctx, "alerts-"+string(lang), 1920, 1080)
			do(t, ctx, "acknowledge", chromedp.Click(chromedp.CSS("#ack-1 button")), until("!document.getElementById('ack-1')"),
				contains("#alert-1 .who", wordAckBy.Fill(core.name("p-0006")).In(lang)), contains("#alert-1 .who", "half a note"))
			shot(t, ctx, "phone-"+string(lang), 390, 844)
			shot(t, ctx, "acknowledged-"+string(lang), 1920, 1080)

			do(t, ctx, "watching the connection", chromedp.Evaluate[chromedp.Void](`document.body.addEventListener("htmx:sseError", () => { window.lostAtOnce = !document.getElementById("lost").hidden; })`))
			server.CloseClientConnections()
			server.Listener.Close()
			do(t, ctx, "the daemon is gone", until("!document.getElementById('lost').hidden && document.body.classList.contains('is-lost')"))
			if !ask(t, ctx, "at once", chromedp.Evaluate[bool]("window.lostAtOnce === true")) {
				t.Error("the page noticed the loss only by waiting")
			}
			shot(t, ctx, "lost-"+string(lang), 1920, 1080)
		})
	}
}

func (c *testCore) name(id custody.PersonID) fact.Text {
	for _, p := range testPeople {
		if p.id == id {
			return both(p.zh, p.en)
		}
	}
	return fact.Text{}
}

// troubles makes a bad day: a folder gone, one misplaced, a reader down, an opening half way.
func troubles(core *testCore) {
	core.enter(1)
	core.act(core.t, custody.RequestLoan{Document: "JM-2026-0004", Borrower: "p-0004", Due: core.at.Wall.Add(90 * time.Second), Zones: []fact.PlaceID{"reading"}, Purpose: "reading"})
	for _, n := range []int{0, 3} {
		core.put(fact.BadgeShown{Reader: "badge-cabinets", Card: fact.CardID(fmt.Sprintf("raw:26:A8ED31%02d", 40+n))}, "")
	}
	core.put(presence.Unseen{Tag: tagOf(4), From: "cabinet-a", Certainty: 9900, Evidence: "14 rounds"}, "")
	core.put(presence.Unseen{Tag: tagOf(7), From: "cabinet-a", Certainty: 9900, Evidence: "14 rounds"}, "")
	core.pass(100 * time.Second)
	core.put(presence.Moved{Tag: tagOf(3), From: "cabinet-a", To: "cabinet-b", Certainty: 9730, Evidence: "4 rounds"}, "")
	core.put(fact.DeviceReport{Device: "reader-b", State: fact.DeviceDown, Code: "no-answer"}, "")
	core.put(presence.NotReadable{Place: "cabinet-b", Reader: "reader-b"}, "")
	core.pass(12 * time.Second)
	core.act(core.t, custody.StateOpening{Safe: "safe-1", Purpose: threelock.DocumentsOut, Documents: []custody.DocumentID{"JM-2026-0014"}})
	core.act(core.t, custody.RegisterPerson{Person: custody.Person{ID: "p-0001", Name: both("王芳", "Wang Fang"), Posts: []custody.Post{custody.Archivist}, Clearance: custody.TopSecret,
		Card: "raw:26:A8ED3140", Rooms: []fact.PlaceID{"archive", "reading"}, PIN: custody.Fingerprint(testSite().PINKey, "p-0001", "1234")}})
	core.put(fact.BadgeShown{Reader: "badge-safe", Card: "raw:26:A8ED3140"}, "")
	core.put(fact.PINEntered{Reader: "badge-safe", Digits: "1234"}, "")
}
