package enrol

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"trilock/custody/fact"
	"trilock/devices/uhf"
	"trilock/firmware-protocols/epc"
)

// find finds the one tag that is meant, and reads its TID and PC.
func (b *bench) find(ctx context.Context) error {
	var err error
	if b.heard, err = b.w.Hear(ctx); err != nil {
		return err
	}
	read, tid, err := b.choose(ctx)
	if err != nil {
		return err
	}
	b.tag = Tag{EPC: read.EPC.Bytes(), TID: tid, RSSIcdBm: read.RSSIcdBm}
	if tid == nil {
		if b.tag.TID, err = b.identify(ctx, b.tag.EPC); err != nil {
			return err
		}
	}
	return b.readPC(ctx)
}

// choose returns the read of the tag that is meant, and its TID where that was looked at.
func (b *bench) choose(ctx context.Context) (fact.Read, []byte, error) {
	switch {
	case len(b.heard) == 0:
		return fact.Read{}, nil, errNone
	case len(b.plan.Tag) == 0 && len(b.heard) > 1:
		return fact.Read{}, nil, fmt.Errorf("%w: %s", errSeveral, list(b.heard))
	case len(b.plan.Tag) == 0:
		return b.heard[0], nil, nil
	}
	for _, r := range b.heard {
		if bytes.Equal(r.EPC.Bytes(), b.plan.Tag) {
			return r, nil, nil
		}
	}
	return b.lookUp(ctx, b.plan.Tag)
}

// lookUp returns the heard tag whose TID begins so, and its whole TID.
func (b *bench) lookUp(ctx context.Context, begin []byte) (found fact.Read, tid []byte, err error) {
	if len(b.heard) > lookUpMax {
		return found, nil, fmt.Errorf("%w, which are too many to look each one up by its TID: take some away", errSeveral)
	}
	for _, r := range b.heard {
		got, err := b.identify(ctx, r.EPC.Bytes())
		switch {
		case uhf.FaultOf(err) != 0:
			continue // that one was not meant, or is lost: then it is missed below
		case err != nil:
			return found, nil, err
		case !bytes.HasPrefix(got, begin):
			continue
		case tid != nil:
			return found, nil, fmt.Errorf("%w: two have a TID that begins with %X", errSeveral, begin)
		}
		found, tid = r, got
	}
	if tid == nil {
		return found, nil, fmt.Errorf("%w: none of those that answer has the EPC or TID %X: %s", errNone, begin, list(b.heard))
	}
	return found, tid, nil
}

// findAgain finds the tag by its TID after it did not answer, whatever its EPC is by now.
func (b *bench) findAgain(ctx context.Context) error {
	var err error
	if b.heard, err = b.w.Hear(ctx); err != nil {
		return err
	}
	if len(b.heard) == 0 || len(b.tag.TID) == 0 {
		return errLost
	}
	read, _, err := b.lookUp(ctx, b.tag.TID)
	if errors.Is(err, errNone) {
		return errLost
	}
	if err != nil {
		return err
	}
	code := read.EPC.Bytes()
	if !b.tag.Serialised() && !bytes.Equal(code, b.tag.EPC) && !bytes.Equal(code, b.plan.EPC) {
		return errLost // a tag of the same model, and nothing says that it is this one
	}
	b.tag.EPC = code
	return b.readPC(ctx)
}

// identify reads the TID of the tag with an EPC, several times: two tags with the same EPC
// answer in turn, and must not be taken for one.
func (b *bench) identify(ctx context.Context, code []byte) ([]byte, error) {
	tid, err := b.readTID(ctx, uhf.ByEPC(code))
	for i := 1; err == nil && i < identifyTimes; i++ {
		var again []byte
		if again, err = b.readTID(ctx, uhf.ByEPC(code)); err == nil && !bytes.Equal(tid, again) {
			return nil, errTwin
		}
	}
	return tid, err
}

// readTID reads as much of a TID as the chip has: all of it, or the class and the model.
func (b *bench) readTID(ctx context.Context, s uhf.Selection) ([]byte, error) {
	var last error
	for _, words := range []uint8{tidWords, tidWordsShort, tidWordsLeast} {
		tid, err := b.w.Read(ctx, s, epc.Words{Bank: epc.BankTID, Count: words}, 0)
		if f := uhf.FaultOf(err); f == uhf.TagOverrun || f == uhf.TagRefused {
			last = err
			continue
		}
		if all := tidWordsOf(tid); err == nil && all > words {
			return b.w.Read(ctx, s, epc.Words{Bank: epc.BankTID, Count: all}, 0)
		}
		return tid, err
	}
	return nil, last
}

// tidWordsOf returns how many words a TID has, by its own header: a serial number can be of
// 48 to 144 bits. It is 0 for a TID that does not say.
func tidWordsOf(tid []byte) uint8 {
	const extended, headWords = 0x80, 3
	if len(tid) < 2*headWords || tid[0] != 0xE2 || tid[1]&extended == 0 || tid[4]>>5 == 0 {
		return 0
	}
	return headWords + 3 + tid[4]>>5 - 1
}

func (b *bench) readPC(ctx context.Context) error {
	pc, err := b.w.Read(ctx, b.selection(), epc.Words{Bank: epc.BankEPC, Word: epc.WordPC, Count: 1}, 0)
	if err == nil {
		b.tag.PC = epc.PC(pc[0])<<8 | epc.PC(pc[1])
	}
	return err
}

// list names the tags that answered, and how strongly: the nearest one is meant, usually.
func list(heard []fact.Read) string {
	words := make([]string, 0, lookUpMax+1)
	for i, r := range heard {
		if i == lookUpMax {
			words = append(words, fmt.Sprintf("and %d more", len(heard)-i))
			break
		}
		text := r.EPC.String()
		if r.RSSIcdBm != fact.RSSIUnknown {
			text += fmt.Sprintf(" (%.1f dBm)", float64(r.RSSIcdBm)/100)
		}
		words = append(words, text)
	}
	return strings.Join(words, ", ")
}
