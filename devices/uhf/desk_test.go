package uhf

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"trilock/devices"
	"trilock/devices/devicetest"
	"trilock/devices/devicetest/uhftest"
	"trilock/devices/serialport"
	"trilock/firmware-protocols/epc"
)

const (
	deskEPC = "E28011606000020900000001"
	deskTID = "E2801160200062A6DAE90929"
	deskUID = "E004010012345678"
)

// deskLine serves a simulated reader on a pseudo terminal and opens its line.
func deskLine(t *testing.T, settings uhftest.Settings) (devices.Link, *uhftest.Reader) {
	t.Helper()
	settings.RoundTime = 5e6
	r, err := uhftest.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	line, err := devicetest.NewLine(filepath.Join(t.TempDir(), "desk"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- r.Serve(ctx, line) }()
	link, err := serialport.Open(t.Context(), serialport.Settings{Port: line.Path(), Baud: 115200})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = link.Close()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := line.Close(); err != nil {
			t.Error(err)
		}
	})
	return link, r
}

func deskSettings(protocol string) Settings {
	return Settings{Device: "desk", Protocol: protocol, Antennas: oneAntenna, PowerDBm: 20}
}

// TestDeskRefuses what would reach a tag that nobody named, before a byte is sent.
func TestDeskRefuses(t *testing.T) {
	t.Parallel()
	chip := uhftest.NewChip(unhex(t, deskEPC), unhex(t, deskTID), 4)
	link, r := deskLine(t, uhftest.Settings{Protocol: ProtocolR2000, Tags: func(uint8) []*uhftest.Chip { return []*uhftest.Chip{chip} }})
	d, err := OpenDesk(t.Context(), link, deskSettings(ProtocolR2000))
	if err != nil {
		t.Fatal(err)
	}
	r.SetSilent(true) // nothing below may wait for it
	one := epc.Words{Bank: epc.BankEPC, Word: 1, Count: 1}
	for name, s := range map[string]Selection{
		"no tag": {}, "no EPC": ByEPC(nil), "half a word": ByEPC([]byte{1, 2, 3}), "too long": ByEPC(make([]byte, 64)),
		"TID": ByTID(unhex(t, deskTID)), "user": {epc.BankUser, []byte{1, 2}},
	} {
		if _, err := d.Read(t.Context(), s, one, 0); FaultOf(err) != TagUnable {
			t.Errorf("read %s: %v", name, err)
		}
		if err := d.Write(t.Context(), s, epc.BankEPC, 1, []byte{0, 0}, 0); FaultOf(err) != TagUnable {
			t.Errorf("write %s: %v", name, err)
		}
		if err := d.Lock(t.Context(), s, epc.LockChange{}, 1); FaultOf(err) != TagUnable {
			t.Errorf("lock %s: %v", name, err)
		}
		if err := d.Kill(t.Context(), s, 1); FaultOf(err) != TagUnable {
			t.Errorf("kill %s: %v", name, err)
		}
	}
	own := ByEPC(unhex(t, deskEPC))
	for _, count := range []uint8{0, 33} {
		if _, err := d.Read(t.Context(), own, epc.Words{Count: count}, 0); FaultOf(err) != TagUnable {
			t.Errorf("read %d words: %v", count, err)
		}
	}
	for _, n := range []int{0, 1, 66} {
		if err := d.Write(t.Context(), own, epc.BankUser, 0, make([]byte, n), 0); err == nil {
			t.Errorf("write %d bytes: done", n)
		}
	}
	if err := d.Write(t.Context(), own, epc.BankUser, 256, []byte{0, 0}, 0); FaultOf(err) != TagOverrun {
		t.Errorf("write word 256: %v", err)
	}
	if err := d.Lock(t.Context(), own, epc.LockChange{Area: 9}, 1); !errors.Is(err, epc.ErrLock) {
		t.Errorf("lock: %v", err)
	}
}

func TestOpenDeskRefuses(t *testing.T) {
	t.Parallel()
	link, r := deskLine(t, uhftest.Settings{Protocol: ProtocolGX5A, Tags: func(uint8) []*uhftest.Chip { return nil }})
	two := deskSettings(ProtocolGX5A)
	two.Antennas = []uint8{1, 2}
	for name, s := range map[string]Settings{"HF": deskSettings(ProtocolFEIG), "no protocol": deskSettings(""), "two antennas": two} {
		if _, err := OpenDesk(t.Context(), link, s); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := OpenBlockDesk(t.Context(), link, deskSettings(ProtocolGX5A)); err == nil {
		t.Error("a UHF reader was taken for one of blocks")
	}
	r.SetSilent(true)
	if _, err := OpenDesk(t.Context(), link, deskSettings(ProtocolGX5A)); devices.CodeOf(err) != devices.CodeNoAnswer {
		t.Errorf("a silent reader: %v", err)
	}
}

// answersTo reports a frame that answers a write, by where its protocol has the command.
func answersTo(protocol string) func(frame []byte) bool {
	at := map[string][2]byte{
		ProtocolGX5A: {4, 0x11}, ProtocolM100: {2, 0x49}, ProtocolR2000: {3, 0x82}, ProtocolMercury: {2, 0x24}, ProtocolUHFReader: {2, 0x03},
	}[protocol]
	return func(frame []byte) bool { return len(frame) > int(at[0]) && frame[at[0]] == at[1] }
}

// TestAnswerLostOnTheLine: a write whose answer is lost is unclear, never done or not done;
// the reader works on, and what is on the tag can be read.
func TestAnswerLostOnTheLine(t *testing.T) {
	for _, protocol := range DeskProtocols() {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			chip := uhftest.NewChip(unhex(t, deskEPC), unhex(t, deskTID), 4)
			link, r := deskLine(t, uhftest.Settings{Protocol: protocol, Tags: func(uint8) []*uhftest.Chip { return []*uhftest.Chip{chip} }})
			d, err := OpenDesk(t.Context(), link, deskSettings(protocol))
			if err != nil {
				t.Fatal(err)
			}
			lost := answersTo(protocol)
			r.Mangle(func(frame []byte) []byte {
				if lost(frame) {
					return nil
				}
				return frame
			})
			own := ByEPC(unhex(t, deskEPC))
			if err := d.Write(t.Context(), own, epc.BankUser, 1, []byte{0xAB, 0xCD}, 0); FaultOf(err) != TagUnclear || !strings.Contains(err.Error(), "write user words 1 to 1") {
				t.Errorf("%v", err)
			}
			r.Mangle(nil)
			words, err := d.Read(t.Context(), own, epc.Words{Bank: epc.BankUser, Count: 4}, 0)
			if err != nil || string(words) != "\x00\x00\xAB\xCD\x00\x00\x00\x00" {
				t.Errorf("%X, %v", words, err)
			}
			heard, err := d.Hear(t.Context())
			if err != nil || len(heard) != 1 || heard[0].EPC.String() != deskEPC {
				t.Errorf("%v, %v", heard, err)
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := d.Read(ended, own, epc.Words{Bank: epc.BankUser, Count: 4}, 0); !errors.Is(err, context.Canceled) {
				t.Errorf("after the end: %v", err)
			}
		})
	}
}

// TestM100KeepsItsMark: work on a tag leaves the module as the rounds want it.
func TestM100KeepsItsMark(t *testing.T) {
	t.Parallel()
	chip := uhftest.NewChip(unhex(t, deskEPC), unhex(t, deskTID), 4)
	link, _ := deskLine(t, uhftest.Settings{Protocol: ProtocolM100, Tags: func(uint8) []*uhftest.Chip { return []*uhftest.Chip{chip} }})
	d, err := OpenDesk(t.Context(), link, deskSettings(ProtocolM100))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []Selection{ByTID(unhex(t, deskTID)), ByEPC(unhex(t, "AAAA"))} { // one that works, one that fails
		_, _ = d.Read(t.Context(), s, epc.Words{Bank: epc.BankUser, Count: 1}, 0)
		if lost, err := d.worker.(*m100Reader).forgot(t.Context()); err != nil || lost {
			t.Errorf("after %v: the mark is gone: %v, %v", s, lost, err)
		}
	}
}

func TestUHFReaderHasItsDeskOnPortOne(t *testing.T) {
	t.Parallel()
	link, _ := deskLine(t, uhftest.Settings{Protocol: ProtocolUHFReader, Tags: func(uint8) []*uhftest.Chip { return nil }})
	s := deskSettings(ProtocolUHFReader)
	s.Antennas = []uint8{2}
	d, err := OpenDesk(t.Context(), link, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Kill(t.Context(), ByEPC(unhex(t, deskEPC)), 1); FaultOf(err) != TagUnable {
		t.Errorf("%v", err)
	}
}

// TestBlockDesk reads, writes and locks the blocks of the tag that is named, and no others.
func TestBlockDesk(t *testing.T) {
	t.Parallel()
	own, other := uhftest.NewHFChip(unhex(t, deskUID), 28, 4), uhftest.NewHFChip(unhex(t, "E004010012345679"), 28, 4)
	link, _ := deskLine(t, uhftest.Settings{Protocol: ProtocolFEIG, HFTags: func() []*uhftest.HFChip { return []*uhftest.HFChip{other, own} }})
	d, err := OpenBlockDesk(t.Context(), link, deskSettings(ProtocolFEIG))
	if err != nil {
		t.Fatal(err)
	}
	if heard, err := d.Hear(t.Context()); err != nil || len(heard) != 2 {
		t.Errorf("%v, %v", heard, err)
	}
	uid := unhex(t, deskUID)
	if err := d.WriteBlocks(t.Context(), uid, 2, 4, []byte("ABCDEFGH")); err != nil {
		t.Fatal(err)
	}
	if err := d.LockBlocks(t.Context(), uid, 3, 1); err != nil {
		t.Fatal(err)
	}
	blocks, err := d.ReadBlocks(t.Context(), uid, 2, 3)
	if err != nil || len(blocks) != 3 || string(blocks[0].Data) != "ABCD" || blocks[0].Locked || string(blocks[1].Data) != "EFGH" || !blocks[1].Locked || blocks[2].Locked {
		t.Errorf("%+v, %v", blocks, err)
	}
	if content, locked := other.Block(2); string(content) != "\x00\x00\x00\x00" || locked {
		t.Error("the neighbour was written")
	}
	if err := d.WriteBlocks(t.Context(), uid, 3, 4, []byte("XXXX")); FaultOf(err) != TagRefused {
		t.Errorf("a locked block: %v", err)
	}
	if _, err := d.ReadBlocks(t.Context(), uid, 27, 2); FaultOf(err) != TagOverrun {
		t.Errorf("beyond the memory: %v", err)
	}
	own.SetAway(true)
	if _, err := d.ReadBlocks(t.Context(), uid, 0, 1); FaultOf(err) != TagGone {
		t.Errorf("gone: %v", err)
	}
	for name, err := range map[string]error{
		"no UID":     d.LockBlocks(t.Context(), nil, 0, 1),
		"none":       d.LockBlocks(t.Context(), uid, 0, 0),
		"33":         d.LockBlocks(t.Context(), uid, 0, 33),
		"past 255":   d.LockBlocks(t.Context(), uid, 255, 2),
		"half block": d.WriteBlocks(t.Context(), uid, 0, 4, []byte("ABC")),
		"no size":    d.WriteBlocks(t.Context(), uid, 0, 0, []byte("ABC")),
	} {
		if err == nil || FaultOf(err) != TagUnable && !strings.Contains(err.Error(), "whole blocks") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
