package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"trilock/firmware-protocols/osdp"
)

// Bytes of an OSDP frame that the decoder must know to find frames.
const (
	osdpStart     = 0x53
	osdpMark      = 0xFF
	osdpHeaderLen = 5
	osdpFrameMin  = 7
)

// osdpFrame is a frame with its own bytes, by which repeats are known.
type osdpFrame struct {
	osdp.Frame
	raw []byte
}

func openOSDP(o decodeSettings) stream {
	return &framed[osdpFrame]{
		dec: &scan[osdpFrame]{head: osdpStart, size: osdpSize, parse: func(raw []byte) (osdpFrame, error) {
			f, err := osdp.DecodeFrame(raw)
			return osdpFrame{f, raw}, err
		}},
		heads:   []byte{osdpStart},
		view:    o.osdp.view,
		inspect: inspectOSDP,
		filler:  func(p []byte) bool { return len(bytes.Trim(p, "\xFF")) == 0 },
	}
}

func osdpSize(p []byte) int {
	if len(p) < osdpHeaderLen {
		return 0
	}
	n := int(binary.LittleEndian.Uint16(p[2:]))
	if n < osdpFrameMin || n > osdp.MaxFrame {
		return -1
	}
	return n
}

func inspectOSDP(p []byte) verdict {
	n := osdpSize(p)
	switch {
	case n == 0:
		return cut(osdpFrameMin, len(p))
	case n < 0:
		return verdict{what: fmt.Sprintf("length %d, want %d to %d", binary.LittleEndian.Uint16(p[2:]), osdpFrameMin, osdp.MaxFrame)}
	case n > len(p):
		return cut(n, len(p))
	}
	if _, err := osdp.DecodeFrame(p[:n]); !errors.Is(err, osdp.ErrCheck) {
		return verdict{what: fmt.Sprintf("%v: the parts do not fit into %s", err, count(n))}
	}
	seen := object{{"addr", int(p[1] & 0x7F)}, {"sqn", int(p[4] & 3)}}
	if p[4]&4 == 0 {
		var sum byte
		for _, b := range p[:n-1] {
			sum -= b
		}
		return wrongCheck("check_ok", "checksum", p[n-1:n], []byte{sum}, n, seen)
	}
	return verdict{what: fmt.Sprintf("CRC is %X and not that of the frame", p[n-2:n]), seen: seen.with("check_ok", false), size: n}
}

// osdpSession opens the sealed frames of one line, as one who listens and has the key.
// Without a key it shows what can be seen.
type osdpSession struct {
	key     *osdp.Key
	readers map[uint8]*osdpReader
}

// osdpReader is the session with one reader.
type osdpReader struct {
	rndA    [8]byte
	keys    *osdp.SessionKeys // after CHLNG
	channel *osdp.Channel     // after RMAC_I
	// last is the last frame of each direction and what it said: a repeat says it again and
	// does not move the session.
	last [2]struct {
		raw   []byte
		clear object
	}
}

func newOSDPSession(key *osdp.Key) *osdpSession {
	return &osdpSession{key: key, readers: map[uint8]*osdpReader{}}
}

// view returns a frame's fields. A sealed frame that does not open is an error.
func (s *osdpSession) view(f osdpFrame) (object, error) {
	o := object{{"addr", int(f.Address)}}
	if !f.Reply {
		o = o.with("request", true)
	}
	o = o.with("sqn", int(f.Sequence)).with("check", osdpCheckName(f.Check))
	if f.Block != osdp.NoBlock {
		o = o.with("scb", hex8(f.Block))
		if len(f.BlockData) > 0 {
			o = o.with("scb_data", hexOf(f.BlockData))
		}
	}
	o = o.with("code", hex8(f.Code)).with("name", osdpName(f.Reply, f.Code))
	reader := s.readers[f.Address]
	if reader == nil {
		reader = &osdpReader{}
		s.readers[f.Address] = reader // at most 128 addresses
	}
	if f.Block < osdp.BlockCommandMAC {
		s.handshake(reader, f)
		return append(o, osdpContent(f.Reply, f.Code, f.Data)...), nil
	}
	o = o.with("mac", hexOf(f.MAC[:]))
	if last := &reader.last[bit(f.Reply)]; bytes.Equal(last.raw, f.raw) {
		return append(o, last.clear...).with("repeat", true), nil
	}
	clear, err := reader.open(f)
	if err != nil {
		return append(o, clear...), err
	}
	reader.last[bit(f.Reply)].raw, reader.last[bit(f.Reply)].clear = f.raw, clear
	return append(o, clear...), nil
}

func osdpCheckName(k osdp.CheckKind) string {
	if k == osdp.Checksum {
		return "checksum"
	}
	return "crc16"
}

// handshake follows a session from CHLNG to RMAC_I.
func (s *osdpSession) handshake(r *osdpReader, f osdpFrame) {
	if s.key == nil {
		return
	}
	switch {
	case f.Block == osdp.BlockChallenge && len(f.Data) == len(r.rndA):
		r.channel = nil
		r.rndA = [8]byte(f.Data)
		r.keys = osdp.DeriveSessionKeys(*s.key, r.rndA)
	case f.Block == osdp.BlockInitialRMAC && r.keys != nil:
		if rmac, ok := osdp.ParseReply(osdp.ReplyCode(f.Code), f.Data).(osdp.InitialRMAC); ok {
			r.channel = osdp.NewChannel(r.keys, rmac)
			r.last[0].raw, r.last[1].raw = nil, nil
		}
	}
}

var errNotOpened = errors.New("sealed frame does not open: the key is another, or a frame of this session is missing")

// open returns the content of a sealed frame in clear, or its ciphertext.
func (r *osdpReader) open(f osdpFrame) (object, error) {
	sealed := f.Block == osdp.BlockCommandEncrypted || f.Block == osdp.BlockReplyEncrypted
	if r.channel == nil {
		if !sealed {
			return osdpContent(f.Reply, f.Code, f.Data), nil
		}
		return object{{"ciphertext", hexOf(f.Data)}}, nil
	}
	openFrame := r.channel.OpenCommand
	if f.Reply {
		openFrame = r.channel.OpenReply
	}
	data, _, err := openFrame(f.Frame)
	if err != nil {
		return object{{"ciphertext", hexOf(f.Data)}}, fmt.Errorf("%w (%w)", errNotOpened, err)
	}
	return osdpContent(f.Reply, f.Code, data), nil
}
