package feig

import (
	"errors"
	"fmt"
)

// Errors of messages.
var (
	// ErrLength says that a message's data has not the length that its command asks for.
	ErrLength = errors.New("feig: message of the wrong length")
	// ErrTagType says that a data set is of a kind whose length is not known, so that
	// neither it nor what follows can be read.
	ErrTagType = errors.New("feig: data set of unknown length")
)

// AppendQuery appends a request without data: CommandSoftwareVersion or CommandRFReset.
func AppendQuery(dst []byte, address uint8, command Command) []byte {
	return AppendFrame(dst, Frame{Address: address, Command: command})
}

// AppendBaudDetection appends the request that every reader answers at the right speed
// and parity.
func AppendBaudDetection(dst []byte, address uint8) []byte {
	return AppendFrame(dst, Frame{Address: address, Command: CommandBaudDetection, Data: []byte{0}})
}

// AppendReadConfig appends the request for one configuration block.
func AppendReadConfig(dst []byte, address, block uint8) []byte {
	return AppendFrame(dst, Frame{Address: address, Command: CommandReadConfig, Data: []byte{block}})
}

// Answer splits the data of an answer into status and content.
func Answer(f Frame) (Status, []byte, error) {
	if len(f.Data) == 0 {
		return 0, nil, ErrLength
	}
	return Status(f.Data[0]), f.Data[1:], nil
}

// AppendAnswer appends an answer. content must be shorter than MaxData.
func AppendAnswer(dst []byte, address uint8, command Command, status Status, content []byte) []byte {
	return AppendFrame(dst, Frame{Address: address, Command: command, Data: append([]byte{byte(status)}, content...)})
}

// SoftwareVersion is what a reader says about itself.
type SoftwareVersion struct {
	Major, Minor uint8
	// Development is 0 in a released firmware.
	Development uint8
	// HardwareType and SoftwareType are numbers of the maker's lists; the latter names the model.
	HardwareType, SoftwareType uint8
	// TagTypes has a bit for each kind of tag that the reader can read.
	TagTypes uint16
}

const versionLen = 7

// String returns "model 53 hardware 44 firmware 3.3".
func (v SoftwareVersion) String() string {
	return fmt.Sprintf("model %02X hardware %02X firmware %X.%X", v.SoftwareType, v.HardwareType, v.Major, v.Minor)
}

// ParseSoftwareVersion reads the content of an answer to CommandSoftwareVersion. Newer
// readers may say more behind it.
func ParseSoftwareVersion(content []byte) (SoftwareVersion, error) {
	if len(content) < versionLen {
		return SoftwareVersion{}, ErrLength
	}
	c := content
	return SoftwareVersion{c[0], c[1], c[2], c[3], c[4], uint16(c[5])<<8 | uint16(c[6])}, nil
}

// AppendSoftwareVersion appends such an answer.
func AppendSoftwareVersion(dst []byte, address uint8, v SoftwareVersion) []byte {
	return AppendAnswer(dst, address, CommandSoftwareVersion, StatusOK, []byte{
		v.Major, v.Minor, v.Development, v.HardwareType, v.SoftwareType, byte(v.TagTypes >> 8), byte(v.TagTypes),
	})
}

// Values in the data of an inventory request.
const (
	hostInventory = 0x01
	modeMore      = 0x80
)

// AppendInventory appends the request for the tags in the field; with more, for those that
// did not fit the last answer.
func AppendInventory(dst []byte, address uint8, more bool) []byte {
	mode := byte(0)
	if more {
		mode = modeMore
	}
	return AppendFrame(dst, Frame{Address: address, Command: CommandISOHost, Data: []byte{hostInventory, mode}})
}

// ParseInventoryRequest reads such a request. Modes that notify or wait are refused.
func ParseInventoryRequest(data []byte) (more bool, err error) {
	if len(data) != 2 || data[0] != hostInventory || data[1]&^modeMore != 0 {
		return false, ErrLength
	}
	return data[1] == modeMore, nil
}

// TagType is the first byte of a data set.
type TagType uint8

// The kinds of tag whose data sets can be read.
const (
	TagISO15693  TagType = 0x03
	TagISO14443A TagType = 0x04
)

// Tag is one data set. UID points into the bytes it was parsed from.
type Tag struct {
	Type TagType
	// DSFID is the data storage format of an ISO 15693 tag, and the info byte of an ISO 14443A one.
	DSFID uint8
	// Option is the second info byte of an ISO 14443A tag.
	Option uint8
	UID    []byte
}

// Inventory walks the data sets of one answer to an inventory.
type Inventory struct {
	// Count is how many tags the answer holds, and Left how many were not walked yet.
	Count, Left uint8
	rest        []byte
}

// ParseInventory reads the head of the answer's content, which is empty when no tag was
// there. Every other answer begins with the number of its data sets.
func ParseInventory(content []byte) (Inventory, error) {
	if len(content) == 0 {
		return Inventory{}, nil
	}
	return Inventory{Count: content[0], Left: content[0], rest: content[1:]}, nil
}

// Next reads the next data set into t. It reports false behind the last one. It returns an
// error when what is left cannot be read; then it must not be called again. It allocates
// nothing.
func (v *Inventory) Next(t *Tag) (bool, error) {
	*t = Tag{}
	if v.Left == 0 {
		if len(v.rest) > 0 {
			return false, ErrLength
		}
		return false, nil
	}
	v.Left--
	if len(v.rest) == 0 {
		return false, ErrLength
	}
	var err error
	switch t.Type = TagType(v.rest[0]); t.Type {
	case TagISO15693:
		err = v.nearby(t)
	case TagISO14443A:
		err = v.proximity(t)
	default:
		err = ErrTagType
	}
	return err == nil, err
}

// nearby reads an ISO 15693 data set: type, DSFID, UID.
func (v *Inventory) nearby(t *Tag) error {
	const size = 2 + UIDLen
	if len(v.rest) < size {
		return ErrLength
	}
	t.DSFID, t.UID = v.rest[1], v.rest[2:size:size]
	v.rest = v.rest[size:]
	return nil
}

// proximity reads an ISO 14443A data set: type, info, option, UID of 4, 7 or 10 bytes.
// How long the UID is, only the end of the answer tells, so that it must be the last one.
func (v *Inventory) proximity(t *Tag) error {
	if v.Left > 0 {
		return ErrTagType
	}
	switch n := len(v.rest); n {
	case 3 + 4, 3 + 7, 3 + 10:
		t.DSFID, t.Option, t.UID = v.rest[1], v.rest[2], v.rest[3:n:n]
		v.rest = nil
		return nil
	}
	return ErrLength
}

// AppendTags appends the answer to an inventory. The UIDs must be as long as their types
// want them, an ISO 14443A tag only at the end, and there may be 255 tags.
func AppendTags(dst []byte, address uint8, status Status, tags []Tag) []byte {
	content := []byte{byte(len(tags))} //nolint:gosec // the caller's invariant
	for _, t := range tags {
		content = append(content, byte(t.Type), t.DSFID)
		if t.Type == TagISO14443A {
			content = append(content, t.Option)
		}
		content = append(content, t.UID...)
	}
	return AppendAnswer(dst, address, CommandISOHost, status, content)
}
