package uhf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"trilock/devices"
	"trilock/firmware-protocols/mercury"
)

// CodeOverheated: the reader is too hot to transmit, and is left alone until it has cooled down.
const CodeOverheated = "overheated"

// Limits that only this protocol has, each with its reason.
const (
	// mercurySearch is how long one antenna listens: these modules take the whole time
	// whatever they hear, and read some hundred tags in a second.
	mercurySearch = 250 * time.Millisecond
	// mercuryStopMax: a module that streams may send records for one or two seconds after
	// it was told to stop.
	mercuryStopMax = 2 * time.Second
	// mercuryBootMax is how long the way from the boot loader into the firmware may take.
	// The document gives no figure.
	mercuryBootMax = 3 * time.Second
	// mercuryCoolDown is how long a module that is too hot is left alone. The carrier is
	// what heats it; the small ones get warm and cold again within seconds.
	mercuryCoolDown = 5 * time.Second
	// mercuryFields are the metadata that a round needs.
	mercuryFields = mercury.MetaRSSI | mercury.MetaAntenna | mercury.MetaProtocol
)

// mercuryReader speaks package mercury's protocol.
type mercuryReader struct {
	s      *session
	wire   *wire[mercury.Frame]
	out    []byte
	tag    mercury.Tag
	region mercury.Region
	// set: it was set up on this line, with the power that it told then.
	set   bool
	power int16
	// rebooted: it has said that its firmware began anew.
	rebooted bool
	// inputsTold: it has answered for its pins.
	inputsTold bool
	coolTill   time.Time
}

func newMercury(s *session, link devices.Link) *mercuryReader {
	return &mercuryReader{
		s: s, wire: newWire(link, decoder[mercury.Frame](&mercury.Decoder{})), region: mercuryRegion(s.settings.Region),
	}
}

// mercuryRegion is the module's number of a region.
func mercuryRegion(r Region) mercury.Region {
	switch r {
	case RegionUS:
		return mercury.RegionNorthAmerica
	case RegionEU:
		return mercury.RegionEurope
	case RegionKorea:
		return mercury.RegionKorea
	case RegionChina:
	}
	return mercury.RegionChina
}

func (r *mercuryReader) damage() damage { return r.wire.damage() }

// connect begins with a stop: after a crash of the host the module may still be
// streaming. Padding before it wakes a module that sleeps.
func (r *mercuryReader) connect(ctx context.Context) (hello, error) {
	if err := r.stop(ctx); err != nil {
		return hello{}, err
	}
	version, err := r.boot(ctx)
	if err != nil {
		return hello{}, err
	}
	restarted := false
	if r.set {
		if restarted, err = r.restarted(ctx); err != nil {
			return hello{}, err
		}
	}
	power, err := r.setUp(ctx)
	r.set, r.rebooted = err == nil, false
	return hello{identity: "thingmagic " + version.String(), restarted: restarted, power: power}, err
}

// stop ends continuous reading. What the module answers does not matter (its boot loader
// knows no such command), nor that it does not: the next question finds that out.
func (r *mercuryReader) stop(ctx context.Context) error {
	r.out = mercury.AppendStop(mercury.AppendWake(r.out[:0]))
	if err := r.wire.send(r.out); err != nil {
		return err
	}
	_, err := r.await(ctx, time.Now().Add(mercuryStopMax), mercury.OpMultiProtocol)
	if errors.Is(err, errQuiet) {
		return nil
	}
	return err
}

// boot asks who the module is and sends it from the boot loader into its firmware, where
// many begin after power comes on. In the firmware it knows no such command.
func (r *mercuryReader) boot(ctx context.Context) (mercury.Version, error) {
	f, err := r.ask(ctx, "the version query", mercury.AppendQuery(r.out[:0], mercury.OpVersion), answerMax)
	if err != nil {
		return mercury.Version{}, err
	}
	begun, err := r.ask(ctx, "the start of its firmware", mercury.AppendQuery(r.out[:0], mercury.OpBoot), mercuryBootMax)
	if err != nil {
		return mercury.Version{}, err
	}
	switch begun.Status {
	case mercury.StatusOK:
		f, r.rebooted = begun, true
	case mercury.StatusInvalidOpcode:
	default:
		return mercury.Version{}, handshakeFailed("the start of its firmware", errors.New(begun.Status.String()))
	}
	version, err := mercury.ParseVersion(f.Data)
	if err == nil && f.Status != mercury.StatusOK {
		err = errors.New(f.Status.String())
	}
	if err != nil {
		return version, handshakeFailed("the version query", err)
	}
	return version, nil
}

// restarted compares region and power with what they were: a restart forgets both.
func (r *mercuryReader) restarted(ctx context.Context) (bool, error) {
	if r.rebooted {
		return true, nil
	}
	region, err := r.ask(ctx, "the region query", mercury.AppendQuery(r.out[:0], mercury.OpGetRegion), answerMax)
	if err != nil {
		return false, err
	}
	got, bad := mercury.ParseRegion(region.Data)
	if region.Status != mercury.StatusOK || bad != nil || got != r.region {
		return true, nil
	}
	power, bad, err := r.askPower(ctx)
	return err == nil && (bad != nil || power.SetCdBm != r.power), err
}

// setUp makes the settings in the order that the modules want: antenna, region, tag
// protocol, power. All of them last until the next restart.
func (r *mercuryReader) setUp(ctx context.Context) (string, error) {
	for _, port := range slices.Backward(r.s.settings.Antennas) { // every port is tried, and the first one stays
		f, err := r.ask(ctx, "the choice of an antenna", mercury.AppendSetAntenna(r.out[:0], port), answerMax)
		if err != nil {
			return "", err
		}
		if f.Status == mercury.StatusParameter {
			return "", handshakeFailed(fmt.Sprintf("antenna port %d", port), errors.New(f.Status.String()))
		}
	}
	region := fmt.Sprintf("the region %02X", uint8(r.region))
	if err := r.order(ctx, region, mercury.AppendSetRegion(r.out[:0], r.region)); err != nil {
		return "", err
	}
	f, err := r.ask(ctx, "the region query", mercury.AppendQuery(r.out[:0], mercury.OpGetRegion), answerMax)
	if err != nil {
		return "", err
	}
	if got, bad := mercury.ParseRegion(f.Data); bad != nil || got != r.region {
		return "", handshakeFailed(region, fmt.Errorf("it tells region %02X", f.Data))
	}
	if err := r.order(ctx, "the tag protocol Gen2", mercury.AppendSetProtocol(r.out[:0], mercury.ProtocolGen2)); err != nil {
		return "", err
	}
	return r.setPower(ctx)
}

// setPower sets the power of all ports and reads it back.
func (r *mercuryReader) setPower(ctx context.Context) (string, error) {
	want := 100 * int16(r.s.settings.PowerDBm) // at most powerMaxDBm
	what := fmt.Sprintf("a power of %d dBm", r.s.settings.PowerDBm)
	power, bad, err := r.askPower(ctx)
	switch {
	case err != nil:
		return "", err
	case bad != nil:
		return "", handshakeFailed("the power query", bad)
	case want < power.MinCdBm || want > power.MaxCdBm:
		return "", handshakeFailed(what, fmt.Errorf("it can do %.1f to %.1f dBm", float64(power.MinCdBm)/100, float64(power.MaxCdBm)/100))
	}
	if err := r.order(ctx, what, mercury.AppendSetPower(r.out[:0], want)); err != nil {
		return "", err
	}
	power, bad, err = r.askPower(ctx)
	r.power = power.SetCdBm
	switch {
	case err != nil:
		return "", err
	case bad != nil:
		return "", handshakeFailed("the power query", bad)
	case power.SetCdBm != want:
		return fmt.Sprintf("it was set to %d dBm and tells %.2f: the zone it covers is not the one that was measured", r.s.settings.PowerDBm, float64(power.SetCdBm)/100), nil
	}
	return "", nil
}

// askPower asks for the power; bad says that the module did not tell it.
func (r *mercuryReader) askPower(ctx context.Context) (power mercury.Power, bad, err error) {
	f, err := r.ask(ctx, "the power query", mercury.AppendGetPower(r.out[:0]), answerMax)
	if err != nil {
		return power, nil, err
	}
	power, bad = mercury.ParsePower(f.Data)
	if f.Status != mercury.StatusOK {
		bad = errors.New(f.Status.String())
	}
	return power, bad, nil
}

// order sends a setting that the module must accept.
func (r *mercuryReader) order(ctx context.Context, what string, request []byte) error {
	f, err := r.ask(ctx, what, request, answerMax)
	if err == nil && f.Status != mercury.StatusOK {
		return handshakeFailed(what, errors.New(f.Status.String()))
	}
	return err
}

func (r *mercuryReader) tellsChanges() bool { return false }

// levels asks for the module's pins, which its sheets count from 1.
func (r *mercuryReader) levels(ctx context.Context) (map[uint8]bool, error) {
	f, err := r.ask(ctx, "the query of its inputs", mercury.AppendGetGPIO(r.out[:0]), answerMax)
	if err != nil {
		return nil, untold(err, r.inputsTold)
	}
	if f.Status != mercury.StatusOK {
		return nil, fmt.Errorf("%w: %s", errUntold, f.Status)
	}
	pins, err := mercury.ParseGPIO(f.Data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUntold, err)
	}
	r.inputsTold = true
	high := map[uint8]bool{}
	for _, pin := range pins {
		if !pin.Output && pin.Number > 0 {
			high[pin.Number-1] = pin.High
		}
	}
	return high, nil
}

// ask sends a request until its answer comes. The answer's data is a copy.
func (r *mercuryReader) ask(ctx context.Context, what string, request []byte, wait time.Duration) (mercury.Frame, error) {
	r.out = request
	for range askTries {
		if err := r.wire.send(request); err != nil {
			return mercury.Frame{}, err
		}
		f, err := r.await(ctx, time.Now().Add(wait), mercury.Opcode(request[2]))
		if !errors.Is(err, errQuiet) {
			f.Data = bytes.Clone(f.Data)
			return f, err
		}
	}
	return mercury.Frame{}, r.wire.silence(what)
}

// await returns the next answer with the opcode, and passes over all others: they are late
// answers, or what was streamed before the stop.
func (r *mercuryReader) await(ctx context.Context, until time.Time, op mercury.Opcode) (mercury.Frame, error) {
	for {
		f, err := r.wire.next(ctx, until)
		if err != nil || f.Opcode == op {
			return f, err
		}
		r.note(f)
		if !time.Now().Before(until) {
			return f, errQuiet // a module that streams is never quiet
		}
	}
}

// note looks at a frame that nobody asked for.
func (r *mercuryReader) note(f mercury.Frame) {
	if f.Opcode == mercury.OpBoot && f.Status == mercury.StatusOK {
		r.rebooted = true
	}
}

// idle passes the gap, and a longer one when the module is hot.
func (r *mercuryReader) idle(ctx context.Context, until time.Time) error {
	if r.coolTill.After(until) {
		until = r.coolTill
	}
	return pass(until, func() error {
		f, err := r.wire.next(ctx, until)
		if err == nil {
			r.note(f)
		}
		return err
	})
}

// take makes one round. An answer that was lost on the line costs this round alone,
// because the next one begins with an empty buffer; one that was not sent is a reason to
// look at the module anew.
func (r *mercuryReader) take(ctx context.Context, port uint8) error {
	before := r.wire.damage()
	err := r.search(ctx, port)
	if errors.Is(err, errQuiet) && !r.rebooted && r.wire.damage().since(before) {
		r.s.round.spoiled = "an answer was lost on the line"
		return nil
	}
	return err
}

// search empties the module's buffer, has it read, and fetches what it has read.
func (r *mercuryReader) search(ctx context.Context, port uint8) error {
	if r.rebooted {
		return errQuiet
	}
	f, err := r.ask(ctx, "the choice of an antenna", mercury.AppendSetAntenna(r.out[:0], port), answerMax)
	if err == nil {
		err = r.verdict(f.Status)
	}
	if err != nil {
		return err
	}
	f, err = r.ask(ctx, "the clearing of its buffer", mercury.AppendQuery(r.out[:0], mercury.OpClearBuffer), answerMax)
	if err == nil {
		err = r.verdict(f.Status)
	}
	if err != nil {
		return err
	}
	r.out = mercury.AppendSearch(r.out[:0], mercury.Search{
		Flags: mercury.SearchConfiguredAntenna | mercury.SearchLargePopulation, TimeoutMS: uint16(mercurySearch / time.Millisecond),
	})
	f, err = r.step(ctx, r.out, mercurySearch+answerMax)
	if err != nil {
		return err
	}
	if f.Status == mercury.StatusNoTags {
		return nil
	}
	if err := r.verdict(f.Status); err != nil {
		return err
	}
	count, err := mercury.ParseSearchCount(f.Data)
	if err != nil {
		r.s.round.spoiled = fmt.Sprintf("an answer of %d bytes counts no tags", len(f.Data))
		return nil
	}
	return r.fetch(ctx, port, count)
}

// fetch takes as many records as were counted.
func (r *mercuryReader) fetch(ctx context.Context, port uint8, left uint32) error {
	for end := time.Now().Add(roundMax); left > 0; {
		if time.Now().After(end) {
			return errQuiet
		}
		r.out = mercury.AppendGetBuffer(r.out[:0], mercuryFields)
		f, err := r.step(ctx, r.out, answerMax)
		if err != nil {
			return err
		}
		if f.Status != mercury.StatusNoTags {
			if err := r.verdict(f.Status); err != nil {
				return err
			}
		}
		b, err := mercury.ParseBuffer(f.Data)
		if err != nil || b.Count == 0 || uint32(b.Count) > left || b.Fields != mercuryFields {
			r.s.round.spoiled = fmt.Sprintf("the reader counted %d more tags and tells others", left)
			return nil
		}
		left -= uint32(b.Count)
		if err := r.records(port, b); err != nil {
			r.s.round.spoiled = err.Error()
			return nil
		}
	}
	return nil
}

// step sends a request of a round and takes its answer. It is not sent twice, because
// nobody knows which of two answers is missing; and any other answer is a sign that the
// module has begun anew.
func (r *mercuryReader) step(ctx context.Context, request []byte, wait time.Duration) (mercury.Frame, error) {
	if err := r.wire.send(request); err != nil {
		return mercury.Frame{}, err
	}
	f, err := r.wire.next(ctx, time.Now().Add(wait))
	if err == nil && f.Opcode != mercury.Opcode(request[2]) {
		r.note(f)
		return f, errQuiet
	}
	return f, err
}

// verdict says what a status means for a round.
func (r *mercuryReader) verdict(status mercury.Status) error {
	switch status {
	case mercury.StatusOK:
		return nil
	case mercury.StatusInvalidOpcode, mercury.StatusRegion, mercury.StatusNoProtocol:
		return errQuiet // it has lost its settings: connect makes them again, and says so
	case mercury.StatusAntennaMissing, mercury.StatusReturnLoss, mercury.StatusAntennaUndefined:
		return &refusal{CodeAntennaFault, status.String() + ": check the antenna and its cable"}
	case mercury.StatusOverTemperature:
		r.coolTill = time.Now().Add(mercuryCoolDown)
		return &refusal{CodeOverheated, "the reader is too hot and rests: give it air or a heat sink, or lower its power"}
	case mercury.StatusBufferFull:
		return &refusal{CodeTooManyTags, "the reader has no room for all tags of one round: spread them over more antennas"}
	}
	return &refusal{CodeReaderError, "the reader refuses to read: " + status.String()}
}

// records takes the records of one answer. One that cannot be read hides those behind it,
// so that the round does not count.
func (r *mercuryReader) records(port uint8, b mercury.Buffer) error {
	for {
		more, err := b.Next(&r.tag)
		if err != nil || !more {
			return err
		}
		t := &r.tag
		if t.AntennaTX != port || t.AntennaRX != port {
			return fmt.Errorf("a record of antenna %d/%d came in a round of antenna %d", t.AntennaTX, t.AntennaRX, port)
		}
		if t.Protocol != mercury.ProtocolGen2 {
			r.s.oddRecord(t.EPC, fmt.Errorf("a tag of protocol %02X", t.Protocol))
		} else if !r.s.round.add(t.EPC, 100*int16(t.RSSIdBm)) {
			r.s.oddRecord(t.EPC, errEPCLength)
		}
	}
}
