package epc

// bitReader reads big-endian bit fields of up to 64 bits. Callers never ask for more
// than the 96 bits that were checked to be there.
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

// bitWriter is bitReader's inverse.
type bitWriter struct {
	p  [size96]byte
	at int
}

func (w *bitWriter) write(v uint64, bits int) {
	for i := bits - 1; i >= 0; i-- {
		w.p[w.at/8] |= byte(v>>i&1) << (7 - w.at%8)
		w.at++
	}
}
