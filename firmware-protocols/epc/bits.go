package epc

// bitReader reads big-endian bit fields of up to 64 bits. Callers never ask for more than
// the bits that were checked to be there.
type bitReader struct {
	p  []byte
	at int
}

func (r *bitReader) read(bits int) (v uint64) {
	for range bits {
		v = v<<1 | uint64(r.p[r.at/8]>>(7-r.at%8)&1)
		r.at++
	}
	return v
}

// readText reads a text of so many places. It reports false unless it has at least one
// character, only allowed ones, and nothing but zeros behind them.
func (r *bitReader) readText(places int) (string, bool) {
	text := make([]byte, 0, places)
	ended, clean := false, true
	for range places {
		c := byte(r.read(charBits)) //nolint:gosec // seven bits
		switch {
		case c == 0:
			ended = true
		case ended || !allowed(c):
			clean = false
		default:
			text = append(text, c)
		}
	}
	return string(text), clean && len(text) > 0
}

// bitWriter is bitReader's inverse. p begins as zeros.
type bitWriter struct {
	p  []byte
	at int
}

func (w *bitWriter) write(v uint64, bits int) {
	for i := bits - 1; i >= 0; i-- {
		w.p[w.at/8] |= byte(v>>i&1) << (7 - w.at%8)
		w.at++
	}
}

// writeText writes the characters of a text; the places behind them stay zero.
func (w *bitWriter) writeText(text string) {
	for i := range len(text) {
		w.write(uint64(text[i]), charBits)
	}
}
