package custody

import (
	"trilock/alerts"
	"trilock/custody/fact"
)

// attacks are the codes by which a badge line says that its secure channel was denied,
// downgraded or keyed with what everybody knows: no fault of a device looks like that.
var attacks = map[string]bool{"clear-text": true, "security-denied": true, "default-key": true, "weak-key": true}

// device takes a driver's word on its device.
func (d *decision) device(f fact.DeviceReport) {
	was, configured := d.devices[f.Device]
	if !configured || (was.State == f.State && was.Code == f.Code && (f.Identity == "" || was.Identity == f.Identity)) {
		return
	}
	before := was.Identity
	d.emit(string(f.Device), &DeviceChanged{Device: f.Device, State: f.State, Code: clip(f.Code), Detail: clip(f.Detail), Identity: clip(f.Identity)})
	d.judgeIdentity(f.Device, before, clip(f.Identity))
	if attacks[f.Code] {
		d.raise(alerts.LineAttacked, string(f.Device), d.site.deviceName(f.Device), f.Code)
		return
	}
	switch f.State {
	case fact.DeviceUp:
		d.end(alerts.DeviceDown, string(f.Device))
		if !d.locks[f.Device].Tamper { // connecting again does not close a lock's cover
			d.end(alerts.DeviceFault, string(f.Device))
		}
		d.end(alerts.LineAttacked, string(f.Device))
	case fact.DeviceFault:
		d.end(alerts.DeviceDown, string(f.Device))
		if f.Code == "tamper" && d.covered(f.Device, f.Code) {
			return
		}
		d.raise(alerts.DeviceFault, string(f.Device), d.site.deviceName(f.Device), clip(f.Code))
	case fact.DeviceDown:
		d.lockGone(f.Device, f.Code)
	case fact.DeviceUnknown:
	}
}

// deviceStillDown raises *device down* once it has lasted.
func (d *decision) deviceStillDown(id fact.DeviceID) {
	if s, ok := d.devices[id]; ok && s.State == fact.DeviceDown {
		d.raise(alerts.DeviceDown, string(id), d.site.deviceName(id), s.Code)
	}
}

func (ev *DeviceChanged) evolve(s *State, at fact.Stamp) {
	was, configured := s.devices[ev.Device]
	if !configured { // the record may speak of devices that the configuration no longer has
		return
	}
	if was.State != ev.State {
		key := errand{errandDeviceDown, string(ev.Device)}
		s.agenda.off(key)
		if ev.State == fact.DeviceDown {
			s.agenda.at(key, at.Mono+s.site.Policy.DeviceDownAfter)
		}
		was.Since = at
	}
	was.State, was.Code, was.Detail = ev.State, ev.Code, ev.Detail
	if ev.Identity != "" {
		was.Identity = ev.Identity
	}
}

// DeviceChanged is a change in what is known of a device.
type DeviceChanged struct {
	Device   fact.DeviceID    `json:"device"`
	State    fact.DeviceState `json:"state"`
	Code     string           `json:"code,omitempty"`
	Detail   string           `json:"detail,omitempty"`
	Identity string           `json:"identity,omitempty"`
}

// Kind names the event in the record.
func (DeviceChanged) Kind() string { return "device-changed" }

var deviceEvents = []func() Event{blank[DeviceChanged]}
