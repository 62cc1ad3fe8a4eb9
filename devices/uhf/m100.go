package uhf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/firmware-protocols/m100"
)

// Limits of this driver, each with its reason.
const (
	// portMaxM100: the modules have one antenna; what switches several is not the module's.
	portMaxM100 = 1
	// PollsDefault is how many polls make a round. One poll has as many slots as Query's Q
	// says (16 as delivered), so that several are needed for a drawer of folders. UNSURE:
	// how many; no source tells what one poll of a full drawer misses.
	PollsDefault = 10
	// m100Quiet ends a series of polls, which has no end of its own: each poll says
	// something, and takes far less. The sources give 100 to 300 ms.
	m100Quiet = 200 * time.Millisecond
)

// m100Mark is a Select mask that is never sent. A module forgets it when it restarts or
// falls asleep, so that a mask that is still there proves that it did neither.
func m100Mark() m100.Select {
	const bankEPC, startOfEPC = 1, 32
	mask := []byte("TRLK")
	return m100.Select{Bank: bankEPC, PointerBits: startOfEPC, MaskBits: uint8(8 * len(mask)), Mask: mask} //nolint:gosec // four bytes
}

// m100Reader speaks package m100's protocol.
//
// The protocol marks no end of a round, so this driver makes one: a series of polls, of
// which each tells a tag or that there was none; a pause; the confirmed stop command,
// before which all that was under way has been told; and the mark, which proves that the
// module has not restarted meanwhile.
type m100Reader struct {
	s      *session
	wire   *wire[m100.Frame]
	dec    *m100.Decoder
	out    []byte
	tag    m100.Tag
	family m100.Family
	setUp  bool
	// marked: the module keeps the mark. One that knows no such command is told by its power.
	marked bool
	// power is what the module told after it was set up, in hundredths of a dBm.
	power uint16
	// reading is the port whose round is under way, or 0.
	reading uint8
	// heard and empty count the notifications and the empty polls of the round.
	heard, empty int
}

func newM100(s *session, link devices.Link) *m100Reader {
	dec := &m100.Decoder{}
	return &m100Reader{s: s, wire: newWire(link, decoder[m100.Frame](dec)), dec: dec}
}

func (r *m100Reader) damage() damage { return r.wire.damage() }

func (r *m100Reader) connect(ctx context.Context) (hello, error) {
	r.reading = 0
	if err := r.find(ctx); err != nil {
		return hello{}, err
	}
	var h hello
	var err error
	if h.identity, err = r.identify(ctx); err != nil {
		return h, err
	}
	if r.setUp {
		if h.restarted, err = r.restarted(ctx); err != nil {
			return h, err
		}
	}
	if err = r.setRegion(ctx); err != nil {
		return h, err
	}
	if err = r.setQuery(ctx); err != nil {
		return h, err
	}
	if h.power, err = r.setPower(ctx); err != nil {
		return h, err
	}
	if err = r.mark(ctx); err != nil {
		return h, err
	}
	r.setUp = true
	return h, nil
}

// find stops what runs, in both families of frames until one of them is answered. A
// module that sleeps loses the first request by waking up.
func (r *m100Reader) find(ctx context.Context) error {
	families := []m100.Family{m100.FamilyBB, m100.FamilyAA}
	if r.family != m100.FamilyAny {
		families = []m100.Family{r.family}
	}
	for range askTries {
		for _, family := range families {
			r.out = family.Request(r.out[:0], m100.CommandStop)
			f, err := r.exchange(ctx, r.out, m100.CommandStop)
			if errors.Is(err, errQuiet) {
				continue
			}
			if err != nil {
				return handshakeOf("the stop command", err)
			}
			r.family, r.dec.Format.Family = f.Family, f.Family
			return nil
		}
	}
	return r.wire.silence("the stop command")
}

// identify asks what the module is. Text that cannot be read stays empty: that is no fault.
func (r *m100Reader) identify(ctx context.Context) (string, error) {
	text := [2]string{}
	for i, kind := range []m100.InformationKind{m100.InformationHardware, m100.InformationSoftware} {
		data, err := r.ask(ctx, "the identity query", r.family.Request(nil, m100.CommandInformation, byte(kind)))
		if err != nil {
			return "", err
		}
		if told, words, err := m100.ParseInformation(data); err == nil && told == kind {
			text[i] = words
		}
	}
	return fmt.Sprintf("m100-r200 %s firmware %s", text[0], text[1]), nil
}

// m100Region returns a region's number.
func m100Region(region Region) m100.Region {
	switch region {
	case RegionUS:
		return m100.RegionUS
	case RegionEU:
		return m100.RegionEU
	case RegionKorea:
		return m100.RegionKorea
	case RegionChina:
	}
	return m100.RegionChina
}

// setRegion sets the region and reads it back, unless it is set already.
func (r *m100Reader) setRegion(ctx context.Context) error {
	want := m100Region(r.s.settings.Region)
	got, err := r.readRegion(ctx)
	if err != nil || got == want {
		return err
	}
	if err := r.set(ctx, "the region", r.family.Request(nil, m100.CommandSetRegion, byte(want))); err != nil {
		return err
	}
	if got, err = r.readRegion(ctx); err == nil && got != want {
		return handshakeFailed("the region", fmt.Errorf("it was set to %02X and tells %02X", want, got))
	}
	return err
}

func (r *m100Reader) readRegion(ctx context.Context) (m100.Region, error) {
	data, err := r.ask(ctx, "the region query", r.family.Request(nil, m100.CommandGetRegion))
	if err != nil {
		return 0, err
	}
	region, err := m100.ParseByte(data)
	if err != nil {
		return 0, handshakeFailed("the region query", err)
	}
	return m100.Region(region), nil
}

// setQuery has every tag answer every poll: what another host has left behind may leave
// out those that were read before, or those that are not selected.
func (r *m100Reader) setQuery(ctx context.Context) error {
	got, err := r.readQuery(ctx)
	if err == nil && got != got.Everybody() {
		if err = r.set(ctx, "the query parameters", m100.AppendSetQuery(nil, r.family, got.Everybody())); err != nil {
			return err
		}
		if got, err = r.readQuery(ctx); err == nil && got != got.Everybody() {
			return handshakeFailed("the query parameters", fmt.Errorf("it still has %04X", uint16(got)))
		}
	}
	if err != nil {
		return err
	}
	return r.set(ctx, "the select mode", r.family.Request(nil, m100.CommandSelectMode, byte(m100.SelectNever)))
}

func (r *m100Reader) readQuery(ctx context.Context) (m100.Query, error) {
	data, err := r.ask(ctx, "the query parameters", r.family.Request(nil, m100.CommandGetQuery))
	if err != nil {
		return 0, err
	}
	q, err := m100.ParseQuery(data)
	if err != nil {
		return 0, handshakeFailed("the query parameters", err)
	}
	return q, nil
}

// setPower sets the power, unless it is set already, and reads it back.
func (r *m100Reader) setPower(ctx context.Context) (fault string, err error) {
	want := uint16(r.s.settings.PowerDBm) * 100
	if r.power, err = r.readPower(ctx); err != nil || r.power == want {
		return "", err
	}
	if err := r.set(ctx, fmt.Sprintf("a power of %d dBm", r.s.settings.PowerDBm), m100.AppendSetPower(nil, r.family, want)); err != nil {
		return "", err
	}
	if r.power, err = r.readPower(ctx); err != nil || r.power == want {
		return "", err
	}
	return fmt.Sprintf("the module was set to %d hundredths of a dBm and tells %d: the zone it covers is not the one that was measured", want, r.power), nil
}

func (r *m100Reader) readPower(ctx context.Context) (uint16, error) {
	data, err := r.ask(ctx, "the power query", r.family.Request(nil, m100.CommandGetPower))
	if err != nil {
		return 0, err
	}
	power, err := m100.ParsePower(data)
	if err != nil {
		return 0, handshakeFailed("the power query", err)
	}
	return power, nil
}

// mark leaves the mark with the module, where it takes one.
func (r *m100Reader) mark(ctx context.Context) error {
	err := r.set(ctx, "the select parameters", m100Mark().Set(nil, r.family))
	var refused *m100Refusal
	r.marked = err == nil
	if errors.As(err, &refused) {
		r.s.settings.Log.Warn("the module takes no select parameters; a restart shows itself by its power alone", "err", err)
		return nil
	}
	return err
}

// forgot asks for what a restart takes away: the mark, or the power.
func (r *m100Reader) forgot(ctx context.Context) (bool, error) {
	if !r.marked {
		power, err := r.readPower(ctx)
		return err == nil && power != r.power, err
	}
	data, err := r.ask(ctx, "the select query", r.family.Request(nil, m100.CommandGetSelect))
	if err != nil {
		return false, err
	}
	s, err := m100.ParseSelect(data)
	return err != nil || !bytes.Equal(s.Mask, m100Mark().Mask), nil
}

// restarted also compares the power and the region, which another host may have changed.
func (r *m100Reader) restarted(ctx context.Context) (bool, error) {
	if lost, err := r.forgot(ctx); err != nil || lost {
		return lost, err
	}
	if power, err := r.readPower(ctx); err != nil || power != r.power {
		return err == nil, err
	}
	region, err := r.readRegion(ctx)
	return err == nil && region != m100Region(r.s.settings.Region), err
}

// set sends a setting until it is confirmed.
func (r *m100Reader) set(ctx context.Context, what string, request []byte) error {
	data, err := r.ask(ctx, what, request)
	if err != nil {
		return err
	}
	result, err := m100.ParseByte(data)
	if err == nil && result != m100.Done {
		err = fmt.Errorf("result %02X", result)
	}
	if err != nil {
		return handshakeFailed(what, err)
	}
	return nil
}

// ask sends a request until its answer comes, and returns the answer's data.
func (r *m100Reader) ask(ctx context.Context, what string, request []byte) ([]byte, error) {
	command := m100.Command(request[2])
	answers := []m100.Command{command}
	if command == m100.CommandSelectMode {
		answers = append(answers, m100.CommandSetSelect) // as one manual labels it
	}
	for range askTries {
		f, err := r.exchange(ctx, request, answers...)
		if err == nil {
			return f.Data, nil
		}
		if !errors.Is(err, errQuiet) {
			return nil, handshakeOf(what, err)
		}
	}
	return nil, r.wire.silence(what)
}

// m100Refusal says that the module refused a request.
type m100Refusal struct{ code m100.Code }

func (e *m100Refusal) Error() string { return e.code.String() }

// handshakeOf makes a refused request an error of the handshake, and leaves others alone.
func handshakeOf(what string, err error) error {
	var refused *m100Refusal
	if errors.As(err, &refused) {
		return handshakeFailed(what, err)
	}
	return err
}

// exchange sends a request once and waits for one of the answers. The frame's data is a copy.
func (r *m100Reader) exchange(ctx context.Context, request []byte, answers ...m100.Command) (m100.Frame, error) {
	if err := r.wire.send(request); err != nil {
		return m100.Frame{}, err
	}
	until := time.Now().Add(answerMax)
	for {
		f, code, err := r.next(ctx, until)
		switch {
		case err != nil:
			return f, err
		case f.Type == m100.TypeResponse && slices.Contains(answers, f.Command):
			f.Data = bytes.Clone(f.Data)
			return f, nil
		case code != 0 && code != m100.CodeHopping: // that one is a late poll's
			return f, &m100Refusal{code}
		}
		if !time.Now().Before(until) {
			return f, errQuiet // a module that polls is never quiet
		}
	}
}

// next returns the next frame, and the code of an error response. It takes the tags and
// the empty polls of a round as they pass.
func (r *m100Reader) next(ctx context.Context, until time.Time) (m100.Frame, m100.Code, error) {
	f, err := r.wire.next(ctx, until)
	switch {
	case err != nil:
		return f, 0, err
	case f.Type == m100.TypeNotification && f.Command == m100.CommandPoll:
		r.heard++
		r.record(f.Data)
	case f.Type == m100.TypeResponse && f.Command == m100.CommandError:
		code, _, err := m100.ParseError(f.Data)
		if err == nil && code != m100.CodeNoTag {
			return f, code, nil
		}
		if err == nil {
			r.empty++
		}
	}
	return f, 0, nil
}

func (r *m100Reader) idle(ctx context.Context, until time.Time) error {
	return pass(until, func() error {
		_, _, err := r.next(ctx, until)
		return err
	})
}

// take makes one round: see m100Reader. A series of polls that said nothing at all was
// not made: it is no empty round.
func (r *m100Reader) take(ctx context.Context, port uint8) error {
	r.reading, r.heard, r.empty = port, 0, 0
	defer func() { r.reading = 0 }()
	r.out = m100.AppendMultiPoll(r.out[:0], r.family, uint16(r.s.settings.Polls))
	if err := r.wire.send(r.out); err != nil {
		return err
	}
	failed, err := r.polls(ctx)
	if err != nil {
		return err
	}
	if _, err := r.ask(ctx, "the stop command", r.family.Request(nil, m100.CommandStop)); err != nil {
		return err
	}
	r.reading = 0
	lost, err := r.forgot(ctx)
	switch {
	case err != nil:
		return err
	case lost, r.heard+r.empty == 0 && failed == 0:
		return errQuiet
	case r.heard+r.empty == 0:
		return &refusal{CodeReaderError, "the module did not poll: " + failed.String()}
	}
	return nil
}

// polls waits until a series of polls is over, and returns the error of one that failed.
func (r *m100Reader) polls(ctx context.Context) (failed m100.Code, err error) {
	end, until := time.Now().Add(roundMax), time.Now().Add(stallMax)
	for r.empty < int(r.s.settings.Polls) && time.Now().Before(end) {
		_, code, err := r.next(ctx, earlier(end, until))
		if errors.Is(err, errQuiet) {
			return failed, nil
		}
		if err != nil {
			return failed, err
		}
		if code != 0 {
			failed = code
		}
		until = time.Now().Add(m100Quiet)
	}
	return failed, nil
}

// record takes one tag record of the round under way. The frame's checksum is weak; a
// record whose tag's own CRC does not hold was damaged on the line.
func (r *m100Reader) record(data []byte) {
	if r.reading == 0 {
		return
	}
	if err := m100.ParseTag(data, &r.tag); errors.Is(err, m100.ErrTagCRC) {
		r.s.round.spoiled = err.Error()
		return
	} else if err != nil {
		r.s.oddRecord(data, err)
		return
	}
	if !r.s.round.add(r.tag.EPC, int16(r.tag.RSSIdBm)*100) {
		r.s.oddRecord(data, errEPCLength)
	}
}

// BaudsToTry returns the speeds, in bit/s, at which a reader of the protocol may answer:
// the configured one first. Modules of m100-r200 are delivered with one of several, and
// keep what they were set to; all other readers have one speed.
func BaudsToTry(protocol string, configured int) []int {
	bauds := []int{configured}
	if protocol != ProtocolM100 {
		return bauds
	}
	for _, baud := range []int{115200, 9600, 38400, 57600} {
		if baud != configured {
			bauds = append(bauds, baud)
		}
	}
	return bauds
}

// InTurn has a line tried in several ways, for example at several speeds: each dial of the
// returned Dial that finds nobody who makes sense there (no answer, or garbage) is
// followed by one of the next way. A way that has worked is tried every other time from
// then on. The two results belong to the same supervisor; ways must not be empty.
func InTurn(d devices.Driver, ways []devices.Dial) (devices.Driver, devices.Dial) {
	t := &turns{driver: d, ways: ways, good: -1}
	return t, t.dial
}

// turns is a Driver and its Dial. The supervisor calls one after the other.
type turns struct {
	driver devices.Driver
	ways   []devices.Dial
	// at is the way of the next dial, last the last one that is not good, good the one
	// that has worked; -1 for none.
	at, last, good int
}

func (t *turns) dial(ctx context.Context) (devices.Link, error) { return t.ways[t.at](ctx) }

// Run runs the driver, and learns whether the way was the right one.
func (t *turns) Run(ctx context.Context, link devices.Link, facts devices.Sink) error {
	watched := &upWatch{Sink: facts}
	err := t.driver.Run(ctx, link, watched)
	if watched.up.Load() {
		t.good = t.at
		return err
	}
	if err == nil {
		return nil
	}
	switch code := devices.CodeOf(err); {
	case code != devices.CodeNoAnswer && code != devices.CodeGarbage:
	case t.good >= 0 && t.at != t.good:
		t.at = t.good
	default:
		t.last = (t.last + 1) % len(t.ways)
		if t.last == t.good {
			t.last = (t.last + 1) % len(t.ways)
		}
		t.at = t.last
	}
	return err
}

// upWatch passes facts on and notes whether a device came up.
type upWatch struct {
	devices.Sink
	up atomic.Bool
}

// Report passes f on.
func (w *upWatch) Report(ctx context.Context, f fact.Fact) error {
	if r, ok := f.(fact.DeviceReport); ok && r.State == fact.DeviceUp {
		w.up.Store(true)
	}
	return w.Sink.Report(ctx, f)
}
