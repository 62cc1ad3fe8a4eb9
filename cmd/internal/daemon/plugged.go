package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"slices"

	"trilock/cmd/internal/badgework"
	"trilock/cmd/internal/brokerrights"
	"trilock/configs"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
	"trilock/devices"
	"trilock/devices/badge"
	"trilock/devices/broker"
	"trilock/devices/lock"
	"trilock/devices/lock/plain"
	"trilock/devices/pki"
	"trilock/devices/serialport"
	"trilock/devices/uhf"
	"trilock/firmware-protocols/lockwire"
)

// plugged is what is plugged in: lines with their supervisors, the locks, the broker.
type plugged struct {
	log         *slog.Logger
	supervisors []*devices.Supervisor
	badges      map[fact.DeviceID]*badge.Line
	lampless    map[fact.DeviceID]bool // badge readers that cannot show anything
	acts        *badgework.Handover    // work on readers that the record has not yet
	handedOver  bool
	locks       *lock.Locks
	controller  lockwire.Key // the public half, which lists of keys name
	plain       *plain.Locks
	facts       devices.Sink // set by run: what a refused command comes to
	broker      *broker.Broker
	orders      chan custody.Effect
}

// orderQueueLen bounds what waits to be said to devices: every lamp and strike of a busy
// minute. An order that does not fit is dropped and logged: a lamp is not worth waiting
// for, and a lock that hears nothing stays locked.
const orderQueueLen = 1024

// plug prepares every device of the configuration. It opens no serial port: a port that
// is not there is a device that is down.
func plug(c *configs.Site, log *slog.Logger) (*plugged, error) {
	p := &plugged{log: log, badges: map[fact.DeviceID]*badge.Line{}, lampless: map[fact.DeviceID]bool{}, orders: make(chan custody.Effect, orderQueueLen)}
	for _, r := range c.Readers {
		if err := p.plugReader(c, r); err != nil {
			return nil, fmt.Errorf("reader %s: %w", r.ID, err)
		}
	}
	var err error
	if p.acts, err = badgework.Acts(c.Data); err != nil {
		return nil, err
	}
	for _, line := range c.BadgeLines {
		if err := p.plugLine(c, line); err != nil {
			return nil, fmt.Errorf("badge line %s: %w", line.ID, err)
		}
	}
	if err := p.plugEveryLock(c); err != nil {
		return nil, errors.Join(fmt.Errorf("locks: %w", err), p.close())
	}
	return p, nil
}

// plugEveryLock starts the built-in broker, where anybody is on it, and plugs in the locks.
func (p *plugged) plugEveryLock(c *configs.Site) error {
	plainInside := len(c.PlainLocks) > 0 && c.PlainMQTT.Builtin()
	if c.MQTT != nil && c.MQTT.Builtin() && (len(c.Locks) > 0 || plainInside) {
		if err := p.startBroker(c); err != nil {
			return err
		}
	}
	if len(c.Locks) > 0 {
		if err := p.plugLocks(c); err != nil {
			return err
		}
	}
	if len(c.PlainLocks) > 0 {
		return p.plugPlainLocks(c)
	}
	return nil
}

// inputsUsed returns the inputs of a reader that doors and safes refer to.
func inputsUsed(c *configs.Site, reader configs.ID) (used []uint8) {
	for _, d := range c.Doors {
		for _, in := range []*configs.Input{d.Contact, d.ExitButton} {
			if in != nil && in.Device == reader {
				used = append(used, in.Input)
			}
		}
	}
	for _, s := range c.Safes {
		if s.Contact != nil && s.Contact.Device == reader {
			used = append(used, s.Contact.Input)
		}
	}
	return used
}

// rssiScale returns the driver's form of a scale; the zero value has the driver take its own.
func rssiScale(s *configs.RSSIScale) uhf.RawRSSI {
	if s == nil {
		return uhf.RawRSSI{}
	}
	const centi = 100
	return uhf.RawRSSI{ZeroCdBm: int16(math.Round(centi * s.ZeroDBm)), StepCdBm: int16(math.Round(centi * s.StepDB))}
}

// readerSettings returns what the driver of a reader is told.
func readerSettings(c *configs.Site, r configs.Reader, log *slog.Logger) uhf.Settings {
	return uhf.Settings{
		Device: fact.DeviceID(r.ID), Protocol: string(r.Protocol), PowerDBm: uint8(r.PowerDBm), Region: regions[r.Region],
		Antennas: each(r.Antennas, func(a configs.Antenna) uint8 { return a.Port }),
		Inputs:   inputsUsed(c, r.ID), InputsActiveLow: r.InputsActive == configs.SignalLow, RSSI: rssiScale(r.RSSI),
		TemperatureMaxC: uint8(r.TemperatureMax), AntennaCheckDB: uint8(r.AntennaCheckDB),
		Polls: uint8(r.Polls), SlotExponent: uint8(r.SlotExponent), Log: log,
	}
}

func (p *plugged) plugReader(c *configs.Site, r configs.Reader) error {
	id := fact.DeviceID(r.ID)
	protocol := string(r.Protocol)
	driver, err := uhf.New(readerSettings(c, r, p.log))
	if err != nil {
		return err
	}
	var ways []devices.Dial
	for _, baud := range uhf.BaudsToTry(protocol, r.Baud) {
		ways = append(ways, serialport.Dial(serialport.Settings{Port: string(r.Port), Baud: baud, EvenParity: uhf.EvenParity(protocol)}))
	}
	driver, dial := uhf.InTurn(driver, ways)
	p.supervise([]fact.DeviceID{id}, dial, driver)
	return nil
}

var regions = map[configs.Region]uhf.Region{configs.RegionChina: uhf.RegionChina, configs.RegionUS: uhf.RegionUS, configs.RegionEU: uhf.RegionEU, configs.RegionKorea: uhf.RegionKorea}

func (p *plugged) plugLine(c *configs.Site, l configs.BadgeLine) error {
	if l.Protocol == configs.ProtocolRDM6300 {
		return p.plugPlainReader(c, l)
	}
	settings, err := badgework.Settings(c, l, p.log)
	if err != nil {
		return err
	}
	line, err := badge.New(settings)
	if err != nil {
		return err
	}
	var ids []fact.DeviceID
	for _, r := range settings.Readers {
		ids = append(ids, r.Device)
		p.badges[r.Device] = line
	}
	p.supervise(ids, serialport.Dial(serialport.Settings{Port: string(l.Port), Baud: l.Baud}), line)
	return nil
}

// plugPlainReader plugs in a line whose one reader says card numbers in clear text.
func (p *plugged) plugPlainReader(c *configs.Site, l configs.BadgeLine) error {
	r := l.Readers[0] // the configuration is checked: there is exactly one
	formats, err := badgework.Formats(c, r.Formats)
	if err != nil {
		return err
	}
	id := fact.DeviceID(r.ID)
	reader, err := badge.NewSerial(badge.SerialSettings{Device: id, Formats: formats, Log: p.log})
	if err != nil {
		return err
	}
	p.lampless[id] = true
	p.supervise([]fact.DeviceID{id}, serialport.Dial(serialport.Settings{Port: string(l.Port), Baud: l.Baud}), reader)
	return nil
}

func (p *plugged) supervise(ids []fact.DeviceID, dial devices.Dial, driver devices.Driver) {
	p.supervisors = append(p.supervisors, &devices.Supervisor{Devices: ids, Dial: dial, Driver: driver, Log: p.log})
}

func (p *plugged) plugLocks(c *configs.Site) error {
	url := c.MQTT.Broker
	if c.MQTT.Builtin() {
		url = "tls://" + p.broker.Addr()
	}
	tls, err := pki.ClientTLS(string(c.MQTT.Authority), pki.Leaf{CertFile: string(c.MQTT.Certificate), KeyFile: string(c.MQTT.Key)})
	if err != nil {
		return err
	}
	controller, err := pki.LoadSigningKey(string(c.ControllerKey))
	if err != nil {
		return err
	}
	var locks []lock.LockSettings
	for _, l := range c.Locks {
		key, err := pki.LoadPublicKey(string(l.PublicKey))
		if err != nil {
			return err
		}
		locks = append(locks, lock.LockSettings{ID: fact.DeviceID(l.ID), Key: key, Safe: safeOf(c, l.ID)})
	}
	if p.controller, err = lockwire.NewKey(controller.Public()); err != nil {
		return err
	}
	p.locks, err = lock.New(lock.Settings{BrokerURL: url, TLS: tls, ClientID: configs.DaemonName, Locks: locks, ControllerKey: controller, Log: p.log})
	return err
}

func (p *plugged) startBroker(c *configs.Site) error {
	tls, err := pki.ServerTLS(string(c.MQTT.Authority), pki.Leaf{CertFile: string(c.MQTT.ServerCertificate), KeyFile: string(c.MQTT.ServerKey)})
	if err != nil {
		return err
	}
	p.broker, err = broker.Start(broker.Settings{Listen: c.MQTT.Listen, Dir: filepath.Join(string(c.Data), "mqtt"), TLS: tls,
		Locks: brokerrights.Locks(c), Daemon: configs.DaemonName, Plain: plainClients(c), Log: p.log})
	return err
}

func safeOf(c *configs.Site, id configs.ID) fact.SafeID {
	for _, s := range c.Safes {
		if slices.Contains(s.Locks, id) {
			return fact.SafeID(s.ID)
		}
	}
	return ""
}

// run starts every line, the locks, and the carrying out of orders.
func (p *plugged) run(ctx context.Context, r *rooms) {
	p.handOver(ctx, r)
	for _, s := range p.supervisors {
		r.running.Go(func() { s.Run(ctx, r.engine) })
	}
	if p.locks != nil {
		r.start(&r.running, "locks", func() error { return p.locks.Run(ctx, r.engine) })
	}
	p.facts = r.engine
	if p.plain != nil {
		r.start(&r.running, "plain locks", func() error { return p.plain.Run(ctx, r.engine) })
	}
	r.running.Go(func() { p.carryOut(ctx) })
}

// handOver gives the record what was done to badge readers while the daemon was away,
// before the readers themselves say anything.
func (p *plugged) handOver(ctx context.Context, r *rooms) {
	var known []fact.DeviceID
	for _, l := range r.config.BadgeLines {
		for _, reader := range l.Readers {
			known = append(known, fact.DeviceID(reader.ID))
		}
	}
	p.handedOver = p.acts.Report(ctx, r.engine, known) == nil && len(known) > 0
}

// settled is called when the engine has decided everything that it was told and ended:
// what was handed over stands in the record.
func (p *plugged) settled() error {
	if !p.handedOver {
		return nil
	}
	return p.acts.Done()
}

func (p *plugged) close() error {
	if p.broker != nil {
		p.broker.Stop()
	}
	return nil
}

// perform queues one order of the engine; see engine.Settings.
func (p *plugged) perform(e custody.Effect) {
	select {
	case p.orders <- e:
	default:
		p.log.Error("too many orders wait for devices; one was dropped", "order", fmt.Sprintf("%T", e))
	}
}

// carryOut says to devices what was decided, in order. What fails is logged: the
// decision stands in the record, and what did not happen is reported by who waits for it.
func (p *plugged) carryOut(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-p.orders:
			if err := p.order(ctx, e); err != nil {
				p.log.Warn("order not carried out", "order", fmt.Sprintf("%T", e), "error", err)
			}
		}
	}
}

func (p *plugged) order(ctx context.Context, e custody.Effect) error {
	switch e := e.(type) {
	case custody.Signal:
		if p.lampless[e.Reader] {
			return nil
		}
		line, ok := p.badges[e.Reader]
		if !ok {
			return fmt.Errorf("no badge reader %s", e.Reader)
		}
		return line.Signal(ctx, e.Reader, map[custody.Lamp]badge.Signal{custody.LampGranted: badge.Granted, custody.LampRefused: badge.Refused, custody.LampWaiting: badge.Waiting}[e.Lamp])
	case custody.Release:
		line, ok := p.badges[e.Output.Device]
		if !ok {
			return fmt.Errorf("no badge reader %s", e.Output.Device)
		}
		return line.Pulse(ctx, e.Output.Device, e.Output.Output, e.Output.For)
	case custody.TellLocks:
		return p.tellLocks(ctx, e)
	case custody.TurnLocks:
		return p.turnLocks(ctx, e)
	}
	return fmt.Errorf("unknown order %T", e)
}

func (p *plugged) tellLocks(ctx context.Context, e custody.TellLocks) error {
	o := e.Opening
	switch {
	case e.Command == threelock.Relock:
		return p.locks.Relock(ctx, o.Safe, o.ID, e.Reason)
	case o.Purpose == threelock.KeyChange:
		return p.changeKeys(ctx, e)
	case e.Command == threelock.AskChallenge:
		return p.locks.Challenge(ctx, o.Safe, o.ID, o.Locks[:])
	case e.Command == threelock.Authorise:
		a, err := authorisation(e)
		if err != nil {
			return err
		}
		return p.locks.Authorise(ctx, a)
	}
	return fmt.Errorf("unknown command %q", e.Command)
}

// changeKeys hands the locks a new list of keys, and then the three parties' approvals of it.
func (p *plugged) changeKeys(ctx context.Context, e custody.TellLocks) error {
	c, err := trustChange(e)
	switch {
	case err != nil:
		return err
	case e.Command == threelock.AskChallenge:
		return p.locks.ProposeTrust(ctx, c.Safe, c.Session, c.Trust, e.Opening.Asked())
	}
	return p.locks.ChangeTrust(ctx, c)
}

func each[A, B any](list []A, f func(A) B) []B {
	var out []B
	for _, a := range list {
		out = append(out, f(a))
	}
	return out
}
