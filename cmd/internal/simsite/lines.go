package simsite

import (
	"context"

	"trilock/devices/devicetest"
	"trilock/devices/devicetest/osdptest"
	"trilock/devices/devicetest/uhftest"
)

// layLines plugs every serial line in under its stable name.
func (s *Site) layLines() error {
	var ports []string
	for _, r := range uhfLines {
		ports = append(ports, r.port)
	}
	for _, l := range badgeLines {
		ports = append(ports, l.port)
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

// installReaders makes the reader at the far end of each line, hearing what the radio
// field lets its antenna hear.
func (s *Site) installReaders() error {
	for _, r := range uhfLines {
		reader, err := uhftest.New(uhftest.Settings{Protocol: r.protocol, Field: s.field.Reader(r.reader), Banner: []byte("boot 1.0\r\n")})
		if err != nil {
			return err
		}
		s.uhf[r.reader] = reader
	}
	return nil
}

func (s *Site) serveUHF(r uhfLine) func(context.Context) error {
	return func(ctx context.Context) error { return s.uhf[r.reader].Serve(ctx, s.lines[r.port]) }
}

func (s *Site) serveBadges(l badgeLine) func(context.Context) error {
	var pds []*osdptest.PD
	for _, reader := range l.readers {
		pds = append(pds, s.pds[reader])
	}
	return func(ctx context.Context) error { return osdptest.ServeLine(ctx, s.lines[l.port], pds...) }
}
