package osdp

import (
	"errors"
	"fmt"
)

// Bytes and bits of the frame header.
const (
	som        = 0x53
	mark       = 0xFF
	headerLen  = 5
	replyBit   = 0x80
	controlCRC = 0x04
	controlSCB = 0x08
	macLen     = 4
)

// BlockType is the type of a security block (SCS). Zero is "no security block".
type BlockType uint8

// The security block types of secure channel 1. Odd ones belong to the panel, even
// ones to the reader.
const (
	NoBlock               BlockType = 0
	BlockChallenge        BlockType = 0x11
	BlockClientCryptogram BlockType = 0x12
	BlockServerCryptogram BlockType = 0x13
	BlockInitialRMAC      BlockType = 0x14
	BlockCommandMAC       BlockType = 0x15
	BlockReplyMAC         BlockType = 0x16
	BlockCommandEncrypted BlockType = 0x17
	BlockReplyEncrypted   BlockType = 0x18
)

// carriesMAC reports whether a frame with this block ends in a MAC.
func (t BlockType) carriesMAC() bool {
	return t >= BlockCommandMAC && t <= BlockReplyEncrypted
}

// Values of the data byte of a handshake block.
const (
	// SelectorSCBK says that the reader's own key is meant.
	SelectorSCBK byte = 1
	// SelectorDefault says that the published default key is meant. The panel says so
	// inside an install window only.
	SelectorDefault byte = 0
	// HandshakeAccepted is the status in a BlockInitialRMAC that says the reader took
	// our cryptogram.
	HandshakeAccepted byte = 1
)

// Frame is one OSDP message. With an encrypting block, Data is the ciphertext.
type Frame struct {
	Address  uint8 // 0x00 to 0x7F, without the reply bit
	Reply    bool
	Sequence uint8 // 0 to 3
	Check    CheckKind
	Block    BlockType
	// BlockData is what follows the block's type: one byte in the handshake, none later.
	BlockData []byte
	Code      uint8
	Data      []byte
	MAC       [macLen]byte

	// signed is SOM to the byte before the MAC, as received: what the MAC is made of.
	signed []byte
}

// Errors of DecodeFrame.
var (
	ErrLength = errors.New("OSDP frame length")
	ErrCheck  = errors.New("OSDP frame check")
	ErrBlock  = errors.New("OSDP security block")
)

// AppendFrame adds the frame's bytes (SOM to check, no mark) to dst. It fails on an
// address, sequence number, block or length that the wire cannot carry.
func AppendFrame(dst []byte, f Frame) ([]byte, error) {
	start := len(dst)
	dst, err := appendBody(dst, f)
	if err != nil {
		return nil, err
	}
	if f.Block.carriesMAC() {
		dst = append(dst, f.MAC[:]...)
	}
	return append(dst[:start], f.Check.append(dst[start:])...), nil
}

// appendBody adds everything before MAC and check; the length field counts both already.
func appendBody(dst []byte, f Frame) ([]byte, error) {
	if f.Address > 0x7F || f.Sequence > 3 {
		return nil, fmt.Errorf("OSDP frame: address 0x%02X or sequence %d out of range", f.Address, f.Sequence)
	}
	if len(f.BlockData) > 1 || f.Block == NoBlock && len(f.BlockData) > 0 {
		return nil, fmt.Errorf("%w: type 0x%02X with %d bytes", ErrBlock, uint8(f.Block), len(f.BlockData))
	}
	length := headerLen + 1 + len(f.Data) + f.Check.size()
	if f.Block != NoBlock {
		length += 2 + len(f.BlockData)
	}
	if f.Block.carriesMAC() {
		length += macLen
	}
	if length > MaxFrame {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrLength, length, MaxFrame)
	}
	address, control := f.Address, f.Sequence
	if f.Reply {
		address |= replyBit
	}
	if f.Check == CRC16 {
		control |= controlCRC
	}
	if f.Block != NoBlock {
		control |= controlSCB
	}
	dst = append(dst, som, address, byte(length), byte(length>>8), control)
	if f.Block != NoBlock {
		dst = append(dst, byte(2+len(f.BlockData)), byte(f.Block))
		dst = append(dst, f.BlockData...)
	}
	return append(append(dst, f.Code), f.Data...), nil
}

// DecodeFrame reads one whole frame, SOM to check without mark. The result refers to
// raw's bytes. Nothing is returned of a frame whose length, check or block is wrong.
// Reserved control bits are ignored, as readers are known to set them.
func DecodeFrame(raw []byte) (Frame, error) {
	if len(raw) < headerLen+2 || len(raw) > MaxFrame || raw[0] != som ||
		int(raw[2])|int(raw[3])<<8 != len(raw) {
		return Frame{}, ErrLength
	}
	f := Frame{
		Address:  raw[1] &^ replyBit,
		Reply:    raw[1]&replyBit != 0,
		Sequence: raw[4] & 3,
		Check:    Checksum,
	}
	if raw[4]&controlCRC != 0 {
		f.Check = CRC16
	}
	if len(raw) < headerLen+1+f.Check.size() {
		return Frame{}, ErrLength
	}
	if !f.Check.matches(raw) {
		return Frame{}, ErrCheck
	}
	end := len(raw) - f.Check.size()
	rest := raw[headerLen:end]
	if raw[4]&controlSCB != 0 {
		var err error
		if rest, err = f.takeBlock(rest); err != nil {
			return Frame{}, err
		}
	}
	if f.Block.carriesMAC() {
		if len(rest) < 1+macLen {
			return Frame{}, ErrLength
		}
		f.MAC = [macLen]byte(rest[len(rest)-macLen:])
		rest = rest[:len(rest)-macLen]
		f.signed = raw[:end-macLen]
	}
	if len(rest) == 0 {
		return Frame{}, ErrLength
	}
	f.Code, f.Data = rest[0], rest[1:]
	return f, nil
}

// takeBlock reads the security block at the start of rest and returns what follows it.
func (f *Frame) takeBlock(rest []byte) ([]byte, error) {
	if len(rest) < 2 {
		return nil, ErrBlock
	}
	n := int(rest[0])
	if n < 2 || n > 3 || n > len(rest) || rest[1] == 0 {
		return nil, ErrBlock
	}
	f.Block, f.BlockData = BlockType(rest[1]), rest[2:n]
	return rest[n:], nil
}
