// Package daemon wires the rooms of the house into a running trilockd, and nothing else:
// it reads the configuration, opens the record, starts what is plugged in, serves the
// console, and takes it all down again in the opposite order.
//
//	configs ─► journal ─► engine ◄─── devices (UHF readers, badge lines, locks)
//	              ▲          │ ▲
//	              └ dispatch ┘ └───── console (people, machines)
//
// trilockd is this package and a main; trilock-sim contains it too, so that one command
// shows the daemon that a site would install.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"trilock/configs"
)

// WantedEnv is the variable by which a program that contains the daemon is asked to be it.
const WantedEnv = "TRILOCK_SIM_AS_DAEMON"

// Wanted reports whether this process was started to be the daemon.
func Wanted() bool { return os.Getenv(WantedEnv) != "" }

type flags struct {
	Config  string           `required:"" placeholder:"FILE" help:"The site's configuration (configs/examples/site.yaml shows one)." env:"TRILOCK_CONFIG"`
	Version kong.VersionFlag `help:"Print the version and exit."`
}

// Exit codes, as sysexits(3) has them: systemd shows them by name.
const (
	exitFailed = 1
	exitConfig = 78
)

// Main is trilockd's main: it runs until SIGTERM or SIGINT and returns the exit code.
func Main(args []string) int {
	var f flags
	parser, err := kong.New(&f, kong.Name("trilockd"), kong.Description("The daemon of a secrecy room: tagged documents, three-party safe, alerts, and a record that nobody can alter unseen."), kong.Vars{"version": version()})
	if err != nil {
		fmt.Fprintln(os.Stderr, "trilockd:", err)
		return exitFailed
	}
	if _, err := parser.Parse(args); err != nil {
		fmt.Fprintln(os.Stderr, "trilockd:", err)
		return exitConfig
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	site, err := configs.Load(f.Config)
	if err != nil {
		var faults configs.Faults
		if errors.As(err, &faults) {
			fmt.Fprintln(os.Stderr, faults.Error())
		} else {
			fmt.Fprintln(os.Stderr, "trilockd:", err)
		}
		return exitConfig
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := Run(ctx, Settings{Config: site, Log: log}); err != nil {
		log.Error("stopped", "error", err)
		return exitFailed
	}
	return 0
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return info.Main.Version
}
