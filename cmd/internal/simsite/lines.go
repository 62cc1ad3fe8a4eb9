package simsite

import (
	"context"
	"path/filepath"

	"trilock/configs"
	"trilock/devices/devicetest"
	"trilock/devices/devicetest/osdptest"
	"trilock/devices/devicetest/radio"
	"trilock/devices/devicetest/uhftest"
)

// portOf is the stable name of a line: the last part of the path in the configuration.
func portOf(port configs.SerialPort) string { return filepath.Base(string(port)) }

// layLines plugs every serial line in under its stable name.
func (s *Site) layLines() error {
	var ports []string
	for _, r := range s.plan.Readers {
		ports = append(ports, portOf(r.Port))
	}
	for _, l := range s.plan.BadgeLines {
		ports = append(ports, portOf(l.Port))
	}
	for _, port := range ports {
		line, err := devicetest.NewLine(s.port(port))
		if err != nil {
			return err
		}
		s.lines[port] = line
	}
	return nil
}

// layout is the radio field of the site. The antenna of a passage looks away from the rooms
// beside it: wall and door leaf keep the shelves out of it. In a quiet field no antenna hears
// another place than its own.
func (s *Site) layout() radio.Layout {
	kinds := map[configs.ID]configs.PlaceKind{}
	for _, p := range s.plan.Places {
		kinds[p.ID] = p.Kind
	}
	l := radio.Layout{Places: []radio.Place{{Name: Shielded}}}
	for _, p := range s.plan.Places {
		place := radio.Place{Name: string(p.ID)}
		for _, next := range p.Adjoins {
			if !s.Quiet && !looksAway(p.Kind, kinds[next]) && !looksAway(kinds[next], p.Kind) {
				place.Adjoins = append(place.Adjoins, string(next))
			}
		}
		l.Places = append(l.Places, place)
	}
	for _, r := range s.plan.Readers {
		for _, a := range r.Antennas {
			l.Antennas = append(l.Antennas, radio.Antenna{Reader: string(r.ID), Port: a.Port, Place: string(a.Watches)})
		}
	}
	return l
}

func looksAway(kind, from configs.PlaceKind) bool {
	return kind == configs.KindPassage && from == configs.KindRoom
}

// Shielded is nowhere on the site: a metal case in somebody's hand.
const Shielded = "metal-case"

// Copy lays a second tag with the number of another one down at a place: nobody can tell them apart.
func (s *Site) Copy(tag []byte, place string) {
	s.copied.Lock()
	defer s.copied.Unlock()
	s.copies = append(s.copies, copyOfTag{tag, place})
}

type copyOfTag struct {
	tag   []byte
	place string
}

// hears returns what the antennas of a reader hear: the radio field, and copies of tags, which
// are held right in front of them.
func (s *Site) hears(r configs.Reader) func(port uint8) []radio.Heard {
	watches := map[uint8]string{}
	for _, a := range r.Antennas {
		watches[a.Port] = string(a.Watches)
	}
	field := s.field.Reader(string(r.ID))
	return func(port uint8) []radio.Heard {
		heard := field(port)
		s.copied.Lock()
		defer s.copied.Unlock()
		for _, c := range s.copies {
			if c.place == watches[port] {
				heard = append(heard, radio.Heard{EPC: c.tag, RSSIdBm: -45})
			}
		}
		return heard
	}
}

// installReaders makes the reader at the far end of each line, hearing what the radio
// field lets its antenna hear.
func (s *Site) installReaders() error {
	for _, r := range s.plan.Readers {
		reader, err := uhftest.New(uhftest.Settings{Protocol: string(r.Protocol), Field: s.hears(r), Banner: []byte("boot 1.0\r\n")})
		if err != nil {
			return err
		}
		s.uhf[string(r.ID)] = reader
	}
	return nil
}

func (s *Site) serveUHF(r configs.Reader) func(context.Context) error {
	return func(ctx context.Context) error { return s.uhf[string(r.ID)].Serve(ctx, s.lines[portOf(r.Port)]) }
}

func (s *Site) serveBadges(l configs.BadgeLine) func(context.Context) error {
	var pds []*osdptest.PD
	for _, reader := range l.Readers {
		pds = append(pds, s.pds[string(reader.ID)])
	}
	return func(ctx context.Context) error { return osdptest.ServeLine(ctx, s.lines[portOf(l.Port)], pds...) }
}

// PD returns the badge reader with an id, nil where the site has none.
func (s *Site) PD(id string) *osdptest.PD { return s.pds[id] }

// UHF returns the UHF reader with an id, nil where the site has none.
func (s *Site) UHF(id string) *uhftest.Reader { return s.uhf[id] }

// Field returns the radio field in which every tag lies.
func (s *Site) Field() *radio.Field { return s.field }
