package console

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
)

// htmxConfig: no script from attributes, no styles from the script, and answers of every
// status are shown, for a refusal is an answer.
const htmxConfig = `{"allowEval":false,"includeIndicatorStyles":false,"includeAspNetAntiForgeryToken":false,"historyEnabled":false,"selfRequestsOnly":true,"timeout":20000,` +
	`"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"[45]..","swap":true,"error":true}]}`

const languageCookie = "trilock-lang"

// page is what every page needs to know of its reader.
type page struct {
	lang, otherLang string
	title           string
	account         string
	role            fact.Text
	toKeys          bool // the role enrols keys and signs with them
}

func (p page) t(text fact.Text) string { return text.In(fact.Lang(p.lang)) }

// langOf returns the language of a request: asked for, chosen before, preferred by the
// browser, or the house's.
func (c *console) langOf(r *http.Request) fact.Lang {
	if l := fact.Lang(r.URL.Query().Get("lang")); l == fact.Chinese || l == fact.English {
		return l
	}
	if chosen, err := r.Cookie(languageCookie); err == nil {
		if l := fact.Lang(chosen.Value); l == fact.Chinese || l == fact.English {
			return l
		}
	}
	for tag := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		switch tag, _, _ = strings.Cut(strings.TrimSpace(strings.ToLower(tag)), ";"); {
		case tag == "zh" || strings.HasPrefix(tag, "zh-"):
			return fact.Chinese
		case tag == "en" || strings.HasPrefix(tag, "en-"):
			return fact.English
		}
	}
	return c.DefaultLang
}

// page prepares a page, and keeps a language that was asked for.
func (c *console) page(w http.ResponseWriter, r *http.Request, a Account) page {
	lang := c.langOf(r)
	if r.URL.Query().Get("lang") == string(lang) {
		http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: string(lang), Path: "/", MaxAge: int(languageLife / time.Second),
			HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteStrictMode})
	}
	p := page{lang: string(lang), otherLang: string(fact.English), account: a.Name, role: roleName(a.Role), toKeys: accessTable["GET /keys"].allows(a.Role)}
	if lang == fact.English {
		p.otherLang = string(fact.Chinese)
	}
	p.title = p.t(c.Site.Name)
	if p.title == "" {
		p.title = p.t(wordProduct)
	}
	return p
}

func (c *console) render(w http.ResponseWriter, r *http.Request, status int, content templ.Component) {
	var html bytes.Buffer
	if err := content.Render(r.Context(), &html); err != nil {
		c.Log.Error("a page could not be made", "path", r.URL.Path, "error", err)
		problem(http.StatusInternalServerError, "internal").write(w)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = html.WriteTo(w) // the reader is gone when it fails
}

func (c *console) signInPage(w http.ResponseWriter, r *http.Request) {
	p := c.page(w, r, Account{})
	c.render(w, r, http.StatusOK, signInForm(p, ""))
}

// signIn takes a token and gives a session.
func (c *console) signIn(w http.ResponseWriter, r *http.Request) {
	p, now := c.page(w, r, Account{}), time.Now()
	if wait, blocked := c.throttle.blocked(r.RemoteAddr, now); blocked {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
		c.render(w, r, http.StatusTooManyRequests, signInForm(p, p.t(wordTooMany)))
		return
	}
	account, ok := c.sessions.byToken(strings.TrimSpace(r.PostFormValue("token")))
	if !ok {
		c.throttle.failed(r.RemoteAddr, now)
		c.Log.Warn("a sign-in was refused", "from", r.RemoteAddr)
		c.render(w, r, http.StatusUnauthorized, signInForm(p, p.t(wordWrongToken)))
		return
	}
	c.Log.Info("signed in", "account", account.Name, "from", r.RemoteAddr)
	http.SetCookie(w, c.sessions.issue(account, now))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (c *console) signOut(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, c.sessions.cookie("", -1))
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}

func (c *console) turnedAwayPage(w http.ResponseWriter, r *http.Request, a Account, p *Problem) {
	c.render(w, r, p.Status, turnedAway(c.page(w, r, a), p))
}

// The panels of the wall page, in the order of panelsOf.
const (
	panelCounts = iota
	panelAlerts
	panelDocuments
	panelSafes
	panelPlaces
	panelDevices
	panelFeed
)

// panelContent is one panel as it goes to the page.
type panelContent struct{ id, html string }

// have names the content: the panel and a checksum of what is in it.
func (c panelContent) have() string {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(c.html)) // a hash takes everything
	return c.id + ":" + strconv.FormatUint(sum.Sum64(), 36)
}

func panelsOf(ctx context.Context, b board) ([]panelContent, error) {
	all := []struct {
		id      string
		content templ.Component
	}{
		panelCounts: {"counts", countsPanel(b)}, panelAlerts: {"alerts", alertsPanel(b)}, panelDocuments: {"documents", documentsPanel(b)},
		panelSafes: {"safes", safesPanel(b)}, panelPlaces: {"places", placesPanel(b)}, panelDevices: {"devices", devicesPanel(b)}, panelFeed: {"feed", feedPanel(b)},
	}
	panels := make([]panelContent, len(all))
	for i, p := range all {
		var html strings.Builder
		if err := p.content.Render(ctx, &html); err != nil {
			return nil, fmt.Errorf("panel %s: %w", p.id, err)
		}
		panels[i] = panelContent{id: p.id, html: html.String()}
	}
	return panels, nil
}

// board gathers what the wall shows to the sender of a request.
func (c *console) board(r *http.Request) board {
	role := visitorOf(r.Context()).account.Role
	o := c.overview(role)
	entries, people, err := c.feed.latest(r.Context(), c.Core, o.Seq)
	if err != nil { // the rest of the wall is still right; the banner says that the daemon has a problem
		c.Log.Error("the record could not be read for the wall", "error", err)
	}
	return newBoard(o, c.Site, entries, people, reader{lang: c.langOf(r), zone: c.Site.Location, now: o.At,
		mayAck:   accessTable["POST /wall/alerts/{id}/acknowledge"].allows(role),
		maySign:  accessTable["GET /safes/{id}"].allows(role),
		mayClose: accessTable["POST /wall/alerts/{id}/close"].allows(role)})
}

func (c *console) wallPage(w http.ResponseWriter, r *http.Request) {
	b := c.board(r)
	panels, err := panelsOf(r.Context(), b)
	if err != nil {
		c.Log.Error("the wall could not be made", "error", err)
		problem(http.StatusInternalServerError, "internal").write(w)
		return
	}
	c.render(w, r, http.StatusOK, wall(b, c.page(w, r, visitorOf(r.Context()).account), panels))
}

// wallBoard sends the panels that differ from what the page says it has.
func (c *console) wallBoard(w http.ResponseWriter, r *http.Request) {
	panels, err := panelsOf(r.Context(), c.board(r))
	if err != nil {
		c.Log.Error("the wall could not be made", "error", err)
		problem(http.StatusInternalServerError, "internal").write(w)
		return
	}
	has := r.URL.Query()["have"]
	var html bytes.Buffer
	for _, p := range panels {
		if slices.Contains(has, p.have()) {
			continue
		}
		if err := p.slot().Render(r.Context(), &html); err != nil {
			c.Log.Error("a panel could not be made", "panel", p.id, "error", err)
			problem(http.StatusInternalServerError, "internal").write(w)
			return
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = html.WriteTo(w)
}

func (c *console) wallAcknowledge(w http.ResponseWriter, r *http.Request) {
	c.onCard(w, r, func(id alerts.ID, note string) custody.Act { return custody.AcknowledgeAlert{Alert: id, Note: note} })
}

func (c *console) wallClose(w http.ResponseWriter, r *http.Request) {
	disposition := alerts.Disposition(r.PostFormValue("disposition"))
	c.onCard(w, r, func(id alerts.ID, note string) custody.Act {
		return custody.CloseAlert{Alert: id, Disposition: disposition, Note: note}
	})
}

// onCard carries out what a button of an alert's card asks for, and answers in the card.
func (c *console) onCard(w http.ResponseWriter, r *http.Request, act func(alerts.ID, string) custody.Act) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	note := strings.TrimSpace(r.PostFormValue("note"))
	if err != nil || len([]rune(note)) > maxNoteLen {
		c.answerPanel(w, r, problem(http.StatusUnprocessableEntity, "invalid-request"))
		return
	}
	if _, refused := c.do(r.Context(), act(alerts.ID(id), note)); refused != nil {
		c.answerPanel(w, r, refused)
		return
	}
	w.Header().Set("HX-Trigger", "refresh")
	c.render(w, r, http.StatusOK, actWords(true, wordRecorded.In(c.langOf(r)), ""))
}

// answerPanel tells a refusal in the card that asked.
func (c *console) answerPanel(w http.ResponseWriter, r *http.Request, p *Problem) {
	lang := c.langOf(r)
	next := p.Next
	if !p.RuleText.IsZero() {
		next = fact.Text{ZH: p.Rule + "：" + p.RuleText.ZH, EN: p.Rule + ": " + p.RuleText.EN}
	}
	c.render(w, r, p.Status, actWords(false, p.Text.In(lang), next.In(lang)))
}

func id(n alerts.ID) string { return strconv.FormatUint(uint64(n), 10) }

// toneClass colours a count once it counts something.
func toneClass(c count) string {
	if c.Value == 0 {
		return "zero"
	}
	return string(c.Tone)
}
