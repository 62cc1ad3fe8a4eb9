package configs

import (
	"crypto/sha256"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// splitAddress takes host:port apart; ok when it is one.
func splitAddress(text string) (host string, port int, ok bool) {
	host, portText, err := net.SplitHostPort(text)
	if err != nil {
		return "", 0, false
	}
	port, err = strconv.Atoi(portText)
	named := host == "" || !strings.ContainsAny(host, " /@?#%")
	return host, port, err == nil && named && port >= 0 && port <= 65535
}

// isLoopback reports whether only this machine can reach host.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

func (c *checks) checkConsole() {
	con, pair := c.site.Console, []string{"console.certificate", "console.key"}
	if !c.fine("console", "console.listen") || con.Listen == "" {
		return
	}
	host, _, ok := splitAddress(con.Listen)
	switch {
	case !ok:
		c.add("console.listen", printable(con.Listen), "an address such as 127.0.0.1:8420")
	case !c.fine(pair...):
	case con.Certificate != "" && con.Key == "":
		c.add(pair[1], "nothing", "the key of console.certificate")
	case con.Certificate == "" && con.Key != "":
		c.add(pair[0], "nothing", "the certificate of console.key")
	case con.Certificate == "" && !isLoopback(host):
		c.add("console.listen", printable(con.Listen)+" without TLS", "console.certificate and console.key, or a loopback address such as 127.0.0.1:8420")
	}
}

// MaxOriginLen is what a lock keeps of an origin, in bytes.
const MaxOriginLen = 64

// checkOrigin wants what a browser writes of the console's address: security keys are asked
// for under a name, never under a number, and by TLS or on the machine itself.
func (c *checks) checkOrigin() {
	origin := c.site.Console.Origin
	if origin == "" || !c.fine("console.origin") {
		return
	}
	u, err := url.Parse(origin)
	const want = "an address such as https://trilock.example or https://trilock.example:8420, in lower case, without a path, of a name and not of a number"
	switch {
	case err != nil || u.Scheme+"://"+u.Host != origin || u.Hostname() == "" || len(origin) > MaxOriginLen || strings.ToLower(origin) != origin,
		net.ParseIP(u.Hostname()) != nil, u.Scheme == "https" && u.Port() == "443":
		c.add("console.origin", printable(origin), want)
	case u.Scheme != "https" && !(u.Scheme == "http" && u.Hostname() == "localhost"):
		c.add("console.origin", printable(origin)+" without TLS", "https://..., or http://localhost with a port")
	}
}

func (c *checks) checkMQTT() {
	m := c.site.MQTT
	if m == nil {
		if len(c.site.Locks) > 0 && c.fine("mqtt") {
			c.add("mqtt", "nothing", "a block mqtt: the locks are reached by it")
		}
		return
	}
	if !c.fine("mqtt", "mqtt.broker") || m.Broker == "" {
		return
	}
	own := []string{"mqtt.listen", "mqtt.server_certificate", "mqtt.server_key"}
	if !m.Builtin() {
		host, port, ok := splitAddress(strings.TrimPrefix(m.Broker, "tls://"))
		if !ok || host == "" || port == 0 || !strings.HasPrefix(m.Broker, "tls://") {
			c.add("mqtt.broker", redacted(m.Broker), "builtin, or tls://host:port")
		}
		for _, path := range own {
			if c.given(path) && c.fine(path) {
				c.add(path, "a setting of the built-in broker", "broker: builtin, or this line gone")
			}
		}
		return
	}
	if m.ServerCertificate == "" && c.fine(own[1]) {
		c.add(own[1], "nothing", "the built-in broker's PEM certificate")
	}
	if m.ServerKey == "" && c.fine(own[2]) {
		c.add(own[2], "nothing", "the PEM key of the built-in broker's certificate")
	}
	if !c.fine(own[0]) {
		return
	}
	_, port, ok := splitAddress(m.Listen)
	if !ok {
		c.add(own[0], printable(m.Listen), "an address such as 127.0.0.1:8883")
	} else if m.Listen == c.site.Console.Listen && port != 0 {
		c.add(own[0], printable(m.Listen)+", taken by console.listen", "an address of its own")
	}
}

// notLonger checks that one duration is not longer than another. Both numbers are shown:
// either may be the slip.
func (c *checks) notLonger(shortPath string, short Duration, longPath string, long Duration) {
	if c.fine(shortPath, longPath) && short > long {
		c.add(shortPath, short.String(), fmt.Sprintf("not longer than %s (%s)", longPath, long))
	}
}

// shorter is notLonger without equality.
func (c *checks) shorter(shortPath string, short Duration, longPath string, long Duration) {
	if c.fine(shortPath, longPath) && short >= long {
		c.add(shortPath, short.String(), fmt.Sprintf("shorter than %s (%s)", longPath, long))
	}
}

func (c *checks) checkPolicy() {
	if !c.fine("policy", "policy.presence", "policy.loan_longest", "policy.approvals", "policy.repeat") {
		return
	}
	p := c.site.Policy
	c.notLonger("policy.badge_pair_window", p.BadgePairWindow, "policy.hand_over_window", p.HandOverWindow)
	c.notLonger("policy.pin_entry_time", p.PINEntryTime, "policy.opening_window", p.OpeningWindow)
	c.notLonger("policy.opening_window", p.OpeningWindow, "policy.opening_statement_valid", p.OpeningStatementValid)
	c.notLonger("policy.lockout_time", p.LockoutTime, "policy.lockout_longest", p.LockoutLongest)
	if path := "policy.opening_reconfirm"; p.OpeningReconfirm > 0 && p.OpeningDelay == 0 && c.fine(path, "policy.opening_delay") {
		c.add(path, p.OpeningReconfirm.String(), "0s, or an opening_delay after which the three confirm")
	}
	c.shorter("policy.unlocked_time", p.UnlockedTime, "policy.safe_open_max", p.SafeOpenMax)
	c.shorter("policy.device_down_after", p.DeviceDownAfter, "policy.missing_after", p.MissingAfter)
	c.notLonger("policy.presence.unseen_after", p.Presence.UnseenAfter, "policy.missing_after", p.MissingAfter)
	for i, high := range Levels() {
		for _, low := range Levels()[i+1:] {
			longest, limited := p.LoanLongest[low]
			if of, ok := p.LoanLongest[high]; limited && ok {
				c.notLonger("policy.loan_longest."+string(high), of, "policy.loan_longest."+string(low), longest)
			}
		}
	}
	if repeat := "policy.repeat.critical"; p.Repeat[Critical] == 0 && c.fine(repeat) {
		c.add(repeat, "0s", "a duration: a critical notice repeats until somebody acknowledges it")
	}
	if path := "policy.two_carriers"; !slices.Contains(p.TwoCarriers, TwoCarriers(TopSecret)) && c.fine(path) {
		c.add(path, "no "+string(TopSecret), "top-secret, and whatever else the site lets travel with two persons only (OUT-2)")
	}
	c.checkApprovals(p.Approvals)
	c.checkLending()
	c.checkGuarding()
	c.checkRegister()
	c.checkKeeping()
}

// checkApprovals keeps what no site may turn off: somebody approves loans of secret documents
// and more approve those of top secret ones (CIR-1); somebody approves carrying one out (OUT-1).
func (c *checks) checkApprovals(approvals map[ApprovalFor]map[Level]Plan) {
	for _, must := range []struct {
		what ApprovalFor
		rule string
	}{{ApproveLoan, "CIR-1"}, {ApproveCarryingOut, "OUT-1"}} {
		for _, level := range []Level{Secret, TopSecret} {
			path := fmt.Sprintf("policy.approvals.%s.%s", must.what, level)
			if c.fine("policy.approvals."+string(must.what), path) && approvals[must.what][level] == "" {
				c.add(path, "nobody", "at least one post ("+must.rule+")")
				return
			}
		}
	}
	const top = "policy.approvals.lend.top-secret"
	if !c.fine("policy.approvals.lend", "policy.approvals.lend.secret", top) {
		return
	}
	of := approvals[ApproveLoan][TopSecret].Parsed().Posts()
	for _, post := range approvals[ApproveLoan][Secret].Parsed().Posts() {
		if !slices.Contains(of, post) {
			c.add(top, "no "+post, "every post that approves for secret, and more where the site has them (CIR-1)")
		}
	}
}

func (c *checks) checkAlerts() {
	for i, ch := range c.site.Alerts.Channels {
		c.checkChannel(at("alerts.channels", i), ch)
	}
	if c.site.Alerts.Routes == nil || !c.fine("alerts", "alerts.routes") {
		return
	}
	for _, severity := range Severities() {
		path := "alerts.routes." + string(severity)
		names, ok := c.site.Alerts.Routes[severity]
		if !c.fine(path) {
			continue
		}
		if !ok || len(names) == 0 && severity != Info {
			c.add(path, "nothing", "the name of at least one channel: an alert that reaches nobody is none")
		}
		for j, name := range names {
			refer(c, at(path, j), name, c.channels, "a channel")
		}
	}
}

func (c *checks) checkChannel(path string, ch Channel) {
	switch ch.Kind {
	case ChannelConsole:
		for _, key := range []string{".url", ".secret_file", ".timeout"} {
			if c.given(path+key) && c.fine(path+key) {
				c.add(path+key, "a setting of a webhook", "kind: webhook, or this line gone")
			}
		}
	case ChannelWebhook:
		if ch.SecretFile == "" && c.fine(path+".secret_file") {
			c.add(path+".secret_file", "nothing", "the file of the secret that signs the webhook's requests")
		}
		if !c.fine(path + ".url") {
			return
		}
		if ch.URL == "" {
			c.add(path+".url", "nothing", "the address of the webhook, https://...")
		} else if !goodWebhook(ch.URL) {
			c.add(path+".url", redacted(ch.URL), "https://host/..., or http:// on loopback; without user, password and #")
		}
	}
}

// goodWebhook: notices tell of secret documents, so they travel encrypted or not beyond this machine.
func goodWebhook(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return false
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return false
		}
	}
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())
}

// redacted shows an address without what may be a secret in it: user, password, path and query.
func redacted(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		before, _, _ := strings.Cut(text, "?")
		if strings.ContainsRune(before, '@') {
			return "an address that is none"
		}
		return printable(before)
	}
	shown := u.Scheme + "://" + u.Host
	if u.User != nil {
		shown = u.Scheme + "://…@" + u.Host
	}
	if u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		shown += "/…"
	}
	return printable(shown)
}

func (c *checks) checkAccess() {
	tokens := usesOf[TokenHash](c, "a token")
	empty := TokenHash(sha256.Sum256(nil))
	roles := map[PersonID]map[Role]string{}
	for i, a := range c.site.Access {
		path := at("access", i)
		if a.Token == empty {
			c.add(path+".token_sha256", "the hash of an empty token", "the hash of a token")
		}
		tokens.put(path+".token_sha256", a.Token)
		if a.Role == "" || !c.fine(path+".person") {
			continue
		}
		if a.Person == "" {
			if a.Role != RoleObserver {
				c.add(path+".person", "nothing", "the person who acts as "+string(a.Role))
			}
			continue
		}
		c.checkDivision(path, a, roles)
	}
}

// checkDivision keeps REC-3: who audits does nothing else, and who registers persons does
// not watch over security as well.
func (c *checks) checkDivision(path string, a Account, roles map[PersonID]map[Role]string) {
	held := roles[a.Person]
	if held == nil {
		held = map[Role]string{}
		roles[a.Person] = held
	}
	for _, other := range []Role{RoleArchivist, RoleSecurity, RoleApprover, RoleAuditor, RoleRegistrar} {
		first, ok := held[other]
		apart := a.Role == RoleAuditor || other == RoleAuditor ||
			a.Role == RoleRegistrar && other == RoleSecurity || a.Role == RoleSecurity && other == RoleRegistrar
		if !ok || !apart || other == a.Role || a.Role == RoleObserver {
			continue
		}
		c.add(path+".person", fmt.Sprintf("%s as %s, who is %s at %s (line %d)", a.Person, a.Role, other, first, c.lineOf(first)),
			"another person: these two duties are divided (REC-3)")
		break
	}
	if _, ok := held[a.Role]; !ok {
		held[a.Role] = path
	}
}
