// Package badgework is what the daemon and the operator's tool share about badge lines:
// their settings, the files of the readers' keys, and the record of work on readers.
//
//	key file           the key that the reader has proved              read by both
//	key file .next     a key that it was given and has not proved yet  read by both
//	data/badge-acts    who did what to which reader, a line each       written by the tool
//
// A key change is made durable before it is sent, so that a crash at any instant leaves
// the file of a key that the reader holds: the tool writes .next and makes it durable, sends
// the key, and when the reader has proved it puts .next in the key file's place. As long as
// there are two files, both keys are tried, and the change goes on.
//
// Keys are changed, readers installed and lines moved by the tool alone, on the machine
// itself, while the daemon does not have the line (the port's lock sees to that): in the
// daemon it would be one more thing that can be asked of it over the network, and the
// daemon can read keys and not write them. What was done is handed to the daemon in
// data/badge-acts, and it takes it into its record when it starts: what stands in the file
// is dropped only when the daemon has recorded it and ended in order, so that it may stand
// in the record twice, and never not at all.
package badgework

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"trilock/configs"
	"trilock/custody/fact"
	"trilock/devices/badge"
	"trilock/firmware-protocols/osdp"
	"trilock/firmware-protocols/wiegand"
)

// Settings returns the settings of an OSDP line, with the keys of its readers as their
// files have them now.
func Settings(c *configs.Site, l configs.BadgeLine, log *slog.Logger) (badge.Settings, error) {
	s := badge.Settings{Line: fact.DeviceID(l.ID), BaudRate: l.Baud, Log: log}
	for _, r := range l.Readers {
		key, err := configs.ReadBadgeKey(r.KeyFile)
		if err != nil {
			return s, err
		}
		next, pending, err := configs.ReadNextBadgeKey(r.KeyFile)
		if err != nil {
			return s, err
		}
		if pending {
			log.Warn("a key change of this badge reader was broken off; both keys are tried: end it with trilock badge key", "reader", r.ID)
		}
		formats, err := Formats(c, r.Formats)
		if err != nil {
			return s, err
		}
		s.Readers = append(s.Readers, badge.ReaderSettings{
			Device: fact.DeviceID(r.ID), Address: r.Address, Key: osdp.Key(key), Next: osdp.Key(next), Formats: formats,
		})
	}
	return s, nil
}

// Formats returns card formats by their ids: known ones, and those of the site.
func Formats(c *configs.Site, ids []configs.ID) ([]wiegand.Layout, error) {
	var layouts []wiegand.Layout
	for _, id := range ids {
		layout, err := format(c, id)
		if err != nil {
			return nil, err
		}
		layouts = append(layouts, layout)
	}
	return layouts, nil
}

func format(c *configs.Site, id configs.ID) (wiegand.Layout, error) {
	for _, known := range []wiegand.Format{wiegand.H10301, wiegand.H10302, wiegand.H10304, wiegand.H10306} {
		if strings.EqualFold(known.String(), string(id)) {
			return known.Layout()
		}
	}
	i := slices.IndexFunc(c.CardFormats, func(f configs.CardFormat) bool { return f.ID == id })
	if i < 0 {
		return wiegand.Layout{}, fmt.Errorf("card format %s: the configuration does not define it", id)
	}
	f := c.CardFormats[i]
	layout := wiegand.Layout{Name: string(f.ID), Bits: f.Bits, Number: wiegand.Field{First: f.Number.First, Count: f.Number.Count}}
	if f.Facility != nil {
		layout.Facility = wiegand.Field{First: f.Facility.First, Count: f.Facility.Count}
	}
	for _, m := range f.Parity {
		layout.Parity = append(layout.Parity, parity(m))
	}
	return layout, layout.Validate()
}

// parity reads a row of E or O, x and points.
func parity(m configs.ParityMask) (p wiegand.Parity) {
	for i, letter := range []byte(m) {
		p.Covers <<= 1
		switch letter {
		case 'x':
			p.Covers |= 1
		case 'E', 'O':
			p.Bit, p.Odd = i, letter == 'O'
		}
	}
	return p
}

// CardID returns the number of a card, as readers report it, from what is printed on it.
func CardID(c *configs.Site, id configs.ID, facility uint32, number uint64) (fact.CardID, error) {
	layout, err := format(c, id)
	if err != nil {
		return "", err
	}
	bits, err := layout.Encode(wiegand.Card{Facility: facility, Number: number})
	if err != nil {
		return "", err
	}
	return fact.CardID(fmt.Sprintf("raw:%d:%X", bits.Count, bits.Data)), nil
}
