package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/devices/uhf"
	"trilock/firmware-protocols/feig"
)

// tagBlocks is the work on the memory of an HF tag (ISO 15693), which has neither EPC nor
// passwords: its UID is its name and cannot be written.
type tagBlocks struct {
	Port        string `required:"" help:"The serial port of the desk's HF reader (feig-obid); the daemon must not have it."`
	Baud        int    `help:"Speed in bit/s; the protocol's usual one without it."`
	Tag         string `placeholder:"UID" help:"UID of the tag that is meant; without it there must be one tag only."`
	First       uint8  `help:"The first block."`
	Count       uint8  `default:"1" help:"How many blocks, at most 32."`
	Write       string `placeholder:"HEX" help:"Write these bytes, whole blocks, from the first block on, and read them back."`
	Lock        bool   `help:"Lock the blocks; needs --permanently."`
	Permanently bool   `help:"Needed for --lock: nobody can undo it."`
	JSON        bool   `name:"json" help:"Print the result as JSON."`
}

// Run works on the tag.
func (c *tagBlocks) Run() error { return interruptible(c.do) }

func (c *tagBlocks) do(ctx context.Context, out io.Writer) (err error) {
	if c.Lock && !c.Permanently {
		return errors.New("a locked block can never be written again by anybody: add --permanently if that is meant")
	}
	var named, content []byte
	if c.Tag != "" {
		if named, err = parseTagHex("--tag", c.Tag); err != nil {
			return err
		}
	}
	if c.Write != "" {
		if content, err = parseTagHex("--write", c.Write); err != nil {
			return err
		}
	}
	desk, link, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, link.Close()) }()
	heard, err := desk.Hear(ctx)
	if err != nil {
		return err
	}
	uid, err := chooseUID(heard, named)
	if err != nil {
		return err
	}
	blocks, err := c.work(ctx, desk, uid, content)
	if err != nil {
		return err
	}
	return c.print(out, uid, blocks)
}

// open opens the line, which has even parity.
func (c *tagBlocks) open(ctx context.Context) (*uhf.BlockDesk, devices.Link, error) {
	baud, err := uhf.BaudDefault(uhf.ProtocolFEIG)
	if err != nil {
		return nil, nil, err
	}
	if c.Baud != 0 {
		baud = c.Baud
	}
	link, err := openDeskLine(ctx, c.Port, uhf.ProtocolFEIG, baud)
	if err != nil {
		return nil, nil, err
	}
	desk, err := uhf.OpenBlockDesk(ctx, link, uhf.Settings{Device: "desk", Protocol: uhf.ProtocolFEIG, Antennas: []uint8{1}})
	if err != nil {
		return nil, nil, errors.Join(err, link.Close())
	}
	return desk, link, nil
}

// chooseUID returns the UID of the one tag that is meant.
func chooseUID(heard []fact.Read, named []byte) ([]byte, error) {
	var uids []string
	for _, r := range heard {
		if uid := r.EPC.Bytes(); bytes.Equal(uid, named) || len(heard) == 1 && named == nil {
			return uid, nil
		}
		uids = append(uids, r.EPC.String())
	}
	switch {
	case len(heard) == 0:
		return nil, errors.New("no tag answers: lay it flat on the antenna, away from metal 没有标签应答")
	case named != nil:
		return nil, fmt.Errorf("no tag with UID %X answers, only %s", named, strings.Join(uids, ", "))
	}
	return nil, fmt.Errorf("more than one tag answers (%s): take the others away, or name one with --tag 多于一个标签应答", strings.Join(uids, ", "))
}

// work writes and locks what is wanted, and returns the blocks as they are then.
func (c *tagBlocks) work(ctx context.Context, desk *uhf.BlockDesk, uid, content []byte) ([]feig.Block, error) {
	count := c.Count
	if len(content) > 0 {
		before, err := desk.ReadBlocks(ctx, uid, c.First, 1)
		if err != nil {
			return nil, err
		}
		size := len(before[0].Data)
		if len(content)%size != 0 {
			return nil, fmt.Errorf("%d bytes are no whole blocks: this tag's have %d", len(content), size)
		}
		count = uint8(len(content) / size) //nolint:gosec // parseTagHex takes at most 62 bytes
		if err := desk.WriteBlocks(ctx, uid, c.First, uint8(size), content); err != nil && uhf.FaultOf(err) != uhf.TagUnclear {
			return nil, fmt.Errorf("%w; some of the blocks may be written: repeat the command", err)
		}
	}
	if c.Lock {
		if err := c.compare(ctx, desk, uid, count, content); err != nil {
			return nil, err
		}
		if err := desk.LockBlocks(ctx, uid, c.First, count); err != nil {
			return nil, err
		}
	}
	blocks, err := desk.ReadBlocks(ctx, uid, c.First, count)
	if err == nil {
		err = sameBlocks(blocks, content)
	}
	return blocks, err
}

// compare reads back before anything is locked for ever.
func (c *tagBlocks) compare(ctx context.Context, desk *uhf.BlockDesk, uid []byte, count uint8, content []byte) error {
	blocks, err := desk.ReadBlocks(ctx, uid, c.First, count)
	if err == nil {
		err = sameBlocks(blocks, content)
	}
	return err
}

// sameBlocks compares what was read with what was written, if anything was.
func sameBlocks(blocks []feig.Block, content []byte) error {
	var got []byte
	for _, b := range blocks {
		got = append(got, b.Data...)
	}
	if len(content) > 0 && !bytes.Equal(got, content) {
		return fmt.Errorf("what was read back, %X, is not what was written: repeat the command", got)
	}
	return nil
}

func (c *tagBlocks) print(out io.Writer, uid []byte, blocks []feig.Block) error {
	if c.JSON {
		list := make([]object, len(blocks))
		for i, b := range blocks {
			list[i] = object{{"block", int(c.First) + i}, {"data", hexOf(b.Data)}, {"locked", b.Locked}}
		}
		text, err := json.MarshalIndent(object{{"uid", hexOf(uid)}, {"blocks", list}}, "", "  ")
		if err == nil {
			_, err = fmt.Fprintf(out, "%s\n", text)
		}
		return err
	}
	if _, err := fmt.Fprintf(out, "UID        %X\n", uid); err != nil {
		return err
	}
	for i, b := range blocks {
		locked := ""
		if b.Locked {
			locked = "  locked 已锁定"
		}
		if _, err := fmt.Fprintf(out, "block %-4d %X%s\n", int(c.First)+i, b.Data, locked); err != nil {
			return err
		}
	}
	return nil
}
