package main

import (
	"trilock/firmware-protocols/epc"
	"trilock/firmware-protocols/feig"
	"trilock/firmware-protocols/gx5a"
	"trilock/firmware-protocols/mercury"
	"trilock/firmware-protocols/r2000"
	"trilock/firmware-protocols/uhfreader"
)

// Requests that access a tag's memory, in one vocabulary for all protocols. Passwords are
// shown, as all that goes over the line is: a capture of work on tags is a secret.

func viewAccessPassword(p epc.Password) property {
	return property{"access_password", hex32(uint32(p))}
}

func viewKillPassword(p epc.Password) property { return property{"kill_password", hex32(uint32(p))} }

func viewTagRead(p epc.Password, b epc.Bank, word, words int) object {
	return object{viewAccessPassword(p), {"bank", int(b)}, {"word_addr", word}, {"word_count", words}}
}

func viewTagWrite(p epc.Password, b epc.Bank, word int, words []byte) object {
	return object{viewAccessPassword(p), {"bank", int(b)}, {"word_addr", word}, {"words", hexOf(words)}}
}

func viewTagLock(p epc.Password, c epc.LockChange) object {
	return object{viewAccessPassword(p), {"lock_area", c.Area.String()}, {"lock_state", c.State.String()}}
}

// viewMask says by what a request chooses its tag.
func viewMask(b epc.Bank, bit int, mask []byte) object {
	if len(mask) == 0 {
		return nil
	}
	return object{{"select_bank", int(b)}, {"select_bit", bit}, {"select_mask", hexOf(mask)}}
}

func viewGX5AAccess(f gx5a.Frame) object {
	masked := func(filter gx5a.Filter) object { return viewMask(filter.Bank, int(filter.Bit), filter.Mask) }
	switch f.Code() {
	case gx5a.CodeInventory:
		if r, err := gx5a.ParseReadRequest(f.Data); err == nil {
			return append(viewTagRead(r.AccessPassword, r.Words.Bank, int(r.Words.Word), int(r.Words.Count)), masked(r.Filter)...)
		}
	case gx5a.CodeWrite:
		if w, err := gx5a.ParseWrite(f.Data); err == nil {
			return append(viewTagWrite(w.AccessPassword, w.Bank, int(w.Word), w.Data), masked(w.Filter)...)
		}
	case gx5a.CodeLock:
		if l, err := gx5a.ParseLock(f.Data); err == nil {
			return append(viewTagLock(l.AccessPassword, l.Change), masked(l.Filter)...)
		}
	case gx5a.CodeKill:
		if k, err := gx5a.ParseKill(f.Data); err == nil {
			return append(object{viewKillPassword(k.Password)}, masked(k.Filter)...)
		}
	}
	return nil
}

// viewR2000Access reads such a request; nil for what is none.
func viewR2000Access(f r2000.Frame) object {
	switch f.Command {
	case r2000.CommandRead:
		if r, err := r2000.ParseRead(f.Data); err == nil {
			return viewTagRead(r.AccessPassword, r.Bank, int(r.Word), int(r.Words))
		}
	case r2000.CommandWrite:
		_, answer := r2000.ParseAccess(f.Command, f.Data)
		if w, err := r2000.ParseWrite(f.Data); err == nil && answer != nil {
			return viewTagWrite(w.AccessPassword, w.Bank, int(w.Word), w.Data)
		}
	case r2000.CommandLock:
		if p, c, err := r2000.ParseLock(f.Data); err == nil {
			return viewTagLock(p, c)
		}
	case r2000.CommandKill:
		if p, err := r2000.ParseKill(f.Data); err == nil {
			return object{viewKillPassword(p)}
		}
	case r2000.CommandEPCMatch:
		if code, err := r2000.ParseEPCMatch(f.Data); err == nil {
			return object{{"match_epc", hexOf(code)}}
		}
	}
	return nil
}

// viewR2000Record adds the tag that an access went to, and what came of it.
func viewR2000Record(o object, f r2000.Frame) object {
	a, err := r2000.ParseAccess(f.Command, f.Data)
	if err != nil {
		return o
	}
	o = o.with("tags", int(a.Tags)).with("pc", hex16(a.PC)).with("epc", hexOf(a.EPC))
	if f.Command == r2000.CommandRead {
		return o.with("words", hexOf(a.Words))
	}
	return o.with("result", hex8(a.Result))
}

// viewUHFReaderAccess reads such a request; nil for what is none.
func viewUHFReaderAccess(f uhfreader.Frame) object {
	named := func(t uhfreader.Target) object {
		if len(t.EPC) > 0 {
			return object{{"epc", hexOf(t.EPC)}}
		}
		return viewMask(t.Bank, int(t.Bit), t.Mask)
	}
	switch f.Command {
	case uhfreader.CommandRead:
		if r, err := uhfreader.ParseRead(f.Data); err == nil {
			return append(viewTagRead(r.AccessPassword, r.Bank, int(r.Word), int(r.Words)), named(r.Target)...)
		}
	case uhfreader.CommandWrite:
		if w, err := uhfreader.ParseWrite(f.Data); err == nil {
			return append(viewTagWrite(w.AccessPassword, w.Bank, int(w.Word), w.Data), named(w.Target)...)
		}
	case uhfreader.CommandLock:
		if l, err := uhfreader.ParseLock(f.Data); err == nil {
			return append(viewTagLock(l.AccessPassword, l.Change), named(l.Target)...)
		}
	case uhfreader.CommandKill:
		if k, err := uhfreader.ParseKill(f.Data); err == nil {
			return append(object{viewKillPassword(k.Password)}, named(k.Target)...)
		}
	}
	return nil
}

func viewMercuryAccess(f mercury.Frame) object {
	chosen := func(c mercury.Choice) object { return viewMask(c.Bank, int(c.Bit), c.Mask) }
	switch f.Opcode {
	case mercury.OpReadData:
		if r, err := mercury.ParseReadData(f.Data); err == nil {
			return append(viewTagRead(r.AccessPassword, r.Bank, int(r.Word), int(r.Words)), chosen(r.Choice)...)
		}
	case mercury.OpWriteData:
		if w, err := mercury.ParseWriteData(f.Data); err == nil {
			return append(viewTagWrite(w.AccessPassword, w.Bank, int(w.Word), w.Data), chosen(w.Choice)...)
		}
	case mercury.OpLock:
		if l, err := mercury.ParseLock(f.Data); err == nil {
			o := object{viewAccessPassword(l.AccessPassword), {"lock_mask", hex16(l.Payload.Mask())}, {"lock_action", hex16(l.Payload.Action())}}
			return append(o, chosen(l.Choice)...)
		}
	case mercury.OpKill:
		if k, err := mercury.ParseKill(f.Data); err == nil {
			return append(object{viewKillPassword(k.Password)}, chosen(k.Choice)...)
		}
	}
	return nil
}

func viewFeigBlocks(f feig.Frame) object {
	where := func(b feig.Blocks) object {
		return object{{"uid", hexOf(b.UID)}, {"first_block", int(b.First)}, {"blocks", int(b.Count)}}
	}
	if f.Command != feig.CommandISOHost {
		return nil
	}
	if b, err := feig.ParseReadBlocks(f.Data); err == nil {
		return where(b)
	}
	if b, err := feig.ParseLockBlocks(f.Data); err == nil {
		return where(b)
	}
	if b, size, content, err := feig.ParseWriteBlocks(f.Data); err == nil {
		return where(b).with("block_size", int(size)).with("content", hexOf(content))
	}
	return nil
}
