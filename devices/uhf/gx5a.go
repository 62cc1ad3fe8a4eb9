package uhf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/firmware-protocols/gx5a"
)

// gx5aReader speaks package gx5a's protocol.
type gx5aReader struct {
	s    *session
	wire *wire[gx5a.Frame]
	out  []byte
	tag  gx5a.Tag
	// inputsTold: it has answered for its inputs.
	inputsTold bool
	// booted is when the reader last started, by its own account of its uptime; zero
	// until it has given one.
	booted time.Time
	// power is what the reader told after it was set up.
	power []gx5a.AntennaPower
}

func newGX5A(s *session, link devices.Link) *gx5aReader {
	return &gx5aReader{s: s, wire: newWire(link, decoder[gx5a.Frame](&gx5a.Decoder{}))}
}

func (r *gx5aReader) damage() damage { return r.wire.damage() }

// connect begins with a stop: after a crash of the host the reader may still be
// streaming, and the protocol wants it stopped before any setting.
func (r *gx5aReader) connect(ctx context.Context) (hello, error) {
	if _, err := r.ask(ctx, "the stop command", gx5a.AppendQuery(r.out[:0], gx5a.CodeStop)); err != nil {
		return hello{}, err
	}
	data, err := r.ask(ctx, "the version query", gx5a.AppendQuery(r.out[:0], gx5a.CodeBasebandVersion))
	if err != nil {
		return hello{}, err
	}
	version, err := gx5a.ParseBasebandVersion(data)
	if err != nil {
		return hello{}, handshakeFailed("the version query", err)
	}
	info, restarted, err := r.askInfo(ctx)
	if err != nil {
		return hello{}, err
	}
	if err := r.fits(ctx); err != nil {
		return hello{}, err
	}
	power, err := r.setPower(ctx)
	return hello{
		identity:  fmt.Sprintf("gx-5a serial %s baseband %s firmware %s", info.Serial, version, info.App),
		restarted: restarted, power: power,
	}, err
}

// askInfo asks who the reader is, and compares its uptime with what it must be by now. A
// reader whose answer cannot be read stays nameless: that is no fault.
func (r *gx5aReader) askInfo(ctx context.Context) (info gx5a.ReaderInfo, restarted bool, err error) {
	data, err := r.ask(ctx, "the identity query", gx5a.AppendQuery(r.out[:0], gx5a.CodeReaderInfo))
	if err != nil {
		return info, false, err
	}
	info, err = gx5a.ParseReaderInfo(data)
	if err != nil {
		return gx5a.ReaderInfo{Serial: "unknown"}, false, nil //nolint:nilerr // see above
	}
	booted := time.Now().Add(-time.Duration(info.UptimeSeconds) * time.Second)
	restarted = !r.booted.IsZero() && booted.Sub(r.booted) > uptimeSlack
	r.booted = booted
	return info, restarted, nil
}

// restarted asks for what a restart changes: the uptime, and the power, which matters.
func (r *gx5aReader) restarted(ctx context.Context) (bool, error) {
	_, restarted, err := r.askInfo(ctx)
	if err != nil || restarted {
		return restarted, err
	}
	power, err := r.askPower(ctx)
	return err == nil && !slices.Equal(power, r.power), err
}

// fits compares the settings with what the reader can do.
func (r *gx5aReader) fits(ctx context.Context) error {
	data, err := r.ask(ctx, "the capabilities query", gx5a.AppendQuery(r.out[:0], gx5a.CodeCapabilities))
	if err != nil {
		return err
	}
	caps, err := gx5a.ParseCapabilities(data)
	if err != nil {
		return nil //nolint:nilerr // the reader then refuses what it cannot do, with a code
	}
	if port := slices.Max(r.s.settings.Antennas); port > caps.Antennas {
		return &devices.Error{
			Code:   devices.CodeHandshakeFailed,
			Detail: fmt.Sprintf("antenna port %d is configured and the reader has %d: correct the site's configuration", port, caps.Antennas),
		}
	}
	return nil
}

// setPower sets the power until the next restart (storing it would wear the reader's
// flash) and reads it back.
func (r *gx5aReader) setPower(ctx context.Context) (string, error) {
	want := make([]gx5a.AntennaPower, 0, len(r.s.settings.Antennas))
	for _, port := range r.s.settings.Antennas {
		want = append(want, gx5a.AntennaPower{Antenna: port, DBm: r.s.settings.PowerDBm})
	}
	data, err := r.ask(ctx, "the power setting", gx5a.AppendSetPower(r.out[:0], want, false))
	if err != nil {
		return "", err
	}
	result, err := gx5a.ParseResult(data)
	if err == nil && result != gx5a.ResultOK {
		err = errors.New(gx5a.PowerResultText(result))
	}
	if err != nil {
		return "", handshakeFailed(fmt.Sprintf("a power of %d dBm", r.s.settings.PowerDBm), err)
	}
	r.power, err = r.askPower(ctx)
	for _, p := range r.power {
		if slices.Contains(r.s.settings.Antennas, p.Antenna) && p.DBm != r.s.settings.PowerDBm {
			return powerMismatch(p.Antenna, r.s.settings.PowerDBm, p.DBm), nil
		}
	}
	return "", err
}

func (r *gx5aReader) askPower(ctx context.Context) ([]gx5a.AntennaPower, error) {
	data, err := r.ask(ctx, "the power query", gx5a.AppendQuery(r.out[:0], gx5a.CodeGetPower))
	if err != nil {
		return nil, err
	}
	power, _, err := gx5a.ParsePower(data)
	if err != nil {
		return nil, handshakeFailed("the power query", err)
	}
	return power, nil
}

// ask sends a request until its answer comes, and returns the answer's data.
func (r *gx5aReader) ask(ctx context.Context, what string, request []byte) ([]byte, error) {
	r.out = request
	code := gx5a.Code(request[3])<<8 | gx5a.Code(request[4])
	for range askTries {
		if err := r.wire.send(request); err != nil {
			return nil, err
		}
		f, err := r.await(ctx, time.Now().Add(answerMax), code)
		if err == nil {
			return bytes.Clone(f.Data), nil
		}
		if !errors.Is(err, errQuiet) {
			return nil, err
		}
	}
	return nil, r.wire.silence(what)
}

// await returns the next frame with the code.
func (r *gx5aReader) await(ctx context.Context, until time.Time, code gx5a.Code) (gx5a.Frame, error) {
	for {
		f, err := r.next(ctx, until)
		if err != nil || f.Code() == code {
			return f, err
		}
		if !time.Now().Before(until) {
			return f, errQuiet // a reader that streams is never quiet
		}
	}
}

// next returns the next frame that is not a matter of its own.
func (r *gx5aReader) next(ctx context.Context, until time.Time) (gx5a.Frame, error) {
	for {
		f, err := r.wire.next(ctx, until)
		if err != nil {
			return f, err
		}
		switch f.Code() {
		case gx5a.CodeInputStart:
			err = r.input(ctx, f.Data, fact.InputActive)
		case gx5a.CodeInputStop:
			err = r.input(ctx, f.Data, fact.InputInactive)
		case gx5a.CodeHeartbeat:
			if counter, bad := gx5a.ParseHeartbeat(f.Data); bad == nil {
				err = r.wire.send(gx5a.AppendHeartbeat(nil, counter))
			}
		default:
			return f, nil
		}
		if err != nil {
			return f, err
		}
	}
}

func (r *gx5aReader) input(ctx context.Context, data []byte, state fact.InputState) error {
	e, err := gx5a.ParseInputEvent(data)
	if err != nil {
		return nil //nolint:nilerr // an event without an input says nothing
	}
	return r.s.input(ctx, e.Input, state)
}

func (r *gx5aReader) tellsChanges() bool { return true }

func (r *gx5aReader) levels(ctx context.Context) (map[uint8]bool, error) {
	data, err := r.ask(ctx, "the query of its inputs", gx5a.AppendQuery(r.out[:0], gx5a.CodeInputs))
	if err != nil {
		return nil, untold(err, r.inputsTold)
	}
	told, err := gx5a.ParseInputs(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUntold, err)
	}
	r.inputsTold = true
	high := map[uint8]bool{}
	for _, in := range told {
		high[in.Input] = in.High
	}
	return high, nil
}

func (r *gx5aReader) idle(ctx context.Context, until time.Time) error {
	return pass(until, func() error {
		_, err := r.next(ctx, until)
		return err
	})
}

// take starts a single inventory of one antenna. Records and an end that come before the
// start was confirmed belong to an earlier one.
func (r *gx5aReader) take(ctx context.Context, port uint8) error {
	r.out = gx5a.AppendInventory(r.out[:0], gx5a.Inventory{Antennas: 1 << (port - 1)})
	if err := r.wire.send(r.out); err != nil {
		return err
	}
	end, before := time.Now().Add(roundMax), r.wire.damage()
	f, err := r.await(ctx, time.Now().Add(answerMax), gx5a.CodeInventory)
	if err != nil {
		return err
	}
	result, err := gx5a.ParseResult(f.Data)
	switch {
	case err != nil:
		return errQuiet
	case result == gx5a.ResultBadAntenna:
		return &refusal{CodeAntennaFault, "the reader says that the port is not usable: check the antenna's cable"}
	case result != gx5a.ResultOK:
		return &refusal{CodeReaderError, "the reader refuses to read: " + gx5a.InventoryResultText(result)}
	}
	for time.Now().Before(end) {
		f, err := r.next(ctx, earlier(end, r.wire.stall(before)))
		if err != nil {
			return err
		}
		switch f.Code() {
		case gx5a.CodeTag:
			r.record(port, f.Data)
		case gx5a.CodeReadEnd:
			return ended(f.Data)
		}
	}
	return errQuiet
}

func ended(data []byte) error {
	reason, err := gx5a.ParseReadEnd(data)
	switch {
	case err != nil:
		return errQuiet
	case reason != gx5a.EndComplete:
		return &refusal{CodeReaderError, "the round was " + reason.String()}
	}
	return nil
}

func (r *gx5aReader) record(port uint8, data []byte) {
	if err := gx5a.ParseTag(data, &r.tag); err != nil {
		r.s.oddRecord(data, err)
		return
	}
	if r.tag.Antenna != port {
		r.s.round.spoiled = fmt.Sprintf("a record of antenna %d came in a round of antenna %d", r.tag.Antenna, port)
		return
	}
	rssi := fact.RSSIUnknown
	if r.tag.Has(gx5a.FieldRSSI) {
		rssi = r.s.settings.RSSI.cdBm(r.tag.RSSI)
	}
	if !r.s.round.add(r.tag.EPC, rssi) {
		r.s.oddRecord(data, errEPCLength)
	}
}

var errEPCLength = errors.New("no EPC, or one longer than any tag holds")

func handshakeFailed(what string, err error) error {
	return &devices.Error{
		Code:   devices.CodeHandshakeFailed,
		Detail: fmt.Sprintf("the reader did not accept %s (%v): correct the site's configuration or the reader's", what, err),
		Err:    err,
	}
}

func powerMismatch(port, want, got uint8) string {
	return fmt.Sprintf("antenna %d was set to %d dBm and tells %d: the zone it covers is not the one that was measured", port, want, got)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
