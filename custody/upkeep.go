package custody

import (
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

// Maintenance is work on devices, by two persons (DEV-1). While it is open, what those devices
// report of having been opened, moved, exchanged or re-keyed is expected.
type Maintenance struct {
	ID     string          `json:"id"`
	Things []fact.DeviceID `json:"things"`
	By     PersonID        `json:"by"`
	Other  PersonID        `json:"other"`
	Reason string          `json:"reason"`
	Until  time.Time       `json:"until"`
	// Open: the other has confirmed.
	Open bool `json:"open,omitempty"`
}

// The events of upkeep.
type (
	// ThingChecked is the check of a device, a door, a cabinet or a safe.
	ThingChecked struct {
		Thing string   `json:"thing"`
		By    PersonID `json:"by"`
		OK    bool     `json:"ok"`
		Found string   `json:"found,omitempty"`
	}
	// MaintenanceBegun is the word of the first of the two persons.
	MaintenanceBegun struct {
		Maintenance Maintenance `json:"maintenance"`
	}
	// MaintenanceConfirmed is that of the other.
	MaintenanceConfirmed struct {
		Maintenance string   `json:"maintenance"`
		By          PersonID `json:"by"`
	}
	// MaintenanceEnded: what the devices report counts again.
	MaintenanceEnded struct {
		Maintenance string   `json:"maintenance"`
		By          PersonID `json:"by,omitempty"` // empty: its time was over
		Done        string   `json:"done,omitempty"`
	}
	// MaintenanceCovered is what a device reported and two persons had announced.
	MaintenanceCovered struct {
		Maintenance string        `json:"maintenance"`
		Device      fact.DeviceID `json:"device"`
		Code        string        `json:"code"`
	}
)

// The kinds of events; they stand in the record and never change.
func (ThingChecked) Kind() string         { return "thing-checked" }
func (MaintenanceBegun) Kind() string     { return "maintenance-begun" }
func (MaintenanceConfirmed) Kind() string { return "maintenance-confirmed" }
func (MaintenanceEnded) Kind() string     { return "maintenance-ended" }
func (MaintenanceCovered) Kind() string   { return "maintenance-covered" }

var upkeepEvents = []func() Event{blank[ThingChecked], blank[MaintenanceBegun], blank[MaintenanceConfirmed], blank[MaintenanceEnded], blank[MaintenanceCovered]}

func (ev *ThingChecked) evolve(s *State, at fact.Stamp) {
	s.guarding.Checked[ev.Thing] = at.Wall
	s.watchCheck(ev.Thing)
}

func (ev *MaintenanceBegun) evolve(s *State, _ fact.Stamp) {
	m := ev.Maintenance
	s.guarding.MaintenanceCount++
	s.guarding.Maintenances[m.ID] = &m
	s.agenda.atWall(errand{errandMaintenance, m.ID}, m.Until)
}

func (ev *MaintenanceConfirmed) evolve(s *State, _ fact.Stamp) {
	if m := s.guarding.Maintenances[ev.Maintenance]; m != nil {
		m.Open = true
	}
}

func (ev *MaintenanceEnded) evolve(s *State, _ fact.Stamp) {
	delete(s.guarding.Maintenances, ev.Maintenance)
	s.agenda.off(errand{errandMaintenance, ev.Maintenance})
}

func (*MaintenanceCovered) evolve(*State, fact.Stamp) {}

// watchCheck sets when something is to be checked again.
func (s *State) watchCheck(thing string) {
	if every := s.site.Policy.Guarding.CheckEvery; every > 0 {
		s.agenda.atWall(errand{errandCheck, thing}, s.guarding.Checked[thing].Add(every))
	}
}

// checksBegin has the time to the first check of everything count from the first start.
func (s *State) checksBegin(now time.Time) {
	for _, thing := range s.site.things() {
		if _, known := s.guarding.Checked[thing]; !known {
			s.guarding.Checked[thing] = now
			s.watchCheck(thing)
		}
	}
}

// things lists what is checked at intervals (DEV-1): devices, doors, cabinets, safes.
func (s Site) things() []string {
	var things []string
	for id := range s.Devices {
		things = append(things, string(id))
	}
	for id := range s.Doors {
		things = append(things, string(id))
	}
	for id, p := range s.Places {
		if p.Kind == Cabinet || p.Kind == SafeBox {
			things = append(things, string(id))
		}
	}
	slices.Sort(things)
	return slices.Compact(things)
}

func (s Site) thingName(id string) fact.Text {
	if door, ok := s.Doors[fact.DoorID(id)]; ok {
		return s.doorName(door)
	}
	if p, ok := s.Places[fact.PlaceID(id)]; ok {
		return p.Name
	}
	return s.deviceName(fact.DeviceID(id))
}

// The acts of upkeep.
type (
	// RecordCheck enters a check.
	RecordCheck struct {
		Thing string `json:"thing"`
		OK    bool   `json:"ok"`
		Found string `json:"found,omitempty"` // what was found; needed when not all was well
	}
	// BeginMaintenance announces work on devices; the other confirms it.
	BeginMaintenance struct {
		Things []fact.DeviceID `json:"things"`
		Other  PersonID        `json:"other"`
		Reason string          `json:"reason"`
		Until  time.Time       `json:"until"`
	}
	// ConfirmMaintenance is the other's word.
	ConfirmMaintenance struct {
		Maintenance string `json:"maintenance"`
	}
	// EndMaintenance ends it, by one of the two.
	EndMaintenance struct {
		Maintenance string `json:"maintenance"`
		Done        string `json:"done"`
	}
)

// The verbs of acts; they stand in the record and never change.
func (RecordCheck) Verb() string        { return "record-check" }
func (BeginMaintenance) Verb() string   { return "begin-maintenance" }
func (ConfirmMaintenance) Verb() string { return "confirm-maintenance" }
func (EndMaintenance) Verb() string     { return "end-maintenance" }

func (a RecordCheck) carryOut(d *decision) Outcome        { return d.recordCheck(a) }
func (a BeginMaintenance) carryOut(d *decision) Outcome   { return d.beginMaintenance(a) }
func (a ConfirmMaintenance) carryOut(d *decision) Outcome { return d.confirmMaintenance(a) }
func (a EndMaintenance) carryOut(d *decision) Outcome     { return d.endMaintenance(a) }

var upkeepActs = []actKind{
	act[RecordCheck]("登记检查", "record a check"),
	act[BeginMaintenance]("申报维护", "begin maintenance"),
	act[ConfirmMaintenance]("确认维护", "confirm maintenance"),
	act[EndMaintenance]("结束维护", "end maintenance"),
}

func (d *decision) recordCheck(a RecordCheck) Outcome {
	by, o, ok := d.actor(RuleDevices, a.Thing)
	switch {
	case !ok:
		return o
	case !slices.Contains(d.site.things(), a.Thing):
		return refuse("unknown-thing", RuleDevices, a.Thing, fact.Text{ZH: "配置中没有设备、门或柜“%[1]s”。", EN: "The configuration has no device, door, cabinet or safe %[1]q."}.Fill(a.Thing))
	case len(a.Found) > MaxTextLen || !a.OK && missingText(a.Found):
		return refuse("no-reason", RuleDevices, a.Thing, fact.Text{ZH: "请写明发现的问题，最多 %[1]d 字节。", EN: "Say what was found, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	d.emit(a.Thing, &ThingChecked{Thing: a.Thing, By: by.ID, OK: a.OK, Found: a.Found})
	d.end(alerts.CheckDue, a.Thing)
	if a.OK {
		d.end(alerts.CheckFailed, a.Thing)
	} else {
		d.raise(alerts.CheckFailed, a.Thing, d.site.thingName(a.Thing), a.Found)
	}
	return granted(a.Thing)
}

// checkDue reminds of a check (DEV-1).
func (d *decision) checkDue(thing string) {
	every, last := d.site.Policy.Guarding.CheckEvery, d.guarding.Checked[thing]
	if every > 0 && slices.Contains(d.site.things(), thing) && !d.in.At.Wall.Before(last.Add(every)) {
		d.raise(alerts.CheckDue, thing, d.site.thingName(thing), d.clockText(last))
	}
}

func (d *decision) beginMaintenance(a BeginMaintenance) Outcome {
	by, o, ok := d.actor(RuleDevices, "")
	if !ok {
		return o
	}
	subject, now, other := string(by.ID), d.in.At.Wall, d.persons[a.Other]
	switch {
	case other == nil || other.ID == by.ID || d.outOfService(other, now) != "":
		return refuse("two-persons", RuleDevices, subject, fact.Text{ZH: "维护须两人在场，请填写另一人。", EN: "Maintenance takes two persons; name the other one."})
	case len(a.Things) == 0 || len(a.Things) > MaxMaintained || slices.ContainsFunc(a.Things, func(id fact.DeviceID) bool { _, known := d.site.Devices[id]; return !known }):
		return refuse("unknown-thing", RuleDevices, subject, fact.Text{ZH: "请列明配置中的设备，最多 %[1]d 台。", EN: "Name the devices, as the configuration does, %[1]d at most."}.Fill(MaxMaintained))
	case !a.Until.After(now) || a.Until.Sub(now) > MaxMaintenance:
		return refuse("bad-period", RuleDevices, subject, fact.Text{ZH: "维护须在 %[1]d 小时内结束。", EN: "Maintenance ends within %[1]d hours."}.Fill(int(MaxMaintenance/time.Hour)))
	case missingText(a.Reason):
		return refuse("no-reason", RuleDevices, subject, fact.Text{ZH: "请写明原因，最多 %[1]d 字节。", EN: "Give the reason, in %[1]d bytes at most."}.Fill(MaxTextLen))
	case len(d.guarding.Maintenances) >= MaxMaintenances:
		return refuse("too-much", "", subject, fact.Text{ZH: "未结束的维护已达 %[1]d 项，先结束。", EN: "%[1]d are open; end some first."}.Fill(MaxMaintenances))
	}
	id := number("W", d.guarding.MaintenanceCount+1)
	d.emit(id, &MaintenanceBegun{Maintenance: Maintenance{ID: id, Things: slices.Clone(a.Things), By: by.ID, Other: other.ID, Reason: a.Reason, Until: a.Until.UTC()}})
	return granted(id)
}

func (d *decision) confirmMaintenance(a ConfirmMaintenance) Outcome {
	m := d.guarding.Maintenances[a.Maintenance]
	by, o, ok := d.actor(RuleDevices, a.Maintenance)
	switch {
	case !ok:
		return o
	case m == nil || m.Open || m.Other != by.ID:
		return refuse("nothing-to-confirm", RuleDevices, a.Maintenance, fact.Text{ZH: "没有等待您确认的维护。", EN: "No maintenance waits for your confirmation."})
	}
	d.emit(m.ID, &MaintenanceConfirmed{Maintenance: m.ID, By: by.ID})
	return granted(m.ID)
}

func (d *decision) endMaintenance(a EndMaintenance) Outcome {
	m := d.guarding.Maintenances[a.Maintenance]
	by, o, ok := d.actor(RuleDevices, a.Maintenance)
	switch {
	case !ok:
		return o
	case m == nil || by.ID != m.By && by.ID != m.Other:
		return refuse("no-such-maintenance", RuleDevices, a.Maintenance, fact.Text{ZH: "没有由您参与的此项维护。", EN: "There is no such maintenance of yours."})
	case missingText(a.Done):
		return refuse("no-reason", RuleDevices, a.Maintenance, fact.Text{ZH: "请写明做了什么，最多 %[1]d 字节。", EN: "Say what was done, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	d.closeMaintenance(m, by.ID, a.Done)
	return granted(m.ID)
}

func (d *decision) maintenanceOver(id string) {
	if m := d.guarding.Maintenances[id]; m != nil {
		d.closeMaintenance(m, "", "")
	}
}

// closeMaintenance ends it; what a device still reports is no work any more.
func (d *decision) closeMaintenance(m *Maintenance, by PersonID, done string) {
	d.emit(m.ID, &MaintenanceEnded{Maintenance: m.ID, By: by, Done: done})
	for _, id := range m.Things {
		if status := d.devices[id]; d.locks[id].Tamper || status != nil && status.State == fact.DeviceFault && status.Code == "tamper" {
			d.raise(alerts.DeviceFault, string(id), d.site.deviceName(id), "tamper")
		}
	}
}

// covered reports whether two persons announced work on a device; then what it reports of
// having been opened or exchanged goes into the record, and is no alert (DEV-1).
func (d *decision) covered(device fact.DeviceID, code string) bool {
	for _, id := range sortedKeys(d.guarding.Maintenances) {
		if m := d.guarding.Maintenances[id]; m.Open && slices.Contains(m.Things, device) {
			d.emit(string(device), &MaintenanceCovered{Maintenance: id, Device: device, Code: clip(code)})
			return true
		}
	}
	return false
}

// judgeIdentity raises it when another device answers than before (DEV-1).
func (d *decision) judgeIdentity(device fact.DeviceID, was, is string) {
	if was != "" && is != "" && was != is && !d.covered(device, "swapped") {
		d.raise(alerts.DeviceSwapped, string(device), d.site.deviceName(device), clip(was), clip(is))
	}
}
