package uhf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/firmware-protocols/uhfreader"
)

// Limits of this driver, each with its reason. Scan times are tenths of a second.
const (
	// uhfFindTries is how often the reader is asked who it is. A scan that a host before
	// this one has started lasts up to uhfScanLongest, and what is sent into it is lost.
	uhfFindTries = 10
	// uhfScanFirst is what a round may take at first: as the readers are delivered.
	uhfScanFirst = 10
	// uhfScanLongest bounds the growth of rounds that were cut short by their scan time:
	// beyond it a person carries a folder past unseen.
	uhfScanLongest = 30
	// uhfScanSlack: a scan lasts up to 75 ms longer than its time, and its last frame has
	// to cross the line and a USB adapter.
	uhfScanSlack = 75*time.Millisecond + answerMax
	// SlotExponentDefault is the exponent of the slots in which tags answer, as captured
	// hosts have it. UNSURE: whether readers adapt it by themselves.
	SlotExponentDefault = 4
	// uhfSession is S0: a tag's flag falls back at once, so that every round hears every tag.
	uhfSession = 0
)

// uhfReader speaks package uhfreader's protocol. Its settings survive a restart of the
// reader, in a memory that wears: they are written on change only.
type uhfReader struct {
	s    *session
	wire *wire[uhfreader.Frame]
	out  []byte
	tag  uhfreader.Tag
	// address is the reader's own, once it has answered.
	address uint8
	known   bool
	layout  uhfreader.Layout
	// told is what the reader said after it was set up.
	told  uhfreader.Information
	setUp bool
	// scan is how long a round may take, in tenths of a second.
	scan uint8
	// unasked: it scans by itself. deaf: it did not react to the last inventory request
	// at all, which may have the same cause.
	unasked, deaf bool
	// modeSet: it was told to leave that mode because it was deaf. Once in a run is enough.
	modeSet bool
}

func newUHFReader(s *session, link devices.Link) *uhfReader {
	return &uhfReader{
		s: s, wire: newWire(link, decoder[uhfreader.Frame](&uhfreader.Decoder{})),
		address: uhfreader.AddressBroadcast, scan: uhfScanFirst,
	}
}

func (r *uhfReader) damage() damage { return r.wire.damage() }

// connect stops what runs, asks who the reader is, and sets up what is not as it should be.
func (r *uhfReader) connect(ctx context.Context) (hello, error) {
	if err := r.stop(ctx); err != nil {
		return hello{}, err
	}
	info, err := r.find(ctx)
	if err != nil {
		return hello{}, err
	}
	if err := r.fits(info); err != nil {
		return hello{}, err
	}
	if err := r.answerMode(ctx); err != nil {
		return hello{}, err
	}
	h := hello{
		identity:  fmt.Sprintf("uhfreader18-288 type %s firmware %s", info.Type, info.Version()),
		restarted: r.setUp && info != r.told,
	}
	written, err := r.adjust(ctx, info)
	if err == nil && written {
		info, err = r.ask(ctx)
	}
	if err != nil {
		return hello{}, err
	}
	r.told, r.setUp = info, true
	if r.layout == uhfreader.LayoutPlain {
		r.scan = info.ScanTime
		if r.scan < uhfreader.MinScanTime {
			r.scan = uhfScanFirst // which is what the reader makes of it
		}
	}
	h.power, err = r.verify(info)
	return h, err
}

// stop ends a running inventory, where the reader knows the command.
func (r *uhfReader) stop(ctx context.Context) error {
	r.out = uhfreader.AppendQuery(r.out[:0], r.address, uhfreader.CommandStop)
	if err := r.wire.send(r.out); err != nil {
		return err
	}
	_, _, err := r.await(ctx, time.Now().Add(answerMax), uhfreader.CommandStop)
	if errors.Is(err, errQuiet) || errors.Is(err, errNotAccepted) {
		return nil
	}
	return err
}

// find asks who the reader is, at the addresses that it may have.
func (r *uhfReader) find(ctx context.Context) (uhfreader.Information, error) {
	addresses := []uint8{uhfreader.AddressDefault, uhfreader.AddressBroadcast}
	if r.known {
		addresses = []uint8{r.address}
	}
	for i := range uhfFindTries {
		r.address = addresses[i%len(addresses)]
		info, err := r.askOnce(ctx)
		if err == nil {
			r.known = true
			return info, nil
		}
		if !errors.Is(err, errQuiet) && !errors.Is(err, errNotAccepted) {
			return info, err
		}
	}
	return uhfreader.Information{}, r.wire.silence("the identity query")
}

// fits compares the settings with what the reader is.
func (r *uhfReader) fits(info uhfreader.Information) error {
	r.layout = info.Type.Layout()
	port := slices.Max(r.s.settings.Antennas)
	switch {
	case r.layout == uhfreader.LayoutUnknown:
		return &devices.Error{
			Code:   devices.CodeHandshakeFailed,
			Detail: fmt.Sprintf("the reader is of type %s, whose tag records cannot be read without guessing: use a reader of a known type", info.Type),
		}
	case r.layout == uhfreader.LayoutPlain && port > 1:
		return &devices.Error{
			Code:   devices.CodeHandshakeFailed,
			Detail: fmt.Sprintf("antenna port %d is configured and the reader, a %s, has 1: correct the site's configuration", port, info.Type),
		}
	}
	return nil
}

// answerMode has the reader leave the modes in which it scans by itself, if it is in one.
func (r *uhfReader) answerMode(ctx context.Context) error {
	if !r.unasked && (!r.deaf || r.modeSet) {
		return nil
	}
	r.modeSet = r.modeSet || !r.unasked
	r.s.settings.Log.Warn("the reader scans by itself or did not react; it is set to answer mode")
	err := r.set(ctx, "the answer mode", uhfreader.AppendAnswerMode(nil, r.address, r.layout))
	r.unasked, r.deaf = false, false // what came before the confirmation was under way
	return err
}

// adjust writes the settings that are not as they should be, and reports whether there were any.
func (r *uhfReader) adjust(ctx context.Context, info uhfreader.Information) (written bool, err error) {
	set := func(needed bool, what string, request []byte) {
		if needed && err == nil {
			written, err = true, r.set(ctx, what, request)
		}
	}
	power, want := r.s.settings.PowerDBm, uhfChannels(r.s.settings.Region)
	set(!within(info.Channels, want), "the region's channels", uhfreader.AppendSetChannels(nil, r.address, want))
	set(info.PowerDBm != power, fmt.Sprintf("a power of %d dBm", power), uhfreader.AppendSetPower(nil, r.address, power))
	set(r.layout == uhfreader.LayoutPlain && info.ScanTime > uhfScanLongest, "a scan time", uhfreader.AppendSetScanTime(nil, r.address, uhfScanLongest))
	if err != nil || !info.Extended || info.AntennaCheck {
		return written, err
	}
	refused := r.set(ctx, "the antenna check", uhfreader.AppendAntennaCheck(nil, r.address, true))
	if refused != nil && devices.CodeOf(refused) == devices.CodeHandshakeFailed {
		r.s.settings.Log.Warn("the reader does not check its antennas: one without a cable hears nothing and is not noticed", "err", refused)
		return written, nil
	}
	return true, refused
}

// uhfChannels returns all channels of a region.
func uhfChannels(region Region) uhfreader.Channels {
	switch region {
	case RegionUS:
		return uhfreader.Channels{Band: uhfreader.BandUS, High: 49}
	case RegionEU:
		return uhfreader.Channels{Band: uhfreader.BandEU, High: 14}
	case RegionKorea:
		return uhfreader.Channels{Band: uhfreader.BandKorea, High: 31}
	case RegionChina:
	}
	return uhfreader.Channels{Band: uhfreader.BandChina, High: 19}
}

// within reports whether a reader uses channels of the region and no others. Fewer than
// all of them are somebody's choice and stay.
func within(got, want uhfreader.Channels) bool {
	return got.Band == want.Band && got.Low <= got.High && got.Low >= want.Low && got.High <= want.High
}

// verify compares what the reader tells after it was set up with what it was set to.
func (r *uhfReader) verify(info uhfreader.Information) (powerFault string, err error) {
	want := r.s.settings.PowerDBm
	switch {
	case !within(info.Channels, uhfChannels(r.s.settings.Region)):
		low, high, _ := info.Channels.RangeKHz()
		return "", handshakeFailed("the region's channels", fmt.Errorf("it still uses %d to %d kHz", low, high))
	case info.PowerDBm == uhfreader.PowerUnknown:
		r.s.settings.Log.Warn("the reader does not tell its power; it could not be compared")
	case info.PowerDBm != want:
		return powerMismatch(r.s.settings.Antennas[0], want, info.PowerDBm), nil
	}
	return "", nil
}

// restarted compares the settings with what they were. A reader that was exchanged, or set
// by another host, has others; one that restarted may have lost its antenna check, which
// alone is not on the manual's list of what is stored (UNSURE: whether it is all the same).
// Otherwise a restart goes unseen and costs no more than the round under way: no other
// setting is lost, the reader says nothing when it starts and counts nothing while it only
// answers, and any mark that could be left in it would go to the memory that wears.
func (r *uhfReader) restarted(ctx context.Context) (bool, error) {
	info, err := r.ask(ctx)
	return err == nil && info != r.told, err
}

// ask asks for the reader's information until it answers.
func (r *uhfReader) ask(ctx context.Context) (uhfreader.Information, error) {
	for range askTries {
		info, err := r.askOnce(ctx)
		if !errors.Is(err, errQuiet) && !errors.Is(err, errNotAccepted) {
			return info, err
		}
	}
	return uhfreader.Information{}, r.wire.silence("the identity query")
}

func (r *uhfReader) askOnce(ctx context.Context) (uhfreader.Information, error) {
	r.out = uhfreader.AppendQuery(r.out[:0], r.address, uhfreader.CommandInformation)
	status, data, err := r.exchange(ctx, r.out)
	if err != nil {
		return uhfreader.Information{}, err
	}
	info, err := uhfreader.ParseInformation(data)
	if err == nil && status != uhfreader.StatusOK {
		err = errors.New(status.String())
	}
	if err != nil {
		return info, handshakeFailed("the identity query", err)
	}
	return info, nil
}

// set sends a setting until it is confirmed.
func (r *uhfReader) set(ctx context.Context, what string, request []byte) error {
	last := errQuiet
	for range askTries {
		status, _, err := r.exchange(ctx, request)
		switch {
		case errors.Is(err, errQuiet), errors.Is(err, errNotAccepted):
			last = err
		case err != nil:
			return err
		case status != uhfreader.StatusOK:
			return handshakeFailed(what, errors.New(status.String()))
		default:
			return nil
		}
	}
	if errors.Is(last, errNotAccepted) {
		return handshakeFailed(what, last)
	}
	return r.wire.silence("the setting of " + what)
}

// errNotAccepted says that the reader answered that it did not understand: the command is
// unknown to it, or was damaged on the line.
var errNotAccepted = errors.New(uhfreader.StatusNotAccepted.String())

// exchange sends a request once and waits for its answer. The answer's data is a copy.
func (r *uhfReader) exchange(ctx context.Context, request []byte) (uhfreader.Status, []byte, error) {
	if err := r.wire.send(request); err != nil {
		return 0, nil, err
	}
	return r.await(ctx, time.Now().Add(answerMax), uhfreader.Command(request[2]))
}

// await returns the answer to a command, from the reader that was asked, whose address
// it learns.
func (r *uhfReader) await(ctx context.Context, until time.Time, command uhfreader.Command) (uhfreader.Status, []byte, error) {
	for {
		f, status, err := r.next(ctx, until)
		switch {
		case err != nil:
			return 0, nil, err
		case f.Command == command:
			r.address = f.Address
			return status, bytes.Clone(f.Data[1:]), nil
		case f.Command == uhfreader.CommandNone && status == uhfreader.StatusNotAccepted:
			return 0, nil, errNotAccepted
		}
		if !time.Now().Before(until) {
			return 0, nil, errQuiet // a reader that scans by itself is never quiet
		}
	}
}

// next returns the next answer of the reader that is asked. There is no start byte, so a
// frame's address and its command are part of what tells it from noise.
func (r *uhfReader) next(ctx context.Context, until time.Time) (uhfreader.Frame, uhfreader.Status, error) {
	for {
		f, err := r.wire.next(ctx, until)
		if err != nil {
			return f, 0, err
		}
		status, _, answer := f.Reply()
		if answer && (f.Address == r.address || r.address == uhfreader.AddressBroadcast) {
			if f.Command != uhfreader.CommandUnasked {
				return f, status, nil
			}
			r.unasked = true
		}
		if !time.Now().Before(until) {
			return f, 0, errQuiet
		}
	}
}

func (r *uhfReader) idle(ctx context.Context, until time.Time) error {
	return pass(until, func() error {
		_, _, err := r.next(ctx, until)
		return err
	})
}

// take starts one inventory of one antenna. The reader is busy until its scan time is
// over and loses what it is sent meanwhile, so a round is waited for that long even when
// it is known to be damaged.
func (r *uhfReader) take(ctx context.Context, port uint8) error {
	if r.unasked {
		return errQuiet // the reader scans by itself: it is to be set up anew
	}
	r.request(port)
	if err := r.wire.send(r.out); err != nil {
		return err
	}
	begun := time.Now()
	end, until := begun.Add(roundMax), begun.Add(time.Duration(r.scan)*100*time.Millisecond+uhfScanSlack)
	r.deaf = true
	for time.Now().Before(end) {
		f, status, err := r.next(ctx, earlier(end, until))
		if err != nil {
			return err
		}
		r.deaf = false
		done := false
		switch f.Command {
		case uhfreader.CommandInventory:
			done, err = r.answer(ctx, port, status, f.Data[1:])
		case uhfreader.CommandNone:
			err = &refusal{CodeReaderError, "the reader does not accept the inventory request: " + status.String()}
		}
		if done || err != nil {
			return err
		}
		if later := time.Now().Add(answerMax); later.After(until) {
			until = later // many tags take their time on the line
		}
	}
	return errQuiet
}

// request prepares the request for a round.
func (r *uhfReader) request(port uint8) {
	if r.layout == uhfreader.LayoutPlain {
		r.out = uhfreader.AppendQuery(r.out[:0], r.address, uhfreader.CommandInventory)
		return
	}
	r.out = uhfreader.AppendInventory(r.out[:0], r.address, uhfreader.Inventory{Q: r.s.settings.SlotExponent, Session: uhfSession, Port: port, ScanTime: r.scan})
}

// answer takes one frame of a round, and reports whether it was the last.
func (r *uhfReader) answer(ctx context.Context, port uint8, status uhfreader.Status, data []byte) (done bool, err error) {
	switch status {
	case uhfreader.StatusMore, uhfreader.StatusFinished:
		r.records(port, data)
		return status == uhfreader.StatusFinished, nil
	case uhfreader.StatusNoTag:
		return true, nil
	case uhfreader.StatusTimeUp:
		return true, r.cut(ctx)
	case uhfreader.StatusStatistics:
		return false, nil
	case uhfreader.StatusAntenna:
		return true, &refusal{CodeAntennaFault, status.String() + ": check its cable"}
	}
	return true, &refusal{CodeReaderError, "the reader did not finish the round: " + status.String()}
}

// cut deals with a round that its scan time cut short: of the tags that were not heard
// nobody can say whether their turn had come. The next ones may take longer.
func (r *uhfReader) cut(ctx context.Context) error {
	if r.scan >= uhfScanLongest {
		return &refusal{CodeReaderError, fmt.Sprintf("%d tenths of a second are too short for a round: there are too many tags, or too much noise, for this antenna", r.scan)}
	}
	r.scan = min(2*r.scan, uhfScanLongest)
	r.s.round.spoiled = fmt.Sprintf("the scan time was over before the round was; it is %d tenths of a second from now on", r.scan)
	if r.layout != uhfreader.LayoutPlain {
		return nil
	}
	r.told.ScanTime = r.scan
	return r.set(ctx, "a scan time", uhfreader.AppendSetScanTime(nil, r.address, r.scan))
}

// records takes the tag records of one frame. They must be of the antenna that was
// asked; those of another would put a folder in the wrong place.
func (r *uhfReader) records(port uint8, data []byte) {
	batch, err := uhfreader.ParseBatch(r.layout, data)
	switch {
	case err != nil:
		r.s.round.spoiled = err.Error()
		return
	case r.layout == uhfreader.LayoutAntenna && batch.AntennaMask != 1<<(port-1):
		r.s.round.spoiled = fmt.Sprintf("records of antenna %d came in a round of antenna %d", bits.Len8(batch.AntennaMask), port)
		return
	}
	for batch.Next(&r.tag) {
		rssi := fact.RSSIUnknown
		if r.tag.HasRSSI {
			rssi = r.s.settings.RSSI.cdBm(r.tag.RSSIRaw)
		}
		if !r.s.round.add(r.tag.EPC, rssi) {
			r.s.oddRecord(r.tag.EPC, errEPCLength)
		}
	}
}
