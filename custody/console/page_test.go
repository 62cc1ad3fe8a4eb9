package console

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/presence"
)

func get(h http.Handler, role Role, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", target, nil)
	if role != "" {
		r.Header.Set("Authorization", "Bearer "+testTokens[role])
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func press(h http.Handler, role Role, target, key string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+testTokens[role])
	r.Header.Set(keyHeader, key)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestLanguageOfAPage(t *testing.T) {
	h := newTestHandler(t, newTestCore(t))
	for _, c := range []struct{ target, cookie, accept, want string }{
		{"/", "", "", "zh"}, {"/", "", "en-GB,en;q=0.9", "en"}, {"/", "", "fr, zh-CN;q=0.8", "zh"}, {"/", "", "fr", "zh"},
		{"/", "en", "zh-CN", "en"}, {"/?lang=zh", "en", "en", "zh"}, {"/?lang=xx", "", "en", "en"}, {"/", "xx", "", "zh"},
	} {
		w := get(h, RoleObserver, c.target, "Cookie", languageCookie+"="+c.cookie, "Accept-Language", c.accept)
		if !strings.Contains(w.Body.String(), `<html lang="`+c.want+`">`) {
			t.Errorf("%+v: page begins %.60s", c, w.Body)
		}
	}
}

// TestPolicyHoldsForThePage: whatever the policy would block must not be there at all.
func TestPolicyHoldsForThePage(t *testing.T) {
	core := newTestCore(t)
	troubles(core)
	h := newTestHandler(t, core)
	for _, target := range []string{"/", "/signin"} {
		html := get(h, RoleSecurity, target).Body.String()
		for _, forbidden := range []string{` style="`, "<style", " onclick", "javascript:", "http://", "https://", "hx-on"} {
			if strings.Contains(html, forbidden) {
				t.Errorf("%s holds %q", target, forbidden)
			}
		}
		if n := len(regexp.MustCompile(`<script>|<script [^>]*>[^<]`).FindAllString(html, -1)); n > 0 {
			t.Errorf("%s has %d inline scripts", target, n)
		}
	}
}

func TestNotesAndNamesAreEscaped(t *testing.T) {
	core := newTestCore(t)
	h := newTestHandler(t, core)
	core.put(fact.BadgeShown{Reader: "badge-in", Card: "raw:26:FFFFFFFF"}, "")
	if w := press(h, RoleSecurity, "/wall/alerts/1/acknowledge", "k", url.Values{"note": {`"><script>alert(1)</script>`}}); w.Code != http.StatusOK || w.Header().Get("HX-Trigger") != "refresh" {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	html := get(h, RoleSecurity, "/").Body.String()
	if strings.Contains(html, "<script>alert") || !strings.Contains(html, "&lt;script&gt;alert(1)") {
		t.Error("a note is not escaped")
	}
}

func TestCardsOfferWhatTheRoleMay(t *testing.T) {
	core := newTestCore(t)
	h := newTestHandler(t, core)
	core.put(fact.BadgeShown{Reader: "badge-in", Card: "raw:26:FFFFFFFF"}, "") // momentary: ended, to be acknowledged
	for role, want := range map[Role][2]bool{RoleSecurity: {true, true}, RoleArchivist: {true, false}, RoleObserver: {false, false}} {
		html := get(h, role, "/wall/board").Body.String()
		if got := [2]bool{strings.Contains(html, `id="ack-1"`), strings.Contains(html, `id="close-1"`)}; got != want {
			t.Errorf("%s: acknowledge, close: %v, want %v", role, got, want)
		}
	}
	if w := press(h, RoleObserver, "/wall/alerts/1/acknowledge", "k", nil); w.Code != http.StatusForbidden {
		t.Errorf("an observer acknowledges: %d", w.Code)
	}
	if w := press(h, RoleSecurity, "/wall/alerts/1/close?lang=en", "k1", url.Values{"disposition": {"drill"}}); w.Code != http.StatusOK {
		t.Errorf("close: %d %s", w.Code, w.Body)
	}
	if w := press(h, RoleSecurity, "/wall/alerts/1/close?lang=en", "k2", url.Values{"disposition": {"drill"}}); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "no open alert") {
		t.Errorf("close again: %d %s", w.Code, w.Body)
	}
	core.breakDown(errDisk)
	if w := press(h, RoleSecurity, "/wall/alerts/1/acknowledge?lang=en", "k3", nil); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "disk is full") {
		t.Errorf("undecided: %d %s", w.Code, w.Body)
	}
}

var haveField = regexp.MustCompile(`name="have" value="([^"]+)"`)

// TestBoardSendsWhatChanged: a panel that the page has is not sent again.
func TestBoardSendsWhatChanged(t *testing.T) {
	core := newTestCore(t)
	h := newTestHandler(t, core)
	query := url.Values{}
	for _, m := range haveField.FindAllStringSubmatch(get(h, RoleObserver, "/").Body.String(), -1) {
		query.Add("have", m[1])
	}
	if len(query["have"]) != 7 {
		t.Fatalf("the page has panels %v", query["have"])
	}
	if w := get(h, RoleObserver, "/wall/board?"+query.Encode()); w.Code != http.StatusOK || w.Body.Len() != 0 {
		t.Errorf("nothing changed, yet %d bytes came: %.300s", w.Body.Len(), w.Body)
	}
	core.enter(0)
	sent := haveField.FindAllStringSubmatch(get(h, RoleObserver, "/wall/board?"+query.Encode()).Body.String(), -1)
	got := ""
	for _, m := range sent {
		got += strings.Split(m[1], ":")[0] + " "
	}
	if got != "places feed " {
		t.Errorf("a person came in: sent %q", got)
	}
}

// TestUnknownIsNeverShownAsKnown takes devices away and expects what they said to go with them.
func TestUnknownIsNeverShownAsKnown(t *testing.T) {
	core := newTestCore(t)
	show := func() board {
		c := &console{Settings: testSettings(core), feed: newFeed()}
		c.DefaultLang = fact.English
		return c.board(httptest.NewRequest("GET", "/", nil))
	}
	b := show()
	if s := b.Safes[0]; s.Headline != "Locked" || s.Bolts[1].State != "locked" || !b.Alerts.IsCalm {
		t.Fatalf("calm: %+v, %+v", s, b.Alerts)
	}
	down := func(id fact.DeviceID) {
		core.put(fact.DeviceReport{Device: id, State: fact.DeviceDown, Code: "no-answer"}, "")
	}
	down("lock-2")
	b = show()
	if s := b.Safes[0]; s.Headline != "State unknown" || s.Bolts[0].State != "locked" || s.Bolts[1].State != "unknown" || b.Alerts.IsCalm {
		t.Errorf("a lock is silent: %+v", s)
	}
	down("lock-1")
	down("lock-3")
	if s := show().Safes[0]; s.DoorTone != "unknown" {
		t.Errorf("all locks are silent, yet the door is %q", s.Door)
	}
	if d := b.Doors[0]; d.State != "shut" || b.Rooms[0].Unsure {
		t.Errorf("door %+v", d)
	}
	down("badge-in")
	b = show()
	if d := b.Doors[0]; d.State != "unknown" || !b.Rooms[0].Unsure {
		t.Errorf("its contact is silent: %+v", d)
	}
	core.put(presence.NotReadable{Place: "cabinet-a", Reader: "reader-a"}, "")
	core.put(presence.Unseen{Tag: tagOf(9), From: "cabinet-b", Certainty: 9900, Evidence: "x"}, "")
	for _, d := range show().Documents.Rows {
		switch {
		case d.ID == "JM-2026-0001" && (d.Known != "unreadable" || d.Where != "Not readable" || d.Certainty != ""),
			d.ID == "JM-2026-0009" && (d.Known != "unseen" || !strings.HasPrefix(d.Where, "Not seen since") || d.Certainty != ""):
			t.Errorf("%+v", d)
		}
	}
}

func TestCertaintyIsNeverComplete(t *testing.T) {
	for c, want := range map[presence.CertaintyBP]string{9999: "99.9 %", 9950: "99.5 %", 0: "0.0 %", 5001: "50.0 %"} {
		if got := certainty(c); got != want {
			t.Errorf("%d: %s, want %s", c, got, want)
		}
	}
}

// TestFeedReadsTheEndOfALongRecord: it skips what is too old, keeps a few lines, and learns names.
func TestFeedReadsTheEndOfALongRecord(t *testing.T) {
	core := newTestCore(t)
	for i := range 3 * feedPage {
		core.put(fact.BadgeShown{Reader: "badge-cabinets", Card: fact.CardID(fmt.Sprintf("raw:26:%08X", i))}, "")
	}
	f := newFeed()
	shown, _, err := f.latest(context.Background(), core, core.seq())
	if err != nil || len(shown) != maxFeedShown || len(f.entries) != maxFeedShown || f.last != core.seq() {
		t.Errorf("%d shown, at %d of %d, %v", len(shown), f.last, core.seq(), err)
	}
	if shown[0].Seq < shown[1].Seq {
		t.Error("the newest must come first")
	}
	core.act(t, custody.RegisterPerson{Person: custody.Person{ID: "p-0077", Name: both("新人", "Newcomer"), Clearance: custody.Secret}})
	_, people, _ := f.latest(context.Background(), core, core.seq())
	if people["p-0077"].EN != "Newcomer" {
		t.Errorf("names: %v", people)
	}
}

func TestRolesWithoutAWallAreToldSo(t *testing.T) {
	h := newTestHandler(t, newTestCore(t))
	w := get(h, RoleAuditor, "/?lang=en")
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "Signed in as desk-auditor (auditor)") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if w := get(h, "", "/"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/signin" {
		t.Errorf("nobody: %d", w.Code)
	}
	if w := get(h, "", "/wall/board"); w.Code != http.StatusUnauthorized || w.Header().Get("HX-Redirect") != "/signin" {
		t.Errorf("a panel for nobody: %d", w.Code)
	}
}
