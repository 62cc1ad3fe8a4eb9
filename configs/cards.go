package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// BadgeProtocol is what the badge readers of a line speak.
type BadgeProtocol string

// The protocols of badge lines.
const (
	// ProtocolOSDP: several readers on RS-485, each in a secure channel with its own key.
	ProtocolOSDP BadgeProtocol = "osdp"
	// ProtocolRDM6300: one 125 kHz reader that says the numbers of cards in clear text.
	ProtocolRDM6300 BadgeProtocol = "rdm6300"
)

func (BadgeProtocol) words() []string { return texts(ProtocolOSDP, ProtocolRDM6300) }

// KnownCardFormats are the card formats that need no definition.
func KnownCardFormats() []ID { return []ID{"h10301", "h10302", "h10304", "h10306"} }

// CardFormat is a card format of the site's own: which bits of a card are what. Bits are
// counted from 0, the first that the reader sends.
type CardFormat struct {
	ID   ID  `yaml:"id" need:"yes" want:"the id of the format"`
	Bits int `yaml:"bits" need:"yes" min:"8" max:"64" want:"how many bits a card has"`
	// Facility is nil in a format without one.
	Facility *BitField `yaml:"facility" want:"the bits of the facility code"`
	Number   BitField  `yaml:"number" need:"yes" want:"the bits of the card number"`
	// Parity lists the parity bits; a card on which one is wrong is refused.
	Parity []ParityMask `yaml:"parity" want:"one row of E or O, x and . for each parity bit"`
}

// BitField is a row of bits, the most significant first.
type BitField struct {
	First int `yaml:"first" need:"yes" min:"0" max:"63" want:"the first bit, from 0"`
	Count int `yaml:"bits" need:"yes" min:"1" max:"64" want:"how many bits"`
}

// end is the bit behind the field.
func (f BitField) end() int { return f.First + f.Count }

// ParityMask is one parity bit and what it covers, a letter for each bit of the card: E is
// the bit of an even parity, O that of an odd one, x is covered, a point is not. For
// example "Exxxxxxxxxxxx............." is the first parity of a 26-bit card.
type ParityMask string

const parityPattern = `^[.x]*[EO][.x]*$`

var parityForm = regexp.MustCompile(parityPattern)

func (m *ParityMask) set(text string) bool {
	*m = ParityMask(text)
	return parityForm.MatchString(text)
}

func (*ParityMask) form() string {
	return "a row of one E (even) or O (odd), x for each bit that it covers, and a point for each other"
}

func (*ParityMask) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": parityPattern, "maxLength": MaxCardBits}
}

// bit is where the parity bit stands.
func (m ParityMask) bit() int { return strings.IndexAny(string(m), "EO") }

// checkCards checks the card formats, and what the badge readers say about theirs.
func (c *checks) checkCards() {
	formats := map[ID]string{}
	for _, known := range KnownCardFormats() {
		formats[known] = ""
	}
	ids := c.set("an id")
	for i, f := range c.site.CardFormats {
		path := at("card_formats", i)
		if slices.Contains(KnownCardFormats(), f.ID) && c.fine(path+".id") {
			c.add(path+".id", string(f.ID), "another id: this format is known")
		}
		ids.put(path+".id", f.ID)
		formats[f.ID] = path
		c.checkCardFormat(path, f)
	}
	for i, l := range c.site.BadgeLines {
		for j, r := range l.Readers {
			for k, id := range r.Formats {
				refer(c, at(at(at("badge_lines", i)+".readers", j)+".formats", k), id, formats, "a card format")
			}
		}
	}
}

func (c *checks) checkCardFormat(path string, f CardFormat) {
	if !c.fine(path+".bits", path+".number", path+".number.first", path+".number.bits") || f.Bits == 0 {
		return
	}
	fits := func(key string, field BitField) {
		if field.end() > f.Bits {
			c.add(path+"."+key, fmt.Sprintf("bits %d to %d", field.First, field.end()-1), fmt.Sprintf("bits from 0 to %d", f.Bits-1))
		}
	}
	fits("number", f.Number)
	if f.Facility != nil && c.fine(path+".facility.first", path+".facility.bits") {
		fits("facility", *f.Facility)
		if f.Facility.Count > MaxFacilityBits {
			c.add(path+".facility", fmt.Sprintf("%d bits", f.Facility.Count), fmt.Sprintf("at most %d", MaxFacilityBits))
		}
		if f.Facility.First < f.Number.end() && f.Number.First < f.Facility.end() {
			c.add(path+".facility", "bits of the number too", "bits of its own")
		}
	}
	c.checkParity(path, f)
}

// checkParity: each parity bit is one of its own, and no part of the facility or the number.
func (c *checks) checkParity(path string, f CardFormat) {
	taken := map[int]bool{}
	for i, m := range f.Parity {
		mask := at(path+".parity", i)
		if !c.fine(mask) {
			continue
		}
		bit := m.bit()
		inside := func(field BitField) bool { return bit >= field.First && bit < field.end() }
		switch {
		case len(m) != f.Bits:
			c.add(mask, fmt.Sprintf("%d letters", len(m)), fmt.Sprintf("one for each of the %d bits", f.Bits))
		case inside(f.Number), f.Facility != nil && inside(*f.Facility):
			c.add(mask, fmt.Sprintf("parity at bit %d", bit), "a bit that is no part of the facility or the number")
		case taken[bit]:
			c.add(mask, fmt.Sprintf("parity at bit %d a second time", bit), "each parity bit once")
		}
		taken[bit] = true
	}
}

// checkPlainLine checks a line whose reader says what it reads in clear text: there is one
// reader, without address and key, and where anybody on the line could open something in
// a person's name it is not let in.
func (c *checks) checkPlainLine(path string, l BadgeLine) {
	if len(l.Readers) > 1 && c.fine(path+".readers") {
		c.add(path+".readers", fmt.Sprintf("%d readers", len(l.Readers)), "one: readers of "+string(l.Protocol)+" cannot share a line")
	}
	for j, r := range l.Readers {
		reader := at(path+".readers", j)
		for _, key := range []string{".address", ".key_file"} {
			if c.given(reader+key) && c.fine(reader+key) {
				c.add(reader+key, "a setting of OSDP readers", "none: a reader of "+string(l.Protocol)+" has none")
			}
		}
		c.refuseUses(r.ID, l.Protocol)
	}
}

// refuseUses reports what a reader without a secure channel must not be used for.
func (c *checks) refuseUses(id ID, p BadgeProtocol) {
	refuse := func(path string, used ID, why string) {
		if used == id && id != "" && c.fine(path) {
			c.add(path, fmt.Sprintf("%s, a reader of %s", printable(string(id)), p), "an OSDP reader: "+why)
		}
	}
	const forged = "its line is in clear text, and who can reach it can be anybody"
	for i, d := range c.site.Doors {
		door := at("doors", i)
		refuse(door+".entry_reader", d.EntryReader, forged)
		if d.Contact != nil {
			refuse(door+".contact.device", d.Contact.Device, "this one has no inputs")
		}
		if d.ExitButton != nil {
			refuse(door+".exit_button.device", d.ExitButton.Device, "this one has no inputs")
		}
		if d.Strike != nil {
			refuse(door+".strike.device", d.Strike.Device, "this one has no outputs")
		}
	}
	for i, s := range c.site.Safes {
		refuse(at("safes", i)+".badge_reader", s.BadgeReader, forged)
	}
}

// needOSDP asks for what every OSDP reader needs.
func (c *checks) needOSDP(reader string) {
	need := func(key, want string) {
		if !c.given(reader+key) && c.fine(reader+key) {
			c.add(reader+key, "nothing", want)
		}
	}
	need(".address", "the OSDP address of the reader")
	need(".key_file", "a file with the reader's key, 32 hexadecimal digits")
}
