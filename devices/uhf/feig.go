package uhf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/firmware-protocols/feig"
)

// EvenParity reports whether readers of the protocol are delivered with even parity (8E1)
// instead of none. With the wrong one a reader does not answer at all.
func EvenParity(protocol string) bool { return protocol == ProtocolFEIG }

// portMaxFEIG: the answers of HF readers name no antenna, so that nobody could tell two apart.
const portMaxFEIG = 1

// feigReader speaks package feig's protocol. HF tags have no EPC that is read in an
// inventory: a tag's UID of 8 bytes, the byte E0 first, stands for it.
type feigReader struct {
	s    *session
	wire *wire[feig.Frame]
	out  []byte
	tag  feig.Tag
	// address is the reader's own, once it has answered; version is what it said.
	address uint8
	version feig.SoftwareVersion
	known   bool
}

func newFEIG(s *session, link devices.Link) *feigReader {
	return &feigReader{s: s, wire: newWire(link, decoder[feig.Frame](&feig.Decoder{})), address: feig.AddressBroadcast}
}

func (r *feigReader) damage() damage { return r.wire.damage() }

// connect waits for a quiet line, because a reader in notification mode speaks by itself,
// finds out who is there, and switches the field off for a moment, so that the tags in it
// begin anew. Power and region of an HF reader are its own: nothing is set.
func (r *feigReader) connect(ctx context.Context) (hello, error) {
	if err := r.wire.settle(ctx); err != nil {
		return hello{}, err
	}
	r.address = feig.AddressBroadcast
	version, err := r.askVersion(ctx)
	if err != nil {
		return hello{}, err
	}
	other := r.known && version != r.version
	r.version, r.known = version, true
	f, err := r.ask(ctx, "the reset of its field", feig.AppendQuery(r.out[:0], r.address, feig.CommandRFReset))
	if err != nil {
		return hello{}, err
	}
	status, _, err := feig.Answer(f)
	if err == nil && status != feig.StatusOK && status != feig.StatusUnknownCommand {
		err = errors.New(status.String())
	}
	if err != nil {
		return hello{}, handshakeFailed("the reset of its field", err)
	}
	return hello{identity: fmt.Sprintf("feig-obid %s address %d", version, r.address), restarted: other}, nil
}

// restarted asks whether it is still the same reader. A restart of the reader itself goes
// unseen and costs no more than the round under way: it keeps its settings, and none of
// them were made here. Nor does anything tell: the reader says nothing when it starts and
// no uptime when asked, its configuration is stored, and what it does forget, that its
// field was switched off or who has logged in, cannot be used as a mark without
// disturbing the tags or knowing its password.
func (r *feigReader) restarted(ctx context.Context) (bool, error) {
	version, err := r.askVersion(ctx)
	return err == nil && version != r.version, err
}

func (r *feigReader) askVersion(ctx context.Context) (feig.SoftwareVersion, error) {
	f, err := r.ask(ctx, "the version query", feig.AppendQuery(r.out[:0], r.address, feig.CommandSoftwareVersion))
	if err != nil {
		return feig.SoftwareVersion{}, err
	}
	r.address = f.Address
	status, content, err := feig.Answer(f)
	if err == nil && status != feig.StatusOK {
		err = errors.New(status.String())
	}
	var version feig.SoftwareVersion
	if err == nil {
		version, err = feig.ParseSoftwareVersion(content)
	}
	if err != nil {
		return version, handshakeFailed("the version query", err)
	}
	return version, nil
}

// ask sends a request until its answer comes. The answer's data is a copy.
func (r *feigReader) ask(ctx context.Context, what string, request []byte) (feig.Frame, error) {
	r.out = request
	for range askTries {
		if err := r.wire.send(request); err != nil {
			return feig.Frame{}, err
		}
		f, err := r.await(ctx, time.Now().Add(answerMax), feig.Command(request[2]))
		if !errors.Is(err, errQuiet) {
			f.Data = bytes.Clone(f.Data)
			return f, err
		}
	}
	return feig.Frame{}, r.wire.silence(what)
}

// await returns the answer to a command, from the reader that was asked.
func (r *feigReader) await(ctx context.Context, until time.Time, command feig.Command) (feig.Frame, error) {
	for {
		f, err := r.wire.next(ctx, until)
		if err != nil || f.Command == command && (f.Address == r.address || r.address == feig.AddressBroadcast) {
			return f, err
		}
		if !time.Now().Before(until) {
			return f, errQuiet
		}
	}
}

func (r *feigReader) idle(ctx context.Context, until time.Time) error {
	return pass(until, func() error {
		_, err := r.wire.next(ctx, until)
		return err
	})
}

// take makes one inventory: as many answers as it takes until one says that it is the
// last. A request is not sent twice, because nobody knows which tags the lost answer held.
func (r *feigReader) take(ctx context.Context, _ uint8) error {
	before, end := r.wire.damage(), time.Now().Add(roundMax)
	for more := false; time.Now().Before(end); more = true {
		r.out = feig.AppendInventory(r.out[:0], r.address, more)
		if err := r.wire.send(r.out); err != nil {
			return err
		}
		f, err := r.await(ctx, time.Now().Add(stallMax), feig.CommandISOHost)
		if errors.Is(err, errQuiet) && r.wire.damage().since(before) {
			r.s.round.spoiled = "an answer was lost on the line"
			return nil
		}
		if err != nil {
			return err
		}
		status, content, err := feig.Answer(f)
		if err != nil {
			r.s.round.spoiled = err.Error()
			return nil
		}
		if err := refusedByFEIG(status); err != nil {
			return err
		}
		if last := r.records(status, content); last {
			return nil
		}
	}
	return errQuiet
}

// refusedByFEIG says what a status means for a round.
func refusedByFEIG(status feig.Status) error {
	switch status {
	case feig.StatusOK, feig.StatusNoTransponder, feig.StatusMoreData:
		return nil
	case feig.StatusRFWarning, feig.StatusHardware:
		return &refusal{CodeAntennaFault, status.String() + ": check the antenna and its cable, and look for metal near it"}
	case feig.StatusNotAvailable:
		return &refusal{CodeReaderError, status.String() + ": set the reader to ISO host mode with its maker's software"}
	case feig.StatusCollision:
		return &refusal{CodeReaderError, status.String() + ": the tags lie too close together, or are more than the reader can part"}
	}
	return &refusal{CodeReaderError, "the reader refuses to read: " + status.String()}
}

// records takes the tags of one answer and reports whether it was the last. A tag that
// cannot be read hides those behind it, so that the round does not count.
func (r *feigReader) records(status feig.Status, content []byte) bool {
	inv, err := feig.ParseInventory(content)
	if err == nil && status == feig.StatusMoreData && inv.Count == 0 {
		err = errors.New("there are more tags, and none was told")
	}
	for more := err == nil; more; {
		if more, err = inv.Next(&r.tag); !more {
			break
		}
		if r.tag.Type != feig.TagISO15693 {
			r.s.oddRecord(r.tag.UID, fmt.Errorf("a card of type %02X, no ISO 15693 tag", uint8(r.tag.Type)))
		} else if !r.s.round.add(r.tag.UID, fact.RSSIUnknown) {
			r.s.oddRecord(r.tag.UID, errEPCLength)
		}
	}
	if err != nil {
		r.s.round.spoiled = err.Error()
		return true
	}
	return status != feig.StatusMoreData
}
