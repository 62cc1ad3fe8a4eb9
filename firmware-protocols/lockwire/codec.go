package lockwire

import (
	"encoding/binary"

	"github.com/fxamacker/cbor/v2"
)

// encMode is built once and never changed: immutable, like a compiled pattern.
var encMode = buildEncMode()

func buildEncMode() cbor.EncMode {
	options := cbor.CoreDetEncOptions()
	// An empty list has one encoding, and null is not it.
	options.NilContainers = cbor.NilContainerAsEmpty
	mode, err := options.EncMode()
	if err != nil {
		panic("lockwire: the CBOR library refuses deterministic encoding: " + err.Error())
	}
	return mode
}

// encode cannot fail for the types of this package: they hold integers, texts, byte
// strings and booleans only.
func encode(value any) []byte {
	out, err := encMode.Marshal(value)
	if err != nil {
		panic("lockwire: a message does not encode: " + err.Error())
	}
	return out
}

// appendHead appends the shortest head of an item: what a lock needs of an encoder to
// build the bytes that signatures cover.
func appendHead(dst []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(dst, major<<5|byte(n))
	case n < 1<<8:
		return append(dst, major<<5|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, major<<5|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, major<<5|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, major<<5|27), n)
}

func appendBytes(dst, s []byte) []byte {
	return append(appendHead(dst, majorBytes, uint64(len(s))), s...)
}

func appendText[S string | []byte](dst []byte, s S) []byte {
	return append(appendHead(dst, majorText, uint64(len(s))), s...)
}
