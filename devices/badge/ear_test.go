package badge

import (
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestPlainEarIsInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer near.Close()
		defer far.Close()
		e := earOf(near)
		began := time.Now()
		hear := func() error {
			_, err := e.ReadUntil(make([]byte, 1), time.Now().Add(time.Hour))
			return err
		}
		e.Interrupt() // before
		if err := hear(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		done := make(chan error, 1)
		go func() { done <- hear() }()
		synctest.Wait()
		e.Interrupt() // while it waits
		if err := <-done; !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
