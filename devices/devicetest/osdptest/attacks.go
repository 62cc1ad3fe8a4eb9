package osdptest

import (
	"trilock/firmware-protocols/osdp"
)

// The published attacks on an OSDP line, each by somebody between panel and reader. They
// are put on a line with SetAttack.

// refusal is what a reader without a secure channel answers.
func refusal(command osdp.Frame) osdp.Frame {
	return osdp.Frame{
		Address: command.Address, Reply: true, Sequence: command.Sequence, Check: command.Check,
		Code: byte(osdp.ReplyNak), Data: []byte{byte(osdp.NakNoSecureChannel)},
	}
}

// inClear is a reply without any security.
func inClear(command osdp.Frame, code osdp.ReplyCode, data []byte) osdp.Frame {
	reply := refusal(command)
	reply.Code, reply.Data = byte(code), data
	return reply
}

// SpeakClear lets the handshake fail and then tells the panel in clear of a card: reply is
// the content of an osdp_RAW. A panel that falls back to clear text opens for it.
func SpeakClear(card []byte) Attack {
	refused := false
	return func(f osdp.Frame, reader func(osdp.Frame) (osdp.Frame, bool)) (osdp.Frame, bool) {
		switch {
		case f.Block != osdp.NoBlock:
			refused = true
			return refusal(f), true
		case refused:
			return inClear(f, osdp.ReplyCard, card), true
		}
		return reader(f)
	}
}

// InterruptInClear answers the polls of a session that stands with a card in clear.
func InterruptInClear(card []byte) Attack {
	return func(f osdp.Frame, reader func(osdp.Frame) (osdp.Frame, bool)) (osdp.Frame, bool) {
		if osdp.CommandCode(f.Code) == osdp.CommandPoll {
			return inClear(f, osdp.ReplyCard, card), true
		}
		return reader(f)
	}
}

// DenySecurity takes the secure channel out of what the reader says it can do, and, if
// refuse is set, refuses to make one in the reader's name.
func DenySecurity(refuse bool) Attack {
	return func(f osdp.Frame, reader func(osdp.Frame) (osdp.Frame, bool)) (osdp.Frame, bool) {
		if refuse && f.Block != osdp.NoBlock {
			return refusal(f), true
		}
		reply, ok := reader(f)
		if ok && f.Block == osdp.NoBlock && osdp.ReplyCode(reply.Code) == osdp.ReplyCapabilities {
			var kept []byte
			for i := 0; i+3 <= len(reply.Data); i += 3 {
				if osdp.Function(reply.Data[i]) != osdp.FunctionSecurity {
					kept = append(kept, reply.Data[i:i+3]...)
				}
			}
			reply.Data = kept
		}
		return reply, ok
	}
}

// Impersonate lets another reader answer instead: one in install mode, or with a key that
// the attacker has guessed.
func Impersonate(other *PD) Attack {
	return func(f osdp.Frame, _ func(osdp.Frame) (osdp.Frame, bool)) (osdp.Frame, bool) {
		other.mu.Lock()
		defer other.mu.Unlock()
		reply, err := osdp.DecodeFrame(other.sequenced(f))
		return reply, err == nil
	}
}

// CatchKey waits for a new key on the line, makes the panel believe that the session is
// gone, and from then on answers as a reader in install mode, so that the key is sent once
// more: in clear, or under the key that everybody knows.
func CatchKey(rogue *PD) Attack {
	caught := false
	instead := Impersonate(rogue)
	return func(f osdp.Frame, reader func(osdp.Frame) (osdp.Frame, bool)) (osdp.Frame, bool) {
		switch {
		case caught:
			return instead(f, reader)
		case osdp.CommandCode(f.Code) == osdp.CommandKeySet:
			caught = true
			return refusal(f), true
		}
		return reader(f)
	}
}
