package devicetest

import "golang.org/x/sys/unix"

// Speed returns the speed in bit/s that the near end is set to, and 0 while the line is
// pulled out or has a speed that serial lines seldom have. A pty carries bytes at any speed:
// a simulated peer that is to be deaf at the wrong one asks here.
func (l *Line) Speed() (bitsPerSecond int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.near == nil {
		return 0
	}
	_ = control(l.near, func(fd int) error { // what cannot be read is no speed
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err == nil {
			bitsPerSecond = map[uint32]int{
				unix.B9600: 9600, unix.B19200: 19200, unix.B38400: 38400, unix.B57600: 57600, unix.B115200: 115200, unix.B230400: 230400,
			}[t.Cflag&unix.CBAUD]
		}
		return err
	})
	return bitsPerSecond
}
