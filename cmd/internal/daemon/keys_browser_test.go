package daemon

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// browser is a headless Chromium with a security key that is made of software: DevTools'
// virtual authenticator, which makes credentials and signs with them as a real one would.
type browser struct {
	t   *testing.T
	ctx context.Context
	key string // the authenticator's id
}

func newKeyBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		const need = "signing with security keys is tested in Chromium: install Debian's package chromium"
		if os.Getenv("CI") == "true" {
			t.Fatal(need)
		}
		t.Skip(need)
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true), chromedp.WindowSize(1280, 960))
	t.Cleanup(stop)
	opened, closeBrowser := chromedp.NewContext(alloc)
	t.Cleanup(closeBrowser)
	b := &browser{t: t}
	if err := chromedp.Do(opened, chromedp.EmulateViewport(1280, 960)); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	ctx, cancel := context.WithTimeout(opened, 3*time.Minute)
	t.Cleanup(cancel)
	b.ctx = ctx
	var made struct {
		ID string `json:"authenticatorId"`
	}
	b.call("WebAuthn.enable", map[string]any{}, nil)
	b.call("WebAuthn.addVirtualAuthenticator", map[string]any{"options": map[string]any{"protocol": "ctap2", "transport": "usb", "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true}}, &made)
	b.key = made.ID
	return b
}

// call is a command of the DevTools protocol.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	_, err := chromedp.Run(b.ctx, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		return chromedp.Void{}, t.Call(ctx, method, params, result)
	})
	if err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
}

type browsing = chromedp.Action[chromedp.Void]

func (b *browser) do(what string, steps ...browsing) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		shown, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("location.href + ' ' + document.body.innerText"))
		b.t.Fatalf("%s: %v; the page: %.600s", what, err, shown)
	}
}

// until waits for a condition on the page, which may be on its way.
func until(condition string) browsing {
	return chromedp.Poll[chromedp.Void](condition, chromedp.WithPollingTimeout(30*time.Second), chromedp.WithPollingInterval(50*time.Millisecond))
}

func shows(selector, text string) browsing {
	return until(fmt.Sprintf("!!document.querySelector(%q)?.textContent.includes(%q)", selector, text))
}

// visible waits for an element, on this page or the next.
func visible(selector string) browsing { return chromedp.WaitVisible(chromedp.CSS(selector)) }

func clicking(selector string) browsing { return chromedp.Click(chromedp.CSS(selector)) }

// as signs a person in, by a link as somebody is sent one, and opens a page.
func (b *browser) as(h *keyHouse, p custody.PersonID, page string) {
	b.t.Helper()
	b.do("signing in "+string(p), chromedp.Navigate(h.origin+"/signin#token="+h.token(p)), visible(`form[action="/signout"]`), chromedp.Navigate(h.origin+page), visible("header h1"))
}

// shot keeps a picture of the page in the folder that TRILOCK_SHOTS names.
func (b *browser) shot(name string) {
	b.t.Helper()
	folder := os.Getenv("TRILOCK_SHOTS")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// In a real browser, in both languages: three persons enrol their security keys, the three
// bring them to the locks, and then sign for an opening that names its purpose; each lock
// verifies what the browser made, and draws its bolt.
func TestSigningInTheBrowser(t *testing.T) {
	for _, lang := range []fact.Lang{fact.Chinese, fact.English} {
		t.Run(string(lang), func(t *testing.T) {
			b := newKeyBrowser(t)
			h := newKeyHouse(t)
			query := "?lang=" + string(lang)
			for _, p := range plainPeople {
				b.as(h, p, "/keys"+query)
				b.do("enrolling the key of "+string(p), clicking("#enrol"), visible("#mine"))
			}
			b.shot("keys-" + string(lang))
			b.as(h, plainPeople[0], "/keys"+query)
			b.do("asking for the keys to be brought", clicking("button[data-change]"), visible("#signing"), shows("#signing", threelock.KeyChange.Name().In(lang)))
			h.gather()
			b.do("the keys are in the locks", shows("#last-end", threelock.WhyKeysChanged.Text().In(lang)))

			h.act("desk", custody.StateOpening{Safe: "main-safe", Purpose: threelock.Inspection})
			b.do("the purpose is shown", shows("#signing", threelock.Inspection.Name().In(lang)), shows(".missing", threelock.Management.Name().In(lang)))
			h.gather()
			h.phase(threelock.Approving)
			b.do("signatures are asked for", until("document.querySelectorAll('button[data-sign]').length === 3"))
			b.shot("signing-" + string(lang))

			b.call("WebAuthn.setUserVerified", map[string]any{"authenticatorId": b.key, "isUserVerified": false}, nil)
			first := fmt.Sprintf("button[data-sign=%q]", plainPeople[0])
			b.do("a person whom the key does not know", clicking(first), until("document.querySelector('#answer').className === 'bad'"))
			b.call("WebAuthn.setUserVerified", map[string]any{"authenticatorId": b.key, "isUserVerified": true}, nil)
			for i, p := range plainPeople {
				signer := fmt.Sprintf("#signer-%s.signed", p)
				b.do(string(p)+" signs", until(fmt.Sprintf("!!document.querySelector('button[data-sign=%q]:not(:disabled)')", p)), clicking(fmt.Sprintf("button[data-sign=%q]", p)))
				if i < len(plainPeople)-1 {
					b.do(string(p)+" has signed", until(fmt.Sprintf("!!document.querySelector(%q)", signer)))
				}
			}
			h.openAndShut()
			b.do("the page says so", shows("#last-end", threelock.WhyClosed.Text().In(lang)))
			b.shot("signed-" + string(lang))
		})
	}
}
