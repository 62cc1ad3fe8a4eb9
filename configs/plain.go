package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PlainDaemonName is the common name of the certificate with which the daemon speaks to
// plain locks: an identity of its own, which has no rights on the signed locks' topics.
const PlainDaemonName = "trilockd-plain"

// PlainMQTT is how the daemon and the plain locks meet.
type PlainMQTT struct {
	// Broker is BrokerBuiltin, which is the one of block mqtt, tls://host:port, or, on this
	// machine alone, tcp://127.0.0.1:port.
	Broker string `yaml:"broker" want:"builtin, or tls://host:port of the broker that the locks are on"`
	// Authority signs the broker's certificate; with the built-in broker it is mqtt.authority.
	Authority File `yaml:"authority" file:"authority" want:"the PEM certificate of the authority that signs the broker's certificate"`
	// Certificate and Key are both given or both empty; the built-in broker needs them.
	Certificate File `yaml:"certificate" file:"certificate" want:"a PEM client certificate, common name trilockd-plain"`
	Key         File `yaml:"key" file:"secret" want:"the PEM key of the certificate"`
	// Username and PasswordFile are for a broker that knows its clients by password.
	Username     string `yaml:"username" want:"the user name at a broker of the site's own"`
	PasswordFile File   `yaml:"password_file" file:"secret" want:"the file of the password"`
}

// Builtin reports whether plain locks are on the daemon's own broker.
func (m *PlainMQTT) Builtin() bool { return m.Broker == BrokerBuiltin }

// PlainLock is an MQTT lock that the site owns already. Nothing that it says is signed
// and it verifies no approval: it belongs on doors and cabinets.
type PlainLock struct {
	ID ID `yaml:"id" need:"yes" want:"the id of the lock"`
	// Name and NameEN are what people read; the id where they are not given.
	Name       string     `yaml:"name" want:"the name of the device in Chinese"`
	NameEN     string     `yaml:"name_en" want:"the name of the device in English"`
	Convention Convention `yaml:"convention" need:"yes" want:"how the lock speaks MQTT"`
	// Topic is what the others follow from: zigbee2mqtt/<friendly name>, <anything> for Home
	// Assistant's convention, <prefix>/lock/<object id> for ESPHome.
	Topic             Topic `yaml:"topic" need:"yes" want:"the lock's topic, such as zigbee2mqtt/cabinet-a or gate/lock/bolt"`
	StateTopic        Topic `yaml:"state_topic" want:"the topic of the lock's state, where it is not the convention's"`
	CommandTopic      Topic `yaml:"command_topic" want:"the topic of commands, where it is not the convention's"`
	AvailabilityTopic Topic `yaml:"availability_topic" want:"the topic of the lock's availability, where it is not the convention's"`
	// Gateway is who speaks for the lock on the built-in broker: its bridge, or it itself.
	Gateway ID `yaml:"gateway" want:"the common name of the certificate that publishes for the lock; with the built-in broker"`
	// SilentAfter: a battery lock speaks once a day, and its bridge calls it absent after 25 hours.
	SilentAfter Duration `yaml:"silent_after" min:"10s" max:"72h" want:"how long the lock may say nothing before its bolt is unknown"`
}

// Convention is how a plain lock speaks MQTT.
type Convention string

// The conventions.
const (
	ConventionZigbee2MQTT   Convention = "zigbee2mqtt"
	ConventionHomeAssistant Convention = "home-assistant"
	ConventionESPHome       Convention = "esphome"
)

func (Convention) words() []string {
	return texts(ConventionZigbee2MQTT, ConventionHomeAssistant, ConventionESPHome)
}

// WeakerLocksAccepted returns the sentences, of which a safe under plain locks must say
// one in so many words. Whoever writes it knows what the three locks do not do.
func WeakerLocksAccepted() []string {
	return []string{
		"普通锁不核对三方的批准，能在代理上发布消息者都能打开本柜，本单位接受这一较弱的保证",
		"plain locks check no approvals, whoever can publish to the broker can open this safe, and we accept this weaker guarantee",
	}
}

// Topic is an MQTT topic without wildcards, below which no signed lock speaks.
type Topic string

const (
	topicPattern   = `^[^/+#*>.$\s][^/+#*>.\s]*(/[^/+#*>.\s]+)*$`
	maxTopicLen    = 128 // longer than any that a person types
	maxTopicLevels = 8   // brokers keep a tree of them
)

var topicForm = regexp.MustCompile(topicPattern)

func (t *Topic) set(text string) bool {
	*t = Topic(text)
	levels := strings.Split(text, "/")
	odd := func(r rune) bool { return r == utf8.RuneError || unicode.IsSpace(r) }
	return len(text) <= maxTopicLen && topicForm.MatchString(text) && len(levels) <= maxTopicLevels && levels[0] != "trilock" && !strings.ContainsFunc(text, odd)
}

func (*Topic) form() string {
	return "a topic such as zigbee2mqtt/cabinet-a: at most 128 bytes and 8 levels, without white space and + # * > . and not below trilock/"
}

func (*Topic) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": topicPattern, "maxLength": maxTopicLen}
}

// checkPlain looks at the plain locks, and at what is wrong with how they are used.
func (c *checks) checkPlain() {
	c.checkPlainMQTT()
	topics := usesOf[Topic](c, "a topic")
	used := c.plainUses()
	unsure := c.doubtful("doors", "doors", "lock") || c.doubtful("places", "places", "lock") || c.doubtful("safes", "safes", "locks")
	for i, l := range c.site.PlainLocks {
		path := at("plain_locks", i)
		topics.put(path+".topic", l.Topic)
		c.checkGateway(path+".gateway", l)
		if l.Convention == ConventionESPHome && l.AvailabilityTopic == "" && l.Topic != "" && !strings.Contains(string(l.Topic), "/lock/") && c.fine(path+".topic", path+".availability_topic") {
			c.add(path+".topic", printable(string(l.Topic)), "<prefix>/lock/<object id>, or an availability_topic: a lock that nobody can tell to be there cannot be used")
		}
		if !used[l.ID] && !unsure && l.ID != "" && c.fine(path+".id") {
			c.add(path+".id", printable(string(l.ID))+", a lock of nothing", "a lock that a door, a cabinet or a safe names")
		}
	}
}

// plainUses gives each plain lock one use: a lock that opens for two reasons is shut for none.
func (c *checks) plainUses() map[ID]bool {
	taken, used := c.set("a lock"), map[ID]bool{}
	put := func(path string, id ID) {
		used[id] = true
		taken.put(path, id)
	}
	for i, d := range c.site.Doors {
		path := at("doors", i)
		if refer(c, path+".lock", d.Lock, c.plainLocks, "a plain lock") {
			put(path+".lock", d.Lock)
			c.checkDoorLock(path, d)
		}
	}
	for i, p := range c.site.Places {
		path := at("places", i) + ".lock"
		if !refer(c, path, p.Lock, c.plainLocks, "a plain lock") {
			continue
		}
		put(path, p.Lock)
		if p.Kind != KindCabinet && p.Kind != "" {
			c.add(path, "a lock at a "+string(p.Kind), "a lock only at a cabinet; a safe's stand under safes, a door's under doors")
		} else if p.BadgeReader == "" && c.fine(at("places", i)+".badge_reader") {
			c.add(at("places", i)+".badge_reader", "nothing", "a badge reader: a cabinet with a lock is opened by a hand-over")
		}
	}
	for i, s := range c.site.Safes {
		for j, id := range s.Locks {
			if _, plain := c.plainLocks[id]; plain {
				put(at(at("safes", i)+".locks", j), id)
			}
		}
	}
	return used
}

// checkDoorLock: a plain lock keeps people out and never in. That it can be opened from
// inside by hand nobody but the site can see; that it does not stand on the way out, this
// can: the way out leads from the inner side to the outer.
func (c *checks) checkDoorLock(path string, d Door) {
	if d.EntryReader == "" && c.fine(path+".entry_reader") {
		c.add(path+".entry_reader", "nothing", "a badge reader: a door with a lock is opened by badge")
	}
	if c.doubtful("places", "adjoins", "id") || !c.fine("places", path+".from", path+".to") || c.anyKindUnread() {
		return
	}
	far := c.stepsFromOutside()
	from, known := far[d.From]
	to, reached := far[d.To]
	if known && reached && from >= to {
		c.add(path+".lock", fmt.Sprintf("a lock that people going out would meet on its locked side: %s is no nearer to outside than %s", d.From, d.To), "from on the side of outside: a plain lock is on the entry side only, and from inside the door opens by hand, always")
	}
}

// stepsFromOutside returns how many places lie between outside and each place.
func (c *checks) stepsFromOutside() map[ID]int {
	steps, queue := map[ID]int{}, []ID{}
	for _, p := range c.site.Places {
		if p.Kind == KindOutside {
			steps[p.ID], queue = 0, append(queue, p.ID)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, next := range c.site.Adjoining(queue[0]) {
			if _, seen := steps[next]; !seen {
				steps[next] = steps[queue[0]] + 1
				queue = append(queue, next)
			}
		}
	}
	return steps
}

// checkGateway: on the built-in broker every lock is somebody's, by certificate.
func (c *checks) checkGateway(path string, l PlainLock) {
	if c.site.PlainMQTT == nil || !c.fine("plain_mqtt", "plain_mqtt.broker", path) {
		return
	}
	switch builtin := c.site.PlainMQTT.Builtin(); {
	case builtin && l.Gateway == "":
		c.add(path, "nothing", "the common name of the certificate that publishes for the lock")
	case !builtin && l.Gateway != "":
		c.add(path, "a setting of the built-in broker", "broker: builtin, or this line gone")
	case l.Gateway == DaemonName || l.Gateway == PlainDaemonName:
		c.add(path, printable(string(l.Gateway)), "another name: the daemon's own certificate has this one")
	default:
		if signed, ok := c.locks[l.Gateway]; ok {
			c.add(path, printable(string(l.Gateway))+", the name of "+signed, "another name: a signed lock's certificate speaks for that lock alone")
		}
	}
}

func (c *checks) checkPlainMQTT() {
	m := c.site.PlainMQTT
	if m == nil {
		if len(c.site.PlainLocks) > 0 && c.fine("plain_mqtt") {
			c.add("plain_mqtt", "nothing", "a block plain_mqtt: the plain locks are reached by it")
		}
		return
	}
	paths := []string{"plain_mqtt", "plain_mqtt.broker", "plain_mqtt.authority", "plain_mqtt.certificate", "plain_mqtt.key", "plain_mqtt.username", "plain_mqtt.password_file"}
	if !c.fine(paths...) {
		return
	}
	c.bothOrNone(paths[3], string(m.Certificate), paths[4], string(m.Key))
	c.bothOrNone(paths[5], m.Username, paths[6], string(m.PasswordFile))
	if m.Builtin() {
		c.checkPlainBuiltin(m)
		return
	}
	scheme, address, _ := strings.Cut(m.Broker, "://")
	host, port, ok := splitAddress(address)
	switch {
	case !ok || host == "" || port == 0 || !slices.Contains([]string{"tls", "tcp"}, scheme):
		c.add(paths[1], redacted(m.Broker), "builtin, or tls://host:port")
	case scheme == "tcp" && (!isLoopback(host) || host == "localhost"):
		c.add(paths[1], redacted(m.Broker)+" without TLS", "tls://host:port; tcp only to this machine, tcp://127.0.0.1:port")
	case scheme == "tls" && m.Authority == "":
		c.add(paths[2], "nothing", "the authority that signs the broker's certificate")
	case scheme == "tcp" && (m.Authority != "" || m.Certificate != ""):
		c.add(paths[1], redacted(m.Broker)+" with certificates", "tls://host:port, or the certificates gone")
	case scheme == "tls" && m.Certificate == "" && m.Username == "":
		c.add("plain_mqtt", "neither certificate nor user name", "one of them: a broker that lets everybody in opens the locks for everybody")
	}
}

func (c *checks) checkPlainBuiltin(m *PlainMQTT) {
	switch {
	case c.site.MQTT == nil && c.fine("mqtt"):
		c.add("mqtt", "nothing", "a block mqtt with broker: builtin, for plain_mqtt.broker: builtin")
	case c.site.MQTT != nil && !c.site.MQTT.Builtin() && c.fine("mqtt.broker"):
		c.add("plain_mqtt.broker", "builtin", "tls://host:port: mqtt.broker is a broker of the site's own")
	}
	if m.Certificate == "" {
		c.add("plain_mqtt.certificate", "nothing", "a PEM client certificate of mqtt.authority, common name "+PlainDaemonName)
	}
	for _, path := range []string{"plain_mqtt.authority", "plain_mqtt.username", "plain_mqtt.password_file"} {
		if c.given(path) && c.fine(path) {
			c.add(path, "a setting of a broker of the site's own", "this line gone: the built-in broker is that of block mqtt")
		}
	}
}

// bothOrNone checks two settings of which neither means anything alone.
func (c *checks) bothOrNone(firstPath, first, secondPath, second string) {
	switch {
	case first != "" && second == "":
		c.add(secondPath, "nothing", "what goes with "+firstPath)
	case first == "" && second != "":
		c.add(firstPath, "nothing", "what goes with "+secondPath)
	}
}

// checkSafeLocks: three signed locks; or, where the site says in so many words that it
// accepts the weaker guarantee, three plain ones. A signed lock opens only on a request
// that quotes three signed locks, so there is no mixing.
func (c *checks) checkSafeLocks(path string, s Safe) {
	var plain, signed int
	first := ""
	for j, id := range s.Locks {
		if _, ok := c.plainLocks[id]; ok {
			plain++
			if first == "" {
				first = at(path+".locks", j)
			}
		} else if _, ok := c.locks[id]; ok {
			signed++
		}
	}
	if plain == 0 {
		c.checkSignedSafe(path, s)
		return
	}
	if !c.fine(path+".locks", path+".accepts_weaker_locks", path+".contact", path+".approvals", first) {
		return
	}
	sentences := WeakerLocksAccepted()
	switch {
	case signed > 0:
		c.add(first, "a plain lock beside signed ones", "three locks of a kind: a signed lock opens only on a request that three signed locks have quoted")
	case !slices.Contains(sentences, s.AcceptsWeakerLocks):
		c.add(first, "a plain lock, which verifies no approvals", fmt.Sprintf("three signed locks (SAF-1); or the weaker guarantee accepted in these very words, accepts_weaker_locks: %q or %q", sentences[0], sentences[1]))
	case s.Approvals != ApprovalsUnverified:
		c.add(path+".approvals", printable(string(s.Approvals)), string(ApprovalsUnverified)+": plain locks verify nothing")
	case s.Contact == nil:
		c.add(path+".contact", "nothing", "the input that is active while the safe's door is open: plain locks do not report the door")
	}
}

// checkSignedSafe refuses what belongs to a safe under plain locks.
func (c *checks) checkSignedSafe(path string, s Safe) {
	switch {
	case s.AcceptsWeakerLocks != "" && c.fine(path+".accepts_weaker_locks", path+".locks"):
		c.add(path+".accepts_weaker_locks", "a weaker guarantee for signed locks", "this line gone: it belongs to a safe under plain locks")
	case s.Approvals == ApprovalsUnverified && c.fine(path+".approvals", path+".locks"):
		c.add(path+".approvals", string(ApprovalsUnverified)+" for signed locks", "who signs what the locks verify, such as "+string(ApprovalsByController))
	case s.Contact != nil && c.fine(path+".contact", path+".locks"):
		c.add(path+".contact", "a contact beside signed locks", "this line gone: signed locks report the safe's door, signed")
	}
}
