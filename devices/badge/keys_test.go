package badge

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/devicetest/osdptest"
	"trilock/firmware-protocols/osdp"
)

// kept remembers the keys that were made durable.
type kept struct{ keys []osdp.Key }

func (k *kept) keep(_ context.Context, next osdp.Key) error {
	k.keys = append(k.keys, next)
	return nil
}

func code(want string) func(fact.DeviceReport) bool {
	return func(f fact.DeviceReport) bool { return f.Code == want }
}

func TestChangeKey(t *testing.T) {
	onPipe(t, 2, func(t *testing.T, r running) {
		var k kept
		old := r.pds[0].Key()
		if err := r.line.ChangeKey(context.Background(), "badge-a", func(ctx context.Context, next osdp.Key) error {
			if r.pds[0].Key() != old {
				t.Error("sent before it was durable")
			}
			return k.keep(ctx, next)
		}); err != nil {
			t.Fatal(err)
		}
		if len(k.keys) != 1 || r.pds[0].Key() != k.keys[0] || k.keys[0] == old || r.pds[1].Key() != testKey(2) {
			t.Error("the reader does not hold the key that was kept")
		}
		next(t, r.recorder, code(CodeKeyChanging))
		if got := next(t, r.recorder, code(CodeKeyChanged)); got.Device != "badge-a" || got.State != fact.DeviceUp {
			t.Errorf("%+v", got)
		}
		settled(t, r.pds[0])
		r.pds[0].ShowCard(8, []byte{7})
		next(t, r.recorder, any1[fact.BadgeShown])
	})
}

func TestChangeKeyThatIsNotKept(t *testing.T) {
	onPipe(t, 1, func(t *testing.T, r running) {
		full := errors.New("disk full")
		for range 2 { // the turn is given back
			if err := r.line.ChangeKey(context.Background(), "badge-a", func(context.Context, osdp.Key) error { return full }); !errors.Is(err, full) {
				t.Errorf("%v", err)
			}
		}
		settled(t, r.pds[0])
		if r.pds[0].Key() != testKey(1) {
			t.Error("a key that was not kept was sent")
		}
	})
}

func TestChangeKeyRefusals(t *testing.T) {
	onPipe(t, 1, func(t *testing.T, r running) {
		var k kept
		r.pds[0].RefuseKeys(true)
		if err := r.line.ChangeKey(context.Background(), "badge-a", k.keep); !errors.Is(err, ErrKeyRefused) {
			t.Errorf("refused by the reader: %v", err)
		}
		next(t, r.recorder, code(CodeKeyChangeFailed))
		if err := r.line.ChangeKey(context.Background(), "badge-z", k.keep); !errors.Is(err, ErrUnknownReader) {
			t.Errorf("unknown: %v", err)
		}
		err := r.line.ChangeKey(context.Background(), "badge-a", func(ctx context.Context, _ osdp.Key) error {
			if err := r.line.ChangeKey(ctx, "badge-a", k.keep); !errors.Is(err, ErrKeyChange) {
				t.Errorf("two at once: %v", err)
			}
			return io.ErrShortWrite
		})
		if !errors.Is(err, io.ErrShortWrite) {
			t.Error(err)
		}
		r.pds[0].SetSilent(true)
		next(t, r.recorder, code(devices.CodeNoAnswer))
		if err := r.line.ChangeKey(context.Background(), "badge-a", k.keep); !errors.Is(err, ErrOffline) {
			t.Errorf("offline: %v", err)
		}
	})
}

// The line is lost right after the key was sent; the next Run finds out which key holds.
func TestChangeKeyOverALostLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line, rec, pds := newLine(t, testSettings(1, io.Discard)), newRecorder(), testPDs(1)
		near, far := net.Pipe()
		r := run(t, line, rec, near, far, pds)
		r.up(t, 1)
		settled(t, pds[0])
		pds[0].DropReplies(1000)
		var k kept
		changed := make(chan error, 1)
		go func() { changed <- line.ChangeKey(context.Background(), "badge-a", k.keep) }()
		until(t, pds[0], func() bool { return pds[0].Key() != testKey(1) })
		r.unplug()
		_ = r.close()
		if err := <-changed; !errors.Is(err, ErrInterrupted) {
			t.Errorf("%v", err)
		}
		pds[0].NoFaults()
		near, far = net.Pipe()
		r = run(t, line, rec, near, far, pds)
		next(t, rec, code(CodeKeyChanged))
		if pds[0].Key() != k.keys[0] {
			t.Error("another key")
		}
		_ = r.close()
	})
}

func TestChangeKeyGoesOnWithoutItsCaller(t *testing.T) {
	onPipe(t, 1, func(t *testing.T, r running) {
		r.pds[0].DropCommands(3)
		ctx, cancel := context.WithCancel(context.Background())
		var k kept
		err := r.line.ChangeKey(ctx, "badge-a", func(ctx context.Context, next osdp.Key) error {
			cancel()
			return k.keep(ctx, next)
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		next(t, r.recorder, code(CodeKeyChanged))
	})
}

// installing is a line whose only reader has no key of its own.
func installing(t *testing.T, test func(*testing.T, running, *osdptest.PD)) {
	synctest.Test(t, func(t *testing.T) {
		p := osdptest.NewPD(osdptest.Settings{Address: 1, InstallMode: true})
		near, far := net.Pipe()
		r := run(t, newLine(t, testSettings(1, io.Discard)), newRecorder(), near, far, []*osdptest.PD{p})
		if got := next(t, r.recorder, any1[fact.DeviceReport]); got.Code != CodeDefaultKey || got.State != fact.DeviceDown {
			t.Errorf("before the window: %+v", got)
		}
		test(t, r, p)
		_ = r.close()
	})
}

var twoPersons = InstallWindow{Reader: "badge-a", By: [2]fact.PersonID{"p-1", "p-2"}, Time: time.Minute}

func TestInstall(t *testing.T) {
	installing(t, func(t *testing.T, r running, p *osdptest.PD) {
		var k kept
		if err := r.line.Install(context.Background(), twoPersons, k.keep); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{CodeInstallOpened, CodeInstallUsed, CodeInstallClosed} {
			got := next(t, r.recorder, any1[fact.DeviceReport])
			if got.Code != want || got.State != fact.DeviceDown || !strings.Contains(got.Detail, "p-1") || !strings.Contains(got.Detail, "p-2") {
				t.Errorf("%+v, want %s", got, want)
			}
		}
		next(t, r.recorder, code(CodeKeyChanged))
		if p.Key() != k.keys[0] {
			t.Error("another key")
		}
		if err := r.line.Install(context.Background(), twoPersons, k.keep); !errors.Is(err, osdp.ErrHasKey) {
			t.Errorf("again: %v", err)
		}
	})
}

func TestInstallCloses(t *testing.T) {
	var k kept
	for name, row := range map[string]struct {
		end  func(running, context.CancelFunc)
		want error
	}{
		"time over": {func(running, context.CancelFunc) {}, ErrInstallClosed},
		"cancelled": {func(_ running, cancel context.CancelFunc) { cancel() }, context.Canceled},
		"line lost": {func(r running, _ context.CancelFunc) { r.unplug() }, ErrInterrupted},
	} {
		installing(t, func(t *testing.T, r running, p *osdptest.PD) {
			p.SetSilent(true)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- r.line.Install(ctx, twoPersons, k.keep) }()
			next(t, r.recorder, code(CodeInstallOpened))
			row.end(r, cancel)
			if err := <-ended; !errors.Is(err, row.want) {
				t.Errorf("%s: %v", name, err)
			}
			next(t, r.recorder, code(CodeInstallClosed))
			if r.line.configured("badge-a").Next != (osdp.Key{}) {
				t.Errorf("%s: a key that was never sent is looked for", name)
			}
		})
	}
}

func TestInstallNeedsTwo(t *testing.T) {
	installing(t, func(t *testing.T, r running, _ *osdptest.PD) {
		var k kept
		for name, change := range map[string]func(*InstallWindow){
			"one person": func(w *InstallWindow) { w.By[1] = w.By[0] },
			"nobody":     func(w *InstallWindow) { w.By = [2]fact.PersonID{} },
			"an hour":    func(w *InstallWindow) { w.Time = time.Hour },
		} {
			w := twoPersons
			change(&w)
			if err := r.line.Install(context.Background(), w, k.keep); !errors.Is(err, osdp.ErrWitnesses) && !errors.Is(err, osdp.ErrWindow) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Each of the five published attacks ends in a report that names it, and in no card.
func TestAttacksAreReported(t *testing.T) {
	card := []byte{0, 0, 26, 0, 0xA8, 0xED, 0x31, 0x40}
	for _, row := range []struct {
		name   string
		attack func() osdptest.Attack
		code   string
		state  fact.DeviceState
	}{
		{"clear text after a failed handshake", func() osdptest.Attack { return osdptest.SpeakClear(card) }, CodeClearText, fact.DeviceDown},
		{"clear text in a session", func() osdptest.Attack { return osdptest.InterruptInClear(card) }, CodeClearText, fact.DeviceDown},
		{"capabilities without security", func() osdptest.Attack { return osdptest.DenySecurity(true) }, CodeSecurityDenied, fact.DeviceDown},
		{"altered capabilities", func() osdptest.Attack { return osdptest.DenySecurity(false) }, CodeSecurityDenied, fact.DeviceFault},
		{"install mode left on", func() osdptest.Attack {
			return osdptest.Impersonate(osdptest.NewPD(osdptest.Settings{Address: 1, InstallMode: true}))
		}, CodeDefaultKey, fact.DeviceDown},
		{"weak key", func() osdptest.Attack { return osdptest.Impersonate(osdptest.NewPD(osdptest.Settings{Address: 1})) }, CodeWeakKey, fact.DeviceDown},
	} {
		onPipe(t, 1, func(t *testing.T, r running) {
			r.pds[0].Restart()
			r.pds[0].SetAttack(row.attack())
			got := next(t, r.recorder, code(row.code))
			if got.State != row.state || got.Detail == "" {
				t.Errorf("%s: %+v", row.name, got)
			}
			pause := time.NewTimer(time.Minute)
			<-pause.C
			for len(r.facts) > 0 {
				if shown, ok := (<-r.facts).(fact.BadgeShown); ok {
					t.Errorf("%s: %+v", row.name, shown)
				}
			}
		})
	}
}

func TestCaughtKeyIsReported(t *testing.T) {
	onPipe(t, 1, func(t *testing.T, r running) {
		rogue := osdptest.NewPD(osdptest.Settings{Address: 1, InstallMode: true})
		r.pds[0].SetAttack(osdptest.CatchKey(rogue))
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var k kept
		ended := make(chan error, 1)
		go func() { ended <- r.line.ChangeKey(ctx, "badge-a", k.keep) }()
		next(t, r.recorder, code(CodeSecureChannelLost))
		next(t, r.recorder, code(CodeDefaultKey))
		cancel()
		<-ended
		if rogue.Key() == k.keys[0] {
			t.Error("the key was caught")
		}
	})
}
