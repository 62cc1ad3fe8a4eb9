package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"trilock/cmd/internal/badgework"
	"trilock/configs"
	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/badge"
	"trilock/devices/serialport"
	"trilock/firmware-protocols/osdp"
)

// badgeCmd is work on badge readers: two persons do it together, on the machine itself,
// while the daemon is stopped; see package badgework.
type badgeCmd struct {
	Key     badgeRekey   `cmd:"" help:"Give a reader a new key, or end a change that was broken off. 更换读卡器密钥。"`
	Install badgeInstall `cmd:"" help:"Give a reader that still has the factory's key one of its own, within a window of time. 安装新读卡器。"`
	Address badgeAddress `cmd:"" help:"Give a reader another OSDP address. 更改读卡器地址。"`
	Speed   badgeSpeed   `cmd:"" help:"Give a line and all its readers another speed. 更改线路速率。"`
	Card    badgeCard    `cmd:"" help:"Say what a reader reports for a card, from the numbers printed on it. 卡号换算。"`
}

// readerWait is how long a reader may take to come up before work on it begins: a missing
// one is asked every second, and its handshake takes a few exchanges.
const readerWait = 20 * time.Second

// changeWait is how long a change may take: a key that is broken off three times, each by
// the silence of a session, and the handshakes between.
const changeWait = time.Minute

// badgeFlags are what all work on readers needs.
type badgeFlags struct {
	Config string `required:"" placeholder:"FILE" type:"existingfile" help:"The site's configuration." env:"TRILOCK_CONFIG"`
}

type badgeRekey struct {
	Reader string `arg:"" help:"The reader's id."`
	badgeFlags
}

// Run changes the key.
func (c *badgeRekey) Run() error {
	return workOn(c.Config, c.Reader, "a new key", os.Stdin, os.Stderr, func(ctx context.Context, w *work) error { return w.rekey(ctx) })
}

type badgeInstall struct {
	Reader string        `arg:"" help:"The reader's id."`
	For    time.Duration `default:"5m" help:"How long the factory's key is accepted from it, 10m at most."`
	badgeFlags
}

// Run opens the window.
func (c *badgeInstall) Run() error {
	return workOn(c.Config, c.Reader, fmt.Sprintf("install mode for %v", c.For), os.Stdin, os.Stderr, func(ctx context.Context, w *work) error { return w.install(ctx, c.For) })
}

type badgeAddress struct {
	Reader  string `arg:"" help:"The reader's id."`
	Address uint8  `arg:"" help:"The new address, 0 to 126."`
	badgeFlags
}

// Run changes the address.
func (c *badgeAddress) Run() error {
	return workOn(c.Config, c.Reader, fmt.Sprintf("address %d", c.Address), os.Stdin, os.Stderr, func(ctx context.Context, w *work) error { return w.readdress(ctx, c.Address) })
}

type badgeSpeed struct {
	Line string `arg:"" help:"The line's id."`
	Baud int    `arg:"" help:"The new speed in bit/s."`
	badgeFlags
}

// Run changes the speed.
func (c *badgeSpeed) Run() error {
	return workOn(c.Config, c.Line, fmt.Sprintf("%d bit/s", c.Baud), os.Stdin, os.Stderr, func(ctx context.Context, w *work) error { return w.speed(ctx, c.Baud) })
}

type badgeCard struct {
	Format   string `arg:"" help:"The card format: h10301, h10302, h10304, h10306, or one of the configuration."`
	Facility uint32 `arg:"" help:"The facility code; 0 in a format without one."`
	Number   uint64 `arg:"" help:"The card number."`
	Config   string `placeholder:"FILE" help:"The site's configuration, for a format of the site's own." env:"TRILOCK_CONFIG"`
}

// Run prints the card's number as readers report it.
func (c *badgeCard) Run() error {
	site := &configs.Site{}
	if c.Config != "" {
		var err error
		if site, err = configs.Load(c.Config); err != nil {
			return err
		}
	}
	card, err := badgework.CardID(site, configs.ID(c.Format), c.Facility, c.Number)
	if err != nil {
		return err
	}
	fmt.Println(card)
	return nil
}

// work is work on one line, and on one of its readers unless it is about the line.
type work struct {
	site   *configs.Site
	config configs.BadgeLine
	reader *configs.BadgeReader // nil for work on the line
	by     [2]fact.PersonID
	out    io.Writer
	line   *badge.Line

	mu     sync.Mutex
	up     map[fact.DeviceID]bool
	keyEnd map[fact.DeviceID]string // CodeKeyChanged or CodeKeyChangeFailed
	news   chan struct{}            // closed and replaced at every report
}

// workOn finds the line, asks both persons, opens the port, and carries the work out.
func workOn(file, id, what string, in *os.File, out io.Writer, do func(context.Context, *work) error) error {
	site, err := configs.Load(file)
	if err != nil {
		return err
	}
	out = &inTurn{out: out}
	w := &work{site: site, out: out, up: map[fact.DeviceID]bool{}, keyEnd: map[fact.DeviceID]string{}, news: make(chan struct{})}
	if err := w.find(configs.ID(id)); err != nil {
		return err
	}
	if w.by, err = twoPersons(site, in, out); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := w.note(badgework.CodeActBegun, what); err != nil {
		return err // what cannot be recorded is not done
	}
	err = w.onLine(ctx, do)
	if err != nil {
		return errors.Join(err, w.note(badgework.CodeActFailed, what+" came to nothing: "+err.Error()))
	}
	return nil
}

// inTurn is a writer for the line's goroutines and our own.
type inTurn struct {
	mu  sync.Mutex
	out io.Writer
}

// Write writes p as a whole.
func (t *inTurn) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.out.Write(p)
}

// find looks the id up: a reader's, or a line's.
func (w *work) find(id configs.ID) error {
	for _, l := range w.site.BadgeLines {
		if l.Protocol != configs.ProtocolOSDP {
			continue
		}
		if l.ID == id {
			w.config = l
			return nil
		}
		for i, r := range l.Readers {
			if r.ID == id {
				w.config, w.reader = l, &l.Readers[i]
				return nil
			}
		}
	}
	return fmt.Errorf("%s is no OSDP reader and no OSDP line of the configuration", strconv.Quote(string(id)))
}

// device is what the work is about.
func (w *work) device() fact.DeviceID {
	if w.reader == nil {
		return fact.DeviceID(w.config.Readers[0].ID)
	}
	return fact.DeviceID(w.reader.ID)
}

// note makes durable what is done, for the daemon's record.
func (w *work) note(code, detail string) error {
	return badgework.Note(w.site.Data, badgework.Act{At: time.Now(), Device: w.device(), Code: code, By: w.by, Detail: detail})
}

// onLine runs the line around the work.
func (w *work) onLine(ctx context.Context, do func(context.Context, *work) error) error {
	settings, err := badgework.Settings(w.site, w.config, slog.New(slog.NewTextHandler(w.out, nil)))
	if err != nil {
		return err
	}
	if w.line, err = badge.New(settings); err != nil {
		return err
	}
	port, err := serialport.Open(ctx, serialport.Settings{Port: string(w.config.Port), Baud: w.config.Baud})
	if err != nil {
		if errors.Is(err, devices.ErrBusy) {
			return fmt.Errorf("%w; stop the daemon first: systemctl stop trilockd", err)
		}
		return err
	}
	running, leave := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- w.line.Run(running, port, w) }()
	err = do(ctx, w)
	leave()
	return errors.Join(err, <-ended, port.Close())
}

// Report takes what the line says: it is shown, and what waits for it is woken.
func (w *work) Report(ctx context.Context, f fact.Fact) error {
	r, ok := f.(fact.DeviceReport)
	if !ok {
		return ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(w.out, "%s %s\n", r.Device, stateText(r))
	w.up[r.Device] = r.State != fact.DeviceDown
	if r.Code == badge.CodeKeyChanged || r.Code == badge.CodeKeyChangeFailed {
		w.keyEnd[r.Device] = r.Code
	}
	close(w.news)
	w.news = make(chan struct{})
	return ctx.Err()
}

// await waits until holds does, at most for d.
func (w *work) await(ctx context.Context, d time.Duration, holds func() bool) bool {
	late := time.NewTimer(d)
	defer late.Stop()
	for {
		w.mu.Lock()
		ok, news := holds(), w.news
		w.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-news:
		case <-late.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// needReader waits for the reader to come up.
func (w *work) needReader(ctx context.Context) error {
	if w.reader == nil {
		return fmt.Errorf("%s is a line: name one of its readers", w.config.ID)
	}
	if !w.await(ctx, readerWait, func() bool { return w.up[w.device()] }) {
		return fmt.Errorf("%s did not come up in %v: what it said is above", w.device(), readerWait)
	}
	return nil
}

// pending reports whether a change of the reader's key was broken off before.
func (w *work) pending() (bool, error) {
	_, pending, err := configs.ReadNextBadgeKey(w.reader.KeyFile)
	return pending, err
}

func (w *work) keep(_ context.Context, next osdp.Key) error {
	return badgework.KeepNext(w.reader.KeyFile, next)
}

// rekey gives the reader a new key, or ends a change that was broken off: then the line
// goes on with it by itself.
func (w *work) rekey(ctx context.Context) error {
	if w.reader == nil {
		return fmt.Errorf("%s is a line: name one of its readers", w.config.ID)
	}
	pending, err := w.pending()
	if err != nil {
		return err
	}
	if pending {
		return w.endKey(w.awaitKey(ctx))
	}
	if err := w.needReader(ctx); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, changeWait)
	defer cancel()
	return w.endKey(w.line.ChangeKey(limited, w.device(), w.keep))
}

var errKeyOpen = errors.New("it is not known yet which key the reader holds; both are kept and tried: do it again when the reader answers")

// awaitKey waits for the end of a change that goes on by itself.
func (w *work) awaitKey(ctx context.Context) error {
	if !w.await(ctx, changeWait, func() bool { return w.keyEnd[w.device()] != "" }) {
		return errKeyOpen
	}
	if w.keyEnd[w.device()] == badge.CodeKeyChangeFailed {
		return badge.ErrKeyRefused
	}
	return nil
}

// endKey puts the files right, by what came of the change.
func (w *work) endKey(err error) error {
	switch {
	case err == nil:
		if err := badgework.TakeNext(w.reader.KeyFile); err != nil {
			return err
		}
		fmt.Fprintf(w.out, "%s has proved its new key, which stands in %s\n", w.device(), w.reader.KeyFile)
		return w.note(badge.CodeKeyChanged, "the reader has proved its new key")
	case errors.Is(err, badge.ErrKeyRefused):
		return errors.Join(err, badgework.DropNext(w.reader.KeyFile))
	case errors.Is(err, badge.ErrInterrupted), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return errors.Join(err, errKeyOpen)
	case errors.Is(err, errKeyOpen):
		return err
	}
	return errors.Join(err, w.dropUnsent())
}

// install gives a reader that has the factory's key one of its own.
func (w *work) install(ctx context.Context, window time.Duration) error {
	if w.reader == nil {
		return fmt.Errorf("%s is a line: name one of its readers", w.config.ID)
	}
	fmt.Fprintf(w.out, "everybody knows the key that the new one travels under: make sure that nobody else can reach the line of %s\n", w.device())
	err := w.line.Install(ctx, badge.InstallWindow{Reader: w.device(), By: w.by, Time: window}, w.keep)
	for tries := 0; errors.Is(err, badge.ErrOffline) && tries < 3; tries++ { // the line has only just begun to run
		w.await(ctx, time.Second, func() bool { return false })
		err = w.line.Install(ctx, badge.InstallWindow{Reader: w.device(), By: w.by, Time: window}, w.keep)
	}
	return w.endKey(err)
}

// dropUnsent forgets a key that was made durable and not sent.
func (w *work) dropUnsent() error {
	if w.line.KeyPending(w.device()) {
		return errKeyOpen
	}
	return badgework.DropNext(w.reader.KeyFile)
}

// readdress gives the reader another address.
func (w *work) readdress(ctx context.Context, address uint8) error {
	if err := w.needReader(ctx); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, changeWait)
	defer cancel()
	if err := w.line.ChangeAddress(limited, w.device(), address); err != nil {
		return err
	}
	fmt.Fprintf(w.out, "%s is at address %d: write it into the configuration before the daemon starts\n", w.device(), address)
	return w.note(badge.CodeAddressChanged, fmt.Sprintf("the reader has proved itself at address %d", address))
}

// speed gives the line another speed.
func (w *work) speed(ctx context.Context, baud int) error {
	if w.reader != nil {
		return fmt.Errorf("%s is a reader: all readers of a line share its speed, name the line", w.reader.ID)
	}
	w.await(ctx, readerWait, func() bool { // who is missing may be at the new speed already
		for _, r := range w.config.Readers {
			if !w.up[fact.DeviceID(r.ID)] {
				return false
			}
		}
		return true
	})
	limited, cancel := context.WithTimeout(ctx, changeWait+time.Duration(len(w.config.Readers))*2*time.Second)
	defer cancel()
	if err := w.line.ChangeSpeed(limited, baud); err != nil {
		return err
	}
	fmt.Fprintf(w.out, "all readers of %s are at %d bit/s: write it into the configuration before the daemon starts\n", w.config.ID, baud)
	return w.note(badgework.CodeSpeedChanged, fmt.Sprintf("the readers of %s have proved themselves at %d bit/s", w.config.ID, baud))
}
