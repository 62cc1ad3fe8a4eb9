package epc

import (
	"fmt"
	"strings"
)

// The characters that GS1 allows in element strings, of which serials are made: digits,
// letters, and these (TDS 1.13, annex A).
const punctuation = "!\"%&'()*+,-./:;<=>?_"

// escaped are those of them that a URI has in the form %XX (TDS 1.13, annex A).
const escaped = "\"%&/<>?"

func allowed(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte(punctuation, c) >= 0
}

// checkText reports what keeps a text from being the serial of GDTI-174.
func checkText(serial string) error {
	if len(serial) < 1 || len(serial) > MaxSerialText {
		return fmt.Errorf("%w: serial %q must have 1 to %d characters", ErrNotEncodable, serial, MaxSerialText)
	}
	for i := range len(serial) {
		if !allowed(serial[i]) {
			return fmt.Errorf("%w: character %d of serial %q is none of those that GS1 allows (letters, digits and %s)", ErrNotEncodable, i+1, serial, punctuation)
		}
	}
	return nil
}

// escape writes a serial as URIs have it.
func escape(serial string) string {
	var out strings.Builder
	for i := range len(serial) {
		if c := serial[i]; strings.IndexByte(escaped, c) >= 0 {
			fmt.Fprintf(&out, "%%%02X", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

// unescape is the inverse of escape, and accepts nothing else: one serial has one URI.
func unescape(field string) (string, error) {
	serial := make([]byte, 0, MaxSerialText)
	for i := 0; i < len(field); i++ {
		c := field[i]
		if c == '%' {
			if c = unescapeOne(field[i:]); c == 0 {
				return "", fmt.Errorf("%w: serial %q holds a %% that escapes none of %s", ErrNotEncodable, field, escaped)
			}
			i += 2
		} else if strings.IndexByte(escaped, c) >= 0 {
			return "", fmt.Errorf("%w: serial %q holds %q, which is written %%%02X in a URI", ErrNotEncodable, field, c, c)
		}
		serial = append(serial, c)
	}
	return string(serial), checkText(string(serial))
}

// unescapeOne returns the character that text begins with in its escaped form, or 0.
func unescapeOne(text string) byte {
	for i := range len(escaped) {
		if strings.HasPrefix(text, fmt.Sprintf("%%%02X", escaped[i])) {
			return escaped[i]
		}
	}
	return 0
}
