package simsite

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"trilock/configs"
	"trilock/devices/broker"
	"trilock/devices/devicetest"
	"trilock/devices/devicetest/locktest"
	"trilock/devices/devicetest/osdptest"
	"trilock/devices/devicetest/radio"
	"trilock/devices/devicetest/uhftest"
	"trilock/devices/pki"
	"trilock/firmware-protocols/lockwire"
	"trilock/firmware-protocols/osdp"
)

// Settings make a site.
type Settings struct {
	// Dir is an empty folder for the site's files; it must exist.
	Dir string
	// Seed decides which reads are missed, which are crossed, and how folders lie.
	Seed uint64
	Lang string // of the daemon's first pages: "zh" or "en"
	// Webhook is where the daemon is to send its notices.
	Webhook string
	// Mosquitto makes the site use Debian's mosquitto instead of the daemon's own broker,
	// with the files of configs/mosquitto.
	Mosquitto bool
	// Config is the text of the configuration to build from, with Accounts of its own; the
	// story's where it is nil. Keys and certificates stand in it under the names that writeKeys
	// gives them: keys/<id>.key, pki/<name>.crt.
	Config   []byte
	Accounts []Account
	// Quiet is a radio field in which every antenna hears its own place and no other, and
	// nobody's body is in the way: for sites on which something else is tried.
	Quiet bool
	Log   *slog.Logger
}

// Site is a simulated site. Run serves its devices; the other methods are what people do.
type Site struct {
	Settings
	// Console is "host:port" of the daemon's console, as the configuration says.
	Console string
	// WebhookSecret signs what the daemon sends.
	WebhookSecret []byte

	plan                *configs.Site
	mqttAddr, brokerURL string
	tokens              map[string]string
	field               *radio.Field
	lines               map[string]*devicetest.Line
	uhf                 map[string]*uhftest.Reader
	pds                 map[string]*osdptest.PD
	locks               []*locktest.Lock
	stopBroker          func() error
	door                sync.Mutex // one person at a time goes through it
	copied              sync.Mutex // guards copies
	copies              []copyOfTag
}

// Build makes the folder, the keys, the ports and the devices. Stop it with Close.
func Build(s Settings) (*Site, error) {
	site := &Site{Settings: s, tokens: map[string]string{}, lines: map[string]*devicetest.Line{}, uhf: map[string]*uhftest.Reader{}, pds: map[string]*osdptest.PD{}, stopBroker: func() error { return nil }}
	for _, step := range []func() error{site.readConfig, site.writeKeys, site.reserve, site.startBroker, site.layLines, site.layOut, site.installReaders, site.installBadges, site.installLocks, site.writeConfig, site.checkFiles} {
		if err := step(); err != nil {
			return nil, errors.Join(fmt.Errorf("building the site in %s: %w", s.Dir, err), site.Close())
		}
	}
	return site, nil
}

// reserve picks free ports for the console and the built-in broker, so that both are the
// same after every restart of the daemon.
func (s *Site) reserve() (err error) {
	if s.Console, err = freePort(); err != nil {
		return err
	}
	s.mqttAddr, err = freePort()
	return err
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (s *Site) startBroker() error {
	if !s.Mosquitto {
		return nil
	}
	if err := os.CopyFS(s.path("broker"), configs.Mosquitto); err != nil {
		return err
	}
	if err := os.WriteFile(s.path("broker/mosquitto/trilock.acl"), []byte(broker.AccessList(configs.DaemonName, s.lockIDs(), nil)), 0o600); err != nil {
		return err
	}
	dir := s.path("broker/run")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	url, stop, err := locktest.StartMosquitto(locktest.Mosquitto{Dir: dir, ConfDir: s.path("broker/mosquitto"), CAFile: pki.CAFile(s.path("pki")), Leaf: pki.Files(s.path("pki"), "broker")})
	if err != nil {
		return err
	}
	s.brokerURL, s.stopBroker = url, stop
	return nil
}

// layOut makes the radio field, with everybody outside and no folder in it yet.
func (s *Site) layOut() (err error) {
	if s.field, err = radio.New(s.Seed, s.layout()); err != nil {
		return err
	}
	outside := slices.IndexFunc(s.plan.Places, func(p configs.Place) bool { return p.Kind == configs.KindOutside })
	for _, p := range append(People(), Stranger) {
		if err := s.field.Walk(p.ID+"#", string(s.plan.Places[outside].ID)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Site) installBadges() error {
	for _, line := range s.plan.BadgeLines {
		for _, reader := range line.Readers {
			key, err := configs.ReadBadgeKey(configs.File(s.keyFile(string(reader.ID))))
			if err != nil {
				return err
			}
			s.pds[string(reader.ID)] = osdptest.NewPD(osdptest.Settings{Address: reader.Address, Key: osdp.Key(key), Inputs: 2, Outputs: 2,
				Vendor: [3]byte{0x00, 0x06, 0x8E}, Model: 1, Version: 1, Serial: 1000 + uint32(reader.Address), Firmware: [3]byte{1, 2, 3}})
		}
	}
	return nil
}

func (s *Site) installLocks() error {
	if len(s.plan.Locks) == 0 {
		return nil
	}
	controller, err := pki.LoadPublicKey(s.keyFile("controller") + ".pub")
	if err != nil {
		return err
	}
	trusted, err := lockwire.NewKey(controller)
	if err != nil {
		return err
	}
	url := s.brokerURL
	if url == "" {
		url = "tls://" + s.mqttAddr
	}
	for _, id := range s.lockIDs() {
		safe := s.safeOf(id)
		key, err := pki.LoadSigningKey(s.keyFile(id))
		if err != nil {
			return err
		}
		tls, err := pki.ClientTLS(pki.CAFile(s.path("pki")), pki.Files(s.path("pki"), id))
		if err != nil {
			return err
		}
		lock, err := locktest.New(locktest.Settings{ID: id, Safe: safe, Key: key, Trust: lockwire.ControllerTrust(safe, trusted), BrokerURL: url, TLS: tls, Log: s.Log})
		if err != nil {
			return err
		}
		s.locks = append(s.locks, lock)
	}
	return nil
}

// safeOf returns the safe that a lock is on.
func (s *Site) safeOf(lock string) string {
	for _, safe := range s.plan.Safes {
		if slices.Contains(safe.Locks, configs.ID(lock)) {
			return string(safe.ID)
		}
	}
	return ""
}

// Lock returns the lock with an id, nil where the site has none.
func (s *Site) Lock(id string) *locktest.Lock {
	if i := slices.Index(s.lockIDs(), id); i >= 0 {
		return s.locks[i]
	}
	return nil
}

// Run serves every device of the site until ctx ends.
func (s *Site) Run(ctx context.Context) error {
	var all sync.WaitGroup
	failed := make(chan error, len(s.plan.Readers)+len(s.plan.BadgeLines)+len(s.locks))
	serve := func(name string, run func(context.Context) error) {
		all.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				failed <- fmt.Errorf("simulated %s: %w", name, err)
			}
		})
	}
	for _, r := range s.plan.Readers {
		serve(string(r.ID), s.serveUHF(r))
	}
	for _, l := range s.plan.BadgeLines {
		serve(string(l.ID), s.serveBadges(l))
	}
	for i, id := range s.lockIDs() {
		serve(id, s.locks[i].Run)
	}
	all.Wait()
	close(failed)
	return <-failed
}

// Close takes the ports away and stops the broker that Build started.
func (s *Site) Close() error {
	var errs []error
	for _, line := range s.lines {
		errs = append(errs, line.Close())
	}
	return errors.Join(append(errs, s.stopBroker())...)
}

func epc(text string) []byte {
	raw, err := hex.DecodeString(text)
	if err != nil {
		panic("simsite: the plan holds a malformed EPC: " + text)
	}
	return raw
}

// CardID returns the person's card as a badge reader reports it: 26 bits of Wiegand
// H10301, left-justified.
func (p Person) CardID() string {
	return "raw:26:" + strings.ToUpper(hex.EncodeToString(p.bits()))
}

// bits returns P FFFFFFFF CCCCCCCCCCCCCCCC P: even parity over the first 12 bits, odd over the last 12.
func (p Person) bits() []byte {
	n := p.Card & 0xFFFFFF
	even, odd := parity(n>>12), 1^parity(n&0xFFF)
	frame := (even<<25 | n<<1 | odd) << 6
	return []byte{byte(frame >> 24), byte(frame >> 16), byte(frame >> 8), byte(frame)}
}

func parity(n uint32) (bit uint32) {
	for ; n > 0; n >>= 1 {
		bit ^= n & 1
	}
	return bit
}

// Temporary makes a folder for a site that is thrown away.
func Temporary() (string, error) {
	dir, err := os.MkdirTemp("", "trilock-site-")
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

// doorTime is how long a person holds the door while going through.
const doorTime = 300 * time.Millisecond
