package uhf

import (
	"bytes"
	"context"
	"errors"
	"time"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/r2000"
)

// selectsTID: the match is over EPCs alone.
func (r *r2000Reader) selectsTID() bool { return false }

func (r *r2000Reader) readTag(ctx context.Context, at spot, w epc.Words, p epc.Password) ([]byte, error) {
	if w.Word > wordMax {
		return nil, errWord
	}
	a, err := r.access(ctx, at, r2000.AppendRead(nil, r.address, r2000.Read{AccessPassword: p, Bank: w.Bank, Word: uint8(w.Word), Words: w.Count}))
	if err == nil && len(a.Words) != 2*int(w.Count) {
		return nil, tagFault(TagRefused, r2000.ErrAccess.Error())
	}
	return a.Words, err
}

func (r *r2000Reader) writeTag(ctx context.Context, at spot, w epc.Words, data []byte, p epc.Password) error {
	if w.Word > wordMax {
		return errWord
	}
	_, err := r.access(ctx, at, r2000.AppendWrite(nil, r.address, r2000.Write{AccessPassword: p, Bank: w.Bank, Word: uint8(w.Word), Data: data}))
	return err
}

func (r *r2000Reader) lockTag(ctx context.Context, at spot, c epc.LockChange, p epc.Password) error {
	_, err := r.access(ctx, at, r2000.AppendLock(nil, r.address, p, c))
	return err
}

func (r *r2000Reader) killTag(ctx context.Context, at spot, p epc.Password) error {
	_, err := r.access(ctx, at, r2000.AppendKill(nil, r.address, p))
	return err
}

// access limits accesses to the selected tag, sends the request once, and takes the limit
// back: the next host shall not meet it unawares.
func (r *r2000Reader) access(ctx context.Context, at spot, request []byte) (r2000.Access, error) {
	if err := r.prepare(ctx, "the choice of an antenna", r2000.AppendSetWorkAntenna(r.out[:0], r.address, at.port-1)); err != nil {
		return r2000.Access{}, err
	}
	if err := r.prepare(ctx, "the choice of a tag", r2000.AppendEPCMatch(r.out[:0], r.address, at.Content)); err != nil {
		return r2000.Access{}, err
	}
	a, err := r.accessOnce(ctx, request)
	if err == nil && !bytes.Equal(a.EPC, at.Content) && r2000.Command(request[3]) != r2000.CommandWrite {
		err = tagFault(TagRefused, "another tag answered than was selected")
	}
	if err != nil && FaultOf(err) == 0 && !errors.Is(err, errQuiet) {
		return a, err // the line is lost
	}
	return a, errors.Join(err, r.prepare(ctx, "the end of the choice", r2000.AppendEPCMatch(r.out[:0], r.address, nil)))
}

// prepare sends a setting that must succeed.
func (r *r2000Reader) prepare(ctx context.Context, what string, request []byte) error {
	f, err := r.ask(ctx, what, request)
	if err != nil {
		return err
	}
	code, err := r2000.ParseResult(f.Data)
	if err == nil && code != r2000.Success {
		err = errors.New(code.String())
	}
	if err != nil {
		return handshakeFailed(what, err)
	}
	return nil
}

// accessOnce sends a request and waits for its record, which is a copy. When several tags
// were reached there are as many records, and what was done was done to all of them.
func (r *r2000Reader) accessOnce(ctx context.Context, request []byte) (r2000.Access, error) {
	if err := r.wire.send(request); err != nil {
		return r2000.Access{}, err
	}
	command := r2000.Command(request[3])
	for until := time.Now().Add(accessMax); ; {
		f, err := r.wire.next(ctx, until)
		switch {
		case err != nil:
			return r2000.Access{}, err
		case f.Command == command && r.mine(f):
			return r2000Access(command, bytes.Clone(f.Data))
		case !time.Now().Before(until):
			return r2000.Access{}, errQuiet
		}
	}
}

func r2000Access(command r2000.Command, data []byte) (r2000.Access, error) {
	if code, err := r2000.ParseResult(data); err == nil {
		return r2000.Access{}, r2000Fault(code)
	}
	a, err := r2000.ParseAccess(command, data)
	switch {
	case err != nil:
		return a, tagFault(TagRefused, err.Error())
	case a.Tags > 1:
		return a, tagFault(TagSeveral, "several tags with the selected EPC answered: take all but one away, and read what is left")
	case a.Result != r2000.Success:
		return a, r2000Fault(a.Result)
	}
	return a, nil
}

// r2000Fault says what a code means. The protocol does not tell a locked memory, one that
// is not there, and a tag that was lost apart.
func r2000Fault(c r2000.ErrorCode) error {
	switch c {
	case r2000.ErrorNoTag, r2000.ErrorNoAnswer:
		return tagFault(TagGone, "the selected tag does not answer: "+c.String())
	case r2000.ErrorPassword:
		return tagFault(TagPassword, c.String())
	}
	return tagFault(TagRefused, c.String())
}
