package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"trilock/devices"
)

// devicesCmd shows what is plugged in, who answers there, and what it reads.
type devicesCmd struct {
	Ports    []string `arg:"" optional:"" help:"Ports to look at; all serial ports without it."`
	Probe    bool     `help:"Ask which protocol is spoken on each port. It changes nothing; the daemon must not have the ports."`
	Monitor  string   `placeholder:"PORT" help:"Show what the reader on a port reads, until Ctrl-C."`
	Protocol string   `short:"p" help:"With --monitor: the protocol, one of ${protocols}."`
	lineFlags
}

// Run lists, probes or monitors.
func (c *devicesCmd) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if c.Monitor != "" {
		return c.monitor(ctx, os.Stdout)
	}
	ports, err := c.chosen("")
	if err != nil {
		return err
	}
	if len(ports) == 0 {
		fmt.Println("no serial port: plug an adapter in 没有串口")
		return nil
	}
	for _, p := range ports {
		printPort(os.Stdout, p)
		if c.Probe && ctx.Err() == nil {
			printProbe(os.Stdout, ctx, p)
		}
	}
	return ctx.Err()
}

// chosen returns the ports that were named, or all.
func (c *devicesCmd) chosen(m machine) ([]port, error) {
	all, err := m.ports()
	if len(c.Ports) == 0 {
		return all, err
	}
	var chosen []port
	for _, path := range c.Ports {
		one := port{Path: path}
		for _, p := range all {
			if path == p.Path || path == p.Stable {
				one = p
			}
		}
		chosen = append(chosen, one)
	}
	return chosen, nil
}

func printPort(out io.Writer, p port) {
	about := "not USB"
	if p.USB != "" {
		about = "USB " + p.USB + " " + p.About
	}
	fmt.Fprintf(out, "%-14s %s\n", p.Path, about)
	if p.Stable != "" {
		fmt.Fprintf(out, "  %s\n", p.Stable)
	}
}

func printProbe(out io.Writer, ctx context.Context, p port) {
	found, err := probe(ctx, p.name())
	var known *devices.Error
	switch {
	case found != nil:
		fmt.Fprintf(out, "  answers: %v\n", found)
	case errors.As(err, &known):
		fmt.Fprintf(out, "  not asked: %s\n", known.Detail)
	case err != nil:
		fmt.Fprintf(out, "  not asked: %v\n", err)
	default:
		fmt.Fprintln(out, "  nobody answers: check power, cable, and whether A and B are swapped")
	}
}
