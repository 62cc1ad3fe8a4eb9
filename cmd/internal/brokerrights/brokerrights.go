// Package brokerrights says in the words of package broker who of a configured site may do
// what on its brokers. The daemon grants these rights on the built-in broker, and the
// operator's tool prints them for a mosquitto of the site's own, so that the two never differ.
package brokerrights

import (
	"fmt"
	"strings"

	"trilock/configs"
	"trilock/devices/broker"
	"trilock/firmware-protocols/plainlock"
)

// Locks returns the names of the certificates of the site's signed locks.
func Locks(c *configs.Site) []string {
	var names []string
	for _, l := range c.Locks {
		names = append(names, string(l.ID))
	}
	return names
}

// PlainTopics returns the topics of a plain lock: its convention's, but for those that the
// configuration names.
func PlainTopics(l configs.PlainLock) (plainlock.Topics, error) {
	t, err := plainlock.Convention(l.Convention).Topics(string(l.Topic))
	if err != nil {
		return t, err
	}
	for _, own := range []struct {
		topic *string
		given configs.Topic
	}{{&t.State, l.StateTopic}, {&t.Command, l.CommandTopic}, {&t.Availability, l.AvailabilityTopic}} {
		if own.given != "" {
			*own.topic = string(own.given)
		}
	}
	return t, t.Check()
}

// Plain returns who speaks for plain locks, and what each may reach: a gateway its own
// locks, the daemon's second identity, which comes last, all of them. A lock whose topics
// are wrong is left out here; whoever plugs it in says why. A lock without a gateway, which
// only a broker of the site's own allows, is reached by the daemon alone.
func Plain(c *configs.Site) []broker.PlainClient {
	if c.PlainMQTT == nil || len(c.PlainLocks) == 0 {
		return nil
	}
	daemon := broker.PlainClient{Name: configs.PlainDaemonName}
	if c.PlainMQTT.Username != "" {
		daemon.Name = c.PlainMQTT.Username
	}
	clients := []broker.PlainClient{}
	at := map[configs.ID]int{}
	for _, l := range c.PlainLocks {
		t, err := PlainTopics(l)
		if err != nil {
			continue
		}
		daemon.Publish = append(daemon.Publish, t.Command)
		daemon.Subscribe = append(daemon.Subscribe, reports(t)...)
		if l.Gateway == "" {
			continue
		}
		i, known := at[l.Gateway]
		if !known {
			i, clients = len(clients), append(clients, broker.PlainClient{Name: string(l.Gateway)})
			at[l.Gateway] = i
		}
		clients[i].Publish = append(clients[i].Publish, reports(t)...)
		clients[i].Subscribe = append(clients[i].Subscribe, t.Command)
	}
	return append(clients, daemon)
}

// reports returns the topics on which a plain lock speaks.
func reports(t plainlock.Topics) []string {
	if t.Availability == "" {
		return []string{t.State}
	}
	return []string{t.State, t.Availability}
}

const accessHead = `# Who may do what on the locks' topics; everything that is not listed is denied.
# 谁可以在锁的主题上做什么；未列出的一律拒绝。
# A user is the common name of a client certificate. Printed from the site's configuration:
#   trilock lock acl site.yaml > trilock.acl
# Print it again when the locks of the site change. The built-in broker grants the same rights.
`

// AccessList returns mosquitto's acl_file for the site's signed and plain locks.
func AccessList(c *configs.Site) string {
	var text strings.Builder
	text.WriteString(accessHead)
	together := c.MQTT != nil && c.PlainMQTT != nil && c.MQTT.Broker == c.PlainMQTT.Broker
	if len(c.PlainLocks) > 0 && !together {
		fmt.Fprintf(&text, "\n# The plain locks are on a broker of their own (plain_mqtt.broker): their part belongs there.\n")
	}
	text.WriteString(broker.AccessList(configs.DaemonName, Locks(c), Plain(c)))
	for _, l := range c.PlainLocks {
		t, err := PlainTopics(l)
		if l.Gateway != "" || err != nil {
			continue
		}
		fmt.Fprintf(&text, "\n# %s names no gateway. Give the user of its bridge:\n", l.ID)
		for _, topic := range reports(t) {
			fmt.Fprintf(&text, "# topic write %s\n", topic)
		}
		fmt.Fprintf(&text, "# topic read %s\n", t.Command)
	}
	return text.String()
}
