package plainlock

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Convention is one way in which locks speak MQTT. Its value is the word for it in a
// site's configuration.
type Convention string

// The conventions.
const (
	// Zigbee2MQTT: JSON states, as that bridge publishes them (exposes "lock": state and lock_state).
	Zigbee2MQTT Convention = "zigbee2mqtt"
	// HomeAssistant: the default payloads of its "MQTT Lock".
	HomeAssistant Convention = "home-assistant"
	// ESPHome: the topics and words of its MQTT client's lock component.
	ESPHome Convention = "esphome"
)

// Conventions returns every convention.
func Conventions() []Convention { return []Convention{Zigbee2MQTT, HomeAssistant, ESPHome} }

// Topics are the three topics of one lock. A lock without availability cannot be used:
// nobody could tell a lock that is at rest from one that is gone.
type Topics struct {
	State, Command, Availability string
}

// Bolt is where a lock says that its bolt is.
type Bolt uint8

// The positions of a bolt. The zero value is BoltUnknown.
const (
	BoltUnknown Bolt = iota
	BoltLocked
	BoltUnlocked
	BoltJammed
)

// Door is what a lock with a door sensor says of the door. The zero value is DoorUnknown.
type Door uint8

// The positions of a door.
const (
	DoorUnknown Door = iota
	DoorOpen
	DoorClosed
)

// State is what one message says of a lock.
type State struct {
	Bolt Bolt
	Door Door
	// Moving: the bolt is on its way, and so its position is unknown.
	Moving bool
	// BatteryPercent is 0 to 100, or -1 when the message does not say.
	BatteryPercent int
}

// Reason says in one word why a message was refused.
type Reason string

// The reasons.
const (
	ReasonEmpty         Reason = "empty"          // a retained message that was deleted, for one
	ReasonTooLong       Reason = "too-long"       // more than MaxPayloadBytes
	ReasonUnknownWord   Reason = "unknown-word"   // no word of the convention, as the convention spells it
	ReasonBadJSON       Reason = "bad-json"       // no JSON object, or one beyond the limits
	ReasonRepeatedKey   Reason = "repeated-key"   // two readers would read two states
	ReasonNoState       Reason = "no-state"       // an object that says nothing about the bolt
	ReasonContradiction Reason = "contradiction"  // state and lock_state do not agree
	ReasonWrongType     Reason = "wrong-type"     // a number where a word belongs, or the like
	ReasonOutOfRange    Reason = "out-of-range"   // a battery of 140 %
	ReasonBadTopic      Reason = "bad-topic"      // see ValidTopic
	ReasonNoConvention  Reason = "no-convention"  // the word is none of Conventions
	ReasonSameTopic     Reason = "same-topic"     // two of a lock's topics are one
	ReasonNoStatusTopic Reason = "no-status-base" // an ESPHome topic without "/lock/" names no device
)

// Reasons returns every reason that a message can be refused for.
func Reasons() []Reason {
	return []Reason{ReasonEmpty, ReasonTooLong, ReasonUnknownWord, ReasonBadJSON, ReasonRepeatedKey,
		ReasonNoState, ReasonContradiction, ReasonWrongType, ReasonOutOfRange}
}

// Refusal says why a message or a topic was not taken. It repeats nothing of a message:
// PIN codes travel in some of them.
type Refusal struct {
	Reason Reason
	What   string // "state", "availability" or "topic"
}

// Error names what was refused and why.
func (r *Refusal) Error() string { return fmt.Sprintf("plain lock: %s refused: %s", r.What, r.Reason) }

func refuse(what string, r Reason) error { return &Refusal{Reason: r, What: what} }

// Topics returns the topics of a lock by the convention. Base is the lock's topic as
// whoever set the lock up knows it: "zigbee2mqtt/<friendly name>", "<anything>" for Home
// Assistant, "<prefix>/lock/<object id>" for ESPHome. For an ESPHome base without
// "/lock/" the availability is empty: name it.
func (c Convention) Topics(base string) (Topics, error) {
	if !ValidTopic(base) {
		return Topics{}, refuse("topic", ReasonBadTopic)
	}
	switch c {
	case Zigbee2MQTT:
		return Topics{State: base, Command: base + "/set", Availability: base + "/availability"}, nil
	case HomeAssistant:
		return Topics{State: base + "/state", Command: base + "/set", Availability: base + "/availability"}, nil
	case ESPHome:
		t := Topics{State: base + "/state", Command: base + "/command"}
		if i := strings.LastIndex(base, "/lock/"); i > 0 {
			t.Availability = base[:i] + "/status"
		}
		return t, nil
	}
	return Topics{}, refuse("topic", ReasonNoConvention)
}

// Check reports what is wrong with the topics: each must be valid (ValidTopic), and all
// three different.
func (t Topics) Check() error {
	if t.Availability == "" {
		return refuse("topic", ReasonNoStatusTopic)
	}
	if !ValidTopic(t.State) || !ValidTopic(t.Command) || !ValidTopic(t.Availability) {
		return refuse("topic", ReasonBadTopic)
	}
	if t.State == t.Command || t.State == t.Availability || t.Command == t.Availability {
		return refuse("topic", ReasonSameTopic)
	}
	return nil
}

// ValidTopic reports whether text can be a topic of a plain lock: 1 to MaxTopicBytes of
// UTF-8, levels parted by '/', none empty, without white space, wildcards (+ # and the
// built-in broker's * > .) and control characters, not beginning with '$', and not below
// "trilock": what is said there is signed.
func ValidTopic(text string) bool {
	if text == "" || len(text) > MaxTopicBytes || !utf8.ValidString(text) || text[0] == '$' {
		return false
	}
	levels := strings.Split(text, "/")
	if len(levels) > maxTopicLevels || levels[0] == "trilock" {
		return false
	}
	for _, level := range levels {
		if level == "" || strings.ContainsAny(level, "+#*>.") || strings.ContainsFunc(level, notInTopic) {
			return false
		}
	}
	return true
}

func notInTopic(r rune) bool {
	return r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsGraphic(r)
}

// Command returns the payload that locks or unlocks.
func (c Convention) Command(unlock bool) []byte {
	word := "LOCK"
	if unlock {
		word = "UNLOCK"
	}
	if c == Zigbee2MQTT {
		return []byte(`{"state":"` + word + `"}`)
	}
	return []byte(word)
}

// State reads a message of the state topic. A Refusal says why it says nothing.
func (c Convention) State(payload []byte) (State, error) {
	none := State{BatteryPercent: -1}
	if err := bounds("state", payload); err != nil {
		return none, err
	}
	if c == Zigbee2MQTT {
		return jsonState(payload)
	}
	s, ok := wordState(payload)
	if !ok {
		return none, refuse("state", ReasonUnknownWord)
	}
	return s, nil
}

// Availability reads a message of the availability topic: whether the lock is there.
func (c Convention) Availability(payload []byte) (online bool, err error) {
	if err := bounds("availability", payload); err != nil {
		return false, err
	}
	word := string(payload)
	if c == Zigbee2MQTT && payload[0] == '{' {
		found, err := scan("availability", payload, "state")
		if err != nil {
			return false, err
		}
		if found[0].kind != kindString {
			return false, refuse("availability", ReasonWrongType)
		}
		word = found[0].text
	}
	switch word {
	case "online":
		return true, nil
	case "offline":
		return false, nil
	}
	return false, refuse("availability", ReasonUnknownWord)
}

func bounds(what string, payload []byte) error {
	switch {
	case len(bytes.TrimSpace(payload)) == 0:
		return refuse(what, ReasonEmpty)
	case len(payload) > MaxPayloadBytes:
		return refuse(what, ReasonTooLong)
	}
	return nil
}

// wordState reads a plain word. An open latch is an unlocked bolt: the door can be pulled.
func wordState(payload []byte) (State, bool) {
	s := State{BatteryPercent: -1}
	if len(payload) > maxWordBytes {
		return s, false
	}
	switch string(payload) {
	case "LOCKED":
		s.Bolt = BoltLocked
	case "UNLOCKED", "OPEN", "OPENING":
		s.Bolt = BoltUnlocked
	case "JAMMED":
		s.Bolt = BoltJammed
	case "LOCKING", "UNLOCKING":
		s.Moving = true
	case "UNKNOWN", "None": // the second is Home Assistant's word for it
	default:
		return s, false
	}
	return s, true
}

// jsonState reads Zigbee2MQTT's state: "state" is what was last commanded or reported,
// "lock_state", where the lock has it, where the bolt is. Both must agree.
func jsonState(payload []byte) (State, error) {
	s := State{BatteryPercent: -1}
	found, err := scan("state", payload, "state", "lock_state", "battery", "door_state")
	if err != nil {
		return s, err
	}
	state, lock, battery, door := found[0], found[1], found[2], found[3]
	if state.silent() && lock.silent() {
		return s, refuse("state", ReasonNoState)
	}
	byState, err := boltWord(state, map[string]Bolt{"LOCK": BoltLocked, "UNLOCK": BoltUnlocked})
	if err != nil {
		return s, err
	}
	byLock, err := boltWord(lock, map[string]Bolt{"locked": BoltLocked, "unlocked": BoltUnlocked, "not_fully_locked": BoltJammed})
	if err != nil {
		return s, err
	}
	level, err := percent(battery)
	if err != nil {
		return s, err
	}
	position, err := doorWord(door)
	if err != nil {
		return s, err
	}
	switch {
	case lock.silent():
		s.Bolt = byState
	case state.silent() || byLock == BoltJammed || byLock == byState:
		s.Bolt = byLock
	default:
		return s, refuse("state", ReasonContradiction)
	}
	s.BatteryPercent, s.Door = level, position
	return s, nil
}

func boltWord(v value, words map[string]Bolt) (Bolt, error) {
	if v.silent() {
		return BoltUnknown, nil
	}
	if v.kind != kindString {
		return BoltUnknown, refuse("state", ReasonWrongType)
	}
	b, ok := words[v.text]
	if !ok {
		return BoltUnknown, refuse("state", ReasonUnknownWord)
	}
	return b, nil
}

func doorWord(v value) (Door, error) {
	switch {
	case v.silent():
		return DoorUnknown, nil
	case v.kind != kindString:
		return DoorUnknown, refuse("state", ReasonWrongType)
	case v.text == "open":
		return DoorOpen, nil
	case v.text == "closed":
		return DoorClosed, nil
	}
	return DoorUnknown, nil // "error_jammed" and the like: the sensor does not know
}

func percent(v value) (int, error) {
	switch {
	case v.silent():
		return -1, nil
	case v.kind != kindNumber:
		return -1, refuse("state", ReasonWrongType)
	case v.number < 0 || v.number > 100:
		return -1, refuse("state", ReasonOutOfRange)
	}
	return int(v.number), nil
}
