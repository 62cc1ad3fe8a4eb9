package brokerrights

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trilock/configs"
	"trilock/devices/broker"
)

// The topics follow from the convention, but for those that the configuration names, and
// each client reaches those of its own locks.
func TestPlainTopicsAndClients(t *testing.T) {
	c := &configs.Site{PlainMQTT: &configs.PlainMQTT{Broker: "tls://mqtt.site:8883", Username: "trilock"}, PlainLocks: []configs.PlainLock{
		{ID: "a", Convention: configs.ConventionZigbee2MQTT, Topic: "z/a", Gateway: "bridge"},
		{ID: "b", Convention: configs.ConventionESPHome, Topic: "e/lock/b", CommandTopic: "e/go", Gateway: "bridge"},
		{ID: "c", Convention: configs.ConventionZigbee2MQTT, Topic: "z/c"},
	}}
	want := []broker.PlainClient{
		{Name: "bridge", Publish: []string{"z/a", "z/a/availability", "e/lock/b/state", "e/status"}, Subscribe: []string{"z/a/set", "e/go"}},
		{Name: "trilock", Publish: []string{"z/a/set", "e/go", "z/c/set"}, Subscribe: []string{"z/a", "z/a/availability", "e/lock/b/state", "e/status", "z/c", "z/c/availability"}},
	}
	if diff := cmp.Diff(want, Plain(c)); diff != "" {
		t.Errorf("clients (-want +got):\n%s", diff)
	}
	list := AccessList(c)
	const missing = "# c names no gateway. Give the user of its bridge:\n# topic write z/c\n# topic write z/c/availability\n# topic read z/c/set\n"
	for _, want := range []string{missing, "plain_mqtt.broker", "\nuser trilock\n"} {
		if !strings.Contains(list, want) {
			t.Errorf("no %q in\n%s", want, list)
		}
	}
	if strings.Contains(list, "user trilockd\n") {
		t.Errorf("rights to signed locks, of which there are none:\n%s", list)
	}
}
