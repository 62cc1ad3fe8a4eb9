// Package uhftest holds simulated UHF readers that speak the bytes of the real ones: they
// share the codecs with the drivers and nothing else. What they hear comes from a Field.
//
// A reader takes as long for a round as a real one, and sends each record when its slot
// is over, so that what reads it meets bytes in pieces, at the pace of the air.
package uhftest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"trilock/devices"
	"trilock/devices/devicetest/radio"
)

// Heard is one tag heard in one round: its EPC and its strength in dBm.
type Heard = radio.Heard

// Field is what an antenna, counted from 1, hears in one round. It is asked once per
// round, when the round begins; radio.Field.Reader gives one.
type Field func(antenna uint8) []Heard

// Protocols that a simulated reader can speak; the names are those of the drivers.
const (
	ProtocolGX5A  = "gx-5a"
	ProtocolR2000 = "r2000-a0"
	// ProtocolMercury begins in its boot loader whenever power comes on.
	ProtocolMercury = "thingmagic"
	// ProtocolFEIG hears the tags alone whose EPC is a UID of 8 bytes.
	ProtocolFEIG = "feig-obid"
	// ProtocolUHFReader is a UHFReader18 with one port, a UHFReader288M with several.
	ProtocolUHFReader = "uhfreader18-288"
	ProtocolM100      = "m100-r200"
)

// Settings say what reader it is.
type Settings struct {
	Protocol string
	Field    Field
	// Tags are the tags that can be read and written; nil for a reader that only hears.
	// Without a Field they are what it hears.
	Tags Tags
	// HFTags are the same for a feig-obid reader.
	HFTags HFTags
	// Ports is how many antenna ports the reader has; 0 means 4.
	Ports uint8
	// RoundTime is how long one antenna's round takes; 0 means 60 ms.
	RoundTime time.Duration
	// Banner is sent whenever the reader starts, as boards do that print their boot log.
	Banner []byte
	// Streaming has a gx-5a, thingmagic, uhfreader18-288 or m100-r200 reader read continuously
	// when it is first served, as one that a crashed host left behind.
	Streaming bool
	// OldAddress gives an r2000-a0 reader address 00, as older firmware has, instead of 01.
	OldAddress bool
	// AntennaCheckOff: an r2000-a0 reader does not check its antennas until it is told to.
	AntennaCheckOff bool
}

const (
	roundTimeDefault = 60 * time.Millisecond
	portsDefault     = 4
	// powerStored is what a reader has after a start, until the host sets it.
	powerStored = 33
	// requestGap is a pause that no host makes within a request.
	requestGap = 100 * time.Millisecond
)

// Reader is one simulated reader. Its methods are safe for concurrent use.
type Reader struct {
	settings Settings

	mu       sync.Mutex
	link     devices.Link // while it is served
	firmware firmware
	out      [][]byte
	run      *run // the inventory under way
	started  time.Time
	power    [32]uint8
	broken   [32]bool
	inputs   [inputCount]bool
	celsius  uint8
	silent   bool
	rounds   int
	received time.Time // when the host last said something
	mangle   func(frame []byte) []byte
}

// firmware is one protocol. Its methods are called with the reader locked.
type firmware interface {
	// receive takes bytes from the host and answers what they ask.
	receive(p []byte)
	// half is what was received of a request and is not whole yet.
	half() half
	// record returns the frame for one tag, end the one for the end of a run.
	record(port uint8, h Heard) []byte
	end(r *run) []byte
	// reset forgets what a start forgets.
	reset()
}

// half is a decoder with part of a frame in it.
type half interface {
	Pending() int
	Resync()
}

// run is an inventory under way.
type run struct {
	ports      []uint8
	continuous bool
	at         int // index into ports
	began      time.Time
	heard      []Heard
	sent       int
	total      int
}

// New builds a reader that has just been switched on.
func New(s Settings) (*Reader, error) {
	if s.Ports == 0 {
		s.Ports = portsDefault
	}
	if s.RoundTime == 0 {
		s.RoundTime = roundTimeDefault
	}
	if s.Field == nil && s.Tags != nil {
		s.Field = s.Tags.Hear
	}
	if s.Field == nil && s.HFTags != nil {
		s.Field = s.HFTags.Hear
	}
	r := &Reader{settings: s, celsius: celsiusAtStart}
	switch s.Protocol {
	case ProtocolGX5A:
		r.firmware = &gxFirmware{r: r}
	case ProtocolR2000:
		r.firmware = &r2000Firmware{r: r}
	case ProtocolMercury:
		r.firmware = &mercuryFirmware{r: r}
	case ProtocolFEIG:
		r.firmware = &feigFirmware{r: r}
	case ProtocolUHFReader:
		r.firmware = newUHFFirmware(r)
	case ProtocolM100:
		r.firmware = newM100Firmware(r)
	default:
		return nil, fmt.Errorf("simulated reader: no protocol %q", s.Protocol)
	}
	if s.Field == nil || int(s.Ports) > len(r.power) {
		return nil, errors.New("simulated reader: it needs a field, and at most 32 ports")
	}
	r.start()
	if s.Streaming {
		r.begin(allPorts(s.Ports), true)
	}
	return r, nil
}

func allPorts(n uint8) (ports []uint8) {
	for p := range n {
		ports = append(ports, p+1)
	}
	return ports
}

// start is what happens when power comes on.
func (r *Reader) start() {
	r.started, r.run, r.out = time.Now(), nil, nil
	for i := range r.power {
		r.power[i] = powerStored
	}
	r.firmware.reset()
	if len(r.settings.Banner) > 0 {
		r.out = append(r.out, r.settings.Banner)
	}
}

// Serve answers on the link until ctx ends (nil) or the link fails. It leaves the link
// open. A devicetest.Line may be pulled out and plugged in meanwhile. On a link without a
// buffer (net.Pipe) host and reader must not speak at the same time, or both wait for ever.
func (r *Reader) Serve(ctx context.Context, link devices.Link) error {
	r.mu.Lock()
	r.link = link
	r.mu.Unlock()
	unwatch := context.AfterFunc(ctx, func() { r.change(func() {}) })
	defer unwatch()
	defer func() {
		r.mu.Lock()
		r.link = nil
		r.mu.Unlock()
	}()
	buf := make([]byte, 1024)
	for {
		frames := r.prepare()
		for _, frame := range frames {
			if _, err := link.Write(frame); err != nil {
				return stopped(ctx, err)
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		if len(frames) > 0 {
			continue
		}
		n, err := link.Read(buf)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return stopped(ctx, err)
		}
		if n > 0 {
			r.receive(buf[:n], time.Now())
		}
	}
}

// receive takes bytes from the host. Half a request before a pause is dropped: no host
// pauses within a request, and one that was cut off would swallow those that follow.
func (r *Reader) receive(p []byte, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if half := r.firmware.half(); now.Sub(r.received) > requestGap {
		for half.Pending() > 0 {
			half.Resync()
		}
	}
	r.received = now
	if !r.silent {
		r.firmware.receive(p)
	}
}

func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// prepare returns what is to be sent now. When that is nothing, it has set the link's
// deadline to the next event, under the lock that every change takes.
func (r *Reader) prepare() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.advance(time.Now())
	frames := r.out
	r.out = nil
	if r.silent {
		frames = nil
	}
	if r.mangle != nil {
		for i, f := range frames {
			frames[i] = r.mangle(f)
		}
		frames = slices.DeleteFunc(frames, func(f []byte) bool { return len(f) == 0 })
	}
	if len(frames) == 0 {
		_ = r.link.SetReadDeadline(next) // a link that refuses it fails at the read
	}
	return frames
}

// begin starts an inventory.
func (r *Reader) begin(ports []uint8, continuous bool) {
	r.run = &run{ports: ports, continuous: continuous}
	r.hear()
}

// hear asks the field for the antenna whose turn it is.
func (r *Reader) hear() {
	port := r.run.ports[r.run.at]
	r.run.began, r.run.sent, r.run.heard = time.Now(), 0, nil
	if !r.broken[port-1] {
		r.run.heard = r.settings.Field(port)
	}
}

// advance sends the records whose slots are over, and returns when the next one is; the
// zero time when nothing is under way.
func (r *Reader) advance(now time.Time) time.Time {
	for r.run != nil {
		u := r.run
		slot := r.settings.RoundTime / time.Duration(len(u.heard)+1)
		for u.sent < len(u.heard) {
			if due := u.began.Add(slot * time.Duration(u.sent+1)); due.After(now) {
				return due
			}
			r.say(r.firmware.record(u.ports[u.at], u.heard[u.sent]))
			u.sent++
			u.total++
		}
		if due := u.began.Add(r.settings.RoundTime); due.After(now) {
			return due
		}
		r.rounds++
		u.at++
		if u.at == len(u.ports) && !u.continuous {
			r.say(r.firmware.end(u))
			r.run = nil
			break
		}
		u.at %= len(u.ports)
		r.hear()
	}
	return time.Time{}
}

// say queues a frame. A reader whose records wait for the end of the round has none to say.
func (r *Reader) say(frame []byte) {
	if len(frame) > 0 {
		r.out = append(r.out, frame)
	}
}

// change changes the reader and wakes Serve.
func (r *Reader) change(do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	do()
	if r.link != nil {
		_ = r.link.SetReadDeadline(time.Unix(1, 0)) // a link that refuses it has failed, and Serve ends
	}
}

// PowerCycle switches the reader off and on: it forgets its settings, breaks off what it
// does, and sends its banner.
func (r *Reader) PowerCycle() { r.change(r.start) }

// SetSilent has the reader say nothing and hear no request, as one without power on a
// line that still works.
func (r *Reader) SetSilent(silent bool) { r.change(func() { r.silent = silent }) }

// BreakAntenna cuts an antenna's cable, or mends it. port counts from 1.
func (r *Reader) BreakAntenna(port uint8, broken bool) {
	r.change(func() { r.broken[port-1] = broken })
}

// Mangle has every frame that the reader sends pass through f, which may change it, or
// drop it by returning nothing. f nil sends frames as they are.
func (r *Reader) Mangle(f func(frame []byte) []byte) { r.change(func() { r.mangle = f }) }

// Rounds returns how many antenna rounds were completed since the reader was built.
func (r *Reader) Rounds() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rounds
}

// PowerDBm returns the power that a port is set to.
func (r *Reader) PowerDBm(port uint8) uint8 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.power[port-1]
}

// setPower sets a port's power if it exists.
func (r *Reader) setPower(port, dBm uint8) {
	if port >= 1 && port <= r.settings.Ports {
		r.power[port-1] = dBm
	}
}
