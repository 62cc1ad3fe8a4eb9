package uhf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"trilock/devices"
	"trilock/firmware-protocols/feig"
)

// BlockDesk is an HF reader at which the memory of single ISO 15693 tags is read, written
// and locked, block by block. Such tags have no passwords, and their UID, which stands for
// an EPC everywhere here, cannot be written. One goroutine uses it at a time.
type BlockDesk struct {
	counter
	reader *feigReader
}

// OpenBlockDesk sets up the reader on an open line. The settings are those of a driver for
// ProtocolFEIG.
func OpenBlockDesk(ctx context.Context, link devices.Link, settings Settings) (*BlockDesk, error) {
	if settings.Protocol != ProtocolFEIG {
		return nil, fmt.Errorf("readers of protocol %q do not work on blocks: use %s", settings.Protocol, ProtocolFEIG)
	}
	c, err := openCounter(ctx, link, settings)
	if err != nil {
		return nil, err
	}
	return &BlockDesk{c, c.s.reader.(*feigReader)}, nil //nolint:forcetypeassert // it is that protocol's
}

// ReadBlocks returns count blocks from first on of the tag with the UID. They are its own.
func (d *BlockDesk) ReadBlocks(ctx context.Context, uid []byte, first, count uint8) ([]feig.Block, error) {
	defer d.watch(ctx)()
	what := fmt.Sprintf("read %d blocks from %d on", count, first)
	b, err := blocksOf(what, uid, first, count)
	if err != nil {
		return nil, err
	}
	for range askTries {
		var content []byte
		content, err = d.reader.host(ctx, feig.AppendReadBlocks(nil, d.reader.address, b))
		if errors.Is(err, errQuiet) {
			continue
		}
		if err != nil {
			return nil, named(what, err)
		}
		blocks, bad := feig.ParseBlockData(content)
		if bad == nil && len(blocks) != int(count) {
			bad = feig.ErrLength
		}
		if bad != nil {
			return nil, named(what, tagFault(TagRefused, bad.Error()))
		}
		return blocks, nil
	}
	return nil, named(what, err)
}

// WriteBlocks writes whole blocks of so many bytes into the tag with the UID, from first on.
// When it fails, some of them may be written.
func (d *BlockDesk) WriteBlocks(ctx context.Context, uid []byte, first, size uint8, content []byte) error {
	defer d.watch(ctx)()
	if size < 1 || size > feig.MaxBlockSize || len(content)%int(size) != 0 || len(content) > feig.MaxBlocks*int(size) {
		return fmt.Errorf("write %d bytes into blocks of %d: want whole blocks, 1 to %d of them", len(content), size, feig.MaxBlocks)
	}
	count := uint8(len(content) / int(size)) //nolint:gosec // at most MaxBlocks
	what := fmt.Sprintf("write %d blocks from %d on", count, first)
	b, err := blocksOf(what, uid, first, count)
	if err == nil {
		_, err = d.reader.host(ctx, feig.AppendWriteBlocks(nil, d.reader.address, b, size, content))
	}
	return named(what, err)
}

// LockBlocks locks blocks of the tag with the UID. Nobody can ever write them again.
func (d *BlockDesk) LockBlocks(ctx context.Context, uid []byte, first, count uint8) error {
	defer d.watch(ctx)()
	what := fmt.Sprintf("lock %d blocks from %d on", count, first)
	b, err := blocksOf(what, uid, first, count)
	if err == nil {
		_, err = d.reader.host(ctx, feig.AppendLockBlocks(nil, d.reader.address, b))
	}
	return named(what, err)
}

// blocksOf refuses what no reader is to be asked.
func blocksOf(what string, uid []byte, first, count uint8) (feig.Blocks, error) {
	switch {
	case len(uid) != feig.UIDLen:
		return feig.Blocks{}, &TagError{TagUnable, what, fmt.Sprintf("no tag is named: a UID has %d bytes", feig.UIDLen)}
	case count < 1 || count > feig.MaxBlocks || int(first)+int(count) > 256:
		return feig.Blocks{}, &TagError{TagUnable, what, fmt.Sprintf("want 1 to %d blocks, of 256 in all", feig.MaxBlocks)}
	}
	return feig.Blocks{UID: uid, First: first, Count: count}, nil
}

// host sends a request that works on one tag, once, and returns its answer's content.
func (r *feigReader) host(ctx context.Context, request []byte) ([]byte, error) {
	if err := r.wire.send(request); err != nil {
		return nil, err
	}
	f, err := r.await(ctx, time.Now().Add(accessMax), feig.CommandISOHost)
	if err != nil {
		return nil, err
	}
	status, content, err := feig.Answer(f)
	if err != nil {
		return nil, tagFault(TagRefused, err.Error())
	}
	return bytes.Clone(content), feigFault(status)
}

// feigFault says what a status means; nil for a success.
func feigFault(s feig.Status) error {
	switch s {
	case feig.StatusOK:
		return nil
	case feig.StatusNoTransponder, feig.StatusRF:
		return tagFault(TagGone, "the named tag does not answer: "+s.String())
	case feig.StatusCollision:
		return tagFault(TagSeveral, s.String())
	case feig.StatusAddress:
		return tagFault(TagOverrun, s.String())
	case feig.StatusWriteProtected:
		return tagFault(TagLocked, s.String())
	case feig.StatusWriteFailed, feig.StatusTag:
		return tagFault(TagRefused, s.String()+": the block is locked, or the tag lies badly")
	}
	return tagFault(TagRefused, s.String())
}
