package uhf

import (
	"context"
	"time"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/gx5a"
)

func (r *gx5aReader) selectsTID() bool { return true }

func gx5aFilter(at spot) gx5a.Filter {
	return gx5a.Filter{Bank: at.Bank, Bit: at.bit(), Mask: at.mask()}
}

// readTag makes a single inventory that brings the words along. A TID comes from its first
// word on.
func (r *gx5aReader) readTag(ctx context.Context, at spot, w epc.Words, p epc.Password) ([]byte, error) {
	asked, skip := w, 0
	if w.Bank == epc.BankTID {
		asked.Word, asked.Count, skip = 0, uint8(min(255, int(w.Word)+int(w.Count))), 2*int(w.Word) //nolint:gosec // just limited
	}
	request := gx5a.AppendRead(nil, gx5a.Read{Antennas: 1 << (at.port - 1), Filter: gx5aFilter(at), AccessPassword: p, Words: asked})
	if err := r.wire.send(request); err != nil {
		return nil, err
	}
	f, err := r.await(ctx, time.Now().Add(answerMax), gx5a.CodeInventory)
	if err != nil {
		return nil, err
	}
	result, err := gx5a.ParseResult(f.Data)
	switch {
	case err != nil:
		return nil, tagFault(TagRefused, err.Error())
	case result != gx5a.ResultOK:
		return nil, tagFault(TagRefused, "the reader refuses to read: "+gx5a.InventoryResultText(result))
	}
	words, err := r.readRecords(ctx, w.Bank)
	if err == nil && len(words) != skip+2*int(w.Count) {
		return nil, tagFault(TagOverrun, "the tag gave fewer words than were asked for")
	}
	if err != nil {
		return nil, err
	}
	return words[skip:], nil
}

// readRecords takes the records of a read up to its end. More than one tag must not answer.
func (r *gx5aReader) readRecords(ctx context.Context, bank epc.Bank) (words []byte, err error) {
	err = tagFault(TagGone, "the selected tag does not answer")
	tags := map[string]bool{}
	for until := time.Now().Add(accessMax); ; {
		f, lost := r.next(ctx, until)
		switch {
		case lost != nil:
			return nil, lost
		case f.Code() == gx5a.CodeReadEnd:
			if bad := ended(f.Data); bad != nil {
				return nil, tagFault(TagRefused, bad.Error())
			}
			if len(tags) > 1 {
				return nil, tagFault(TagSeveral, "several tags answered to what was selected")
			}
			return words, err
		case f.Code() != gx5a.CodeTag:
		case gx5a.ParseTag(f.Data, &r.tag) != nil:
			err = tagFault(TagRefused, gx5a.ErrTagShort.Error())
		default:
			tags[string(r.tag.EPC)] = true
			words, err = gx5aWords(&r.tag, bank)
		}
		if !time.Now().Before(until) {
			return nil, errQuiet
		}
	}
}

// gx5aWords returns a copy of what a record brings.
func gx5aWords(t *gx5a.Tag, bank epc.Bank) ([]byte, error) {
	if result := gx5a.ReadResult(t.Result); t.Has(gx5a.FieldResult) && result != gx5a.ReadDone {
		faults := map[gx5a.ReadResult]TagFault{
			gx5a.ReadNoAnswer: TagGone, gx5a.ReadLocked: TagLocked, gx5a.ReadOverrun: TagOverrun, gx5a.ReadPassword: TagPassword,
		}
		if f, known := faults[result]; known {
			return nil, tagFault(f, result.String())
		}
		return nil, tagFault(TagRefused, result.String())
	}
	words, there := t.ReadOf(bank)
	if !there {
		return nil, tagFault(TagRefused, "the tag's record holds nothing of its "+bank.String()+" bank")
	}
	return append([]byte{}, words...), nil
}

func (r *gx5aReader) writeTag(ctx context.Context, at spot, w epc.Words, data []byte, p epc.Password) error {
	return r.change(ctx, gx5a.CodeWrite, gx5a.AppendWrite(nil, gx5a.Write{
		Antennas: 1 << (at.port - 1), Filter: gx5aFilter(at), AccessPassword: p, Bank: w.Bank, Word: w.Word, Data: data,
	}))
}

func (r *gx5aReader) lockTag(ctx context.Context, at spot, c epc.LockChange, p epc.Password) error {
	return r.change(ctx, gx5a.CodeLock, gx5a.AppendLock(nil, gx5a.Lock{Antennas: 1 << (at.port - 1), Filter: gx5aFilter(at), AccessPassword: p, Change: c}))
}

func (r *gx5aReader) killTag(ctx context.Context, at spot, p epc.Password) error {
	result, err := r.changeOnce(ctx, gx5a.CodeKill, gx5a.AppendKill(nil, gx5a.Kill{Antennas: 1 << (at.port - 1), Filter: gx5aFilter(at), Password: p}))
	if err != nil {
		return err
	}
	k := gx5a.KillResult(result)
	switch k {
	case gx5a.KillDone:
		return nil
	case gx5a.KillPassword:
		return tagFault(TagPassword, k.String())
	case gx5a.KillTagLost:
		return tagFault(TagGone, k.String())
	case gx5a.KillPower:
		return tagFault(TagPower, k.String())
	}
	return tagFault(TagRefused, k.String())
}

// change sends a write or a lock once and reads its result.
func (r *gx5aReader) change(ctx context.Context, code gx5a.Code, request []byte) error {
	result, err := r.changeOnce(ctx, code, request)
	if err != nil {
		return err
	}
	a := gx5a.AccessResult(result)
	faults := map[gx5a.AccessResult]TagFault{
		gx5a.AccessPower: TagPower, gx5a.AccessOverrun: TagOverrun, gx5a.AccessLocked: TagLocked,
		gx5a.AccessPassword: TagPassword, gx5a.AccessTagLost: TagGone,
	}
	if a == gx5a.AccessDone {
		return nil
	}
	if f, known := faults[a]; known {
		return tagFault(f, a.String())
	}
	return tagFault(TagRefused, a.String())
}

func (r *gx5aReader) changeOnce(ctx context.Context, code gx5a.Code, request []byte) (uint8, error) {
	if err := r.wire.send(request); err != nil {
		return 0, err
	}
	f, err := r.await(ctx, time.Now().Add(accessMax), code)
	if err != nil {
		return 0, err
	}
	result, err := gx5a.ParseResult(f.Data)
	if err != nil {
		return 0, tagFault(TagRefused, err.Error())
	}
	return result, nil
}
