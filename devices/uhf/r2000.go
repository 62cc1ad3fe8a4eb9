package uhf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"trilock/devices"
	"trilock/firmware-protocols/r2000"
)

// r2000Reader speaks package r2000's protocol.
type r2000Reader struct {
	s    *session
	wire *wire[r2000.Frame]
	out  []byte
	tag  r2000.Tag
	// address is the reader's own, once it has answered.
	address uint8
	known   bool
	// power is what the reader told after it was set up; nil when it tells nothing.
	power []uint8
	// detector: it checks its antennas as it was set to.
	detector bool
	// inputsTold and warmthTold: it has answered for its inputs, for its temperature.
	inputsTold, warmthTold bool
}

// inventoryRepeat is one inventory per command: the host paces the rounds.
const inventoryRepeat = 1

func newR2000(s *session, link devices.Link) *r2000Reader {
	return &r2000Reader{s: s, wire: newWire(link, decoder[r2000.Frame](&r2000.Decoder{})), address: r2000.AddressDefault}
}

func (r *r2000Reader) damage() damage { return r.wire.damage() }

// connect waits for a quiet line first: the protocol has no stop command, and whether a
// request that is sent into a round is kept or lost is not documented.
func (r *r2000Reader) connect(ctx context.Context) (hello, error) {
	if err := r.wire.settle(ctx); err != nil {
		return hello{}, err
	}
	version, err := r.find(ctx)
	if err != nil {
		return hello{}, err
	}
	restarted, err := r.restarted(ctx)
	if err != nil {
		return hello{}, err
	}
	h := hello{identity: "r2000-a0 firmware " + version.String(), restarted: restarted}
	if h.power, err = r.setPower(ctx); err != nil {
		return h, err
	}
	h.antennas, err = r.watchAntennas(ctx)
	return h, err
}

// find asks for the firmware's version at the addresses that a reader may have.
func (r *r2000Reader) find(ctx context.Context) (r2000.FirmwareVersion, error) {
	addresses := []uint8{r2000.AddressDefault, r2000.AddressOld, r2000.AddressBroadcast}
	if r.known {
		addresses = []uint8{r.address}
	}
	for range askTries {
		for _, address := range addresses {
			r.address = address
			f, err := r.askOnce(ctx, r2000.AppendQuery(r.out[:0], address, r2000.CommandFirmwareVersion))
			if errors.Is(err, errQuiet) {
				continue
			}
			if err != nil {
				return r2000.FirmwareVersion{}, err
			}
			r.address, r.known = f.Address, true
			version, err := r2000.ParseFirmwareVersion(f.Data)
			if err != nil {
				return version, handshakeFailed("the version query", err)
			}
			return version, nil
		}
	}
	return r2000.FirmwareVersion{}, r.wire.silence("the version query")
}

// restarted compares power and antenna check with what they were: a restart brings the
// stored ones back. (Where those are the same, a restart has changed nothing that matters.)
func (r *r2000Reader) restarted(ctx context.Context) (bool, error) {
	if r.power != nil {
		power, err := r.readPower(ctx)
		if err != nil || !bytes.Equal(power, r.power) {
			return err == nil, err
		}
	}
	if !r.detector {
		return false, nil
	}
	dB, err := r.readDetector(ctx)
	return err == nil && dB != r.s.settings.AntennaCheckDB, err
}

// watchAntennas has the reader check its antennas, if that is wanted and it does not do so
// already. (Whether it keeps the setting in a memory that wears is not documented.)
func (r *r2000Reader) watchAntennas(ctx context.Context) (fault string, err error) {
	want := r.s.settings.AntennaCheckDB
	if want == 0 {
		return "", nil
	}
	r.detector = false
	got, err := r.readDetector(ctx)
	if err == nil && got != want {
		var f r2000.Frame
		if f, err = r.ask(ctx, "the antenna check", r2000.AppendSetDetector(r.out[:0], r.address, want)); err == nil {
			result, bad := r2000.ParseResult(f.Data)
			if bad == nil && result != r2000.Success {
				bad = errors.New(result.String())
			}
			if bad != nil {
				return antennasUnchecked(bad), nil
			}
			got, err = r.readDetector(ctx)
		}
	}
	switch {
	case errors.Is(err, errQuiet), errors.Is(err, r2000.ErrLength): // older firmware, which has just answered another question
		return antennasUnchecked(err), nil
	case err != nil:
		return "", err
	case got != want:
		return antennasUnchecked(fmt.Errorf("it was set to %d dB and tells %d", want, got)), nil
	}
	r.detector = true
	return "", nil
}

func antennasUnchecked(why error) string {
	return fmt.Sprintf("the reader does not check its antennas (%v), and one without a cable hears nothing: look after the cables, and set antenna_check_db to 0", why)
}

func (r *r2000Reader) readDetector(ctx context.Context) (dB uint8, err error) {
	f, err := r.ask(ctx, "the query of its antenna check", r2000.AppendQuery(r.out[:0], r.address, r2000.CommandGetDetector))
	if err != nil {
		return 0, err
	}
	return r2000.ParseDetector(f.Data)
}

func (r *r2000Reader) tellsChanges() bool { return false }

func (r *r2000Reader) levels(ctx context.Context) (map[uint8]bool, error) {
	f, err := r.ask(ctx, "the query of its inputs", r2000.AppendQuery(r.out[:0], r.address, r2000.CommandReadGPIO))
	if err != nil {
		return nil, untold(err, r.inputsTold)
	}
	told, err := r2000.ParseInputs(f.Data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUntold, err)
	}
	r.inputsTold = true
	high := map[uint8]bool{}
	for i, level := range told {
		high[uint8(i)] = level //nolint:gosec // two of them
	}
	return high, nil
}

// celsius leaves the sign aside, about which the sources disagree: a room is never so cold
// that it would matter.
func (r *r2000Reader) celsius(ctx context.Context) (int, error) {
	f, err := r.ask(ctx, "the temperature query", r2000.AppendQuery(r.out[:0], r.address, r2000.CommandTemperature))
	if err != nil {
		return 0, untold(err, r.warmthTold)
	}
	t, err := r2000.ParseTemperature(f.Data)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errUntold, err)
	}
	r.warmthTold = true
	return int(t.Degrees), nil
}

// setPower sets the power of all ports until the next restart (storing it would wear the
// reader's flash) and reads it back, where the reader can tell.
func (r *r2000Reader) setPower(ctx context.Context) (string, error) {
	want := r.s.settings.PowerDBm
	f, err := r.ask(ctx, "the power setting", r2000.AppendSetPower(r.out[:0], r.address, r2000.CommandSetPower, []uint8{want}))
	if err != nil {
		return "", err
	}
	result, err := r2000.ParseResult(f.Data)
	if err == nil && result != r2000.Success {
		err = errors.New(result.String())
	}
	if err != nil {
		return "", handshakeFailed(fmt.Sprintf("a power of %d dBm", want), err)
	}
	r.power, err = r.readPower(ctx)
	if errors.Is(err, errQuiet) { // older firmware knows no such query, and has just answered another
		r.s.settings.Log.Warn("the reader does not tell its power; it could not be compared")
		return "", nil
	}
	if err != nil {
		return "", err
	}
	for _, port := range r.s.settings.Antennas {
		if got, told := r2000.PowerOf(r.power, port); told && got != want {
			return powerMismatch(port, want, got), nil
		}
	}
	return "", nil
}

func (r *r2000Reader) readPower(ctx context.Context) ([]uint8, error) {
	command := r2000.CommandGetPower
	if slices.Max(r.s.settings.Antennas) > 4 {
		command = r2000.CommandGetPowerEight
	}
	f, err := r.ask(ctx, "the power query", r2000.AppendQuery(r.out[:0], r.address, command))
	if err != nil {
		return nil, err
	}
	power, err := r2000.ParsePower(f.Data)
	if err != nil {
		return nil, handshakeFailed("the power query", err)
	}
	return power, nil
}

// ask sends a request until its answer comes. The answer's data is a copy.
func (r *r2000Reader) ask(ctx context.Context, what string, request []byte) (r2000.Frame, error) {
	for range askTries {
		if f, err := r.askOnce(ctx, request); !errors.Is(err, errQuiet) {
			return f, err
		}
	}
	return r2000.Frame{}, r.wire.silence(what)
}

func (r *r2000Reader) askOnce(ctx context.Context, request []byte) (r2000.Frame, error) {
	r.out = request
	if err := r.wire.send(request); err != nil {
		return r2000.Frame{}, err
	}
	f, err := r.await(ctx, r2000.Command(request[3]))
	f.Data = bytes.Clone(f.Data)
	return f, err
}

// await returns the answer to a command, from the reader that was asked.
func (r *r2000Reader) await(ctx context.Context, command r2000.Command) (r2000.Frame, error) {
	until := time.Now().Add(answerMax)
	for {
		f, err := r.wire.next(ctx, until)
		if err != nil || (f.Command == command && r.mine(f)) {
			return f, err
		}
		if !time.Now().Before(until) {
			return f, errQuiet
		}
	}
}

// mine reports whether a frame comes from the reader that is asked.
func (r *r2000Reader) mine(f r2000.Frame) bool {
	return f.Address == r.address || r.address == r2000.AddressBroadcast
}

func (r *r2000Reader) idle(ctx context.Context, until time.Time) error {
	return pass(until, func() error {
		_, err := r.wire.next(ctx, until)
		return err
	})
}

// take chooses the antenna and starts one inventory. The antenna's confirmation also
// parts this round from an earlier one: what is read before it is not this round's.
func (r *r2000Reader) take(ctx context.Context, port uint8) error {
	f, err := r.ask(ctx, "the choice of an antenna", r2000.AppendSetWorkAntenna(r.out[:0], r.address, port-1))
	if err != nil {
		return err
	}
	if err := refused(f.Data); err != nil {
		return err
	}
	r.out = r2000.AppendInventory(r.out[:0], r.address, inventoryRepeat)
	if err := r.wire.send(r.out); err != nil {
		return err
	}
	end, before := time.Now().Add(roundMax), r.wire.damage()
	for time.Now().Before(end) {
		f, err := r.wire.next(ctx, earlier(end, r.wire.stall(before)))
		if err != nil {
			return err
		}
		if f.Command != r2000.CommandRealTimeInventory || !r.mine(f) {
			continue
		}
		switch r2000.KindOf(f) {
		case r2000.ReplyTag:
			r.record(port, f.Data)
		case r2000.ReplyEnd:
			return nil
		case r2000.ReplyError:
			if err := refused(f.Data); err != nil {
				return err
			} // a mere confirmation is no end
		case r2000.ReplyAntennaError, r2000.ReplyMalformed:
			r.s.round.spoiled = fmt.Sprintf("an answer of %d bytes belongs to no inventory", len(f.Data))
		}
	}
	return errQuiet
}

// refused reads a one-byte answer.
func refused(data []byte) error {
	code, err := r2000.ParseResult(data)
	switch {
	case err != nil:
		return &refusal{CodeReaderError, err.Error()}
	case code == r2000.Success:
		return nil
	case code == r2000.ErrorAntennaMissing:
		return &refusal{CodeAntennaFault, code.String() + ": check its cable"}
	}
	return &refusal{CodeReaderError, "the reader refuses to read: " + code.String()}
}

// record takes one tag record. Its two antenna bits must be those of the antenna that was
// asked; a record that is not would put a folder in the wrong place.
func (r *r2000Reader) record(port uint8, data []byte) {
	if err := r2000.ParseTag(data, &r.tag); err != nil {
		r.s.oddRecord(data, err)
		return
	}
	if r.tag.FreqAnt&3 != (port-1)&3 {
		r.s.round.spoiled = fmt.Sprintf("a record of antenna %d came in a round of antenna %d", r.tag.Port(), port)
		return
	}
	if !r.s.round.add(r.tag.EPC, r.s.settings.RSSI.cdBm(r.tag.RSSIRaw)) {
		r.s.oddRecord(data, errEPCLength)
	}
}
