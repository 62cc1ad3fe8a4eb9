package presence

import (
	"encoding/binary"
	"math/bits"

	"trilock/custody/fact"
)

// key is an EPC as the index compares it: its first 16 bytes, zeros after its end, and its
// length. Of a longer EPC it is no more than a fingerprint: the whole is kept aside.
type key struct {
	low, high uint64
	length    uint8
}

// shortEPC is the length, in bytes, up to which a key is the whole EPC: 96 and 128 bits are what tags hold.
const shortEPC = 16

func keyOf(epc *fact.EPC) key {
	var room [64]byte // whole words, and no EPC is longer
	raw := epc.Append(room[:0])
	k := key{low: binary.LittleEndian.Uint64(room[:8]), high: binary.LittleEndian.Uint64(room[8:16]), length: uint8(len(raw))} //nolint:gosec // at most MaxEPCBytes
	for at := shortEPC; at < len(raw); at += 8 {
		k.low = mix(k.low^binary.LittleEndian.Uint64(room[at:at+8]), k.high)
	}
	return k
}

// epc returns the EPC that a short key stands for.
func (k key) epc() fact.EPC {
	var room [shortEPC]byte
	binary.LittleEndian.PutUint64(room[:8], k.low)
	binary.LittleEndian.PutUint64(room[8:], k.high)
	epc, err := fact.EPCFromBytes(room[:min(k.length, shortEPC)])
	if err != nil {
		return fact.EPC{} // the key of no tag
	}
	return epc
}

func mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a^0x9E3779B97F4A7C15, b^0xD1B54A32D192ED03)
	return high ^ low
}

func (k key) hash() uint64 { return mix(k.low, k.high^uint64(k.length)<<56) }

// index finds tags by their EPC: an open-addressed table with linear probing. An entry is the
// upper half of the hash and the tag's number plus one; zero is an empty one.
type index struct {
	entries []entry
	used    int
}

type entry struct {
	check uint32
	tag   int32
}

// find returns the tag of an EPC, or -1.
func (e *Engine) find(epc *fact.EPC) int32 {
	k := keyOf(epc)
	h := k.hash()
	mask := uint64(len(e.index.entries) - 1)
	for at := h & mask; ; at = (at + 1) & mask {
		switch x := e.index.entries[at]; {
		case x.tag == 0:
			return -1
		case x.check == uint32(h>>32) && e.holds(x.tag-1, k, epc):
			return x.tag - 1
		}
	}
}

// findAll sets e.found to the tag of each read, or -1. It does one thing to all of them before the next: looking into
// the index of one does not wait for another then, and the processor fetches many at a time.
func (e *Engine) findAll(reads []fact.Read) {
	e.keys, e.found = e.keys[:0], e.found[:0]
	for k := range reads {
		e.keys = append(e.keys, keyOf(&reads[k].EPC))
	}
	entries := e.index.entries
	mask := uint64(len(entries) - 1)
	for k := range e.keys {
		h := e.keys[k].hash()
		at := h & mask
		for entries[at].tag != 0 && entries[at].check != uint32(h>>32) {
			at = (at + 1) & mask
		}
		e.found = append(e.found, entries[at].tag-1)
	}
	for k, i := range e.found {
		if i >= 0 && !e.holds(i, e.keys[k], &reads[k].EPC) {
			e.found[k] = e.find(&reads[k].EPC) // half of the hash was the same
		}
	}
}

// holds reports whether tag i has this very EPC.
func (e *Engine) holds(i int32, k key, epc *fact.EPC) bool {
	if e.tag(i).key() != k {
		return false
	}
	return k.length <= shortEPC || e.long[i] == *epc
}

// add enters a tag whose EPC the index does not hold.
func (x *index) add(h uint64, i int32) {
	if 8*(x.used+1) > 5*len(x.entries) {
		panic("presence: index grows before it is full")
	}
	mask := uint64(len(x.entries) - 1)
	at := h & mask
	for x.entries[at].tag != 0 {
		at = (at + 1) & mask
	}
	x.entries[at] = entry{uint32(h >> 32), i + 1}
	x.used++
}

// makeRoom lets one more tag be entered.
func (e *Engine) makeRoom() {
	x := &e.index
	if 8*(x.used+1) <= 5*len(x.entries) {
		return
	}
	old := x.entries
	*x = index{entries: make([]entry, max(64, 2*len(old)))}
	for _, entry := range old {
		if entry.tag != 0 {
			x.add(e.tag(entry.tag-1).key().hash(), entry.tag-1)
		}
	}
}

// remove takes tag i out of the index; what was probed past it moves up.
func (e *Engine) remove(i int32) {
	x := &e.index
	mask := uint64(len(x.entries) - 1)
	hole := e.tag(i).key().hash() & mask
	for x.entries[hole].tag != i+1 {
		hole = (hole + 1) & mask
	}
	for at := (hole + 1) & mask; x.entries[at].tag != 0; at = (at + 1) & mask {
		from := e.tag(x.entries[at].tag-1).key().hash() & mask
		if (at-from)&mask >= (at-hole)&mask {
			x.entries[hole] = x.entries[at]
			hole = at
		}
	}
	x.entries[hole] = entry{}
	x.used--
}
