package locktest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"trilock/devices/pki"
)

// ErrNoMosquitto says that this machine has no mosquitto: apt install mosquitto.
var ErrNoMosquitto = errors.New("no mosquitto on this machine: apt install mosquitto")

// Mosquitto says how to start a real mosquitto with the files that trilock delivers.
type Mosquitto struct {
	// Dir is a folder of its own: the configuration as Debian lays it out, data, log. Started
	// again on the same folder, the broker finds what it kept.
	Dir string
	// ConfDir holds trilock.conf and trilock.acl, as delivered in configs/mosquitto.
	ConfDir string
	// CAFile and Leaf are the site's authority and the broker's certificate, issued for 127.0.0.1.
	CAFile string
	Leaf   pki.Leaf
	// Port on 127.0.0.1; 0 takes a free one.
	Port int
}

// StartMosquitto starts mosquitto and returns when it answers. In the delivered files
// only paths and the port are replaced. Stop ends it the way systemd does, and returns
// when it has ended. The error is ErrNoMosquitto when there is none to start.
func StartMosquitto(m Mosquitto) (url string, stop func() error, err error) {
	binary, err := exec.LookPath("mosquitto")
	if err != nil {
		binary = "/usr/sbin/mosquitto" // not on every user's PATH
	}
	if _, err := os.Stat(binary); err != nil {
		return "", nil, ErrNoMosquitto
	}
	if m.Port == 0 {
		if m.Port, err = freePort(); err != nil {
			return "", nil, fmt.Errorf("mosquitto: %w", err)
		}
	}
	main, err := m.writeFiles()
	if err != nil {
		return "", nil, fmt.Errorf("mosquitto: %w", err)
	}
	process := exec.Command(binary, "-c", main) //nolint:gosec // a fixed program, and a file written here
	if err := process.Start(); err != nil {
		return "", nil, fmt.Errorf("mosquitto: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- process.Wait(); close(ended) }()
	address := fmt.Sprintf("127.0.0.1:%d", m.Port)
	if err := m.await(address, ended); err != nil {
		_ = process.Process.Kill()
		<-ended
		return "", nil, fmt.Errorf("mosquitto on %s: %w; its log ends: %s", address, err, m.logTail())
	}
	stop = func() error {
		_ = process.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
			return nil
		case <-time.After(brokerStopMax):
			_ = process.Process.Kill()
			<-ended
			return fmt.Errorf("mosquitto on %s did not end in %v and was killed", address, brokerStopMax)
		}
	}
	return "tls://" + address, stop, nil
}

// writeFiles lays the configuration out as Debian does: a main file that includes
// conf.d, into which trilock.conf goes.
func (m Mosquitto) writeFiles() (string, error) {
	data, confd := filepath.Join(m.Dir, "data"), filepath.Join(m.Dir, "conf.d")
	if err := errors.Join(os.MkdirAll(data, 0o700), os.MkdirAll(confd, 0o700)); err != nil {
		return "", err
	}
	conf, err := os.ReadFile(filepath.Join(m.ConfDir, "trilock.conf"))
	if err != nil {
		return "", err
	}
	text := string(conf)
	for _, r := range [][2]string{
		{"listener 8883\n", fmt.Sprintf("listener %d 127.0.0.1\n", m.Port)},
		{"cafile /etc/mosquitto/certs/trilock-ca.crt", "cafile " + m.CAFile},
		{"certfile /etc/mosquitto/certs/trilock-broker.crt", "certfile " + m.Leaf.CertFile},
		{"keyfile /etc/mosquitto/certs/trilock-broker.key", "keyfile " + m.Leaf.KeyFile},
		{"acl_file /etc/mosquitto/trilock.acl", "acl_file " + filepath.Join(m.ConfDir, "trilock.acl")},
	} {
		if strings.Count(text, r[0]) != 1 {
			return "", fmt.Errorf("%s/trilock.conf does not hold the line %q once", m.ConfDir, strings.TrimSpace(r[0]))
		}
		text = strings.Replace(text, r[0], r[1], 1)
	}
	me, err := user.Current()
	if err != nil {
		return "", err
	}
	// As root, mosquitto becomes the user "mosquitto", who cannot read a test's folder.
	debian := fmt.Sprintf("user %s\npersistence true\npersistence_location %s/\nlog_dest file %s\ninclude_dir %s\n",
		me.Username, data, m.logFile(), confd)
	main := filepath.Join(m.Dir, "mosquitto.conf")
	return main, errors.Join(
		os.WriteFile(filepath.Join(confd, "trilock.conf"), []byte(text), 0o600),
		os.WriteFile(main, []byte(debian), 0o600))
}

func (m Mosquitto) logFile() string { return filepath.Join(m.Dir, "mosquitto.log") }

func (m Mosquitto) logTail() string {
	text, err := os.ReadFile(m.logFile())
	if err != nil {
		return "(no log)"
	}
	return string(text[max(0, len(text)-brokerLogShown):])
}

// await returns when the port answers, or the process ended.
func (m Mosquitto) await(address string, ended <-chan error) error {
	deadline := time.NewTimer(brokerStartMax)
	defer deadline.Stop()
	look := time.NewTicker(brokerLookEvery)
	defer look.Stop()
	for {
		if conn, err := net.Dial("tcp", address); err == nil {
			return conn.Close()
		}
		select {
		case err := <-ended:
			return fmt.Errorf("it ended at once: %w", errors.Join(err, errors.New("see its log")))
		case <-deadline.C:
			return fmt.Errorf("no answer after %v", brokerStartMax)
		case <-look.C:
		}
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener's address
	return port, l.Close()
}
