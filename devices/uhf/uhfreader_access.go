package uhf

import (
	"context"
	"errors"
	"time"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/uhfreader"
)

// selectsTID: readers of the plain layout know a tag by its EPC alone.
func (r *uhfReader) selectsTID() bool { return r.layout == uhfreader.LayoutAntenna }

// target names the tag as the reader wants it.
func (r *uhfReader) target(at spot) (uhfreader.Target, error) {
	switch {
	case at.port != uhfDeskPort:
		return uhfreader.Target{}, tagFault(TagUnable, "these readers name no antenna when they work on a tag: put the desk's antenna on port 1")
	case at.Bank == epc.BankEPC && len(at.Content) <= uhfreader.MaxTargetEPC:
		return uhfreader.Target{EPC: at.Content}, nil
	case r.layout == uhfreader.LayoutPlain:
		return uhfreader.Target{}, tagFault(TagUnable, "this reader cannot select a tag with so long an EPC")
	}
	return uhfreader.Target{Bank: at.Bank, Bit: at.bit(), Mask: at.mask()}, nil
}

// uhfDeskPort is the antenna that is used for work on tags. UNSURE for readers with several:
// their requests for that have no room for an antenna.
const uhfDeskPort = 1

func (r *uhfReader) readTag(ctx context.Context, at spot, w epc.Words, p epc.Password) ([]byte, error) {
	t, err := r.target(at)
	if err == nil && w.Word > wordMax {
		err = errWord
	}
	if err != nil {
		return nil, err
	}
	data, err := r.access(ctx, uhfreader.AppendRead(nil, r.address, uhfreader.ReadRequest{Target: t, AccessPassword: p, Bank: w.Bank, Word: uint8(w.Word), Words: w.Count}))
	if err != nil {
		return nil, err
	}
	words, err := uhfreader.ParseWords(data, w.Count)
	if err != nil {
		return nil, tagFault(TagRefused, err.Error())
	}
	return words, nil
}

func (r *uhfReader) writeTag(ctx context.Context, at spot, w epc.Words, data []byte, p epc.Password) error {
	t, err := r.target(at)
	if err == nil && w.Word > wordMax {
		err = errWord
	}
	if err == nil {
		_, err = r.access(ctx, uhfreader.AppendWrite(nil, r.address, uhfreader.WriteRequest{Target: t, AccessPassword: p, Bank: w.Bank, Word: uint8(w.Word), Data: data}))
	}
	return err
}

func (r *uhfReader) lockTag(ctx context.Context, at spot, c epc.LockChange, p epc.Password) error {
	t, err := r.target(at)
	if err == nil {
		_, err = r.access(ctx, uhfreader.AppendLock(nil, r.address, uhfreader.LockRequest{Target: t, AccessPassword: p, Change: c}))
	}
	return err
}

func (r *uhfReader) killTag(ctx context.Context, at spot, p epc.Password) error {
	t, err := r.target(at)
	if err == nil {
		_, err = r.access(ctx, uhfreader.AppendKill(nil, r.address, uhfreader.KillRequest{Target: t, Password: p}))
	}
	return err
}

// access sends a request once and returns a copy of its answer's data behind the status.
func (r *uhfReader) access(ctx context.Context, request []byte) ([]byte, error) {
	if err := r.wire.send(request); err != nil {
		return nil, err
	}
	status, data, err := r.await(ctx, time.Now().Add(accessMax), uhfreader.Command(request[2]))
	switch {
	case errors.Is(err, errNotAccepted):
		return nil, tagFault(TagUnable, "the reader did not understand: "+errNotAccepted.Error())
	case err != nil:
		return nil, err
	case status == uhfreader.StatusTagError:
		code, err := uhfreader.ParseTagError(data)
		if err != nil {
			return nil, tagFault(TagRefused, err.Error())
		}
		return nil, faultOfCode(code)
	}
	return data, uhfFault(status)
}

// uhfFault says what a status means; nil for a success.
func uhfFault(s uhfreader.Status) error {
	switch s {
	case uhfreader.StatusOK:
		return nil
	case uhfreader.StatusNoTag, uhfreader.StatusPoorLink:
		return tagFault(TagGone, "the selected tag does not answer: "+s.String())
	case uhfreader.StatusPassword, uhfreader.StatusKillFailed:
		return tagFault(TagPassword, s.String())
	}
	return tagFault(TagRefused, s.String())
}
