package broker

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
	"golang.org/x/time/rate"
)

// gatekeeper admits clients and says what each may do. It is asked once per CONNECT,
// after the TLS handshake.
type gatekeeper struct {
	server *server.Server
	rights map[string]*server.Permissions // by common name
}

func newGatekeeper(daemon string, locks []string, plain []PlainClient) *gatekeeper {
	g := &gatekeeper{rights: map[string]*server.Permissions{}}
	var all rights
	for _, lock := range locks {
		command, event, presence := subject(lock, "cmd"), subject(lock, "evt"), subject(lock, "online")
		g.rights[lock] = rights{publish: []string{event, presence}, subscribe: []string{command}}.permissions()
		all.publish = append(all.publish, command)
		all.subscribe = append(all.subscribe, event, presence)
	}
	g.rights[daemon] = all.permissions()
	for _, p := range plain {
		g.rights[p.Name] = rights{publish: subjects(p.Publish), subscribe: subjects(p.Subscribe)}.permissions()
	}
	return g
}

// rights lists subjects; what is not listed is denied.
type rights struct{ publish, subscribe []string }

func (r rights) permissions() *server.Permissions {
	// A nil list means "everything" to the server: an empty one must not be nil.
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: append([]string{}, r.publish...)},
		Subscribe: &server.SubjectPermission{Allow: append([]string{}, r.subscribe...)},
	}
}

// subject is the server's own spelling of the topic trilock/lock/<lock>/<role>.
func subject(lock, role string) string { return "trilock.lock." + lock + "." + role }

// subjects are the server's own spelling of topics without wildcards, spaces and dots.
func subjects(topics []string) []string {
	out := make([]string, len(topics))
	for i, topic := range topics {
		out[i] = strings.ReplaceAll(topic, "/", ".")
	}
	return out
}

// Check admits a client whose certificate names the daemon, a lock or a client of plain locks of this site, under
// that name as its client id only.
func (g *gatekeeper) Check(c server.ClientAuthentication) bool {
	state := c.GetTLSConnectionState()
	if c.Kind() != server.CLIENT || state == nil || len(state.VerifiedChains) == 0 {
		return false
	}
	name := state.PeerCertificates[0].Subject.CommonName
	permissions, known := g.rights[name]
	if !known || g.clientID(c.GetID()) != name {
		return false
	}
	c.RegisterUser(&server.User{Username: name, Permissions: permissions})
	return true
}

// clientID returns the MQTT client id of a connection, which the server shows nowhere
// else; "" when it cannot be told, which admits nobody.
func (g *gatekeeper) clientID(connection uint64) string {
	list, err := g.server.Connz(&server.ConnzOptions{CID: connection})
	if err != nil || len(list.Conns) != 1 {
		return ""
	}
	return list.Conns[0].MQTTClient
}

// complaints passes the server's warnings to the daemon's log and keeps the fatal one
// for the error of Start: the server itself only logs why it does not listen.
type complaints struct {
	log   *slog.Logger
	quiet *rate.Limiter // strangers on the network decide how often there is something to complain about
	mu    sync.Mutex
	last  error
}

func newComplaints(log *slog.Logger) *complaints {
	return &complaints{log: log, quiet: rate.NewLimiter(warningsPerSecond, warningsAtOnce)}
}

// fatal returns why the server cannot go on, or nil.
func (c *complaints) fatal() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// Fatalf keeps and logs why the server cannot go on.
func (c *complaints) Fatalf(format string, args ...any) {
	c.mu.Lock()
	if c.last == nil { // the first is the cause
		c.last = fmt.Errorf(format, args...)
	}
	c.mu.Unlock()
	c.log.Error("MQTT broker cannot go on", "reason", fmt.Sprintf(format, args...))
}

// Errorf logs a warning: for the server an error is a client that was turned away.
func (c *complaints) Errorf(format string, args ...any) { c.Warnf(format, args...) }

// Warnf logs a warning, unless there were too many of late.
func (c *complaints) Warnf(format string, args ...any) {
	if c.quiet.Allow() {
		c.log.Warn("MQTT broker", "message", fmt.Sprintf(format, args...))
	}
}

// Noticef logs at debug level: start-up chatter.
func (c *complaints) Noticef(format string, args ...any) {
	c.log.Debug("MQTT broker", "message", fmt.Sprintf(format, args...))
}

// Debugf drops: never enabled.
func (c *complaints) Debugf(string, ...any) {}

// Tracef drops: never enabled; it would write payloads to the log.
func (c *complaints) Tracef(string, ...any) {}
