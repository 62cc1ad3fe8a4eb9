package console

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

type event struct{ name, data string }

// listen opens a stream as a role and returns its events.
func listen(t *testing.T, url string, r Role) (<-chan event, func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	request, err := http.NewRequestWithContext(ctx, "GET", url+eventsPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+testTokens[r])
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("status %d, %s", answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	events := make(chan event, 1000)
	go func() {
		defer close(events)
		defer func() { _ = answer.Body.Close() }()
		lines, e := bufio.NewScanner(answer.Body), event{}
		for lines.Scan() {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
			case "event":
				e.name = value
			case "data":
				e.data = value
			case "":
				if e.name != "" {
					events <- e
				}
				e = event{}
			}
		}
	}()
	return events, cancel
}

func next(t *testing.T, events <-chan event, name string) string {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		select {
		case e, open := <-events:
			if !open {
				t.Fatalf("the stream ended before %q", name)
			}
			if e.name == name {
				return e.data
			}
		case <-deadline:
			t.Fatalf("no %q came", name)
		}
	}
}

func TestEvents(t *testing.T) {
	core := newTestCore(t)
	server := newTestServer(t, core)
	events, stop := listen(t, server.URL, RoleObserver)
	defer stop()
	var alive Alive
	if err := json.Unmarshal([]byte(next(t, events, "alive")), &alive); err != nil || !alive.Ready {
		t.Errorf("alive %+v, %v", alive, err)
	}
	if got := next(t, events, "changed"); got != fmt.Sprint(core.seq()) {
		t.Errorf("the stream begins at %s, want %d", got, core.seq())
	}
	core.put(fact.BadgeShown{Reader: "badge-in", Card: "raw:26:FFFFFFFF"}, "")
	var n alerts.Notice
	if err := json.Unmarshal([]byte(next(t, events, "notice")), &n); err != nil || n.Code != alerts.UnknownBadge || n.Reason != alerts.ReasonRaised {
		t.Errorf("notice %+v, %v", n, err)
	}
	for want := fmt.Sprint(core.seq()); next(t, events, "changed") != want; {
		continue
	}
}

// TestNoticesGoToWatchersOnly: a notice that a program took would count as delivered.
func TestNoticesGoToWatchersOnly(t *testing.T) {
	core := newTestCore(t)
	server := newTestServer(t, core)
	events, stop := listen(t, server.URL, RoleAuditor)
	defer stop()
	next(t, events, "changed")
	if n := core.hub.Pages(); n != 0 {
		t.Errorf("%d pages count as watched", n)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	var s streams
	for range maxStreamsEach {
		if !s.enter("a") {
			t.Fatal("refused too early")
		}
	}
	if s.enter("a") {
		t.Error("one account has more than its share")
	}
	if !s.enter("b") {
		t.Error("another account is refused")
	}
	s.leave("a")
	if !s.enter("a") {
		t.Error("a place that was left is not free")
	}
	for i := 0; s.enter(fmt.Sprint("c", i)); i++ {
		if i > maxStreams {
			t.Fatal("streams are unbounded")
		}
	}
}

// TestChangesAreSpaced lets entries come every ten milliseconds for two seconds: the
// stream says so ten times a second at most, and ends with the latest.
func TestChangesAreSpaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newTestCore(t)
		c := &console{Settings: testSettings(core)}
		c.Site.Location = time.UTC
		ctx, cancel := context.WithCancel(t.Context())
		w := httptest.NewRecorder()
		changes, done := make(chan uint64, 1), make(chan struct{})
		go func() {
			defer close(done)
			c.pump(ctx, &stream{w: w, control: http.NewResponseController(w)}, changes, nil)
		}()
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for i := range uint64(200) {
			<-tick.C
			changes <- 1000 + i
		}
		synctest.Wait()
		later := time.NewTimer(time.Second)
		<-later.C
		cancel()
		<-done
		text := w.Body.String()
		if n := strings.Count(text, "event: changed"); n < 15 || n > 22 {
			t.Errorf("%d changes in two seconds", n)
		}
		if !strings.Contains(text, "data: 1199\n") {
			t.Error("the latest change was not told")
		}
	})
}

// TestStreamTellsThatTheDaemonCannotDecide: nothing changes then, so only `alive` can.
func TestStreamTellsThatTheDaemonCannotDecide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newTestCore(t)
		c := &console{Settings: testSettings(core)}
		ctx, cancel := context.WithCancel(t.Context())
		w, done := httptest.NewRecorder(), make(chan struct{})
		go func() {
			defer close(done)
			c.pump(ctx, &stream{w: w, control: http.NewResponseController(w)}, nil, nil)
		}()
		synctest.Wait()
		core.breakDown(errDisk)
		later := time.NewTimer(aliveEvery + time.Millisecond)
		<-later.C
		cancel()
		<-done
		if text := w.Body.String(); !strings.Contains(text, `"ready":true`) || !strings.Contains(text, `"ready":false,"why":"the disk is full"`) {
			t.Errorf("the stream said %s", text)
		}
	})
}
