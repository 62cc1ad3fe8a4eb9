package osdp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"errors"
	"fmt"
)

// SessionKeys are the three keys of one secure channel session.
type SessionKeys struct{ enc, mac1, mac2 cipher.Block }

// DeriveSessionKeys makes the session's keys from the reader's key and the panel's
// random number: AES-128-ECB over 01, a tag byte, the first six bytes of RND.A and zeros.
func DeriveSessionKeys(k Key, rndA [8]byte) *SessionKeys {
	base := newAES(k)
	derive := func(tag byte) cipher.Block {
		in := [16]byte{0x01, tag}
		copy(in[2:], rndA[:6])
		return newAES(encryptBlock(base, in))
	}
	return &SessionKeys{enc: derive(0x82), mac1: derive(0x01), mac2: derive(0x02)}
}

// ClientCryptogram is the reader's proof: S-ENC over RND.A and RND.B.
func (s *SessionKeys) ClientCryptogram(rndA, rndB [8]byte) [16]byte {
	return encryptBlock(s.enc, join(rndA, rndB))
}

// ServerCryptogram is the panel's proof: S-ENC over RND.B and RND.A.
func (s *SessionKeys) ServerCryptogram(rndA, rndB [8]byte) [16]byte {
	return encryptBlock(s.enc, join(rndB, rndA))
}

// InitialRMAC is where the MAC chain of the session begins, made from the panel's proof.
func (s *SessionKeys) InitialRMAC(server [16]byte) [16]byte {
	return encryptBlock(s.mac2, encryptBlock(s.mac1, server))
}

// SameProof compares two cryptograms in constant time.
func SameProof(a, b [16]byte) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

// Channel is a secure channel session that stands: it seals and opens frames and keeps
// the MAC chain. The chain moves only when a frame is sealed or successfully opened;
// repeating a frame means sending the same bytes again and never involves the channel.
//
// A busy line opens and seals thousands of frames a second: what that needs lies in the
// channel, and nothing is allocated. Each session has a Channel of its own; it is not for
// concurrent use.
type Channel struct {
	keys        *SessionKeys
	lastCommand [16]byte
	lastReply   [16]byte

	chain [16]byte       // of the MAC under way, or the starting value of a cipher
	block [16]byte       // one block under way
	plain [MaxFrame]byte // what the last open gave
}

// NewChannel starts the session after the handshake.
func NewChannel(keys *SessionKeys, initialRMAC [16]byte) *Channel {
	return &Channel{keys: keys, lastCommand: initialRMAC, lastReply: initialRMAC}
}

// Errors of opening a sealed frame. After any of them the session is over.
var (
	ErrMAC     = errors.New("OSDP message authentication code is wrong")
	ErrPadding = errors.New("OSDP encrypted data is not padded as it should be")
	ErrNoMAC   = errors.New("OSDP frame is not secured for this direction")
)

// SealCommand turns a command in clear (Block unset) into the bytes for the wire, SOM to
// check. Data is encrypted when there is any.
func (c *Channel) SealCommand(f Frame) ([]byte, error) { return c.AppendCommand(nil, f) }

// AppendCommand is SealCommand onto dst.
func (c *Channel) AppendCommand(dst []byte, f Frame) ([]byte, error) {
	f.Block = BlockCommandMAC
	return c.seal(dst, f, &c.lastReply, &c.lastCommand)
}

// SealReply does for the reader's side what SealCommand does for the panel's.
func (c *Channel) SealReply(f Frame) ([]byte, error) {
	f.Block = BlockReplyMAC
	return c.seal(nil, f, &c.lastCommand, &c.lastReply)
}

// OpenReply checks a reply's MAC and decrypts its data, which is good until the channel
// opens the next frame. encrypted is false when data came in clear beside the MAC, which
// some readers do with status reports.
func (c *Channel) OpenReply(f Frame) (data []byte, encrypted bool, err error) {
	return c.open(f, BlockReplyMAC, &c.lastCommand, &c.lastReply)
}

// OpenCommand does for the reader's side what OpenReply does for the panel's.
func (c *Channel) OpenCommand(f Frame) (data []byte, encrypted bool, err error) {
	return c.open(f, BlockCommandMAC, &c.lastReply, &c.lastCommand)
}

// seal encrypts, signs with the other side's last MAC as starting value, and moves own.
func (c *Channel) seal(dst []byte, f Frame, other, own *[16]byte) ([]byte, error) {
	start, clear := len(dst), len(f.Data)
	if clear > 0 {
		f.Block += 2
		f.Data = c.pad(f.Data)
	}
	raw, err := appendBody(dst, f)
	if err != nil {
		return nil, fmt.Errorf("seal code 0x%02X: %w", f.Code, err)
	}
	if clear > 0 {
		c.encrypt(raw[len(raw)-len(f.Data):], other)
	}
	c.mac(raw[start:], other)
	*own = c.chain
	raw = append(raw, c.chain[:macLen]...)
	return append(raw[:start], f.Check.append(raw[start:])...), nil
}

// open is the reverse of seal. Nothing changes unless all of the frame is right.
func (c *Channel) open(f Frame, plain BlockType, other, own *[16]byte) ([]byte, bool, error) {
	if f.Block != plain && f.Block != plain+2 || f.signed == nil {
		return nil, false, ErrNoMAC
	}
	c.mac(f.signed, other)
	mac := c.chain
	if subtle.ConstantTimeCompare(mac[:macLen], f.MAC[:]) != 1 {
		return nil, false, ErrMAC
	}
	data, encrypted := f.Data, f.Block == plain+2
	if encrypted {
		var err error
		if data, err = c.decrypt(f.Data, other); err != nil {
			return nil, false, err
		}
	}
	*own = mac
	return data, encrypted, nil
}

// mac leaves in chain the CBC-MAC over the padded message: S-MAC1 for all blocks but the
// last, S-MAC2 for the last.
func (c *Channel) mac(message []byte, iv *[16]byte) {
	c.chain = *iv
	for ; len(message) > 16; message = message[16:] {
		subtle.XORBytes(c.chain[:], c.chain[:], message[:16])
		c.keys.mac1.Encrypt(c.chain[:], c.chain[:])
	}
	c.block = [16]byte{}
	if copy(c.block[:], message) < 16 {
		c.block[len(message)] = 0x80
	}
	subtle.XORBytes(c.chain[:], c.chain[:], c.block[:])
	c.keys.mac2.Encrypt(c.chain[:], c.chain[:])
}

// pad returns data with 80 00 00 ... up to the next whole block, also when it fills its
// blocks already. It lies in plain.
func (c *Channel) pad(data []byte) []byte {
	if len(data) > len(c.plain)-16 {
		return data // no frame has room for it, as appendBody will say
	}
	out := c.plain[:len(data)/16*16+16]
	clear(out[copy(out, data):])
	out[len(data)] = 0x80
	return out
}

// encrypt works on whole blocks in place, in CBC mode. The starting value is the complement
// of the other side's last MAC.
func (c *Channel) encrypt(data []byte, lastMAC *[16]byte) {
	c.chain = complement(*lastMAC)
	for ; len(data) > 0; data = data[16:] {
		subtle.XORBytes(data[:16], data[:16], c.chain[:])
		c.keys.enc.Encrypt(data[:16], data[:16])
		copy(c.chain[:], data)
	}
}

// decrypt is the reverse of pad and encrypt, into plain. The padding is checked only after
// the MAC was found right, so its error tells an attacker nothing.
func (c *Channel) decrypt(data []byte, lastMAC *[16]byte) ([]byte, error) {
	if len(data) == 0 || len(data)%16 != 0 || len(data) > len(c.plain) {
		return nil, ErrPadding
	}
	out := c.plain[:len(data)]
	c.chain = complement(*lastMAC)
	for i := 0; i < len(data); i += 16 {
		c.keys.enc.Decrypt(c.block[:], data[i:i+16])
		subtle.XORBytes(out[i:i+16], c.block[:], c.chain[:])
		copy(c.chain[:], data[i:])
	}
	for i := len(out) - 1; i >= 0; i-- {
		if out[i] == 0x80 {
			return out[:i], nil
		}
		if out[i] != 0 {
			break
		}
	}
	return nil, ErrPadding
}

func complement(in [16]byte) [16]byte {
	for i := range in {
		in[i] = ^in[i]
	}
	return in
}

func join(a, b [8]byte) [16]byte {
	var out [16]byte
	copy(out[:8], a[:])
	copy(out[8:], b[:])
	return out
}

func encryptBlock(key cipher.Block, in [16]byte) [16]byte {
	var out [16]byte
	key.Encrypt(out[:], in[:])
	return out
}

func newAES(key [16]byte) cipher.Block {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("osdp: AES-128 refuses a key of 16 bytes")
	}
	return block
}
