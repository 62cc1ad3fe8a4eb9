package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"trilock/firmware-protocols/osdp"
)

// decode says what the bytes of a line mean.
type decode struct {
	Protocol string   `required:"" short:"p" help:"The protocol: ${protocols}."`
	Request  bool     `xor:"side" help:"The frames are requests of the host, where the bytes do not tell."`
	Reply    bool     `xor:"side" help:"The frames are answers of the device."`
	SCBK     string   `name:"scbk" aliases:"key" help:"OSDP: the reader's key (32 hexadecimal digits, or the key's file), to open the sealed frames of a whole session."`
	Keys     string   `placeholder:"FILE" help:"Lock protocol: a file with a name (controller, or a lock's id) and the file of its public key on each line, to check signatures."`
	Binary   bool     `help:"Standard input holds raw bytes, not hexadecimal."`
	Hex      []string `arg:"" help:"The bytes in hexadecimal; spaces, colons and line breaks do not matter. - reads standard input."`
}

// side says who sent the bytes, where they do not say it themselves.
type side uint8

const (
	unsaid side = iota
	request
	reply
)

// or returns whether it is a request: as it was said, or else as it was derived.
func (s side) or(derived bool) bool {
	if s == unsaid {
		return derived
	}
	return s == request
}

// decodeSettings is what a stream is opened with.
type decodeSettings struct {
	side side
	// osdp is what both directions of an OSDP line share.
	osdp *osdpSession
	// locks are the keys of the lock protocol; nil where signatures are not checked.
	locks *keyring
}

// errBadFrames says that not everything could be decoded.
var errBadFrames = errors.New("not every byte is part of a frame of this protocol")

// Run decodes and prints one JSON object for each frame.
func (c *decode) Run() error {
	d, err := dialectNamed(c.Protocol)
	if err != nil {
		return err
	}
	o := decodeSettings{}
	switch {
	case c.Request:
		o.side = request
	case c.Reply:
		o.side = reply
	}
	key, err := parseSCBK(c.SCBK)
	if err != nil {
		return err
	}
	o.osdp = newOSDPSession(key)
	if o.locks, err = readKeyring(c.Keys); err != nil {
		return fmt.Errorf("--keys: %w", err)
	}
	lines, err := c.input(os.Stdin)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	bad, err := printFrames(out, d.decode(lines, o))
	if err := errors.Join(err, out.Flush()); err != nil {
		return err
	}
	if bad > 0 {
		return fmt.Errorf("%w: %d objects above have an \"error\" with its offset", errBadFrames, bad)
	}
	return nil
}

// printFrames prints objects, one on each line, and returns how many of them are bad.
func printFrames(out io.Writer, frames []object) (bad int, err error) {
	for _, o := range frames {
		if isBad(o) {
			bad++
		}
		text, err := json.Marshal(o)
		if err != nil {
			return bad, err
		}
		if _, err := fmt.Fprintf(out, "%s\n", text); err != nil {
			return bad, err
		}
	}
	return bad, nil
}

// input returns the bytes, line by line as they were given; raw bytes are one line.
func (c *decode) input(stdin io.Reader) ([][]byte, error) {
	fromStdin := len(c.Hex) == 1 && c.Hex[0] == "-"
	if c.Binary && !fromStdin {
		return nil, errors.New("--binary reads standard input: give - in place of the hexadecimal digits")
	}
	text := []byte(strings.Join(c.Hex, " "))
	if fromStdin {
		var err error
		if text, err = io.ReadAll(io.LimitReader(stdin, inputMax+1)); err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
	}
	if len(text) > inputMax {
		return nil, fmt.Errorf("more than %d MiB at once: cut the input", inputMax>>20)
	}
	lines := [][]byte{text}
	if !c.Binary {
		var err error
		if lines, err = parseHex(text); err != nil {
			return nil, err
		}
	}
	for _, l := range lines {
		if len(l) > 0 {
			return lines, nil
		}
	}
	return nil, errors.New("there are no bytes to decode")
}

// inputMax bounds what is decoded at once: a saturated line of 115200 baud takes more
// than half an hour to fill it with raw bytes.
const inputMax = 32 << 20

// parseHex reads hexadecimal with spaces and colons, line by line. A byte's two digits
// may stand on two lines; then both lines are one.
func parseHex(text []byte) ([][]byte, error) {
	var lines [][]byte
	var digits []byte
	flush := func() {
		if len(digits) > 0 && len(digits)%2 == 0 {
			raw := make([]byte, len(digits)/2)
			_, _ = hex.Decode(raw, digits) // nothing but digits is in there
			lines = append(lines, raw)
			digits = digits[:0]
		}
	}
	for i, b := range text {
		switch {
		case b == '\n' || b == '\r':
			flush()
		case b == ' ' || b == '\t' || b == ':':
		case strings.IndexByte("0123456789abcdefABCDEF", b) >= 0:
			digits = append(digits, b)
		default:
			return nil, fmt.Errorf("character %d, %q, is no hexadecimal digit", i+1, rune(b))
		}
	}
	if flush(); len(digits) > 0 {
		return nil, fmt.Errorf("an odd number of hexadecimal digits: the last byte, %q, is half", digits[len(digits)-1:])
	}
	return lines, nil
}

// parseSCBK reads an OSDP key, given as digits or as a file; nil for no key. The key is
// kept out of every message.
func parseSCBK(text string) (*osdp.Key, error) {
	if text == "" {
		return nil, nil
	}
	if content, err := os.ReadFile(text); err == nil {
		text = strings.TrimSpace(string(content))
	}
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(osdp.Key{}) {
		return nil, fmt.Errorf("--scbk: want %d hexadecimal digits, or a file that holds them", 2*len(osdp.Key{}))
	}
	key := osdp.Key(raw)
	return &key, nil
}

// decodeFramed decodes a protocol of frames: lines do not matter.
func decodeFramed(open func(decodeSettings) stream, lines [][]byte, o decodeSettings) []object {
	s := open(o)
	return append(s.feed(bytes.Join(lines, nil)), s.pause()...)
}

// decodeCodes decodes what has no frames: each line is a code of its own, unless only all
// of them together are one.
func decodeCodes(view func([]byte) (object, error), known func([]byte) bool) func([][]byte, decodeSettings) []object {
	return func(lines [][]byte, _ decodeSettings) []object {
		if whole := bytes.Join(lines, nil); len(lines) > 1 && known(whole) {
			for _, l := range lines {
				if !known(l) {
					lines = [][]byte{whole}
					break
				}
			}
		}
		var out []object
		offset := 0
		for _, l := range lines {
			o, err := view(l)
			if err != nil {
				o = blame(o, err.Error(), offset, offset+len(l))
			}
			out = append(out, o)
			offset += len(l)
		}
		return out
	}
}

// decodeBadge decodes a serial badge reader's frames, or else card numbers.
func decodeBadge(lines [][]byte, o decodeSettings) []object {
	if isRDM6300(bytes.Join(lines, nil)) && isRDM6300(lines[0]) {
		return decodeFramed(openRDM6300, lines, o)
	}
	return decodeCodes(viewCard, badgeKnown)(lines, o)
}
