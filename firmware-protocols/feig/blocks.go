package feig

// The memory of an ISO 15693 tag is blocks of one size, usually 4 bytes, each of which can be
// locked for ever. Requests here name the tag by its UID (addressed mode), so that no other
// tag in the field is touched:
//
//	B0 23 read   mode(1) UID(8) first(1) count(1)              -> count(1) size(1) count × ( security(1) block(size) )
//	B0 24 write  mode(1) UID(8) first(1) count(1) size(1) blocks
//	B0 22 lock   mode(1) UID(8) first(1) count(1)
//
// UNSURE whether every reader sends the bytes of a block in the order in which they were
// written; what one reader has written it reads back alike.

// Values in the data of these requests.
const (
	hostLock   = 0x22
	hostRead   = 0x23
	hostWrite  = 0x24
	addressed  = 0x01
	blocksHead = 1 + 1 + UIDLen + 2
)

// Blocks is a stretch of a tag's memory.
type Blocks struct {
	// UID names the tag: UIDLen bytes, E0 first; parsed, it points into the request's data.
	UID []byte
	// First is the first of Count blocks, 1 to MaxBlocks.
	First, Count uint8
}

func (b Blocks) data(order byte) []byte {
	return append(append([]byte{order, addressed}, b.UID...), b.First, b.Count)
}

func parseBlocks(order byte, data []byte) (Blocks, []byte, error) {
	if len(data) < blocksHead || data[0] != order || data[1] != addressed {
		return Blocks{}, nil, ErrLength
	}
	const at = 2 + UIDLen
	b := Blocks{UID: data[2:at:at], First: data[at], Count: data[at+1]}
	if b.Count < 1 || b.Count > MaxBlocks || int(b.First)+int(b.Count) > 256 {
		return Blocks{}, nil, ErrLength
	}
	return b, data[blocksHead:], nil
}

// AppendReadBlocks appends the request for blocks.
func AppendReadBlocks(dst []byte, address uint8, b Blocks) []byte {
	return AppendFrame(dst, Frame{Address: address, Command: CommandISOHost, Data: b.data(hostRead)})
}

// ParseReadBlocks reads the data of that request, as a reader does.
func ParseReadBlocks(data []byte) (Blocks, error) { return parseWhole(hostRead, data) }

// AppendLockBlocks appends the request to lock blocks for ever.
func AppendLockBlocks(dst []byte, address uint8, b Blocks) []byte {
	return AppendFrame(dst, Frame{Address: address, Command: CommandISOHost, Data: b.data(hostLock)})
}

// ParseLockBlocks reads the data of that request, as a reader does.
func ParseLockBlocks(data []byte) (Blocks, error) { return parseWhole(hostLock, data) }

// parseWhole reads a request that ends with its count.
func parseWhole(order byte, data []byte) (Blocks, error) {
	b, rest, err := parseBlocks(order, data)
	if err == nil && len(rest) > 0 {
		err = ErrLength
	}
	if err != nil {
		return Blocks{}, err
	}
	return b, nil
}

// AppendWriteBlocks appends the request to write blocks of so many bytes; content holds
// b.Count of them.
func AppendWriteBlocks(dst []byte, address uint8, b Blocks, size uint8, content []byte) []byte {
	return AppendFrame(dst, Frame{Address: address, Command: CommandISOHost, Data: append(append(b.data(hostWrite), size), content...)})
}

// ParseWriteBlocks reads the data of that request, as a reader does. The content points into it.
func ParseWriteBlocks(data []byte) (b Blocks, size uint8, content []byte, err error) {
	b, rest, err := parseBlocks(hostWrite, data)
	if err != nil {
		return Blocks{}, 0, nil, err
	}
	if len(rest) < 1 || rest[0] < 1 || rest[0] > MaxBlockSize || len(rest) != 1+int(b.Count)*int(rest[0]) {
		return Blocks{}, 0, nil, ErrLength
	}
	return b, rest[0], rest[1:], nil
}

// Block is one block as it was read.
type Block struct {
	// Locked: it can never be written again. Readers tell it only where they were asked to.
	Locked bool
	// Data points into the bytes that it was parsed from.
	Data []byte
}

// ParseBlockData reads the content of the answer to a read.
func ParseBlockData(content []byte) ([]Block, error) {
	if len(content) < 2 {
		return nil, ErrLength
	}
	count, size := int(content[0]), int(content[1])
	content = content[2:]
	if count > MaxBlocks || size < 1 || size > MaxBlockSize || len(content) != count*(1+size) {
		return nil, ErrLength
	}
	blocks := make([]Block, 0, count)
	for ; len(content) > 0; content = content[1+size:] {
		blocks = append(blocks, Block{Locked: content[0]&1 != 0, Data: content[1 : 1+size : 1+size]})
	}
	return blocks, nil
}

// AppendBlockData appends the answer to a read, as a reader does. The blocks are of one size.
func AppendBlockData(dst []byte, address uint8, blocks []Block) []byte {
	content := []byte{byte(len(blocks)), 0} //nolint:gosec // at most MaxBlocks
	for _, b := range blocks {
		content[1] = byte(len(b.Data)) //nolint:gosec // at most MaxBlockSize
		security := byte(0)
		if b.Locked {
			security = 1
		}
		content = append(append(content, security), b.Data...)
	}
	return AppendAnswer(dst, address, CommandISOHost, StatusOK, content)
}
