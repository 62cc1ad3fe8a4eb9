package lockwire

import (
	"bytes"
	"errors"

	"github.com/fxamacker/cbor/v2"
)

// The modes are built once and never changed: immutable, like a compiled pattern.
var (
	encMode = buildEncMode()
	decMode = buildDecMode(cbor.ExtraDecErrorUnknownField)
	// headMode reads the version of something whose other fields may be of a later version.
	headMode = buildDecMode(cbor.ExtraDecErrorNone)
)

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

func buildDecMode(extra cbor.ExtraDecErrorCond) cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: extra,
		UTF8:              cbor.UTF8RejectInvalid,
		MaxNestedLevels:   maxNesting,
		MaxArrayElements:  maxElements,
		MaxMapPairs:       maxElements,
	}.DecMode()
	if err != nil {
		panic("lockwire: the CBOR library refuses strict decoding: " + err.Error())
	}
	return mode
}

var errNotDeterministic = errors.New("not the deterministic encoding of what it says, or a field is missing")

// decodeStrict decodes data into the pointer target and requires that encoding target
// again yields the same bytes. That one comparison refuses what a lenient decoder lets
// through: unsorted keys, long forms of integers and lengths, null for a value, a byte
// string shorter than its array, and fields left out (no field here is optional).
func decodeStrict(data []byte, target any) error {
	if err := decMode.Unmarshal(data, target); err != nil {
		return err
	}
	again, err := encMode.Marshal(target)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, data) {
		return errNotDeterministic
	}
	return nil
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

// otherVersion returns the version that raw states under key 1, when it is not ours:
// a message of another version has other fields, and is to be refused as that.
func otherVersion(raw []byte) (uint64, bool) {
	var head struct {
		Version uint64 `cbor:"1,keyasint"`
	}
	if err := headMode.Unmarshal(raw, &head); err != nil {
		return 0, false
	}
	return head.Version, head.Version != 0 && head.Version != Version
}
