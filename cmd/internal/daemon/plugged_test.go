package daemon

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"trilock/configs"
	"trilock/devices/uhf"
)

// TestReaderSettings: what the site says of a reader reaches its driver, and the driver takes it.
func TestReaderSettings(t *testing.T) {
	c := &configs.Site{
		Doors: []configs.Door{
			{Contact: &configs.Input{Device: "exit", Input: 1}, ExitButton: &configs.Input{Device: "badge", Input: 0}},
			{ExitButton: &configs.Input{Device: "exit", Input: 0}},
		},
		Readers: []configs.Reader{
			{
				ID: "exit", Protocol: configs.ProtocolR2000A0, Region: configs.RegionEU, PowerDBm: 30, Antennas: []configs.Antenna{{Port: 3}, {Port: 1}},
				RSSI: &configs.RSSIScale{ZeroDBm: -128.5, StepDB: 0.29}, InputsActive: configs.SignalLow, TemperatureMax: 70, AntennaCheckDB: 4, Polls: 7, SlotExponent: 5,
			},
			{ID: "safe", Protocol: configs.ProtocolFEIG, Antennas: []configs.Antenna{{Port: 1}}, InputsActive: configs.SignalHigh},
		},
	}
	want := []uhf.Settings{
		{
			Device: "exit", Protocol: uhf.ProtocolR2000, Antennas: []uint8{3, 1}, PowerDBm: 30, Region: uhf.RegionEU, Inputs: []uint8{1, 0}, InputsActiveLow: true,
			RSSI: uhf.RawRSSI{ZeroCdBm: -12850, StepCdBm: 29}, TemperatureMaxC: 70, AntennaCheckDB: 4, Polls: 7, SlotExponent: 5,
		},
		{Device: "safe", Protocol: uhf.ProtocolFEIG, Antennas: []uint8{1}},
	}
	for i, r := range c.Readers {
		got := readerSettings(c, r, nil)
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r.ID, diff)
		}
		if _, err := uhf.New(got); err != nil {
			t.Error(err)
		}
	}
}
