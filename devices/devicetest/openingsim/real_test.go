package openingsim

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/url"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"go.uber.org/goleak"
	"golang.org/x/net/proxy"

	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
	driving "trilock/devices/lock"
	"trilock/firmware-protocols/lockwire"
)

var realSeeds = flag.Uint64("realseeds", 40, "how many seeds TestRealDriver plays")

// realDriver is devices/lock with its MQTT client, TLS and goroutines, in a bubble of
// virtual time. The world stays one goroutine; what the driver wants comes in by inbox.
type realDriver struct {
	w      *world
	tls    *tls.Config
	server *tls.Config
	epoch  time.Time
	inbox  chan func()
	over   chan struct{} // the seed is played
	all    sync.WaitGroup

	cancel context.CancelFunc // of the present run of the daemon
	orders chan custody.TellLocks

	line    *wire // to the present connection, or nil
	write   func(*packets.PublishPacket)
	nextID  uint16
	unacked []sentEvent
}

// sentEvent is an event at QoS 1 that the driver has not acknowledged.
type sentEvent struct {
	id uint16
	m  message
}

// TestMain leads the MQTT client's dialling into the simulation: paho takes a proxy from
// the environment, and the proxy is ours.
func TestMain(m *testing.M) {
	if err := os.Setenv("all_proxy", "openingsim://broker"); err != nil {
		panic(err)
	}
	proxy.RegisterDialerType("openingsim", func(*url.URL, proxy.Dialer) (proxy.Dialer, error) { return lines, nil })
	goleak.VerifyTestMain(m)
}

// lines finds the world of a broker's address.
var lines = &switchboard{worlds: map[string]*realDriver{}}

type switchboard struct {
	mu     sync.Mutex
	worlds map[string]*realDriver
}

// Dial connects to a world's broker, if that can be reached.
func (s *switchboard) Dial(_, address string) (net.Conn, error) {
	s.mu.Lock()
	r := s.worlds[address]
	s.mu.Unlock()
	if r == nil {
		return nil, errors.New("no such broker")
	}
	reply := make(chan net.Conn, 1)
	select {
	case r.inbox <- func() { reply <- r.accept() }:
	case <-r.over:
		return nil, errors.New("the seed is over")
	}
	select {
	case c := <-reply:
		if c == nil {
			return nil, errors.New("connection refused")
		}
		return c, nil
	case <-r.over:
		return nil, errors.New("the seed is over")
	}
}

func (s *switchboard) enter(address string, r *realDriver) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.worlds[address] = r
}

func (s *switchboard) leave(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.worlds, address)
}

// wire is one end of a line that takes everything that is written to it at once.
type wire struct {
	in, out *flow
}

type flow struct {
	mu     sync.Mutex
	data   bytes.Buffer
	more   chan struct{}
	closed bool
}

func newWire() (a, b *wire) {
	x, y := &flow{more: make(chan struct{}, 1)}, &flow{more: make(chan struct{}, 1)}
	return &wire{x, y}, &wire{y, x}
}

func (f *flow) wake() {
	select {
	case f.more <- struct{}{}:
	default:
	}
}

func (f *flow) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.wake()
}

func (f *flow) take(p []byte) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.data.Len() > 0 {
		return f.data.Read(p)
	}
	if f.closed {
		f.wake() // for the next reader
		return 0, io.EOF
	}
	return 0, nil
}

func (w *wire) Read(p []byte) (int, error) {
	for {
		if n, err := w.in.take(p); n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		<-w.in.more
	}
}

func (w *wire) Write(p []byte) (int, error) {
	w.out.mu.Lock()
	defer w.out.mu.Unlock()
	if w.out.closed {
		return 0, io.ErrClosedPipe
	}
	w.out.data.Write(p)
	w.out.wake()
	return len(p), nil
}

func (w *wire) Close() error {
	w.in.close()
	w.out.close()
	return nil
}

func (w *wire) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (w *wire) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// certificates are the broker's, made once: valid in the year 2000, where bubbles begin.
var certificates = sync.OnceValues(func() (server, client *tls.Config) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker"}, DNSNames: []string{"broker"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	server = &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	return server, &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots, ServerName: "broker"}
})

// start starts a driver, as each start of the daemon does.
func (r *realDriver) start() {
	ctx, cancel := context.WithCancel(context.Background())
	var locks []driving.LockSettings
	for _, name := range lockNames {
		locks = append(locks, driving.LockSettings{ID: fact.DeviceID(name), Key: keys().public[name], Safe: safeName})
	}
	driver, err := driving.New(driving.Settings{BrokerURL: "tls://" + r.address(), TLS: r.tls, ClientID: "trilockd", Locks: locks, ControllerKey: keys().controllerKey, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		cancel()
		r.w.wrong("%v", err)
		return
	}
	orders := make(chan custody.TellLocks, 64)
	r.cancel, r.orders = cancel, orders
	run := r.w.daemon.run
	r.all.Go(func() { _ = driver.Run(ctx, &realSink{r, run}) })
	r.all.Go(func() {
		for {
			select {
			case e := <-orders:
				_ = carry(ctx, driver, e) // what fails, the core finds out by what does not come
			case <-ctx.Done():
				return
			}
		}
	})
}

func (r *realDriver) address() string { return fmt.Sprintf("seed-%d:8883", r.w.seed) }

// run is the world's one goroutine, on the bubble's time.
func (r *realDriver) run(until time.Duration) {
	for r.w.failed == "" {
		now := time.Since(r.epoch)
		r.w.clock.run(min(now, until))
		if now >= until {
			return
		}
		wait := until - now
		if len(r.w.planned) > 0 {
			wait = min(wait, r.w.planned[0].at-now)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case do := <-r.inbox:
			timer.Stop()
			r.w.now = time.Since(r.epoch)
			do()
			r.w.daemon.wake()
		}
	}
}

// believe looks once a second at what the core holds to be true of the bolts.
func (r *realDriver) believe() {
	r.w.after(time.Second, func() {
		if r.w.daemon.alive {
			r.w.truth.beliefs()
		}
		r.believe()
	})
}

// playReal is play with devices/lock itself. Persons have no keys of their own, for the
// daemon has no place yet where they could use them, and nobody stops the process: what
// stands still in a bubble is time.
func playReal(seed uint64, tell func(string, ...any)) (*world, string) {
	w := newWorld(seed, sound, true)
	w.tell, w.weather.stops = tell, 0
	server, client := certificates()
	r := &realDriver{w: w, tls: client, server: server, epoch: time.Now(), inbox: make(chan func()), over: make(chan struct{})}
	w.daemon.real = r
	lines.enter(r.address(), r)
	defer lines.leave(r.address())
	w.begin()
	r.believe()
	w.run(troubled)
	if w.failed == "" {
		w.settle()
	}
	close(r.over)
	w.daemon.crash()
	r.all.Wait()
	return w, w.failed
}

// carry is what the daemon does with an effect.
func carry(ctx context.Context, driver *driving.Locks, e custody.TellLocks) error {
	o := e.Opening
	switch e.Command {
	case threelock.AskChallenge:
		return driver.Challenge(ctx, o.Safe, o.ID, o.Locks[:])
	case threelock.Authorise:
		a := driving.Authorisation{Safe: o.Safe, Session: o.ID, Purpose: string(o.Purpose), Documents: o.Documents, Challenges: o.Challenges[:], Lifetime: e.Lifetime}
		for _, p := range o.Present {
			party, err := lockwire.ParseParty(string(p.Party))
			if err != nil {
				return err
			}
			a.Parties = append(a.Parties, driving.Approver{Party: party, Person: p.Person})
		}
		return driver.Authorise(ctx, a)
	case threelock.Relock:
		return driver.Relock(ctx, o.Safe, o.ID, e.Reason)
	case threelock.None:
	}
	return nil
}

func (r *realDriver) tell(e custody.TellLocks) {
	select {
	case r.orders <- e:
	default:
		r.w.wrong("too many orders wait")
	}
}

// kill is kill -9: what was not sent is not sent, and nobody says goodbye.
func (r *realDriver) kill() {
	r.cancel()
	r.sever()
}

// realSink brings the driver's facts into the world.
type realSink struct {
	r   *realDriver
	run int
}

// Report waits until the core has the fact.
func (s *realSink) Report(ctx context.Context, f fact.Fact) error {
	took := make(chan struct{})
	do := func() {
		d := s.r.w.daemon
		if d.run == s.run && d.alive {
			s.r.heard(f)
			d.input(func() { d.feed(f) })
		}
		close(took)
	}
	select {
	case s.r.inbox <- do:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.r.over:
		return io.EOF
	}
	select {
	case <-took:
		return nil
	case <-s.r.over:
		return io.EOF
	}
}

// heard holds a fact against what that lock really sent.
func (r *realDriver) heard(f fact.Fact) {
	t := r.w.truth
	switch f := f.(type) {
	case fact.LockState:
		r.w.note("fact %+v", f)
	case fact.LockChallenge:
		if by, made := t.events[string(f.Challenge)]; !made || by != indexOf(string(f.Lock)) {
			r.w.wrong("the driver reports a challenge that %s did not make", f.Lock)
		}
	}
}

func indexOf(lock string) int {
	for i, name := range lockNames {
		if name == lock {
			return i
		}
	}
	return -1
}

// accept takes a connection, if the daemon's line is whole.
func (r *realDriver) accept() net.Conn {
	if !r.w.broker.reachable(fromDaemon) || !r.w.daemon.alive {
		return nil
	}
	r.sever()
	theirs, ours := newWire()
	r.all.Go(func() { r.serve(tls.Server(ours, r.server), ours) })
	return theirs
}

// sever breaks the present connection; what was not acknowledged waits for the next.
func (r *realDriver) sever() {
	if r.line != nil {
		_ = r.line.Close()
		r.line = nil
	}
	var kept []message
	for _, s := range r.unacked {
		s.m.dup = true
		kept = append(kept, s.m)
	}
	r.unacked = nil
	r.w.broker.kept = append(kept, r.w.broker.kept...)
}

// serve is the broker's end of one connection of the daemon.
func (r *realDriver) serve(conn net.Conn, line *wire) {
	defer line.Close() //nolint:errcheck // nothing to be done
	for {
		p, err := packets.ReadPacket(conn)
		if err != nil {
			r.post(func() {
				if r.line == line {
					r.sever()
				}
			})
			return
		}
		var answer packets.ControlPacket
		switch p := p.(type) {
		case *packets.ConnectPacket:
			answer = packets.NewControlPacket(packets.Connack)
		case *packets.PingreqPacket:
			answer = packets.NewControlPacket(packets.Pingresp)
		case *packets.SubscribePacket:
			ack := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
			ack.MessageID, ack.ReturnCodes = p.MessageID, make([]byte, len(p.Topics))
			for i := range ack.ReturnCodes {
				ack.ReturnCodes[i] = 1
			}
			answer = ack
			r.post(func() { r.subscribed(conn, line) })
		case *packets.PublishPacket:
			ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
			ack.MessageID = p.MessageID
			answer = ack
			r.post(func() { r.published(p) })
		case *packets.PubackPacket:
			r.post(func() { r.acknowledged(p.MessageID) })
		case *packets.DisconnectPacket:
			_ = line.Close()
		}
		if answer != nil && answer.Write(conn) != nil {
			_ = line.Close()
		}
	}
}

func (r *realDriver) post(do func()) {
	select {
	case r.inbox <- do:
	case <-r.over:
	}
}

func (r *realDriver) acknowledged(id uint16) {
	for i, s := range r.unacked {
		if s.id == id {
			r.unacked = append(r.unacked[:i:i], r.unacked[i+1:]...)
			return
		}
	}
}

// subscribed hands over presence and what was kept.
func (r *realDriver) subscribed(conn net.Conn, line *wire) {
	r.line, r.w.daemon.linked = line, true
	r.write = func(p *packets.PublishPacket) { _ = p.Write(conn) }
	for i, online := range r.w.broker.online {
		if online != "" {
			r.deliver(message{lock: i, role: lockwire.RolePresence, text: online, qos: 1, retained: true})
		}
	}
	kept := r.w.broker.kept
	r.w.broker.kept = nil
	for _, m := range kept {
		r.deliver(m)
	}
}

// deliver sends a message to the daemon, or keeps it.
func (r *realDriver) deliver(m message) {
	if r.line == nil || !r.w.broker.reachable(fromDaemon) {
		if m.qos == 1 && m.role == lockwire.RoleEvent && len(r.w.broker.kept) < 1000 {
			r.w.broker.kept = append(r.w.broker.kept, m)
		}
		return
	}
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName, p.Qos, p.Retain, p.Dup = lockwire.Topic(lockNames[m.lock], m.role), m.qos, m.retained, m.dup && m.qos == 1
	p.Payload = []byte(m.text)
	if m.role == lockwire.RoleEvent {
		p.Payload = m.bytes(r.w)
		r.w.truth.heardFrom(m.lock)
	}
	if m.qos == 1 {
		if r.nextID++; r.nextID == 0 {
			r.nextID = 1
		}
		p.MessageID = r.nextID
		if m.role == lockwire.RoleEvent {
			r.unacked = append(r.unacked, sentEvent{r.nextID, m})
		}
	}
	r.write(p)
}

// published takes a command of the daemon's.
func (r *realDriver) published(p *packets.PublishPacket) {
	name, role, err := lockwire.ParseTopic(p.TopicName)
	i := indexOf(name)
	if err != nil || role != lockwire.RoleCommand || i < 0 {
		r.w.wrong("the daemon publishes to %s", p.TopicName)
		return
	}
	command, err := lockwire.OpenCommand(keys().controller.Key(), name, p.Payload)
	if err != nil || p.Qos != 1 {
		r.w.wrong("the daemon publishes %v at QoS %d", err, p.Qos)
		return
	}
	m := message{lock: i, role: role, payload: p.Payload, kind: command.Kind(), qos: 1, retained: p.Retain, dup: p.Dup}
	r.w.truth.commands[string(p.Payload)] = i
	if a, is := command.(lockwire.Authorise); is {
		m.session = r.w.truth.statement
		r.authorised(a, m.session)
	}
	r.w.truth.sent(m)
	r.w.broker.publish(fromDaemon, m)
}

// authorised judges an authorisation when it leaves; the three copies of it are one.
func (r *realDriver) authorised(a lockwire.Authorise, session string) {
	digest := lockwire.Digest(sha256.Sum256(a.Request))
	if r.w.truth.covers[digest] {
		return
	}
	q, err := lockwire.DecodeRequest(a.Request)
	if err != nil {
		r.w.wrong("the daemon sends a request that is none: %v", err)
		return
	}
	r.w.truth.authorised(threelock.Session{ID: session}, q, a.Request, []int{0, 1, 2})
	for _, approval := range a.Approvals {
		r.w.truth.approved(approval, digest)
	}
}

// TestRealDriver plays seeds with devices/lock itself between the core and the broker.
func TestRealDriver(t *testing.T) {
	certificates()
	keys()
	beginnings()
	openings := 0
	for seed := *first; seed < *first+*realSeeds && !t.Failed(); seed++ {
		synctest.Test(t, func(t *testing.T) {
			var tell func(string, ...any)
			if *realSeeds == 1 {
				tell = t.Logf
			}
			w, found := playReal(seed, tell)
			if found != "" {
				t.Errorf("seed %d: %s", seed, found)
			}
			openings += w.truth.openings
		})
	}
	t.Logf("%d seeds, %d bolts drawn", *realSeeds, openings)
	if openings == 0 {
		t.Error("no seed opened anything")
	}
}
