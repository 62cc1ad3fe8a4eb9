package uhfreader

import (
	"errors"
	"fmt"
)

// ErrLength says that a message's data has not the length that its command asks for.
var ErrLength = errors.New("uhfreader: message of the wrong length")

// AppendQuery appends a request without data: CommandInformation, CommandStop, or a plain
// CommandInventory.
func AppendQuery(dst []byte, address uint8, command Command) []byte {
	return AppendFrame(dst, Frame{Address: address, Command: command})
}

// AppendSetPower appends the request to set the transmit power of all antennas, 0 to
// MaxPowerDBm. The reader stores it: its memory wears, so it is sent on change only.
func AppendSetPower(dst []byte, address, dBm uint8) []byte {
	return AppendFrame(dst, Frame{address, CommandSetPower, []byte{dBm}})
}

// AppendSetScanTime appends the request to set how long a plain inventory may take, in
// tenths of a second. The reader stores it.
func AppendSetScanTime(dst []byte, address, tenths uint8) []byte {
	return AppendFrame(dst, Frame{address, CommandSetScanTime, []byte{tenths}})
}

// AppendSetChannels appends the request to set the band and the channels. The reader stores it.
func AppendSetChannels(dst []byte, address uint8, c Channels) []byte {
	high, low := c.wire()
	return AppendFrame(dst, Frame{address, CommandSetChannels, []byte{high, low}})
}

// AppendAntennaCheck appends the request to test an antenna's connection before it is
// used. UNSURE: one byte, 1 is on, as the answer to CommandInformation has it.
func AppendAntennaCheck(dst []byte, address uint8, on bool) []byte {
	value := byte(0)
	if on {
		value = 1
	}
	return AppendFrame(dst, Frame{address, CommandAntennaCheck, []byte{value}})
}

// AppendAnswerMode appends the request to leave the modes in which a reader scans by
// itself. All parameters of the old readers' command but the first say how to scan; the
// answer mode uses none of them. The reader stores it.
func AppendAnswerMode(dst []byte, address uint8, layout Layout) []byte {
	if layout == LayoutPlain {
		return AppendFrame(dst, Frame{address, CommandSetMode18, make([]byte, 6)})
	}
	return AppendFrame(dst, Frame{address, CommandSetMode288, []byte{0}})
}

// ReaderType is the model, as the reader tells it.
type ReaderType uint8

// Layout is how the records of a reader's inventory are laid out.
type Layout uint8

// The layouts.
const (
	LayoutUnknown Layout = iota
	LayoutPlain          // no antenna, no RSSI: one antenna port
	LayoutAntenna
)

// Reader types that simulated readers have.
const (
	TypeReader18  ReaderType = 0x09
	TypeReader288 ReaderType = 0x0C
)

// String names the model: "0C (UHFReader288M)".
func (t ReaderType) String() string {
	name, _ := model(t)
	return fmt.Sprintf("%02X (%s)", uint8(t), name)
}

// Layout returns the layout of the model's records; LayoutUnknown for a model that is not
// known, whose records nobody can read without guessing.
func (t ReaderType) Layout() Layout {
	_, layout := model(t)
	return layout
}

// model is the vendor's table of types. UNSURE: that 16, 75 and 8B have the records of
// the 288, of whose series they are.
func model(t ReaderType) (string, Layout) {
	switch t {
	case 0x03, 0x08:
		return "RRU9803M", LayoutPlain
	case TypeReader18:
		return "UHFReader18", LayoutPlain
	case TypeReader288:
		return "UHFReader288M", LayoutAntenna
	case 0x0F, 0x10:
		return "UHFReader86", LayoutAntenna
	case 0x16:
		return "RRU9883M", LayoutAntenna
	case 0x20:
		return "UHFReader288MP", LayoutAntenna
	case 0x75:
		return "E710", LayoutAntenna
	case 0x8B:
		return "UHFReader288ADV", LayoutAntenna
	}
	return "unknown", LayoutUnknown
}

// PowerUnknown in Information says that the reader does not know its power.
const PowerUnknown = 0xFF

// Information is what a reader says about itself and its settings.
type Information struct {
	Major, Minor uint8
	Type         ReaderType
	// AirProtocols has bit 1 for 18000-6C and bit 0 for 18000-6B.
	AirProtocols uint8
	Channels     Channels
	// PowerDBm is 0 to MaxPowerDBm, or PowerUnknown.
	PowerDBm uint8
	// ScanTime is how long a plain inventory may take, in tenths of a second.
	ScanTime uint8
	// Extended: the reader has told the two fields below.
	Extended bool
	// Antennas is the mask of the ports that it uses by itself: bit 0 is port 1.
	Antennas uint8
	// AntennaCheck: the reader tests an antenna's connection before it uses it.
	AntennaCheck bool
}

const (
	informationLen         = 8
	informationLenExtended = 12
)

// ParseInformation reads the answer to CommandInformation, behind its status.
func ParseInformation(data []byte) (Information, error) {
	if len(data) != informationLen && len(data) < informationLenExtended {
		return Information{}, ErrLength
	}
	info := Information{
		Major: data[0], Minor: data[1], Type: ReaderType(data[2]), AirProtocols: data[3],
		Channels: channelsOf(data[4], data[5]), PowerDBm: data[6], ScanTime: data[7],
	}
	if len(data) >= informationLenExtended {
		info.Extended, info.Antennas, info.AntennaCheck = true, data[8], data[11] != 0
	}
	return info, nil
}

// AppendInformation appends the answer to CommandInformation.
func AppendInformation(dst []byte, address uint8, info Information) []byte {
	high, low := info.Channels.wire()
	data := []byte{info.Major, info.Minor, byte(info.Type), info.AirProtocols, high, low, info.PowerDBm, info.ScanTime}
	if info.Extended {
		check := byte(0)
		if info.AntennaCheck {
			check = 1
		}
		data = append(data, info.Antennas, 0, 0, check)
	}
	return AppendReply(dst, address, CommandInformation, StatusOK, data...)
}

// Version returns "major.minor" of the firmware.
func (i Information) Version() string { return fmt.Sprintf("%d.%d", i.Major, i.Minor) }

// Band is a frequency band, four bits.
type Band uint8

// The bands that drivers set; the others are known by their numbers only.
const (
	BandChina Band = 0b0001 // 920 to 925 MHz
	BandUS    Band = 0b0010 // 902 to 928 MHz
	BandKorea Band = 0b0011 // 917 to 924 MHz
	BandEU    Band = 0b0100 // 865 to 868 MHz
)

// plan returns the frequency of a band's channel 0 and the distance between channels.
func (b Band) plan() (baseKHz, stepKHz uint32, known bool) {
	switch b {
	case 0b0000: // the user's own
		return 902_600, 400, true
	case BandChina:
		return 920_125, 250, true
	case BandUS:
		return 902_750, 500, true
	case BandKorea:
		return 917_100, 200, true
	case BandEU:
		return 865_100, 200, true
	case 0b0110: // Ukraine
		return 868_000, 100, true
	case 0b0111: // Peru
		return 916_200, 900, true
	case 0b1000: // China, 840 to 845 MHz
		return 840_125, 250, true
	case 0b1001: // EU, 600 kHz apart
		return 865_700, 600, true
	case 0b1010: // Taiwan
		return 922_250, 500, true
	case 0b1100: // US, from 902 MHz
		return 902_000, 500, true
	}
	return 0, 0, false
}

// Channels is a band and the first and the last channel that the reader uses of it, each
// 0 to 63.
type Channels struct {
	Band      Band
	Low, High uint8
}

// RangeKHz returns the frequencies of the first and the last channel; it reports false
// for a band that is not known.
func (c Channels) RangeKHz() (low, high uint32, known bool) {
	base, step, known := c.Band.plan()
	return base + uint32(c.Low)*step, base + uint32(c.High)*step, known
}

// wire returns the two frequency bytes: the band's upper half with the last channel, and
// its lower half with the first.
func (c Channels) wire() (high, low byte) {
	return byte(c.Band>>2)<<6 | c.High&0x3F, byte(c.Band)<<6 | c.Low&0x3F
}

func channelsOf(high, low byte) Channels {
	return Channels{Band: Band(high>>6<<2 | low>>6), Low: low & 0x3F, High: high & 0x3F}
}

// ParseChannels reads the data of CommandSetChannels' request, as a reader does.
func ParseChannels(data []byte) (Channels, error) {
	if len(data) != 2 {
		return Channels{}, ErrLength
	}
	return channelsOf(data[0], data[1]), nil
}

// ParseByte reads the data of a request that sets one byte, as a reader does.
func ParseByte(data []byte) (uint8, error) {
	if len(data) != 1 {
		return 0, ErrLength
	}
	return data[0], nil
}
