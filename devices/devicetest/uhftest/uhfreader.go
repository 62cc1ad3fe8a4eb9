package uhftest

import (
	"trilock/firmware-protocols/uhfreader"
)

// uhfFirmware speaks package uhfreader's protocol: as a UHFReader18, which has no RSSI,
// when the reader has one antenna port, otherwise as a UHFReader288M. Its settings survive
// a restart. While it scans, it loses what it is sent.
type uhfFirmware struct {
	r    *Reader
	dec  uhfreader.Decoder
	info uhfreader.Information
	// byItself: it scans without being asked, and hears no inventory request.
	byItself bool
	// writes counts how often a setting was stored.
	writes int
}

// Values of the simulated reader.
const (
	uhfAddress      = uhfreader.AddressDefault
	uhfScanTime     = 10
	uhfRSSIZeroDBm  = -100 // as the driver's default scale takes it
	uhfChannelsLast = 49
)

func newUHFFirmware(r *Reader) *uhfFirmware {
	f := &uhfFirmware{r: r, byItself: r.settings.Streaming, info: uhfreader.Information{
		Major: 3, Minor: 1, Type: uhfreader.TypeReader18, AirProtocols: 2, PowerDBm: uhfreader.MaxPowerDBm, ScanTime: uhfScanTime,
		Channels: uhfreader.Channels{Band: uhfreader.BandUS, High: uhfChannelsLast},
	}}
	if r.settings.Ports > 1 {
		f.info.Type, f.info.Extended, f.info.Antennas = uhfreader.TypeReader288, true, 1
	}
	return f
}

func (f *uhfFirmware) reset() {
	f.dec = uhfreader.Decoder{}
	f.power()
}

// power applies the stored power.
func (f *uhfFirmware) power() {
	for _, port := range allPorts(f.r.settings.Ports) {
		f.r.setPower(port, f.info.PowerDBm)
	}
}

func (f *uhfFirmware) layout() uhfreader.Layout { return f.info.Type.Layout() }

func (f *uhfFirmware) half() half { return &f.dec }

func (f *uhfFirmware) receive(p []byte) {
	for len(p) > 0 {
		p = p[f.dec.Feed(p):]
		for frame, ok := f.dec.Next(); ok; frame, ok = f.dec.Next() {
			if frame.Address == uhfAddress || frame.Address == uhfreader.AddressBroadcast {
				f.answer(frame)
			}
		}
	}
}

func (f *uhfFirmware) answer(frame uhfreader.Frame) {
	r := f.r
	result := func(s uhfreader.Status) { r.say(uhfreader.AppendReply(nil, uhfAddress, frame.Command, s)) }
	plain := f.layout() == uhfreader.LayoutPlain
	switch {
	case frame.Command == uhfreader.CommandStop && !plain:
		if !f.byItself {
			r.run = nil
		}
		result(uhfreader.StatusOK)
	case r.run != nil && !f.byItself: // busy
	case frame.Command == uhfreader.CommandInformation:
		r.say(uhfreader.AppendInformation(nil, uhfAddress, f.info))
	case frame.Command == uhfreader.CommandInventory:
		f.inventory(frame.Data)
	case frame.Command == uhfreader.CommandSetMode18 && plain, frame.Command == uhfreader.CommandSetMode288 && !plain:
		f.byItself, r.run = false, nil
		f.writes++
		result(uhfreader.StatusOK)
	case f.access(frame):
	case f.set(frame):
		f.writes++
		result(uhfreader.StatusOK)
	default:
		r.say(uhfreader.AppendReply(nil, uhfAddress, uhfreader.CommandNone, uhfreader.StatusNotAccepted))
	}
}

// set stores a setting, and reports false for what is none or cannot be.
func (f *uhfFirmware) set(frame uhfreader.Frame) bool {
	if frame.Command == uhfreader.CommandSetChannels {
		channels, err := uhfreader.ParseChannels(frame.Data)
		if err == nil {
			f.info.Channels = channels
		}
		return err == nil
	}
	value, err := uhfreader.ParseByte(frame.Data)
	if err != nil {
		return false
	}
	switch frame.Command {
	case uhfreader.CommandSetPower:
		if value > uhfreader.MaxPowerDBm {
			return false
		}
		f.info.PowerDBm = value
		f.power()
	case uhfreader.CommandSetScanTime:
		f.info.ScanTime = value
	case uhfreader.CommandAntennaCheck:
		f.info.AntennaCheck = value != 0
	default:
		return false
	}
	return true
}

func (f *uhfFirmware) inventory(data []byte) {
	r := f.r
	if f.byItself {
		return
	}
	port := uint8(1)
	if f.layout() == uhfreader.LayoutAntenna {
		inv, err := uhfreader.ParseInventory(data)
		if err != nil || inv.Port > r.settings.Ports {
			r.say(uhfreader.AppendReply(nil, uhfAddress, uhfreader.CommandInventory, uhfreader.StatusParameter))
			return
		}
		port = inv.Port
	}
	if r.broken[port-1] && (f.info.AntennaCheck || f.layout() == uhfreader.LayoutPlain) {
		r.say(uhfreader.AppendReply(nil, uhfAddress, uhfreader.CommandInventory, uhfreader.StatusAntenna))
		return
	}
	r.begin([]uint8{port}, false)
}

func (f *uhfFirmware) record(port uint8, h Heard) []byte {
	tag := uhfreader.Tag{EPC: h.EPC, RSSIRaw: uint8(max(0, min(255, h.RSSIdBm-uhfRSSIZeroDBm+0.5)))}
	if f.byItself {
		return uhfreader.AppendUnasked(nil, uhfAddress, f.layout(), 1<<(port-1), tag)
	}
	return uhfreader.AppendBatch(nil, uhfAddress, uhfreader.StatusMore, f.layout(), 1<<(port-1), tag)
}

// end answers as readers do: the one layout's says that there was no tag, the other's
// counts none.
func (f *uhfFirmware) end(u *run) []byte {
	if f.layout() == uhfreader.LayoutPlain && u.total == 0 {
		return uhfreader.AppendReply(nil, uhfAddress, uhfreader.CommandInventory, uhfreader.StatusNoTag)
	}
	return uhfreader.AppendBatch(nil, uhfAddress, uhfreader.StatusFinished, f.layout(), 1<<(u.ports[0]-1))
}

// StoredWrites returns how often an uhfreader18-288 reader wrote a setting into the memory
// that wears; 0 for readers of other protocols.
func (r *Reader) StoredWrites() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f, ok := r.firmware.(*uhfFirmware); ok {
		return f.writes
	}
	return 0
}
