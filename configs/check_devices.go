package configs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// speeds returns the line speeds that a reader's protocol has.
func (p Protocol) speeds() []int {
	switch p {
	case ProtocolGX5A:
		return []int{9600, 19200, 38400, 57600, 115200, 230400, 460800}
	case ProtocolR2000A0:
		return []int{38400, 115200} // indices 3 and 4 of its command 71
	case ProtocolMercury:
		return []int{9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600}
	case ProtocolFEIG:
		return []int{9600, 19200, 38400, 57600, 115200}
	case ProtocolUHFReader, ProtocolM100:
		return []int{9600, 19200, 38400, 57600, 115200}
	}
	return nil
}

// delivered returns the speed that readers of a protocol are delivered with.
func (p Protocol) delivered() int {
	switch p {
	case ProtocolUHFReader:
		return 57600
	case ProtocolFEIG:
		return 38400
	case ProtocolGX5A, ProtocolR2000A0, ProtocolMercury, ProtocolM100:
	}
	return 115200
}

// maxPort returns the highest antenna port of a reader's protocol.
func (p Protocol) maxPort() uint8 {
	switch p {
	case ProtocolR2000A0:
		return 8 // its inventory sequence names ports 0 to 7
	case ProtocolMercury:
		return 15 // a record names its port with four bits
	case ProtocolFEIG:
		return 1 // its answers name no antenna
	case ProtocolUHFReader:
		return 8 // an answer names its antenna with a bit of one byte
	case ProtocolM100:
		return 1 // the modules have one
	}
	return MaxAntennas
}

// badgeSpeeds are the line speeds of OSDP.
func badgeSpeeds() []int { return []int{9600, 19200, 38400, 57600, 115200, 230400} }

func (c *checks) checkReaders() {
	ports := c.serialPorts()
	for i, r := range c.site.Readers {
		path := at("readers", i)
		ports.put(path+".port", r.Port)
		if r.Protocol != "" {
			c.checkSpeed(path+".baud", r.Baud, r.Protocol.speeds())
		}
		c.checkReaderKeys(path, r.Protocol)
		antennas := usesOf[uint8](c, "a port")
		for j, a := range r.Antennas {
			antenna := at(path+".antennas", j)
			antennas.put(antenna+".port", a.Port)
			if most := r.Protocol.maxPort(); a.Port > most && c.fine(antenna+".port") {
				c.add(antenna+".port", strconv.Itoa(int(a.Port)), fmt.Sprintf("a port from 1 to %d: %s has no more", most, r.Protocol))
			}
			refer(c, antenna+".watches", a.Watches, c.places, "a place")
		}
	}
	for i, l := range c.site.BadgeLines {
		ports.put(at("badge_lines", i)+".port", l.Port)
	}
}

// ownKey is a setting that not all readers have.
type ownKey struct {
	key       string
	protocols []Protocol
}

func ownKeys() []ownKey {
	return []ownKey{
		{"rssi", []Protocol{ProtocolGX5A, ProtocolR2000A0, ProtocolUHFReader}},
		{"temperature_max", []Protocol{ProtocolR2000A0}},
		{"antenna_check_db", []Protocol{ProtocolR2000A0}},
		{"inputs_active", []Protocol{ProtocolGX5A, ProtocolR2000A0, ProtocolMercury}},
		{"polls", []Protocol{ProtocolM100}},
		{"q", []Protocol{ProtocolUHFReader}},
	}
}

// checkReaderKeys refuses a setting that the reader's protocol does not have: whoever
// wrote it believes that it does something.
func (c *checks) checkReaderKeys(path string, p Protocol) {
	if p == "" || !c.fine(path+".protocol") {
		return
	}
	for _, own := range ownKeys() {
		setting := path + "." + own.key
		if c.given(setting) && c.fine(setting) && !slices.Contains(own.protocols, p) {
			c.add(setting, "a setting of other readers", fmt.Sprintf("none with %s: it belongs to %s", p, strings.Join(texts(own.protocols...), ", ")))
		}
	}
}

// inputs returns how many inputs readers of a protocol have that can be read.
func (p Protocol) inputs() uint8 {
	switch p {
	case ProtocolGX5A, ProtocolMercury:
		return 4
	case ProtocolR2000A0:
		return 2
	case ProtocolUHFReader, ProtocolM100, ProtocolFEIG:
	}
	return 0
}

// serialPorts: one port, one line. Two names of one port (a link under by-id and the
// device itself) are told apart when it is opened.
func (c *checks) serialPorts() uses[SerialPort] { return usesOf[SerialPort](c, "a port") }

func (c *checks) checkSpeed(path string, baud int, known []int) {
	if c.fine(path) && !slices.Contains(known, baud) {
		words := make([]string, len(known))
		for i, speed := range known {
			words[i] = strconv.Itoa(speed)
		}
		c.add(path, strconv.Itoa(baud), "one of "+strings.Join(words, ", "))
	}
}

func (c *checks) checkBadgeLines() {
	keys := usesOf[File](c, "a key")
	for i, l := range c.site.BadgeLines {
		path := at("badge_lines", i)
		if l.Protocol == ProtocolRDM6300 {
			c.checkSpeed(path+".baud", l.Baud, []int{9600})
			c.checkPlainLine(path, l)
			continue
		}
		c.checkSpeed(path+".baud", l.Baud, badgeSpeeds())
		addresses := map[uint8]string{}
		for j, r := range l.Readers {
			reader := at(path+".readers", j)
			c.needOSDP(reader)
			keys.put(reader+".key_file", r.KeyFile)
			if !c.given(reader+".address") || !c.fine(reader+".address") {
				continue
			}
			if first, ok := addresses[r.Address]; ok {
				c.add(reader+".address", fmt.Sprintf("%d, taken by %s (line %d)", r.Address, first, c.lineOf(first)), "an address of its own on this line")
				continue
			}
			addresses[r.Address] = reader + ".address"
		}
	}
}

func (c *checks) checkSafes() {
	places, locks := c.set("a place"), c.set("a lock")
	for i, s := range c.site.Safes {
		path := at("safes", i)
		refer(c, path+".badge_reader", s.BadgeReader, c.badgeReaders, "a badge reader")
		c.checkSafePlace(places, path+".place", s)
		if n := len(s.Locks); n != LocksPerSafe && n > 0 && c.fine(path+".locks") {
			c.add(path+".locks", fmt.Sprintf("%d %s", n, plural("lock", n)), "exactly three (SAF-1)")
		}
		c.checkSafeLocks(path, s)
		for j, lock := range s.Locks {
			if _, plain := c.plainLocks[lock]; plain {
				continue
			}
			if refer(c, at(path+".locks", j), lock, c.locks, "a lock") {
				locks.put(at(path+".locks", j), lock)
			}
		}
		for j, h := range s.Hours {
			if path := at(path+".hours", j); h.Until <= h.From && c.fine(path+".from", path+".until") {
				c.add(path+".until", h.Until.String(), "later than "+path+".from ("+h.From.String()+")")
			}
		}
		if s.Approvals == ApprovalsByController && c.site.ControllerKey == "" && c.fine("controller_key") {
			c.add("controller_key", "nothing", "a key file: "+path+" has approvals: controller-key")
		}
	}
	unsure := c.doubtful("safes", "safes", "place")
	for i, p := range c.site.Places {
		if _, ok := places.taken[p.ID]; p.Kind == KindSafe && p.ID != "" && !ok && !unsure {
			c.add(at("places", i), "a safe without locks", "an entry under safes with place: "+printable(string(p.ID)))
		}
	}
}

// checkLocks: a lock belongs to a safe, and has a key of its own. A lock of no safe would
// be let in by the broker and looked after by nobody.
func (c *checks) checkLocks() {
	public, used := usesOf[File](c, "a key"), map[ID]bool{}
	for _, s := range c.site.Safes {
		for _, lock := range s.Locks {
			used[lock] = true
		}
	}
	unsure := c.doubtful("safes", "safes", "locks")
	for i, l := range c.site.Locks {
		path := at("locks", i)
		public.put(path+".public_key", l.PublicKey)
		if !used[l.ID] && !unsure && l.ID != "" && c.fine(path+".id") {
			c.add(path+".id", printable(string(l.ID))+", a lock of no safe", "a lock that is named under safes")
		}
	}
}

// checkSafePlace: a safe stands in a secrecy room into which people badge themselves:
// nobody else counts as present at its opening (SAF-1).
func (c *checks) checkSafePlace(places uses[ID], path string, s Safe) {
	if !refer(c, path, s.Place, c.places, "a place of kind safe") {
		return
	}
	place := c.places[s.Place]
	if place.Kind != KindSafe && place.Kind != "" {
		c.add(path, fmt.Sprintf("%s, a %s", s.Place, place.Kind), "the id of a place of kind safe")
		return
	}
	if !places.put(path, s.Place) || c.anyKindUnread() || c.doubtful("places", "adjoins") {
		return
	}
	var rooms []ID
	for _, next := range c.site.Adjoining(s.Place) {
		if c.places[next].Kind == KindRoom {
			rooms = append(rooms, next)
		}
	}
	if len(rooms) == 0 {
		c.add(path, fmt.Sprintf("%s, which adjoins no room", s.Place), "a safe that stands in a place of kind room")
		return
	}
	entered := func(d Door) bool { return d.EntryReader != "" && slices.Contains(rooms, d.To) }
	if !slices.ContainsFunc(c.site.Doors, entered) && !c.doubtful("doors", "doors", "to", "entry_reader") {
		c.add(path, fmt.Sprintf("%s, in a room that nobody can badge into", s.Place), "a door to "+printable(string(rooms[0]))+" with an entry_reader: the three parties must have badged in (SAF-1)")
	}
}

func plural(noun string, n int) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
