package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"trilock/cmd/internal/daemon"
)

// process is the daemon, as a process of its own: what a site would install, started
// with the site's configuration and nothing else.
type process struct {
	binary string // an installed trilockd; empty: this program, which contains it
	config string
	log    string
	lost   context.CancelCauseFunc // called when the daemon ends by itself

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{}
	wanted bool // it should be running
}

// stopTime is how long an orderly shutdown may take before it is a fault.
const stopTime = 20 * time.Second

func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.launch()
}

func (p *process) launch() error {
	log, err := os.OpenFile(p.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() // the child has its own copy
	cmd, err := p.command()
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C reaches it through stop, in order
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the daemon: %w", err)
	}
	exited := make(chan struct{})
	p.cmd, p.exited, p.wanted = cmd, exited, true
	go func() {
		err := cmd.Wait()
		close(exited)
		p.mu.Lock()
		unexpected := p.wanted && p.cmd == cmd
		p.mu.Unlock()
		if unexpected {
			p.lost(fmt.Errorf("the daemon ended by itself (%v); its log is %s", err, p.log))
		}
	}()
	return nil
}

func (p *process) command() (*exec.Cmd, error) {
	if p.binary != "" {
		return exec.Command(p.binary, "--config", p.config), nil
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "--config", p.config)
	cmd.Env = append(os.Environ(), daemon.WantedEnv+"=1")
	return cmd, nil
}

// kill ends the daemon as a power cut would, and starts it again.
func (p *process) kill() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.wanted {
		return nil
	}
	p.wanted = false
	err := p.cmd.Process.Kill()
	<-p.exited
	return errors.Join(err, p.launch())
}

// freeze holds the daemon up, as a machine does that is asleep or out of memory; thaw lets it go on.
func (p *process) freeze() error { return p.signal(syscall.SIGSTOP) }
func (p *process) thaw() error   { return p.signal(syscall.SIGCONT) }

func (p *process) signal(s syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.Process.Signal(s)
}

// stop ends the daemon in order, as systemd would.
func (p *process) stop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.wanted {
		return nil
	}
	p.wanted = false
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return nil // it has ended already, and said why
	}
	timer := time.NewTimer(stopTime)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-timer.C:
		_ = p.cmd.Process.Kill()
		<-p.exited
		return fmt.Errorf("the daemon did not stop within %s; its log is %s", stopTime, p.log)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("the daemon stopped with exit code %d; its log is %s", code, p.log)
	}
	return nil
}
