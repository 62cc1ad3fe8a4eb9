package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"trilock/firmware-protocols/epc"
)

const (
	// askWord in place of a password's file has the password asked for on the terminal.
	askWord = "ask"
	// secretMax bounds a password's file, and a line that is typed.
	secretMax = 64
)

// tagSecret reads a tag's password from a file or from the terminal. Neither it nor what
// was typed is part of any error.
func tagSecret(ctx context.Context, what, from string, twice bool) (epc.Password, error) {
	if from != askWord {
		return passwordFile(what, from)
	}
	tty, err := openTerminal()
	if err != nil {
		return 0, err
	}
	defer func() { _ = tty.Close() }() // nothing that was written there can be lost
	return askPassword(ctx, tty, what, twice)
}

// passwordFile reads a file that holds 8 hexadecimal digits and that nobody but its owner can read.
func passwordFile(what, path string) (epc.Password, error) {
	f, err := os.Open(filepath.Clean(path))
	if errors.Is(err, fs.ErrNotExist) {
		// The path is not repeated: somebody may have given the password itself.
		return 0, fmt.Errorf("%s: there is no such file; a password is never given on the command line, where everybody can see it: name a file, or %s", what, askWord)
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return 0, fmt.Errorf("%s: %s can be read by others than its owner: chmod 600 it, and choose another password", what, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, secretMax+1))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	p, err := epc.ParsePassword(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("%s in %s: %w", what, path, err)
	}
	return p, nil
}

// openTerminal opens the terminal of this process, so that its reads have deadlines.
func openTerminal() (*os.File, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("there is no terminal to ask at: name a file with the password (%w)", err)
	}
	return tty, nil
}

// askTerminal asks a question on the terminal.
func askTerminal(ctx context.Context, question string) (string, error) {
	tty, err := openTerminal()
	if err != nil {
		return "", err
	}
	defer func() { _ = tty.Close() }() // nothing that was written there can be lost
	return askLine(ctx, tty, question, true)
}

// askPassword asks for a password without echo, twice when it is a new one.
func askPassword(ctx context.Context, tty *os.File, what string, twice bool) (epc.Password, error) {
	text, err := askLine(ctx, tty, what+": ", false)
	if err != nil {
		return 0, err
	}
	p, err := epc.ParsePassword(text)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	if !twice {
		return p, nil
	}
	again, err := askLine(ctx, tty, what+" once more 再输入一次: ", false)
	if err == nil && again != text {
		err = fmt.Errorf("%s: the two were not the same; nothing was done", what)
	}
	if err != nil {
		return 0, err
	}
	return p, nil
}

// askLine writes a question and reads one line. Without echo the terminal is put back into its
// state whatever happens, the end of ctx included.
func askLine(ctx context.Context, tty *os.File, question string, echo bool) (line string, err error) {
	wake := context.AfterFunc(ctx, func() { _ = tty.SetReadDeadline(time.Unix(1, 0)) }) // a terminal that refuses it ends with Ctrl-D
	defer wake()
	if !echo {
		back, failed := quieten(tty)
		if failed != nil {
			return "", failed
		}
		defer func() { err = errors.Join(err, back()) }()
	}
	if _, err := io.WriteString(tty, question); err != nil {
		return "", err
	}
	text, err := readLine(tty)
	if !echo {
		_, _ = io.WriteString(tty, "\n") // the one that was typed was not shown
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return strings.TrimSpace(text), err
}

// readLine reads up to the end of a line.
func readLine(tty *os.File) (string, error) {
	var text []byte
	buf := make([]byte, secretMax)
	for len(text) <= secretMax {
		n, err := tty.Read(buf)
		text = append(text, buf[:n]...)
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			return string(text[:i]), nil
		}
		if err != nil {
			return "", fmt.Errorf("the terminal was closed before an answer: %w", err)
		}
	}
	return "", errors.New("the line is too long")
}

// quieten switches the terminal's echo off, and returns what switches it on again.
func quieten(tty *os.File) (back func() error, err error) {
	raw, err := tty.SyscallConn()
	if err != nil {
		return nil, err
	}
	var before *unix.Termios
	change := func(do func(fd int) error) error {
		var failed error
		err := raw.Control(func(fd uintptr) { failed = do(int(fd)) }) //nolint:gosec // a file number
		return errors.Join(err, failed)
	}
	err = change(func(fd int) (err error) {
		if before, err = unix.IoctlGetTermios(fd, unix.TCGETS); err != nil {
			return err
		}
		silent := *before
		silent.Lflag &^= unix.ECHO
		silent.Lflag |= unix.ICANON | unix.ISIG
		return unix.IoctlSetTermios(fd, unix.TCSETS, &silent)
	})
	if err != nil {
		return nil, fmt.Errorf("the terminal's echo cannot be switched off: %w", err)
	}
	return func() error {
		return change(func(fd int) error { return unix.IoctlSetTermios(fd, unix.TCSETS, before) })
	}, nil
}
