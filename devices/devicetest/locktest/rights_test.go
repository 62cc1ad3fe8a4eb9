package locktest_test

import (
	"crypto/tls"
	"path/filepath"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"trilock/devices/pki"
)

// rights is the whole table: who may publish to and hear which topic. It runs against
// the built-in broker and against mosquitto with the delivered files.
var rights = []struct {
	who     string
	topic   string
	publish bool
	hear    bool
}{
	{"trilockd", "trilock/lock/lock-a/cmd", true, false},
	{"trilockd", "trilock/lock/lock-b/cmd", true, false},
	{"trilockd", "trilock/lock/lock-a/evt", false, true},
	{"trilockd", "trilock/lock/lock-a/online", false, true},
	{"lock-a", "trilock/lock/lock-a/cmd", false, true},
	{"lock-a", "trilock/lock/lock-a/evt", true, false},
	{"lock-a", "trilock/lock/lock-a/online", true, false},
	{"lock-b", "trilock/lock/lock-a/cmd", false, false},
	{"lock-b", "trilock/lock/lock-a/evt", false, false},
	{"lock-b", "trilock/lock/lock-a/online", false, false},
	{"lock-b", "trilock/lock/lock-b/cmd", false, true},
	{"intruder", "trilock/lock/lock-a/cmd", false, false},
	{"intruder", "trilock/lock/lock-a/evt", false, false},
	{"intruder", "trilock/lock/lock-a/online", false, false},
}

// owners says, for each topic, who may publish to it and who may hear it: the honest
// pair through which a test sees what got through.
func owners(topic string) (publisher, hearer string) {
	lock, role := topic[len("trilock/lock/"):][:len("lock-a")], filepath.Base(topic)
	if role == "cmd" {
		return daemonName, lock
	}
	return lock, daemonName
}

func TestRightsToPublish(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		for _, c := range rights {
			for _, retained := range []bool{false, true} {
				publisher, hearer := owners(c.topic)
				listener := mustDial(t, s, hearer)
				if err := listener.subscribe(c.topic); err != nil {
					t.Fatalf("%s may not hear %s: %v", hearer, c.topic, err)
				}
				who := listener
				if c.who != hearer {
					var err error
					if who, err = dial(t, s, s.TLS(c.who), c.who, nil); err != nil {
						if c.publish || c.who != "intruder" {
							t.Fatal(err)
						}
						listener.client.Disconnect(100)
						continue // turned away at the door
					}
				}
				_ = who.publish(c.topic, retained, "mine") // a refusal is silent
				fence := who
				if c.who != publisher {
					if who != listener {
						who.client.Disconnect(100)
					}
					fence = mustDial(t, s, publisher)
				}
				if err := fence.publish(c.topic, false, "fence"); err != nil {
					t.Fatal(err)
				}
				got := string(listener.next().Payload())
				if heard := got == "mine"; heard != c.publish {
					t.Errorf("%s publishes to %s (retained %v): got through %v, want %v", c.who, c.topic, retained, heard, c.publish)
				}
				if c.publish && retained {
					if err := fence.publish(c.topic, true, ""); err != nil {
						t.Fatal(err)
					}
				}
				listener.client.Disconnect(100)
				fence.client.Disconnect(100)
			}
		}
	})
}

// wildcards are what a curious client would ask for instead of a topic it may not hear.
var wildcards = []string{"#", "trilock/#", "trilock/lock/+/cmd", "trilock/lock/+/evt", "trilock/+/+/+", "+/+/+/+", "$SYS/#", "$share/g/trilock/lock/lock-a/cmd"}

func TestRightsToHear(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		for _, c := range rights {
			publisher, _ := owners(c.topic)
			filters := []string{c.topic}
			if !c.hear {
				filters = append(filters, wildcards...)
			}
			listener, err := dial(t, s, s.TLS(c.who), c.who, nil)
			if err != nil {
				if c.who != "intruder" {
					t.Fatal(err)
				}
				continue
			}
			for _, filter := range filters {
				_ = listener.subscribe(filter)
			}
			speaker := listener
			if c.who != publisher {
				speaker = mustDial(t, s, publisher)
			}
			if err := speaker.publish(c.topic, false, "secret"); err != nil {
				t.Fatal(err)
			}
			if c.hear {
				if m := listener.next(); m.Topic() != c.topic || string(m.Payload()) != "secret" {
					t.Errorf("%s got %q on %s", c.who, m.Payload(), m.Topic())
				}
			} else if listener.heardBeforeFence(s, c.who, speaker, publisher, c.topic) {
				t.Errorf("%s hears %s", c.who, c.topic)
			}
			listener.client.Disconnect(100)
			speaker.client.Disconnect(100)
		}
	})
}

// heardBeforeFence reports whether a message on topic reached the listener before one
// that was sent later on a topic that it may hear.
func (r *raw) heardBeforeFence(s *site, who string, speaker *raw, publisher, topic string) bool {
	r.t.Helper()
	fenceTopic, fenceFrom := "trilock/lock/"+who+"/cmd", daemonName
	if who == daemonName {
		fenceTopic, fenceFrom = "trilock/lock/lock-c/evt", "lock-c"
	}
	if who == "intruder" { // mosquitto knows every certificate of the site by its name
		fenceTopic = "trilock/lock/intruder/cmd"
	}
	_ = r.subscribe(fenceTopic)
	if fenceFrom != publisher {
		speaker = mustDial(r.t, s, fenceFrom)
		defer speaker.client.Disconnect(100)
	}
	if err := speaker.publish(fenceTopic, false, "fence"); err != nil {
		r.t.Fatal(err)
	}
	heard := false
	for {
		m := r.next()
		heard = heard || m.Topic() == topic && string(m.Payload()) == "secret"
		if string(m.Payload()) == "fence" {
			return heard
		}
	}
}

// A forbidden retained message is not kept either.
func TestForbiddenRetainedIsNotKept(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		b := mustDial(t, s, "lock-b")
		_ = b.publish("trilock/lock/lock-a/online", true, "1")
		_ = b.publish("trilock/lock/lock-a/cmd", true, "forged")
		a, d := mustDial(t, s, "lock-a"), mustDial(t, s, daemonName)
		for r, filter := range map[*raw]string{a: "trilock/lock/lock-a/cmd", d: "trilock/lock/lock-a/online"} {
			if err := r.subscribe(filter); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.publish("trilock/lock/lock-a/cmd", false, "fence"); err != nil {
			t.Fatal(err)
		}
		if err := a.publish("trilock/lock/lock-a/online", false, "fence"); err != nil {
			t.Fatal(err)
		}
		for who, r := range map[string]*raw{"lock-a": a, daemonName: d} {
			if m := r.next(); string(m.Payload()) != "fence" {
				t.Errorf("%s got %q on %s", who, m.Payload(), m.Topic())
			}
		}
	})
}

// A will is a publish: nobody leaves one for another.
func TestForbiddenWill(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		d := mustDial(t, s, daemonName)
		for _, name := range lockNames[:2] {
			if err := d.subscribe("trilock/lock/" + name + "/online"); err != nil {
				t.Fatal(err)
			}
		}
		crash := func(topic string) {
			b, err := dial(t, s, s.TLS("lock-b"), "lock-b", func(o *mqtt.ClientOptions) { o.SetWill(topic, "0", 1, true) })
			if err != nil {
				t.Logf("a will on %s is refused at once: %v", topic, err)
				return
			}
			_ = b.line.Close() // no goodbye
		}
		crash("trilock/lock/lock-a/online")
		crash("trilock/lock/lock-b/online") // the fence: its own will works
		if m := d.next(); m.Topic() != "trilock/lock/lock-b/online" {
			t.Errorf("lock-b's will came on %s", m.Topic())
		}
	})
}

// One lock's certificate cannot throw another client off by taking its client id.
func TestNoTakeover(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		a, d := mustDial(t, s, "lock-a"), mustDial(t, s, daemonName)
		if err := a.subscribe("trilock/lock/lock-a/cmd"); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"lock-a", daemonName, ""} {
			b, err := dial(t, s, s.TLS("lock-b"), id, nil)
			if err != nil {
				continue // the built-in broker says no; mosquitto calls it lock-b whatever it says
			}
			if err := b.subscribe("trilock/lock/lock-b/cmd"); err != nil {
				t.Errorf("as lock-b under the id %q: %v", id, err)
			}
			b.client.Disconnect(100)
		}
		if err := d.publish("trilock/lock/lock-a/cmd", false, "still there?"); err != nil {
			t.Errorf("the daemon was thrown off: %v", err)
		}
		if m := a.next(); string(m.Payload()) != "still there?" {
			t.Errorf("lock-a got %q", m.Payload())
		}
		select {
		case <-a.lost:
			t.Error("lock-a was thrown off")
		case <-d.lost:
			t.Error("the daemon was thrown off")
		default:
		}
	})
}

func TestStrangersAreRefused(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		nobody := s.TLS("lock-a").Clone()
		nobody.Certificates = nil
		serverAsClient, err := pki.ClientTLS(pki.CAFile(s.CADir), s.Server)
		if err != nil {
			t.Fatal(err)
		}
		otherDir := filepath.Join(s.Dir, "other")
		other, err := pki.NewAuthority(otherDir)
		if err != nil {
			t.Fatal(err)
		}
		foreign := s.ClientTLS(other, otherDir, "lock-a")
		foreign.RootCAs = s.TLS("lock-a").RootCAs
		for name, config := range map[string]*tls.Config{"without a certificate": nobody, "with another site's": foreign, "with a server's": serverAsClient} {
			if _, err := dial(t, s, config, "lock-a", nil); err == nil {
				t.Errorf("a client %s got in", name)
			}
			named := func(o *mqtt.ClientOptions) { o.SetUsername("trilockd").SetPassword("trilockd") }
			if _, err := dial(t, s, config, "lock-a", named); err == nil {
				t.Errorf("a client %s and a user name got in", name)
			}
		}
		// A name and a password add nothing to a certificate.
		b, err := dial(t, s, s.TLS("lock-b"), "lock-b", func(o *mqtt.ClientOptions) { o.SetUsername("trilockd").SetPassword("x") })
		if err != nil {
			return
		}
		a := mustDial(t, s, "lock-a")
		if err := a.subscribe("trilock/lock/lock-a/cmd"); err != nil {
			t.Fatal(err)
		}
		_ = b.publish("trilock/lock/lock-a/cmd", false, "forged")
		d := mustDial(t, s, daemonName)
		if err := d.publish("trilock/lock/lock-a/cmd", false, "fence"); err != nil {
			t.Fatal(err)
		}
		if m := a.next(); string(m.Payload()) != "fence" {
			t.Errorf("lock-a got %q", m.Payload())
		}
	})
}

// Without TLS there is not even a door.
func TestPlainConnectionsAreRefused(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		o := mqtt.NewClientOptions().AddBroker("tcp://" + s.URL[len("tls://"):]).SetClientID("lock-a")
		o.SetAutoReconnect(false).SetProtocolVersion(4).SetConnectTimeout(10 * time.Second)
		client := mqtt.NewClient(o)
		token := client.Connect()
		select {
		case <-token.Done():
		case <-time.After(patience):
			t.Fatal("neither accepted nor refused")
		}
		if token.Error() == nil {
			t.Error("a client without TLS got in")
		}
		client.Disconnect(0)
	})
}

// A message larger than any of ours does not pass.
func TestOversizedMessages(t *testing.T) {
	onEachBroker(t, func(t *testing.T, s *site) {
		d, a := mustDial(t, s, daemonName), mustDial(t, s, "lock-a")
		if err := d.subscribe("trilock/lock/lock-a/evt"); err != nil {
			t.Fatal(err)
		}
		_ = a.publish("trilock/lock/lock-a/evt", false, string(make([]byte, 8192)))
		a.client.Disconnect(100)
		again := mustDial(t, s, "lock-a")
		if err := again.publish("trilock/lock/lock-a/evt", false, "fence"); err != nil {
			t.Fatal(err)
		}
		if m := d.next(); string(m.Payload()) != "fence" {
			t.Errorf("got a message of %d bytes", len(m.Payload()))
		}
	})
}
