package devices_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"trilock/custody/fact"
	"trilock/devices"
)

func TestMain(m *testing.M) {
	// The soaks wait most of the time: all at once they take no longer than one.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// outage is what one attempt of the script does.
type outage struct {
	dial error
	run  func(ctx context.Context, l devices.Link, facts devices.Sink) error
}

// script plays attempts in turn, and repeats the last one.
type script struct {
	attempts []outage
	at       []time.Time
	links    []net.Conn
}

func (s *script) now() outage { return s.attempts[min(len(s.at), len(s.attempts))-1] }

func (s *script) dial(context.Context) (devices.Link, error) {
	s.at = append(s.at, time.Now())
	if err := s.now().dial; err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	s.links = append(s.links, far)
	return near, nil
}

func (s *script) Run(ctx context.Context, l devices.Link, facts devices.Sink) error {
	return s.now().run(ctx, l, facts)
}

type sink struct{ reports []string }

func (s *sink) Report(ctx context.Context, f fact.Fact) error {
	r := f.(fact.DeviceReport)
	s.reports = append(s.reports, fmt.Sprintf("%s %d %s", r.Device, r.State, r.Code))
	return ctx.Err()
}

// play runs a script for some fake time and returns the reports and the log.
func play(t *testing.T, s *script, d time.Duration, names ...fact.DeviceID) ([]string, string) {
	t.Helper()
	facts, log := &sink{}, &bytes.Buffer{}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		supervisor := &devices.Supervisor{Devices: names, Dial: s.dial, Driver: s, Log: slog.New(slog.NewTextHandler(log, nil))}
		supervisor.Run(ctx, facts)
		for i, far := range s.links {
			if _, err := far.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Errorf("link %d was left open: %v", i, err)
			}
		}
	})
	return facts.reports, log.String()
}

// up reports the devices up and fails after a while.
func up(after time.Duration, err error, names ...fact.DeviceID) outage {
	return outage{run: func(ctx context.Context, _ devices.Link, facts devices.Sink) error {
		for _, name := range names {
			if err := facts.Report(ctx, fact.DeviceReport{Device: name, State: fact.DeviceUp, Code: "connected"}); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(after):
			return err
		}
	}}
}

var (
	errMissing  = fmt.Errorf("open /dev/ttyUSB0: %w", fs.ErrNotExist)
	errSilent   = &devices.Error{Code: devices.CodeNoAnswer, Detail: "nobody answers"}
	errUnplug   = errors.New("input/output error")
	neverFails  = time.Hour
	halfAMinute = 30 * time.Second
)

func TestDownIsReportedOnceForEachReason(t *testing.T) {
	s := &script{attempts: []outage{
		{dial: errMissing}, {dial: errMissing}, {dial: errMissing}, up(0, errSilent), {dial: errMissing}, up(0, errSilent),
		{dial: fmt.Errorf("open: %w", devices.ErrBusy)}, up(neverFails, nil, "a"),
	}}
	reports, log := play(t, s, time.Minute, "a")
	want := []string{"a 2 port-missing", "a 2 no-answer", "a 2 port-busy", "a 1 connected"}
	if diff := cmp.Diff(want, reports); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
	if strings.Count(log, "\n") != 4 || !strings.Contains(log, "tries=7") {
		t.Errorf("log:\n%s", log)
	}
}

func TestWaitsDoubleAndAreCapped(t *testing.T) {
	s := &script{attempts: []outage{{dial: fmt.Errorf("open: %w", devices.ErrBusy)}}}
	play(t, s, time.Minute, "a")
	want := devices.RedialMin
	for i := 1; i < len(s.at); i++ {
		gap := s.at[i].Sub(s.at[i-1])
		if gap < want*79/100 || gap > want*121/100 {
			t.Errorf("wait %d was %v, want %v with jitter", i, gap, want)
		}
		want = min(2*want, devices.RedialMax)
	}
	if len(s.at) < 45 {
		t.Errorf("only %d attempts in a minute", len(s.at))
	}
}

// A port that is not there is looked for at a steady pace, however long it is away.
func TestMissingPortIsLookedForSteadily(t *testing.T) {
	s := &script{attempts: []outage{{dial: errMissing}}}
	reports, _ := play(t, s, time.Hour, "a")
	if gap := s.at[len(s.at)-1].Sub(s.at[len(s.at)-2]); gap != devices.RedialMin {
		t.Errorf("after an hour the wait is %v", gap)
	}
	if len(reports) != 1 {
		t.Errorf("%d reports of one outage", len(reports))
	}
}

// What was up is dialled again at once, however long it was being sought before.
func TestUpMeansAQuickRetry(t *testing.T) {
	s := &script{attempts: []outage{
		up(0, errSilent), up(0, errSilent), {dial: devices.ErrBusy}, {dial: devices.ErrBusy}, {dial: devices.ErrBusy}, {dial: devices.ErrBusy},
		up(halfAMinute, errUnplug, "a"), up(neverFails, nil, "a"),
	}}
	reports, _ := play(t, s, 2*time.Minute, "a")
	want := []string{"a 2 no-answer", "a 2 port-busy", "a 1 connected", "a 2 line-lost", "a 1 connected"}
	if diff := cmp.Diff(want, reports); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
	if gap := s.at[7].Sub(s.at[6]) - halfAMinute; gap > devices.RedialMin*121/100 {
		t.Errorf("the first retry came after %v", gap)
	}
}

// A loose plug is dialled again without end, fills the record with a bounded number of its
// comings and goings, and is said to be unstable. What lasts after that is reported.
func TestLoosePlug(t *testing.T) {
	s := &script{attempts: slices.Repeat([]outage{up(time.Second, errUnplug, "a")}, 4000)}
	s.attempts = append(s.attempts, up(neverFails, nil, "a"))
	reports, _ := play(t, s, 2*time.Hour, "a")
	if len(s.at) != 4001 {
		t.Fatalf("dialled %d times", len(s.at))
	}
	if len(reports) < 300 || len(reports) > 320 {
		t.Errorf("%d reports", len(reports))
	}
	unstable := slices.Index(reports, "a 3 unstable")
	if unstable < 300 || !slices.Equal(reports[unstable+1:], []string{"a 1 connected"}) {
		t.Errorf("report %d says unstable; after it: %v", unstable, reports[max(unstable, 0):])
	}
}

// A device that is unstable and then stays away is reported down.
func TestLoosePlugThatFallsOut(t *testing.T) {
	s := &script{attempts: slices.Repeat([]outage{up(time.Second, errUnplug, "a")}, 200)}
	s.attempts = append(s.attempts, outage{dial: errMissing})
	reports, _ := play(t, s, time.Hour, "a")
	if last := reports[len(reports)-1]; last != "a 2 port-missing" || !slices.Contains(reports, "a 3 unstable") {
		t.Errorf("the last report is %q of %d", last, len(reports))
	}
}

func TestLineOfSeveralDevices(t *testing.T) {
	partly := outage{run: func(ctx context.Context, _ devices.Link, facts devices.Sink) error {
		for _, r := range []fact.DeviceReport{
			{Device: "a", State: fact.DeviceUp, Code: "connected"}, {Device: "b", State: fact.DeviceDown, Code: "no-answer"},
		} {
			if err := facts.Report(ctx, r); err != nil {
				return err
			}
		}
		return errUnplug
	}}
	reports, _ := play(t, &script{attempts: []outage{partly, up(neverFails, nil, "a", "b")}}, time.Minute, "a", "b")
	want := []string{"a 1 connected", "b 2 no-answer", "a 2 line-lost", "b 2 line-lost", "a 1 connected", "b 1 connected"}
	if diff := cmp.Diff(want, reports); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
}

func TestDriverThatEndsWithoutAnError(t *testing.T) {
	reports, _ := play(t, &script{attempts: []outage{up(0, nil)}}, time.Second, "a")
	if diff := cmp.Diff([]string{"a 2 driver-stopped"}, reports); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
}

// TestDriverStuckInAWrite: the link is closed under a driver that does not hear the end.
func TestDriverStuckInAWrite(t *testing.T) {
	stuck := outage{run: func(_ context.Context, l devices.Link, _ devices.Sink) error {
		_, err := l.Write([]byte{1}) // nobody reads the far end
		return err
	}}
	reports, _ := play(t, &script{attempts: []outage{stuck}}, time.Second, "a")
	if len(reports) != 0 {
		t.Errorf("reports at the end: %v", reports)
	}
}

func TestCodeOf(t *testing.T) {
	for want, err := range map[string]error{
		devices.CodeNoAnswer:    fmt.Errorf("reader: %w", errSilent),
		devices.CodePortMissing: errMissing,
		devices.CodePortBusy:    fmt.Errorf("open: %w", devices.ErrBusy),
		devices.CodeLineLost:    io.ErrUnexpectedEOF,
	} {
		if got := devices.CodeOf(err); got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
}
