package uhf

import (
	"bytes"
	"context"
	"errors"
	"time"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/m100"
)

func (r *m100Reader) selectsTID() bool { return true }

func (r *m100Reader) readTag(ctx context.Context, at spot, w epc.Words, p epc.Password) ([]byte, error) {
	a, err := r.access(ctx, at, m100.AppendRead(nil, r.family, m100.ReadRequest{AccessPassword: p, Bank: w.Bank, Word: w.Word, Words: uint16(w.Count)}))
	if err == nil && len(a.Data) != 2*int(w.Count) {
		return nil, tagFault(TagRefused, m100.ErrLength.Error())
	}
	return a.Data, err
}

func (r *m100Reader) writeTag(ctx context.Context, at spot, w epc.Words, data []byte, p epc.Password) error {
	_, err := r.access(ctx, at, m100.AppendWrite(nil, r.family, m100.WriteRequest{AccessPassword: p, Bank: w.Bank, Word: w.Word, Data: data}))
	return err
}

func (r *m100Reader) lockTag(ctx context.Context, at spot, c epc.LockChange, p epc.Password) error {
	payload, err := epc.Payload(c)
	if err == nil {
		_, err = r.access(ctx, at, m100.AppendLock(nil, r.family, p, payload))
	}
	return err
}

func (r *m100Reader) killTag(ctx context.Context, at spot, p epc.Password) error {
	_, err := r.access(ctx, at, m100.AppendKill(nil, r.family, p))
	if FaultOf(err) == TagPassword {
		return tagFault(TagPassword, "kill password is wrong")
	}
	return err
}

// access selects the tag, sends the request once, and puts the mark back, by which the
// rounds know that the module has not restarted.
func (r *m100Reader) access(ctx context.Context, at spot, request []byte) (m100.Access, error) {
	mask := at.mask()
	chosen := m100.Select{Bank: uint8(at.Bank), PointerBits: uint32(at.bit()), MaskBits: uint8(8 * len(mask)), Mask: mask} //nolint:gosec // at most maskMax
	if err := r.set(ctx, "the choice of a tag", chosen.Set(nil, r.family)); err != nil {
		return m100.Access{}, err
	}
	if err := r.set(ctx, "the select mode", r.family.Request(nil, m100.CommandSelectMode, byte(m100.SelectExceptPoll))); err != nil {
		return m100.Access{}, err
	}
	a, err := r.accessOnce(ctx, request)
	if err != nil && FaultOf(err) == 0 && !errors.Is(err, errQuiet) {
		return a, err // the line is lost
	}
	if err == nil && at.Bank == epc.BankEPC && !bytes.Equal(a.EPC, at.Content) && m100.Command(request[2]) == m100.CommandRead {
		err = tagFault(TagRefused, "another tag answered than was selected")
	}
	if failed := r.set(ctx, "the select mode", r.family.Request(nil, m100.CommandSelectMode, byte(m100.SelectNever))); failed != nil {
		return a, errors.Join(err, failed)
	}
	return a, errors.Join(err, r.mark(ctx))
}

// accessOnce sends a request and waits for its answer, which is a copy.
func (r *m100Reader) accessOnce(ctx context.Context, request []byte) (m100.Access, error) {
	if err := r.wire.send(request); err != nil {
		return m100.Access{}, err
	}
	command := m100.Command(request[2])
	for until := time.Now().Add(accessMax); ; {
		f, err := r.wire.next(ctx, until)
		switch {
		case err != nil:
			return m100.Access{}, err
		case f.Type == m100.TypeResponse && f.Command == command:
			a, err := m100.ParseAccess(bytes.Clone(f.Data))
			if err == nil && command != m100.CommandRead && !bytes.Equal(a.Data, []byte{m100.Done}) {
				err = m100.ErrLength
			}
			if err != nil {
				return a, tagFault(TagRefused, err.Error())
			}
			return a, nil
		case f.Type == m100.TypeResponse && f.Command == m100.CommandError:
			code, _, err := m100.ParseError(f.Data)
			if err != nil {
				return m100.Access{}, tagFault(TagRefused, err.Error())
			}
			return m100.Access{}, m100Fault(code)
		}
		if !time.Now().Before(until) {
			return m100.Access{}, errQuiet
		}
	}
}

// m100Fault says what an error code means.
func m100Fault(c m100.Code) error {
	if e, told := c.TagError(); told {
		return faultOfCode(e)
	}
	switch c {
	case m100.CodeReadFailed, m100.CodeWriteFailed, m100.CodeLockFailed, m100.CodeKillFailed, m100.CodeNoTag:
		return tagFault(TagGone, "the selected tag does not answer: "+c.String())
	case m100.CodePassword:
		return tagFault(TagPassword, c.String())
	}
	return tagFault(TagRefused, c.String())
}
