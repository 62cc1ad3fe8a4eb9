package uhftest

import (
	"testing"
	"testing/synctest"

	"trilock/firmware-protocols/feig"
)

// TestFEIGFourAtATime: it hears UIDs alone, and tells four in one answer.
func TestFEIGFourAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard := []Heard{{EPC: make([]byte, 12)}} // no HF tag
		var tags []feig.Tag
		for i := range byte(5) {
			uid := []byte{0xE0, 4, 1, 0, 0, 0, 0, i}
			heard = append(heard, Heard{EPC: uid})
			tags = append(tags, feig.Tag{Type: feig.TagISO15693, UID: uid})
		}
		r, err := New(Settings{Protocol: ProtocolFEIG, Field: func(uint8) []Heard { return heard }})
		if err != nil {
			t.Fatal(err)
		}
		first, more := feig.AppendInventory(nil, feig.AddressBroadcast, false), feig.AppendInventory(nil, feigAddress, true)
		none := feig.AppendAnswer(nil, feigAddress, feig.CommandISOHost, feig.StatusNoTransponder, nil)
		asked(t, r, [][2][]byte{
			{first, feig.AppendTags(nil, feigAddress, feig.StatusMoreData, tags[:4])},
			{more, feig.AppendTags(nil, feigAddress, feig.StatusOK, tags[4:])},
			{more, none},
			{feig.AppendQuery(nil, feigAddress, 0x71), feig.AppendAnswer(nil, feigAddress, 0x71, feig.StatusUnknownCommand, nil)},
		})
		heard = nil
		asked(t, r, [][2][]byte{{first, none}})
		r.BreakAntenna(1, true)
		asked(t, r, [][2][]byte{{first, feig.AppendAnswer(nil, feigAddress, feig.CommandISOHost, feig.StatusRFWarning, nil)}})
	})
}
