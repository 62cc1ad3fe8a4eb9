package plainlock_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"trilock/firmware-protocols/plainlock"
)

const (
	z2m = plainlock.Zigbee2MQTT
	ha  = plainlock.HomeAssistant
	esp = plainlock.ESPHome
)

// What locks were seen to publish, and what it says. A refused message has its reason.
var states = []struct {
	by      plainlock.Convention
	payload string
	want    plainlock.State
	refused plainlock.Reason
}{
	{ha, "LOCKED", plainlock.State{Bolt: plainlock.BoltLocked}, ""},
	{ha, "UNLOCKED", plainlock.State{Bolt: plainlock.BoltUnlocked}, ""},
	{ha, "JAMMED", plainlock.State{Bolt: plainlock.BoltJammed}, ""},
	{ha, "OPEN", plainlock.State{Bolt: plainlock.BoltUnlocked}, ""},
	{ha, "OPENING", plainlock.State{Bolt: plainlock.BoltUnlocked}, ""},
	{ha, "LOCKING", plainlock.State{Moving: true}, ""},
	{ha, "UNLOCKING", plainlock.State{Moving: true}, ""},
	{ha, "None", plainlock.State{}, ""},
	{esp, "UNKNOWN", plainlock.State{}, ""},
	{esp, "LOCKED", plainlock.State{Bolt: plainlock.BoltLocked}, ""},
	{ha, "locked", plainlock.State{}, plainlock.ReasonUnknownWord},
	{ha, "LOCKED\n", plainlock.State{}, plainlock.ReasonUnknownWord},
	{ha, "LOCKED ", plainlock.State{}, plainlock.ReasonUnknownWord},
	{ha, "UNLOCKEDUNLOCKEDUNLOCKED", plainlock.State{}, plainlock.ReasonUnknownWord},
	{ha, `{"state":"LOCK"}`, plainlock.State{}, plainlock.ReasonUnknownWord},
	{ha, "", plainlock.State{}, plainlock.ReasonEmpty},
	{esp, " \t", plainlock.State{}, plainlock.ReasonEmpty},
	{esp, "\xff\xfe", plainlock.State{}, plainlock.ReasonUnknownWord},
	{esp, strings.Repeat("A", plainlock.MaxPayloadBytes+1), plainlock.State{}, plainlock.ReasonTooLong},

	{z2m, `{"state":"LOCK","lock_state":"locked","battery":88,"linkquality":120}`, plainlock.State{Bolt: plainlock.BoltLocked, BatteryPercent: 88}, ""},
	{z2m, `{"state":"UNLOCK","lock_state":"unlocked","battery":null}`, plainlock.State{Bolt: plainlock.BoltUnlocked, BatteryPercent: -1}, ""},
	{z2m, ` { "lock_state" : "locked" } `, plainlock.State{Bolt: plainlock.BoltLocked, BatteryPercent: -1}, ""},
	{z2m, `{"state":"UNLOCK"}`, plainlock.State{Bolt: plainlock.BoltUnlocked, BatteryPercent: -1}, ""},
	{z2m, `{"state":"LOCK","lock_state":null}`, plainlock.State{Bolt: plainlock.BoltLocked, BatteryPercent: -1}, ""},
	{z2m, `{"state":"LOCK","lock_state":"not_fully_locked"}`, plainlock.State{Bolt: plainlock.BoltJammed, BatteryPercent: -1}, ""},
	{z2m, `{"state":"UNLOCK","lock_state":"not_fully_locked","battery":12.5}`, plainlock.State{Bolt: plainlock.BoltJammed, BatteryPercent: 12}, ""},
	{z2m, `{"door_state":"open","state":"LOCK"}`, plainlock.State{Bolt: plainlock.BoltLocked, Door: plainlock.DoorOpen, BatteryPercent: -1}, ""},
	{z2m, `{"door_state":"closed","state":"LOCK"}`, plainlock.State{Bolt: plainlock.BoltLocked, Door: plainlock.DoorClosed, BatteryPercent: -1}, ""},
	{z2m, `{"door_state":"error_jammed","state":"LOCK"}`, plainlock.State{Bolt: plainlock.BoltLocked, BatteryPercent: -1}, ""},
	{z2m, `{"pin_code":{"1":{"status":"enabled","pin":[{"a":[1,2,{}]}]}},"state":"\u004cOCK"}`, plainlock.State{Bolt: plainlock.BoltLocked, BatteryPercent: -1}, ""},
	{z2m, `{"state":"UNLOCK","lock_state":"locked"}`, plainlock.State{}, plainlock.ReasonContradiction},
	{z2m, `{"state":"LOCK","lock_state":"unlocked"}`, plainlock.State{}, plainlock.ReasonContradiction},
	{z2m, `{"state":"UNLOCK","state":"LOCK"}`, plainlock.State{}, plainlock.ReasonRepeatedKey},
	{z2m, `{"state":"UNLOCK","st\u0061te":"LOCK"}`, plainlock.State{}, plainlock.ReasonRepeatedKey},
	{z2m, `{"State":"LOCK"}`, plainlock.State{}, plainlock.ReasonNoState},
	{z2m, `{"linkquality":120,"battery":50}`, plainlock.State{}, plainlock.ReasonNoState},
	{z2m, `{}`, plainlock.State{}, plainlock.ReasonNoState},
	{z2m, `{"state":"LOCKED"}`, plainlock.State{}, plainlock.ReasonUnknownWord},
	{z2m, `{"lock_state":"LOCKED"}`, plainlock.State{}, plainlock.ReasonUnknownWord},
	{z2m, `{"state":true}`, plainlock.State{}, plainlock.ReasonWrongType},
	{z2m, `{"state":"LOCK","lock_state":1}`, plainlock.State{}, plainlock.ReasonWrongType},
	{z2m, `{"state":"LOCK","battery":"88"}`, plainlock.State{}, plainlock.ReasonWrongType},
	{z2m, `{"state":"LOCK","battery":140}`, plainlock.State{}, plainlock.ReasonOutOfRange},
	{z2m, `{"state":"LOCK","battery":-1}`, plainlock.State{}, plainlock.ReasonOutOfRange},
	{z2m, `LOCK`, plainlock.State{}, plainlock.ReasonBadJSON},
	{z2m, `["LOCK"]`, plainlock.State{}, plainlock.ReasonBadJSON},
	{z2m, `{"state":"LOCK"} x`, plainlock.State{}, plainlock.ReasonBadJSON},
	{z2m, `{"state":"LOCK",}`, plainlock.State{}, plainlock.ReasonBadJSON},
	{z2m, `{"state":"LOCK"`, plainlock.State{}, plainlock.ReasonBadJSON},
	{z2m, `{"state":"LOCK","battery":01}`, plainlock.State{}, plainlock.ReasonBadJSON},
	{z2m, `{"a":` + strings.Repeat("[", 9) + strings.Repeat("]", 9) + `,"state":"LOCK"}`, plainlock.State{}, plainlock.ReasonBadJSON},
	{z2m, `{"state":"LOCK` + "\xff" + `"}`, plainlock.State{}, plainlock.ReasonBadJSON},
	{z2m, `{` + strings.Repeat(`"a":1,`, 200) + `"state":"LOCK"}`, plainlock.State{}, plainlock.ReasonBadJSON},
}

func reason(err error) plainlock.Reason {
	var r *plainlock.Refusal
	if errors.As(err, &r) {
		return r.Reason
	}
	return ""
}

func TestStates(t *testing.T) {
	for _, c := range states {
		t.Run(fmt.Sprintf("%s/%.40s", c.by, c.payload), func(t *testing.T) {
			got, err := c.by.State([]byte(c.payload))
			want := c.want
			if c.by != z2m || c.refused != "" {
				want.BatteryPercent = -1
			}
			if reason(err) != c.refused || got != want {
				t.Errorf("got %+v, %v; want %+v, %q", got, err, want, c.refused)
			}
			if (err == nil) != (c.refused == "") {
				t.Errorf("error %v for reason %q", err, c.refused)
			}
		})
	}
}

// What is refused never says where a bolt is: unknown is a state.
func TestRefusedMeansUnknown(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := rapid.SampledFrom(plainlock.Conventions()).Draw(r, "convention")
		payload := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(r, "payload")
		if s, err := c.State(payload); err != nil && (s.Bolt != plainlock.BoltUnknown || s.Door != plainlock.DoorUnknown || s.BatteryPercent != -1) {
			r.Fatalf("%q is refused, and says %+v", payload, s)
		}
		if online, err := c.Availability(payload); err != nil && online {
			r.Fatalf("%q is refused, and says online", payload)
		}
	})
}

func TestAvailability(t *testing.T) {
	for _, c := range []struct {
		by      plainlock.Convention
		payload string
		online  bool
		refused plainlock.Reason
	}{
		{ha, "online", true, ""}, {ha, "offline", false, ""}, {esp, "online", true, ""},
		{z2m, "online", true, ""}, {z2m, `{"state":"online"}`, true, ""}, {z2m, `{"state":"offline"}`, false, ""},
		{ha, "Online", false, plainlock.ReasonUnknownWord}, {ha, "1", false, plainlock.ReasonUnknownWord},
		{ha, "", false, plainlock.ReasonEmpty}, {ha, `{"state":"online"}`, false, plainlock.ReasonUnknownWord},
		{z2m, `{"state":1}`, false, plainlock.ReasonWrongType}, {z2m, `{}`, false, plainlock.ReasonWrongType},
		{z2m, `{"state":"online","state":"offline"}`, false, plainlock.ReasonRepeatedKey}, {z2m, `{"state":"on"}`, false, plainlock.ReasonUnknownWord},
		{z2m, `{"state"`, false, plainlock.ReasonBadJSON},
	} {
		online, err := c.by.Availability([]byte(c.payload))
		if online != c.online || reason(err) != c.refused {
			t.Errorf("%s %q: %v, %v; want %v, %q", c.by, c.payload, online, err, c.online, c.refused)
		}
	}
}

func TestTopics(t *testing.T) {
	for _, c := range []struct {
		by      plainlock.Convention
		base    string
		want    plainlock.Topics
		refused plainlock.Reason // of Topics, or of Check
	}{
		{z2m, "zigbee2mqtt/文件柜锁", plainlock.Topics{State: "zigbee2mqtt/文件柜锁", Command: "zigbee2mqtt/文件柜锁/set", Availability: "zigbee2mqtt/文件柜锁/availability"}, ""},
		{ha, "home/frontdoor", plainlock.Topics{State: "home/frontdoor/state", Command: "home/frontdoor/set", Availability: "home/frontdoor/availability"}, ""},
		{esp, "gate/lock/bolt", plainlock.Topics{State: "gate/lock/bolt/state", Command: "gate/lock/bolt/command", Availability: "gate/status"}, ""},
		{esp, "gate/bolt", plainlock.Topics{State: "gate/bolt/state", Command: "gate/bolt/command"}, plainlock.ReasonNoStatusTopic},
		{"matter", "x", plainlock.Topics{}, plainlock.ReasonNoConvention},
		{ha, "", plainlock.Topics{}, plainlock.ReasonBadTopic},
		{ha, "a/+/b", plainlock.Topics{}, plainlock.ReasonBadTopic},
		{ha, "a/#", plainlock.Topics{}, plainlock.ReasonBadTopic},
		{ha, "a//b", plainlock.Topics{}, plainlock.ReasonBadTopic},
		{ha, "/a", plainlock.Topics{}, plainlock.ReasonBadTopic},
		{ha, "a b", plainlock.Topics{}, plainlock.ReasonBadTopic},
		{ha, "a.b", plainlock.Topics{}, plainlock.ReasonBadTopic},
		{ha, "a\x00", plainlock.Topics{}, plainlock.ReasonBadTopic},
		{ha, "$SYS/x", plainlock.Topics{}, plainlock.ReasonBadTopic},
		{ha, "trilock/lock/lock-1/evt", plainlock.Topics{}, plainlock.ReasonBadTopic},
		{ha, strings.Repeat("a/", 8) + "a", plainlock.Topics{}, plainlock.ReasonBadTopic},
		{ha, strings.Repeat("a", plainlock.MaxTopicBytes+1), plainlock.Topics{}, plainlock.ReasonBadTopic},
		{ha, "a\xff", plainlock.Topics{}, plainlock.ReasonBadTopic},
	} {
		got, err := c.by.Topics(c.base)
		if err == nil {
			err = got.Check()
		}
		if got != c.want || reason(err) != c.refused {
			t.Errorf("%s %q: %+v, %v; want %+v, %q", c.by, c.base, got, err, c.want, c.refused)
		}
	}
	same := plainlock.Topics{State: "a/b", Command: "a/b", Availability: "a/c"}
	if reason(same.Check()) != plainlock.ReasonSameTopic {
		t.Errorf("a command topic that is the state topic: %v", same.Check())
	}
}

// A command is what the lock's own state reader would never take for a state of another kind.
func TestCommands(t *testing.T) {
	for c, want := range map[plainlock.Convention][2]string{
		z2m: {`{"state":"LOCK"}`, `{"state":"UNLOCK"}`}, ha: {"LOCK", "UNLOCK"}, esp: {"LOCK", "UNLOCK"},
	} {
		if got := [2]string{string(c.Command(false)), string(c.Command(true))}; got != want {
			t.Errorf("%s: %q, want %q", c, got, want)
		}
	}
}

func FuzzState(f *testing.F) {
	for _, c := range states {
		f.Add(string(c.by), []byte(c.payload))
	}
	f.Fuzz(func(t *testing.T, convention string, payload []byte) {
		c := plainlock.Convention(convention)
		s, err := c.State(payload)
		if err != nil && s.Bolt != plainlock.BoltUnknown {
			t.Fatalf("refused with %v, and says %+v", err, s)
		}
		if err != nil && reason(err) == "" {
			t.Fatalf("refused without a reason: %v", err)
		}
		if s.BatteryPercent < -1 || s.BatteryPercent > 100 {
			t.Fatalf("battery %d", s.BatteryPercent)
		}
		if err == nil && c == z2m {
			checkAgainstStandardLibrary(t, payload, s)
		}
		_, _ = c.Availability(payload)
	})
}

// checkAgainstStandardLibrary: what is taken is JSON, and an independent reader finds the
// words that the bolt's position rests on.
func checkAgainstStandardLibrary(t *testing.T, payload []byte, s plainlock.State) {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(payload, &fields); err != nil {
		t.Fatalf("%q is taken, and is no JSON object: %v", payload, err)
	}
	state, lock := fields["state"], fields["lock_state"]
	switch s.Bolt {
	case plainlock.BoltLocked:
		if state != "LOCK" && state != nil || lock != "locked" && lock != nil || state == nil && lock == nil {
			t.Fatalf("%q says %v and %v, and is taken for locked", payload, state, lock)
		}
	case plainlock.BoltUnlocked:
		if state != "UNLOCK" && state != nil || lock != "unlocked" && lock != nil || state == nil && lock == nil {
			t.Fatalf("%q says %v and %v, and is taken for unlocked", payload, state, lock)
		}
	case plainlock.BoltJammed:
		if lock != "not_fully_locked" {
			t.Fatalf("%q says %v, and is taken for jammed", payload, lock)
		}
	default:
		t.Fatalf("%q is taken and says nothing", payload)
	}
}

func FuzzTopic(f *testing.F) {
	for _, text := range []string{"zigbee2mqtt/lock", "gate/lock/bolt", "a//b", "a/+", "trilock/x", "$SYS"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range plainlock.Conventions() {
			topics, err := c.Topics(text)
			if err == nil && (strings.ContainsAny(topics.Command, "+#") || strings.HasPrefix(topics.Command, "trilock/")) {
				t.Fatalf("%q makes the command topic %q", text, topics.Command)
			}
		}
	})
}
