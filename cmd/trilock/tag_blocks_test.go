package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"trilock/devices/devicetest"
	"trilock/devices/devicetest/uhftest"
	"trilock/firmware-protocols/feig"
)

const hfUID = "E004010012345678"

// plugHF plugs in an HF reader with tags on it.
func plugHF(t *testing.T, chips ...*uhftest.HFChip) string {
	t.Helper()
	r, err := uhftest.New(uhftest.Settings{
		Protocol: uhftest.ProtocolFEIG, RoundTime: 5 * time.Millisecond, HFTags: func() []*uhftest.HFChip { return chips },
	})
	if err != nil {
		t.Fatal(err)
	}
	return plug(t, func(ctx context.Context, l *devicetest.Line) { _ = r.Serve(ctx, l) })
}

func TestTagBlocks(t *testing.T) {
	chip := uhftest.NewHFChip(mustHex(t, hfUID), 28, 4)
	port := plugHF(t, chip)
	var out bytes.Buffer
	write := tagBlocks{Port: port, First: 4, Count: 1, Write: "4142434445464748", JSON: true}
	if err := write.do(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	var view struct {
		UID    string
		Blocks []struct {
			Block  int
			Data   string
			Locked bool
		}
	}
	if err := json.Unmarshal(out.Bytes(), &view); err != nil || view.UID != hfUID || len(view.Blocks) != 2 || view.Blocks[1].Block != 5 || view.Blocks[1].Data != "45464748" {
		t.Errorf("%v: %s", err, &out)
	}
	out.Reset()
	lock := tagBlocks{Port: port, Tag: hfUID, First: 5, Count: 1, Lock: true, Permanently: true}
	if err := lock.do(t.Context(), &out); err != nil || !strings.Contains(out.String(), "block 5    45464748  locked") {
		t.Errorf("%v: %s", err, &out)
	}
	if err := write.do(t.Context(), &out); err == nil || !strings.Contains(err.Error(), "repeat") {
		t.Errorf("a locked block was written: %v", err)
	}
}

// TestBlocksAreCompared: before anything is locked for ever, and after every write.
func TestBlocksAreCompared(t *testing.T) {
	blocks := []feig.Block{{Data: []byte("ABCD")}, {Data: []byte("EFGH")}}
	if err := sameBlocks(blocks, []byte("ABCDEFGH")); err != nil {
		t.Error(err)
	}
	if err := sameBlocks(blocks, nil); err != nil { // nothing was written
		t.Error(err)
	}
	for _, content := range []string{"ABCDEFGX", "ABCD", "ABCDEFGHIJKL"} {
		if err := sameBlocks(blocks, []byte(content)); err == nil {
			t.Errorf("%s: no difference found", content)
		}
	}
}

func TestTagBlocksRefuses(t *testing.T) {
	chip, other := uhftest.NewHFChip(mustHex(t, hfUID), 28, 4), uhftest.NewHFChip(mustHex(t, "E004010012345679"), 28, 4)
	port, empty := plugHF(t, chip, other), plugHF(t)
	for name, v := range map[string]struct {
		c    tagBlocks
		says string
	}{
		"for ever":    {tagBlocks{Port: port, Count: 1, Lock: true}, "--permanently"},
		"several":     {tagBlocks{Port: port, Count: 1, Write: "41424344"}, "E004010012345679"},
		"another one": {tagBlocks{Port: port, Count: 1, Tag: "E004010012340000"}, "no tag with UID"},
		"none":        {tagBlocks{Port: empty, Count: 1}, "no tag answers"},
		"half blocks": {tagBlocks{Port: port, Count: 1, Tag: hfUID, Write: "4142"}, "no whole blocks"},
		"no digits":   {tagBlocks{Port: port, Count: 1, Tag: "x"}, "hexadecimal"},
	} {
		var out bytes.Buffer
		if err := v.c.do(t.Context(), &out); err == nil || !strings.Contains(err.Error(), v.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if content, _ := chip.Block(0); string(content) != "\x00\x00\x00\x00" {
		t.Error("it was written")
	}
}
