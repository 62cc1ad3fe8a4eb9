// Command trilock-sim is a whole simulated site: readers, badge readers and locks that
// speak their wire protocols on real serial lines (ptys) and real MQTT, and people.
//
//	trilock-sim demo          starts the site and the real daemon against it, and tells what happens
//	trilock-sim demo --exit   plays the story once; exits 0 only if every expected decision and alert
//	                          was seen through the daemon's public face
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"trilock/cmd/internal/daemon"
)

type commands struct {
	Demo demo `cmd:"" help:"Start a simulated site and the real daemon against it. 启动模拟站点与真实的守护进程。"`
}

func main() {
	if daemon.Wanted() { // this process was started to be the daemon
		os.Exit(daemon.Main(os.Args[1:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parsed := kong.Parse(&c, kong.Name("trilock-sim"), kong.Description("A simulated secrecy room. 模拟保密室。"), kong.UsageOnError())
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "trilock-sim:", err)
		os.Exit(1)
	}
}
