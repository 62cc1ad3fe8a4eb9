package gx5a

import (
	"encoding/binary"
	"errors"
	"fmt"

	"trilock/firmware-protocols/frames"
)

// ErrShort says that a message ends before all its parts were there.
var ErrShort = errors.New("gx5a: message too short")

// ErrLong says that bytes are left over behind the last part of a message.
var ErrLong = errors.New("gx5a: message too long")

// AppendQuery appends a request that carries no data: CodeReaderInfo,
// CodeBasebandVersion, CodeCapabilities, CodeGetPower or CodeStop.
func AppendQuery(dst []byte, code Code) []byte { return message(dst, code) }

// AppendResult appends the one-byte answer to a set, an inventory or a stop; 0 is success.
func AppendResult(dst []byte, code Code, result uint8) []byte { return message(dst, code, result) }

// ParseResult reads a one-byte answer.
func ParseResult(data []byte) (uint8, error) {
	switch {
	case len(data) < 1:
		return 0, ErrShort
	case len(data) > 1:
		return 0, ErrLong
	}
	return data[0], nil
}

// Results of CodeInventory that the driver must tell apart.
const (
	ResultOK         = 0
	ResultBadAntenna = 1 // the antenna port is wrong or not connected
)

// InventoryResultText says a result of CodeInventory in words.
func InventoryResultText(result uint8) string {
	return text(result, "done", "antenna port", "select filter", "TID option", "user-bank option", "reserved-bank option", "other parameter")
}

// PowerResultText says a result of CodeSetPower in words.
func PowerResultText(result uint8) string {
	return text(result, "done", "no such antenna port", "power not supported", "could not be saved")
}

func text(i uint8, words ...string) string {
	if int(i) < len(words) {
		return words[i]
	}
	return fmt.Sprintf("code %02X", i)
}

// EndReason says why an inventory ended.
type EndReason uint8

// The reasons of CodeReadEnd.
const (
	EndComplete EndReason = 0 // the single inventory is complete
	EndStopped  EndReason = 1 // a stop command was received
	EndHardware EndReason = 2 // a hardware fault broke it off
)

// String says the reason in words.
func (r EndReason) String() string {
	return text(uint8(r), "complete", "stopped by command", "broken off by a hardware fault")
}

// AppendReadEnd appends the notification that an inventory is over.
func AppendReadEnd(dst []byte, r EndReason) []byte { return message(dst, CodeReadEnd, byte(r)) }

// ParseReadEnd reads the data of CodeReadEnd.
func ParseReadEnd(data []byte) (EndReason, error) {
	r, err := ParseResult(data)
	return EndReason(r), err
}

// Inventory is a request to read tags.
type Inventory struct {
	// Antennas is a mask: bit 0 is antenna 1.
	Antennas uint32
	// Continuous reads until a stop; otherwise the reader makes one inventory and says
	// CodeReadEnd.
	Continuous bool
	// TIDWords asks for so many words of each tag's TID; 0 asks for none.
	TIDWords uint8
	// Options is whatever other options a parsed request carried, unread.
	Options []byte
}

const optionTID = 0x02

// AppendInventory appends the request.
func AppendInventory(dst []byte, inv Inventory) []byte {
	dst, start := begin(dst, pcwVersion|uint32(CodeInventory), 0)
	dst = binary.BigEndian.AppendUint32(dst, inv.Antennas)
	mode := byte(0)
	if inv.Continuous {
		mode = 1
	}
	dst = append(dst, mode)
	if inv.TIDWords > 0 {
		dst = append(dst, optionTID, 0, inv.TIDWords) // mode 0: as many words as the tag has, at most that
	}
	return finish(append(dst, inv.Options...), start)
}

// ParseInventory reads the request's data, as a reader does.
func ParseInventory(data []byte) (Inventory, error) {
	c := frames.Cursor{Rest: data}
	inv := Inventory{Antennas: c.U32(), Continuous: c.U8() == 1}
	if !c.Short && len(c.Rest) >= 3 && c.Rest[0] == optionTID {
		inv.TIDWords = c.Rest[2]
		c.Rest = c.Rest[3:]
	}
	if c.Short {
		return Inventory{}, ErrShort
	}
	inv.Options = c.Rest
	return inv, nil
}

// AntennaPower is the transmit power of one antenna.
type AntennaPower struct {
	Antenna uint8 // counts from 1
	DBm     uint8
}

const markPersist = 0xFF

// AppendSetPower appends the request to set the power of the named antennas until the
// next start of the reader, or for good when persist is set (which wears its flash).
func AppendSetPower(dst []byte, powers []AntennaPower, persist bool) []byte {
	return appendPowers(dst, CodeSetPower, powers, persist)
}

// AppendPower appends the answer to CodeGetPower.
func AppendPower(dst []byte, powers []AntennaPower) []byte {
	return appendPowers(dst, CodeGetPower, powers, false)
}

func appendPowers(dst []byte, code Code, powers []AntennaPower, persist bool) []byte {
	dst, start := begin(dst, pcwVersion|uint32(code), 0)
	for _, p := range powers {
		dst = append(dst, p.Antenna, p.DBm)
	}
	if persist {
		dst = append(dst, markPersist, 1)
	}
	return finish(dst, start)
}

// ParsePower reads the pairs of CodeSetPower's request or CodeGetPower's answer, and
// whether the request asks to store them. At most 32 antennas are taken.
func ParsePower(data []byte) (powers []AntennaPower, persist bool, err error) {
	if len(data)%2 != 0 {
		return nil, false, ErrShort
	}
	if len(data) > 2*(maxPorts+1) {
		return nil, false, ErrLong
	}
	for ; len(data) > 0; data = data[2:] {
		if data[0] == markPersist {
			persist = data[1] == 1
			continue
		}
		powers = append(powers, AntennaPower{Antenna: data[0], DBm: data[1]})
	}
	return powers, persist, nil
}

// Capabilities is what the reader can do.
type Capabilities struct {
	MinDBm, MaxDBm uint8
	Antennas       uint8
	Frequencies    []byte // band codes
	Protocols      []byte // air-protocol codes
}

// ParseCapabilities reads the answer to CodeCapabilities. Its lists point into data.
func ParseCapabilities(data []byte) (Capabilities, error) {
	c := frames.Cursor{Rest: data}
	caps := Capabilities{MinDBm: c.U8(), MaxDBm: c.U8(), Antennas: c.U8()}
	caps.Frequencies = block(&c)
	if len(c.Rest) > 0 { // older readers leave the second list out
		caps.Protocols = block(&c)
	}
	if c.Short {
		return Capabilities{}, ErrShort
	}
	return caps, nil
}

// AppendCapabilities appends the answer to CodeCapabilities.
func AppendCapabilities(dst []byte, caps Capabilities) []byte {
	dst, start := begin(dst, pcwVersion|uint32(CodeCapabilities), 0)
	dst = append(dst, caps.MinDBm, caps.MaxDBm, caps.Antennas)
	dst = appendBlock(dst, caps.Frequencies)
	return finish(appendBlock(dst, caps.Protocols), start)
}

// Version is a version of four numbers.
type Version [4]byte

// String returns "a.b.c.d".
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d.%d", v[0], v[1], v[2], v[3]) }

// AppendBasebandVersion appends the answer to CodeBasebandVersion.
func AppendBasebandVersion(dst []byte, v Version) []byte {
	return message(dst, CodeBasebandVersion, v[:]...)
}

// ParseBasebandVersion reads the answer to CodeBasebandVersion.
func ParseBasebandVersion(data []byte) (Version, error) {
	if len(data) < len(Version{}) {
		return Version{}, ErrShort
	}
	return Version(data[:4]), nil
}

// ReaderInfo is what a reader says about itself.
type ReaderInfo struct {
	Serial string
	// UptimeSeconds counts since the reader's last start: when it falls, the reader has restarted.
	UptimeSeconds uint32
	BasebandBuild string
	// App is the version of the application firmware; zero when the reader does not say.
	App Version
}

const infoAppVersion = 0x01

// ParseReaderInfo reads the answer to CodeReaderInfo. Parts behind the application's
// version are ignored.
func ParseReaderInfo(data []byte) (ReaderInfo, error) {
	c := frames.Cursor{Rest: data}
	info := ReaderInfo{Serial: printable(block(&c)), UptimeSeconds: c.U32(), BasebandBuild: printable(block(&c))}
	if len(c.Rest) > 0 && c.Rest[0] == infoAppVersion {
		c.Rest = c.Rest[1:]
		copy(info.App[:], c.Take(len(info.App)))
	}
	if c.Short {
		return ReaderInfo{}, ErrShort
	}
	return info, nil
}

// AppendReaderInfo appends the answer to CodeReaderInfo.
func AppendReaderInfo(dst []byte, info ReaderInfo) []byte {
	dst, start := begin(dst, pcwVersion|uint32(CodeReaderInfo), 0)
	dst = appendBlock(dst, []byte(info.Serial))
	dst = binary.BigEndian.AppendUint32(dst, info.UptimeSeconds)
	dst = appendBlock(dst, []byte(info.BasebandBuild))
	dst = append(dst, infoAppVersion)
	return finish(append(dst, info.App[:]...), start)
}

// printable keeps the printable ASCII of a text that a device sent: it ends up in logs
// and on screens.
func printable(p []byte) string {
	kept := make([]byte, 0, len(p))
	for _, b := range p {
		if b >= ' ' && b <= '~' {
			kept = append(kept, b)
		}
	}
	return string(kept)
}

// InputEvent is a GPI's trigger beginning (CodeInputStart) or ending (CodeInputStop).
type InputEvent struct {
	// Input counts from 0.
	Input uint8
	// Level is the input's electrical level, as far as the reader tells.
	Level uint8
}

// ParseInputEvent reads the data of CodeInputStart or CodeInputStop. The reader's clock
// behind the level is not read: it says nothing that may be relied on.
func ParseInputEvent(data []byte) (InputEvent, error) {
	if len(data) < 1 {
		return InputEvent{}, ErrShort
	}
	e := InputEvent{Input: data[0]}
	if len(data) > 1 {
		e.Level = data[1]
	}
	return e, nil
}

// AppendInputEvent appends a GPI notification: code is CodeInputStart or CodeInputStop.
func AppendInputEvent(dst []byte, code Code, e InputEvent) []byte {
	return message(dst, code, e.Input, e.Level, 0, 0, 0, 0, 0, 0, 0, 0)
}

// AppendHeartbeat appends a heartbeat or its echo.
func AppendHeartbeat(dst []byte, counter uint32) []byte {
	return message(dst, CodeHeartbeat, byte(counter>>24), byte(counter>>16), byte(counter>>8), byte(counter))
}

// ParseHeartbeat reads a heartbeat's counter.
func ParseHeartbeat(data []byte) (uint32, error) {
	c := frames.Cursor{Rest: data}
	counter := c.U32()
	switch {
	case c.Short:
		return 0, ErrShort
	case len(c.Rest) > 0:
		return 0, ErrLong
	}
	return counter, nil
}
