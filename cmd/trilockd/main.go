// Command trilockd is the daemon of a secrecy room. It has no logic of its own: see
// package daemon for how the rooms are wired.
//
//	trilockd --config /etc/trilock/site.yaml
package main

import (
	"os"

	"trilock/cmd/internal/daemon"
)

func main() { os.Exit(daemon.Main(os.Args[1:])) }
