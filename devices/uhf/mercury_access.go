package uhf

import (
	"bytes"
	"context"
	"errors"
	"time"

	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/mercury"
)

// mercuryAccess is how long a module may try to do something to a tag.
const mercuryAccess = time.Second

func (r *mercuryReader) selectsTID() bool { return true }

func mercuryChoice(at spot) mercury.Choice {
	return mercury.Choice{Bank: at.Bank, Bit: uint32(at.bit()), Mask: at.mask()}
}

func (r *mercuryReader) readTag(ctx context.Context, at spot, w epc.Words, p epc.Password) ([]byte, error) {
	data, err := r.access(ctx, at, mercury.AppendReadData(nil, mercury.ReadData{
		TimeoutMS: uint16(mercuryAccess / time.Millisecond), Choice: mercuryChoice(at), AccessPassword: p, Bank: w.Bank, Word: uint32(w.Word), Words: w.Count,
	}))
	if err != nil {
		return nil, err
	}
	words, err := mercury.ParseDataRead(data, w.Count)
	if err != nil {
		return nil, tagFault(TagRefused, err.Error())
	}
	return words, nil
}

func (r *mercuryReader) writeTag(ctx context.Context, at spot, w epc.Words, data []byte, p epc.Password) error {
	_, err := r.access(ctx, at, mercury.AppendWriteData(nil, mercury.WriteData{
		TimeoutMS: uint16(mercuryAccess / time.Millisecond), Choice: mercuryChoice(at), AccessPassword: p, Bank: w.Bank, Word: uint32(w.Word), Data: data,
	}))
	return err
}

func (r *mercuryReader) lockTag(ctx context.Context, at spot, c epc.LockChange, p epc.Password) error {
	payload, err := epc.Payload(c)
	if err == nil {
		_, err = r.access(ctx, at, mercury.AppendLock(nil, mercury.Lock{
			TimeoutMS: uint16(mercuryAccess / time.Millisecond), Choice: mercuryChoice(at), AccessPassword: p, Payload: payload,
		}))
	}
	return err
}

func (r *mercuryReader) killTag(ctx context.Context, at spot, p epc.Password) error {
	_, err := r.access(ctx, at, mercury.AppendKill(nil, mercury.Kill{TimeoutMS: uint16(mercuryAccess / time.Millisecond), Choice: mercuryChoice(at), Password: p}))
	return err
}

// access chooses the antenna, sends a request once, and returns a copy of its answer's data.
func (r *mercuryReader) access(ctx context.Context, at spot, request []byte) ([]byte, error) {
	f, err := r.ask(ctx, "the choice of an antenna", mercury.AppendSetAntenna(r.out[:0], at.port), answerMax)
	if err == nil && f.Status != mercury.StatusOK {
		err = handshakeFailed("the choice of an antenna", errors.New(f.Status.String()))
	}
	if err != nil {
		return nil, err
	}
	if err := r.wire.send(request); err != nil {
		return nil, err
	}
	f, err = r.await(ctx, time.Now().Add(accessMax), mercury.Opcode(request[2]))
	if err != nil {
		return nil, err
	}
	return bytes.Clone(f.Data), mercuryFault(f.Status)
}

// mercuryFault says what a status means; nil for a success. A wrong access password has no
// status of its own.
func mercuryFault(s mercury.Status) error {
	if e, told := s.TagError(); told {
		return faultOfCode(e)
	}
	switch s {
	case mercury.StatusOK:
		return nil
	case mercury.StatusNoTags, mercury.StatusNoData:
		return tagFault(TagGone, "the selected tag does not answer: "+s.String())
	case mercury.StatusKillPassword:
		return tagFault(TagPassword, s.String())
	case mercury.StatusTag:
		return tagFault(TagRefused, s.String()+", perhaps a wrong password")
	}
	return tagFault(TagRefused, s.String())
}
