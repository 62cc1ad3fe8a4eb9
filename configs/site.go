package configs

import "fmt"

// Site is the whole configuration of one site: complete with defaults, file paths
// resolved, relations checked. Lists keep the file's order.
//
// The tags of these types are read by the walk and by JSONSchema: need marks a key that
// must be given, want says what belongs there, min and max bound a number or a duration,
// file says what kind of file a path leads to.
type Site struct {
	Identity Identity `yaml:"site" need:"yes" want:"name, timezone and language of the site"`
	// Data is the folder of the journal and of the keys made at the first start.
	Data       File        `yaml:"data" file:"folder" want:"the folder for the journal"`
	Console    Console     `yaml:"console" want:"where the web pages and the API listen"`
	MQTT       *MQTT       `yaml:"mqtt" want:"how the daemon and the locks meet; needed as soon as there are locks"`
	Places     []Place     `yaml:"places" need:"yes" want:"the places where folders and people can be"`
	Doors      []Door      `yaml:"doors" want:"the doors with a contact, a strike or badge readers"`
	Readers    []Reader    `yaml:"readers" want:"the UHF readers"`
	BadgeLines []BadgeLine `yaml:"badge_lines" want:"the lines with badge readers"`
	// CardFormats are formats beyond the known ones; see BadgeReader.Formats.
	CardFormats []CardFormat `yaml:"card_formats" want:"card formats beyond h10301, h10302, h10304 and h10306"`
	Safes       []Safe       `yaml:"safes" want:"the safes, each under three locks"`
	Locks       []Lock       `yaml:"locks" want:"the locks of the safes"`
	// PlainMQTT and PlainLocks are for MQTT locks that the site owns already; see PlainLock.
	PlainMQTT     *PlainMQTT  `yaml:"plain_mqtt" want:"how the daemon and the plain locks meet; needed as soon as there are plain locks"`
	PlainLocks    []PlainLock `yaml:"plain_locks" want:"MQTT locks that the site owns already: unsigned, for doors and cabinets"`
	ControllerKey File        `yaml:"controller_key" file:"secret" want:"the key file that signs the approvals of approvals: controller-key"`
	// Calendar is when people are there.
	Calendar Calendar  `yaml:"calendar" want:"the working hours, and the site's own days off and working days"`
	Policy   Policy    `yaml:"policy" want:"the numbers of the rules; every one has a default"`
	Alerts   Alerts    `yaml:"alerts" need:"yes" want:"the channels, and which severity goes to which"`
	Access   []Account `yaml:"access" want:"the machine and desk accounts"`
}

// Identity says which site this is.
type Identity struct {
	// ID names the site in the record's signature and never changes: a record is signed as "trilock-<id>".
	ID   ID     `yaml:"id" want:"the id of the site, for the signature of its record"`
	Name string `yaml:"name" need:"yes" want:"the name of the site in Chinese"`
	// NameEN is Name where no English name is given.
	NameEN string `yaml:"name_en" want:"the name of the site in English"`
	// Timezone is an IANA name: due times and hours of duty are local.
	Timezone string   `yaml:"timezone" want:"a time zone such as Asia/Shanghai"`
	Language Language `yaml:"language" want:"the language of notices and first pages"`
}

// Console is where the web pages and the API listen.
type Console struct {
	// Listen is host:port. Port 0 lets the system choose.
	Listen string `yaml:"listen" want:"an address such as 127.0.0.1:8420"`
	// Certificate and Key are both given or both empty; empty only on loopback.
	Certificate File `yaml:"certificate" file:"certificate" want:"the PEM certificate of the console"`
	Key         File `yaml:"key" file:"secret" want:"the PEM key of the console's certificate"`
	// Origin is the address as it stands in people's browsers. Security keys are bound to its
	// host name; without it nobody can sign with a key of their own.
	Origin string `yaml:"origin" want:"the console's address in browsers, such as https://trilock.example, for signing with security keys"`
}

// BrokerBuiltin in MQTT.Broker means that the daemon runs the broker itself.
const BrokerBuiltin = "builtin"

// DaemonName is the common name of the daemon's client certificate, and so its MQTT
// user name. No lock may have it.
const DaemonName = "trilockd"

// MQTT is how the daemon and the locks meet. TLS with certificates on both sides always.
type MQTT struct {
	// Broker is BrokerBuiltin or tls://host:port.
	Broker string `yaml:"broker" want:"builtin, or tls://host:port of the site's own broker"`
	// Listen is host:port; it counts with the built-in broker only. Port 0 lets the system choose.
	Listen      string `yaml:"listen" want:"an address such as 127.0.0.1:8883; with the built-in broker only"`
	Authority   File   `yaml:"authority" need:"yes" file:"authority" want:"the PEM certificate of the authority that signs locks, daemon and broker"`
	Certificate File   `yaml:"certificate" need:"yes" file:"certificate" want:"the daemon's own PEM client certificate, common name trilockd"`
	Key         File   `yaml:"key" need:"yes" file:"secret" want:"the PEM key of the daemon's certificate"`
	// ServerCertificate and ServerKey are the built-in broker's; empty with a broker of the site's own.
	ServerCertificate File `yaml:"server_certificate" file:"certificate" want:"the built-in broker's PEM certificate"`
	ServerKey         File `yaml:"server_key" file:"secret" want:"the PEM key of the built-in broker's certificate"`
}

// Builtin reports whether the daemon runs the broker itself.
func (m *MQTT) Builtin() bool { return m.Broker == BrokerBuiltin }

// Place is where a folder or a person can be.
type Place struct {
	ID   ID        `yaml:"id" need:"yes" want:"the id of the place"`
	Kind PlaceKind `yaml:"kind" need:"yes" want:"the kind of place"`
	// Name and NameEN are the id where they are not given.
	Name   string `yaml:"name" want:"the name of the place in Chinese"`
	NameEN string `yaml:"name_en" want:"the name of the place in English"`
	// Adjoins holds as the file gives it, one direction being enough; see Site.Adjoining.
	Adjoins []ID `yaml:"adjoins" want:"ids of the places one can step into from here"`
	// Levels are what may be kept here: for cabinets and safes, and only for them.
	Levels []Level `yaml:"levels" want:"the levels that may be kept here; for cabinets and safes"`
	// BadgeReader is where both sides of a hand-over at this place show their badges; may be empty.
	BadgeReader ID `yaml:"badge_reader" want:"the id of the badge reader for hand-overs here"`
	// Lock is for cabinets: a hand-over at the badge reader unlocks it, and its end locks it.
	Lock ID `yaml:"lock" want:"the id of the plain lock of this cabinet"`
	// Holder is for the office or desk of one person: what is lent to another does not belong there (CIR-2).
	Holder PersonID `yaml:"holder" want:"the number of the person whose office or desk this is"`
}

// Door is a passage between two adjoining places that has a contact, a strike or badge readers.
type Door struct {
	ID   ID `yaml:"id" need:"yes" want:"the id of the door"`
	From ID `yaml:"from" need:"yes" want:"the id of the place on the outer side"`
	To   ID `yaml:"to" need:"yes" want:"the id of the place on the inner side"`
	// EntryReader is on the outer side, ExitReader on the inner; either may be empty.
	EntryReader ID `yaml:"entry_reader" want:"the id of the badge reader on the outer side"`
	ExitReader  ID `yaml:"exit_reader" want:"the id of the badge reader on the inner side"`
	// OuterAntennas and InnerAntennas hear what is carried through: those nearer to either side. One over the doorway is in
	// both, and then tells a direction with light barriers only. Where a door between two places of kind passage
	// names none, the antennas that watch these places serve.
	OuterAntennas []AntennaPort `yaml:"outer_antennas" want:"the antennas on the outer side, by which a passage and its direction are told"`
	InnerAntennas []AntennaPort `yaml:"inner_antennas" want:"the antennas on the inner side; one over the doorway is in both lists"`
	// OuterBarrier and InnerBarrier are light barriers across the way, one behind the other, half a metre apart or so.
	OuterBarrier *Input  `yaml:"outer_barrier" want:"the input that is active while the light barrier on the outer side is interrupted"`
	InnerBarrier *Input  `yaml:"inner_barrier" want:"the input that is active while the light barrier on the inner side is interrupted"`
	Contact      *Input  `yaml:"contact" want:"the input that is active while the door is open"`
	ExitButton   *Input  `yaml:"exit_button" want:"the input of the button that lets people out"`
	Strike       *Output `yaml:"strike" want:"the output that lets the door be opened"`
	// Lock is a plain lock, in place of a strike or beside one. It is on the entry side only:
	// people can always get out, whatever lock, bridge and broker do.
	Lock ID `yaml:"lock" want:"the id of a plain lock that keeps people out; from inside the door opens by hand, always"`
	// StrikeTime is how long the strike is held: 1 s is a hand on the handle, 60 s a trolley.
	StrikeTime Duration `yaml:"strike_time" min:"1s" max:"60s" want:"how long the strike lets the door be opened"`
	// HeldOpenAfter is when an open door becomes an alert (ACC-3).
	HeldOpenAfter Duration `yaml:"held_open_after" min:"5s" max:"30m" want:"how long the door may stand open"`
}

// Input is one input of a badge reader or of a UHF reader. Numbers count from 0.
type Input struct {
	Device ID    `yaml:"device" need:"yes" want:"the id of the badge reader or UHF reader that has the input"`
	Input  uint8 `yaml:"input" need:"yes" min:"0" max:"63" want:"the number of the input, from 0"`
}

// AntennaPort names one antenna port of a UHF reader.
type AntennaPort struct {
	Reader ID    `yaml:"reader" need:"yes" want:"the id of the UHF reader"`
	Port   uint8 `yaml:"port" need:"yes" min:"1" max:"32" want:"the number of the antenna port, from 1"`
}

// String names the antenna for people.
func (a AntennaPort) String() string { return fmt.Sprintf("antenna %d of %s", a.Port, a.Reader) }

// String names the input for people.
func (in Input) String() string { return fmt.Sprintf("input %d of %s", in.Input, in.Device) }

// Output is one output of a badge reader: its line is encrypted and every command on it
// authenticated, which no UHF reader's line is. Numbers count from 0.
type Output struct {
	Device ID    `yaml:"device" need:"yes" want:"the id of the badge reader that has the output"`
	Output uint8 `yaml:"output" need:"yes" min:"0" max:"63" want:"the number of the output, from 0"`
}

// String names the output for people.
func (out Output) String() string { return fmt.Sprintf("output %d of %s", out.Output, out.Device) }

// Reader is a UHF reader on a serial port of its own.
type Reader struct {
	ID ID `yaml:"id" need:"yes" want:"the id of the UHF reader"`
	// Name and NameEN are what people read; the id where they are not given.
	Name     string     `yaml:"name" want:"the name of the device in Chinese"`
	NameEN   string     `yaml:"name_en" want:"the name of the device in English"`
	Port     SerialPort `yaml:"port" need:"yes" want:"a path such as /dev/serial/by-id/..."`
	Protocol Protocol   `yaml:"protocol" need:"yes" want:"the protocol that the reader speaks"`
	// Baud is the speed that readers of the protocol are delivered with where it is not given.
	Baud int `yaml:"baud" want:"the speed of the line in baud"`
	// Region is set in readers whose protocol can; others are set by their maker.
	Region Region `yaml:"region" want:"the band the reader may send in"`
	// PowerDBm is the transmit power; readers of both protocols refuse more than 33 dBm.
	PowerDBm int       `yaml:"power_dbm" min:"0" max:"33" want:"the transmit power in dBm"`
	Antennas []Antenna `yaml:"antennas" need:"yes" want:"which antenna watches which place"`
	// What follows are figures that the makers do not state, or that differ from product to
	// product; each is for the protocols that have it, and refused for others.

	// RSSI is nil where the file says nothing: the driver has a scale for each protocol.
	RSSI *RSSIScale `yaml:"rssi" want:"what the reader's raw signal strength means; for gx-5a, r2000-a0 and uhfreader18-288"`
	// TemperatureMax is in degrees Celsius. Most boards are specified for 55 to 65 around
	// them, and are ten warmer inside.
	TemperatureMax int `yaml:"temperature_max" min:"30" max:"120" want:"degrees Celsius above which the reader is too warm; for r2000-a0"`
	// AntennaCheckDB is a return loss. An open cable returns nearly all, 1 or 2 dB below
	// what went in; 10 dB is a good antenna. 0 leaves the reader's own check as it is.
	AntennaCheckDB int `yaml:"antenna_check_db" min:"0" max:"20" want:"the return loss in dB below which an antenna is not connected; for r2000-a0, 0 for no check"`
	// InputsActive is a matter of how the inputs that doors refer to are wired.
	InputsActive Signal `yaml:"inputs_active" want:"the level at which the reader's inputs are active; for gx-5a, r2000-a0 and thingmagic"`
	Polls        int    `yaml:"polls" min:"1" max:"100" want:"how many polls make a round; for m100-r200"`
	// SlotExponent is Q: tags answer in one of 2^Q slots.
	SlotExponent int `yaml:"q" min:"1" max:"15" want:"the Q of the reader's inventories, 4 for about 16 tags; for uhfreader18-288"`
}

// RSSIScale says what a raw value of signal strength means: zero_dbm and raw times step_db.
type RSSIScale struct {
	ZeroDBm float64 `yaml:"zero_dbm" need:"yes" min:"-200" max:"0" want:"the dBm of raw value 0"`
	StepDB  float64 `yaml:"step_db" need:"yes" min:"0.01" max:"10" want:"the dB of one raw step"`
}

// Antenna is one antenna port of a UHF reader. Several antennas may watch one place.
type Antenna struct {
	// Port counts from 1, as the labels on the readers do.
	Port    uint8 `yaml:"port" need:"yes" min:"1" max:"32" want:"the number on the antenna port, from 1"`
	Watches ID    `yaml:"watches" need:"yes" want:"the id of the place that the antenna reads"`
}

// BadgeLine is one serial line with badge readers: RS-485 with up to MaxBadgeReaders OSDP
// readers, or the line of one reader that speaks in clear text.
type BadgeLine struct {
	ID       ID            `yaml:"id" need:"yes" want:"the id of the line"`
	Protocol BadgeProtocol `yaml:"protocol" want:"what the badge readers speak"`
	Port     SerialPort    `yaml:"port" need:"yes" want:"a path such as /dev/serial/by-id/..."`
	Baud     int           `yaml:"baud" want:"the speed of the line in baud"`
	Readers  []BadgeReader `yaml:"readers" need:"yes" want:"the badge readers on the line"`
}

// BadgeReader is one badge reader.
type BadgeReader struct {
	ID ID `yaml:"id" need:"yes" want:"the id of the badge reader"`
	// Name and NameEN are what people read; the id where they are not given.
	Name   string `yaml:"name" want:"the name of the device in Chinese"`
	NameEN string `yaml:"name_en" want:"the name of the device in English"`
	// Address is the reader's OSDP address, 0 to 126 (127 is every reader). OSDP only, and needed there.
	Address uint8 `yaml:"address" min:"0" max:"126" want:"the OSDP address of the reader"`
	// KeyFile holds the reader's secure channel base key: see ReadBadgeKey. OSDP only, and needed there.
	KeyFile File `yaml:"key_file" file:"badge-key" want:"a file with the reader's key, 32 hexadecimal digits"`
	// Formats are those of the cards that are let in here: a card of another length, or with a
	// wrong parity, is none. Without formats every card's bits are taken as they are.
	Formats []ID `yaml:"formats" want:"the card formats of this reader"`
}

// Safe is a safe under three locks.
type Safe struct {
	ID          ID        `yaml:"id" need:"yes" want:"the id of the safe"`
	Place       ID        `yaml:"place" need:"yes" want:"the id of a place of kind safe"`
	BadgeReader ID        `yaml:"badge_reader" need:"yes" want:"the id of the badge reader with keypad at the safe"`
	Locks       []ID      `yaml:"locks" need:"yes" want:"the ids of its three locks"`
	Approvals   Approvals `yaml:"approvals" need:"yes" want:"who signs what the locks verify"`
	Hours       []Hours   `yaml:"hours" want:"when the safe may be opened"`
	// AcceptsWeakerLocks is empty, or one of WeakerLocksAccepted, word for word.
	AcceptsWeakerLocks string `yaml:"accepts_weaker_locks" want:"for three plain locks: the sentence, word for word, by which the site accepts the weaker guarantee"`
	// Contact is needed under plain locks, which do not report the door, and only there.
	Contact *Input `yaml:"contact" want:"the input that is active while the safe's door is open; for a safe under plain locks"`
}

// Hours is a time of day on some days of the week, in the site's own time zone.
type Hours struct {
	Days []Weekday `yaml:"days" need:"yes" want:"days of the week"`
	// From and Until are two times of one day: a night is two entries.
	From  TimeOfDay `yaml:"from" need:"yes" want:"a time of day"`
	Until TimeOfDay `yaml:"until" need:"yes" want:"a later time of the same day"`
}

// Lock is one lock of a safe. Its id is also the common name of its certificate.
type Lock struct {
	ID ID `yaml:"id" need:"yes" want:"the id of the lock"`
	// Name and NameEN are what people read; the id where they are not given.
	Name      string `yaml:"name" want:"the name of the device in Chinese"`
	NameEN    string `yaml:"name_en" want:"the name of the device in English"`
	PublicKey File   `yaml:"public_key" need:"yes" file:"public" want:"the file of the public key that the lock signs with"`
}

// Alerts says which people are told by which way.
type Alerts struct {
	Channels []Channel `yaml:"channels" need:"yes" want:"the ways to reach people"`
	// Routes has an entry for every severity; only info may go nowhere.
	Routes map[Severity][]ID `yaml:"routes" need:"yes" want:"the names of channels for info, warning and critical"`
}

// Channel is one way to reach people.
type Channel struct {
	Name ID          `yaml:"name" need:"yes" want:"the name of the channel"`
	Kind ChannelKind `yaml:"kind" need:"yes" want:"the kind of channel"`
	// URL and SecretFile belong to a webhook. The URL is https, or http on loopback.
	URL        string `yaml:"url" want:"the address of the webhook, https://..."`
	SecretFile File   `yaml:"secret_file" file:"secret" want:"the file of the secret that signs the webhook's requests"`
	// Timeout bounds one attempt.
	Timeout Duration `yaml:"timeout" min:"1s" max:"25s" want:"how long one attempt of the webhook may take"`
}

// Account is a desk or a machine that signs in by a token.
type Account struct {
	Name ID   `yaml:"name" need:"yes" want:"the name of the account"`
	Role Role `yaml:"role" need:"yes" want:"what the account may do"`
	// Person is who acts through the account; empty for observers only.
	Person PersonID  `yaml:"person" want:"the number of the person who acts through the account"`
	Token  TokenHash `yaml:"token_sha256" need:"yes" want:"the SHA-256 of the token as 64 hexadecimal digits"`
}
