package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"trilock/alerts"
	"trilock/cmd/internal/simsite"
	"trilock/custody/fact"
)

// demo is the main job: one simulated site, one daemon, one command.
type demo struct {
	Exit   bool    `help:"Play the story once and exit: 0 if everything expected was seen. 演示一遍即退出。"`
	Seed   uint64  `default:"1" help:"Decides which reads are missed and crossed. 随机种子。"`
	Speed  float64 `default:"1" help:"How fast the people of the site move, 0.1 to 10; the daemon's clocks stay honest. 人员动作的快慢。"`
	Lang   string  `default:"zh" enum:"zh,en" help:"Language of the narration: zh or en. 语言。"`
	Broker string  `default:"builtin" enum:"builtin,mosquitto" help:"The daemon's own MQTT broker, or Debian's mosquitto with configs/mosquitto. MQTT 代理。"`
	Kill   int     `default:"0" help:"Kill the daemon (SIGKILL) this many times at random instants of the story. 随机强杀守护进程的次数。"`
	Daemon string  `help:"Use this installed trilockd instead of the one built into this program. 使用已安装的 trilockd。" type:"existingfile"`
	Keep   string  `help:"Build the site in this folder and keep it. 站点文件保留在此文件夹。"`
}

// Validate is called by kong.
func (d *demo) Validate() error {
	if d.Speed < 0.1 || d.Speed > 10 {
		return fmt.Errorf("--speed %v: want 0.1 to 10", d.Speed)
	}
	if d.Kill < 0 || d.Kill > 1000 {
		return fmt.Errorf("--kill %d: want 0 to 1000", d.Kill)
	}
	return nil
}

// Run plays the demo until it is over or ctx ends.
func (d *demo) Run(ctx context.Context) error { return d.run(ctx, os.Stdout) }

func (d *demo) run(ctx context.Context, out io.Writer) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	dir, remove, err := d.folder()
	if err != nil {
		return err
	}
	s := &stage{killed: d.Kill > 0, speed: d.Speed, lang: fact.Lang(d.Lang), out: out, began: time.Now()}
	desk, err := newDesk(func() []byte { return s.site.WebhookSecret }, func(n alerts.Notice) { s.face.take(n) })
	if err != nil {
		return err
	}
	s.site, err = simsite.Build(simsite.Settings{Dir: dir, Seed: d.Seed, Lang: d.Lang, Webhook: desk.url(), Mosquitto: d.Broker == "mosquitto", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return errors.Join(err, remove())
	}
	s.face = newFace("http://"+s.site.Console, s.site.Token)
	daemon := &process{binary: d.Daemon, config: s.site.ConfigFile(), log: filepath.Join(dir, "trilockd.log"), lost: cancel}

	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.site.Run(ctx); err != nil {
			cancel(err)
		}
	}()
	go desk.run(ctx)
	defer func() {
		cancel(nil)
		<-ended
		err = errors.Join(err, daemon.stop(), s.site.Close())
		if err == nil || d.Keep != "" {
			err = errors.Join(err, remove())
			return
		}
		fmt.Fprintf(out, "%s\n", fact.Text{ZH: "守护进程的日志：%[1]s", EN: "the daemon's log: %[1]s"}.Fill(daemon.log).In(s.lang))
	}()
	if err := daemon.start(); err != nil {
		return err
	}
	s.welcome()
	return d.tell(ctx, s, daemon)
}

// folder returns where the site is built, and what removes it afterwards.
func (d *demo) folder() (dir string, remove func() error, err error) {
	if d.Keep != "" {
		return d.Keep, func() error { return nil }, os.MkdirAll(d.Keep, 0o700)
	}
	dir, err = simsite.Temporary()
	return dir, func() error { return os.RemoveAll(dir) }, err
}

func (s *stage) welcome() {
	fmt.Fprintf(s.out, "%s\n  http://%s/signin#token=%s\n\n", fact.Text{ZH: "控制台（已含登录口令，用浏览器打开）：", EN: "The console (open it in a browser; the token signs you in):"}.In(s.lang), s.site.Console, s.site.Token("security-desk"))
}

// tell plays the story, and after it, unless told to exit, ordinary days.
func (d *demo) tell(ctx context.Context, s *stage, daemon *process) error {
	over := make(chan struct{})
	if d.Kill > 0 {
		go d.sabotage(ctx, s, daemon, over)
	}
	err := s.play(ctx)
	close(over)
	if cause := context.Cause(ctx); cause != nil {
		if errors.Is(cause, context.Canceled) && !d.Exit {
			return nil // Ctrl-C
		}
		return cause
	}
	if err != nil {
		return err
	}
	took := time.Since(s.began).Round(100 * time.Millisecond)
	s.heading(fact.Text{ZH: "全部如预期，用时 %[1]s", EN: "everything was as expected, in %[1]s"}.Fill(took))
	if d.Exit {
		return nil
	}
	return s.ordinaryDays(ctx)
}

// sabotage kills the daemon at instants that the seed draws, and lets it come back, as
// systemd would.
func (d *demo) sabotage(ctx context.Context, s *stage, daemon *process, over <-chan struct{}) {
	dice := rand.New(rand.NewPCG(d.Seed, 9))
	for range d.Kill {
		timer := time.NewTimer(time.Duration(1500+dice.IntN(6000)) * time.Millisecond)
		select {
		case <-ctx.Done():
			return
		case <-over:
			return
		case <-timer.C:
		}
		s.heading(fact.Text{ZH: "守护进程被强杀（kill -9），自动重启", EN: "the daemon is killed (kill -9) and starts again"})
		if err := daemon.kill(); err != nil {
			s.say(fact.Text{ZH: "重启失败：%[1]v", EN: "it did not start again: %[1]v"}.Fill(err))
		}
	}
}

// ordinaryDays goes on until Ctrl-C: folders are lent and come back.
func (s *stage) ordinaryDays(ctx context.Context) error {
	s.say(fact.Text{ZH: "站点继续运行，按 Ctrl-C 结束", EN: "the site goes on; Ctrl-C ends it"})
	for ctx.Err() == nil {
		for _, step := range []func() error{
			func() error { return s.lend(ctx, lentAndBack, simsite.Borrower, 30*time.Minute) },
			func() error { return s.walk(ctx, 10*time.Second) },
			func() error { return s.giveBack(ctx, lentAndBack, simsite.Borrower) },
			func() error { return s.walk(ctx, 10*time.Second) },
		} {
			if err := step(); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}
