package gx5a

import (
	"encoding/binary"

	"trilock/firmware-protocols/frames"
)

// block reads a 16-bit length and that many bytes.
func block(c *frames.Cursor) []byte { return c.Take(int(c.U16())) }

func appendBlock(dst, block []byte) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(block))), block...) //nolint:gosec // finish refuses more than MaxData
}
