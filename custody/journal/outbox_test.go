package journal

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trilock/alerts"
)

type waiting struct {
	ID       string
	Attempts int
}

func pending(tb testing.TB, j *Journal, channel string, limit int, now time.Time) (out []waiting, next time.Time) {
	tb.Helper()
	next, err := j.Pending(context.Background(), channel, limit, now, func(n alerts.Notice, attempts int) {
		out = append(out, waiting{n.ID, attempts})
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out, next
}

func TestOutbox(t *testing.T) {
	dir := t.TempDir()
	j := openIn(t, dir)
	mustAppend(t, j, Batch{Entries: entriesFrom(1, 1), Notices: []Posting{
		posting("mail", 1, 1), posting("wall", 1, 1), posting("mail", 2, 1), posting("mail", 1, 2), posting("mail", 3, 1),
	}})
	mustAppend(t, j, Batch{Notices: []Posting{posting("mail", 1, 1)}}) // again: no second row
	now := wall
	check := func(channel string, limit int, want []waiting, wantNext time.Time) {
		t.Helper()
		got, next := pending(t, j, channel, limit, now)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if !next.Equal(wantNext) {
			t.Errorf("next %v, want %v", next, wantNext)
		}
	}
	check("mail", 10, []waiting{{"1-1", 0}, {"2-1", 0}, {"1-2", 0}, {"3-1", 0}}, time.Time{})
	check("mail", 2, []waiting{{"1-1", 0}, {"2-1", 0}}, time.Time{})
	check("mail", 0, nil, time.Time{})
	check("fax", 10, nil, time.Time{})

	later := now.Add(time.Minute).Truncate(time.Millisecond)
	if err := j.Postpone(context.Background(), "1-1", "mail", 3, later, "no answer "+strings.Repeat("界", 400)); err != nil {
		t.Fatal(err)
	}
	check("mail", 10, []waiting{{"2-1", 0}, {"3-1", 0}}, later) // 1-2 waits behind 1-1
	check("wall", 10, []waiting{{"1-1", 0}}, time.Time{})       // another channel is not concerned

	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = openIn(t, dir)
	now = later
	check("mail", 10, []waiting{{"1-1", 3}, {"2-1", 0}, {"1-2", 0}, {"3-1", 0}}, time.Time{})
	now = later.Add(-2 * MaxPostpone) // the clock was set back: nothing waits for a time that far off
	check("mail", 10, []waiting{{"1-1", 3}, {"2-1", 0}, {"1-2", 0}, {"3-1", 0}}, time.Time{})

	mustAppend(t, j, Batch{Settled: []Settlement{{"1-1", "mail"}, {"1-1", "mail"}, {"9-9", "mail"}}})
	check("mail", 10, []waiting{{"2-1", 0}, {"1-2", 0}, {"3-1", 0}}, time.Time{})
	mustAppend(t, j, Batch{Notices: []Posting{posting("fax", 9, 1)}, Settled: []Settlement{{"9-1", "fax"}, {"1-1", "wall"}}})
	names, err := j.Channels(context.Background())
	if diff := cmp.Diff([]string{"mail"}, names); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if size, _, _ := j.Head(); size != 1 {
		t.Error("outbox work changed the record")
	}
}

// TestNoticeComesBackWhole: what is delivered is what was posted.
func TestNoticeComesBackWhole(t *testing.T) {
	j := openIn(t, t.TempDir())
	want := posting("mail", 1<<63+5, 1)
	want.Notice.Rule, want.Notice.Count, want.Notice.By = "INC-1", 7, "P-0001"
	mustAppend(t, j, Batch{Notices: []Posting{want}})
	_, err := j.Pending(context.Background(), "mail", 1, wall, func(n alerts.Notice, _ int) {
		if diff := cmp.Diff(want.Notice, n); diff != "" {
			t.Error(diff)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDamagedNotice: it is named, and stops no other.
func TestDamagedNotice(t *testing.T) {
	j := openIn(t, t.TempDir())
	mustAppend(t, j, Batch{Notices: []Posting{posting("mail", 1, 1), posting("mail", 2, 1), posting("mail", 3, 1)}})
	if _, err := j.writer.Exec(`UPDATE outbox SET notice = '{' WHERE notice_id = '1-1'`); err != nil {
		t.Fatal(err)
	}
	if _, err := j.writer.Exec(`UPDATE outbox SET notice = '{}' WHERE notice_id = '2-1'`); err != nil {
		t.Fatal(err)
	}
	var got []string
	_, err := j.Pending(context.Background(), "mail", 10, wall, func(n alerts.Notice, _ int) { got = append(got, n.ID) })
	var named *Error
	if !errors.As(err, &named) || !strings.Contains(err.Error(), `"1-1"`) || !strings.Contains(err.Error(), `"2-1"`) {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"3-1"}, got); diff != "" {
		t.Error(diff)
	}
}
