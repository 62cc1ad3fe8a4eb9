// Package osdptest is a simulated OSDP reader, or several on one line, for tests and for
// the simulated site. It follows the reader's side of the protocol strictly: sequence
// numbers, the repeated reply, NAK 4, 5 and 6, the refusal of clear text, the 8 s after
// which a reader gives its session and its unreported events up.
//
// It shares the frame codec and the cryptographic primitives with the product and
// nothing of its machines. Faults are switched on by methods; each is used up reply by
// reply.
//
// A PD (peripheral device: the reader) can be driven without I/O by Answer, or be put
// on a line by ServeLine. All methods are safe for concurrent use.
package osdptest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"io"
	"sync"
	"time"

	"trilock/firmware-protocols/osdp"
)

// Limits of the simulator.
const (
	// maxEvents is how many unreported events a reader keeps; later ones are lost, as in
	// a real one.
	maxEvents = 64
	// offlineAfter is the silence after which a reader forgets session and events.
	offlineAfter = 8 * time.Second
)

// Settings is one simulated reader.
type Settings struct {
	Address         uint8
	Key             osdp.Key
	Inputs, Outputs int
	Vendor          [3]byte
	Model, Version  uint8
	Serial          uint32
	Firmware        [3]byte
	// ChecksumOnly: the reader does not understand frames with CRC.
	ChecksumOnly bool
	// InstallMode: the reader has no key of its own. It holds the published default key
	// until it is given another one, and answers every challenge with it, as libosdp's do.
	InstallMode bool
	// KeySet is how the reader ends a key change.
	KeySet KeySetStyle
	// Random makes RND.B; nil is crypto/rand.
	Random io.Reader
	// BitsPerSecond is the speed that the reader is set to, and LineSpeed tells that of the
	// panel's port: where they differ the reader hears nothing. Nil is a line without speeds.
	BitsPerSecond int
	LineSpeed     func() int
}

// KeySetStyle is one of the ways in which readers answer a new key.
type KeySetStyle uint8

// The ways: the session goes on under the old key; it ends behind the ACK; it ends before,
// so that the ACK comes in clear (HID Signo).
const (
	KeepsSession KeySetStyle = iota
	DropsSession
	AcksInClear
)

// Attack is somebody on the line between panel and reader. He gets each command for the
// reader, may ask the reader himself (as often as he likes), and returns what the panel
// hears; false is nothing.
type Attack func(command osdp.Frame, reader func(osdp.Frame) (osdp.Frame, bool)) (osdp.Frame, bool)

// Buzzer is the content of a buzzer command.
type Buzzer struct {
	Tone                       osdp.Tone
	OnTenths, OffTenths, Count uint8
}

// Pulse is one timed switching of an output.
type Pulse struct {
	Output uint8
	Time   time.Duration
}

// Transmission is what a reader puts on the line, After the command was heard.
type Transmission struct {
	Raw   []byte
	After time.Duration
}

// event is an unreported event.
type event struct {
	code osdp.ReplyCode
	data []byte
}

// PD is one simulated reader.
type PD struct {
	settings Settings

	mu      sync.Mutex
	changed chan struct{} // closed and replaced after every command

	sequence  int // of the last command; -1 after power-up
	command   []byte
	cached    []byte // the reply to it
	lastHeard time.Duration
	now       time.Duration
	keys      *osdp.SessionKeys
	rndA      [8]byte
	rndB      [8]byte
	channel   *osdp.Channel

	events  []event
	inputs  []byte
	outputs []output
	tamper  bool
	power   bool

	leds       []osdp.LED
	lit        int // lights set so far
	buzzers    []Buzzer
	texts      []string
	pulses     []Pulse
	handshakes int
	polls      int
	faults     faults
	attack     Attack
}

// output is one relay: its steady state, and until when a pulse inverts it.
type output struct {
	on    bool
	pulse bool // the state while the pulse lasts
	until time.Duration
}

// NewPD returns a reader that has just been powered up.
func NewPD(s Settings) *PD {
	if s.Random == nil {
		s.Random = rand.Reader
	}
	return &PD{
		settings: s, sequence: -1, changed: make(chan struct{}),
		inputs: make([]byte, s.Inputs), outputs: make([]output, s.Outputs),
	}
}

// Answer is what the reader does with one frame that it heard at the time now, on any
// clock that does not run backwards: it returns what goes on the line, or nothing.
func (p *PD) Answer(now time.Duration, f osdp.Frame) (Transmission, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.Reply || f.Address != p.settings.Address && f.Address != 0x7F || !p.hears(now, f) {
		return Transmission{}, false
	}
	if now > p.lastHeard+offlineAfter {
		p.forget()
		p.events = nil
	}
	p.now, p.lastHeard = now, now
	close(p.changed)
	p.changed = make(chan struct{})
	raw, ok := p.faults.instead(p, f)
	if !ok {
		raw = p.attacked(f)
	}
	return p.faults.spoil(raw)
}

// attacked lets whoever is on the line have his way with a command and its reply.
func (p *PD) attacked(f osdp.Frame) []byte {
	if p.attack == nil {
		return p.sequenced(f)
	}
	reply, ok := p.attack(f, func(f osdp.Frame) (osdp.Frame, bool) {
		reply, err := osdp.DecodeFrame(p.sequenced(f))
		return reply, err == nil
	})
	if !ok {
		return nil
	}
	return encode(reply)
}

// SetAttack puts somebody on the reader's line, or takes him away again (nil). He must not
// call the reader's methods.
func (p *PD) SetAttack(a Attack) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.attack = a
}

// Communication returns the reader's address and speed.
func (p *PD) Communication() (address uint8, bitsPerSecond int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settings.Address, p.settings.BitsPerSecond
}

// Key returns the key that the reader holds.
func (p *PD) Key() osdp.Key {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settings.Key
}

// hears reports whether the frame reaches the reader at all.
func (p *PD) hears(now time.Duration, f osdp.Frame) bool {
	if p.faults.silence > 0 {
		p.faults.silence, p.faults.silentUntil = 0, now+p.faults.silence
	}
	if now < p.faults.silentUntil {
		return false
	}
	if p.faults.silent || p.faults.deaf > 0 {
		p.faults.deaf = max(0, p.faults.deaf-1)
		return false
	}
	if p.settings.LineSpeed != nil && p.settings.LineSpeed() != p.settings.BitsPerSecond {
		return false
	}
	return !p.settings.ChecksumOnly || f.Check == osdp.Checksum
}

// sequenced applies the rules of sequence numbers.
func (p *PD) sequenced(f osdp.Frame) []byte {
	raw, err := osdp.AppendFrame(nil, f)
	if err != nil {
		return nil
	}
	switch n := int(f.Sequence); {
	case n == 0:
		p.forget()
	case n == p.sequence && bytes.Equal(raw, p.command) && p.cached != nil:
		return p.cached
	case p.sequence < 0 || n != p.sequence%3+1:
		return p.clear(f, osdp.ReplyNak, byte(osdp.NakSequence))
	}
	p.sequence, p.command = int(f.Sequence), raw
	p.cached = p.process(f)
	return p.cached
}

// forget drops the session and the reply that could be asked for again.
func (p *PD) forget() {
	p.keys, p.channel, p.cached, p.command, p.sequence = nil, nil, nil, nil, -1
}

// process handles a new command.
func (p *PD) process(f osdp.Frame) []byte {
	switch f.Block {
	case osdp.NoBlock:
		return p.processClear(f)
	case osdp.BlockChallenge:
		return p.challenge(f)
	case osdp.BlockServerCryptogram:
		return p.serverCryptogram(f)
	}
	if p.channel == nil {
		return p.clear(f, osdp.ReplyNak, byte(osdp.NakNoSecureChannel))
	}
	data, _, err := p.channel.OpenCommand(f)
	if err != nil {
		p.channel = nil
		return p.clear(f, osdp.ReplyNak, byte(osdp.NakEncryptionWant))
	}
	code, answer := osdp.ReplyNak, []byte{byte(p.faults.nak)}
	if !p.faults.refuses() {
		code, answer = p.execute(osdp.CommandCode(f.Code), data)
	}
	if osdp.CommandCode(f.Code) == osdp.CommandKeySet && code == osdp.ReplyAck {
		return p.endKeySet(f)
	}
	raw, err := p.channel.SealReply(p.header(f, code, answer))
	if err != nil {
		return nil
	}
	if code == osdp.ReplyCommunication {
		p.endSettings(data)
	}
	return raw
}

// endSettings takes the settings of an osdp_COMSET that was answered, and begins anew.
func (p *PD) endSettings(data []byte) {
	if !p.faults.stay {
		p.settings.Address, p.settings.BitsPerSecond = data[0], int(binary.LittleEndian.Uint32(data[1:]))
	}
	p.forget()
}

// endKeySet answers a new key that was taken.
func (p *PD) endKeySet(f osdp.Frame) []byte {
	raw, err := p.channel.SealReply(p.header(f, osdp.ReplyAck, nil))
	if err != nil {
		return nil
	}
	if p.settings.KeySet != KeepsSession {
		p.channel = nil
	}
	if p.settings.KeySet == AcksInClear {
		return p.clear(f, osdp.ReplyAck)
	}
	return raw
}

// processClear allows a reader with a key of its own nothing but to introduce itself.
func (p *PD) processClear(f osdp.Frame) []byte {
	if p.channel != nil {
		p.channel = nil
		return p.clear(f, osdp.ReplyNak, byte(osdp.NakEncryptionWant))
	}
	switch osdp.CommandCode(f.Code) {
	case osdp.CommandID, osdp.CommandCapabilities:
		code, data := p.execute(osdp.CommandCode(f.Code), f.Data)
		return p.clear(f, code, data...)
	default:
		return p.clear(f, osdp.ReplyNak, byte(osdp.NakEncryptionWant))
	}
}

// defaultKey is the published default key SCBK-D.
var defaultKey = osdp.Key([]byte("0123456789:;<=>?"))

// challenge answers CHLNG with our cryptogram. The published default key is refused by a
// reader that has another.
func (p *PD) challenge(f osdp.Frame) []byte {
	p.channel, p.keys = nil, nil
	if osdp.CommandCode(f.Code) != osdp.CommandChallenge || len(f.Data) != 8 || f.BlockData[0] != osdp.SelectorSCBK && !p.settings.InstallMode {
		return p.clear(f, osdp.ReplyNak, byte(osdp.NakNoSecureChannel))
	}
	if _, err := io.ReadFull(p.settings.Random, p.rndB[:]); err != nil {
		return nil
	}
	p.rndA = [8]byte(f.Data)
	key := p.settings.Key
	if p.settings.InstallMode {
		key = defaultKey
	}
	p.keys = osdp.DeriveSessionKeys(key, p.rndA)
	proof := p.keys.ClientCryptogram(p.rndA, p.rndB)
	data := append(p.identity()[:8:8], p.rndB[:]...)
	reply := p.header(f, osdp.ReplyClientCryptogram, append(data, proof[:]...))
	reply.Block, reply.BlockData = osdp.BlockClientCryptogram, bytes.Clone(f.BlockData)
	return encode(reply)
}

// serverCryptogram answers SCRYPT: the session stands if the panel's proof is right.
func (p *PD) serverCryptogram(f osdp.Frame) []byte {
	if p.keys == nil || len(f.Data) != 16 {
		return p.clear(f, osdp.ReplyNak, byte(osdp.NakNoSecureChannel))
	}
	reply := p.header(f, osdp.ReplyInitialRMAC, nil)
	reply.Block, reply.BlockData = osdp.BlockInitialRMAC, []byte{0xFF}
	if osdp.SameProof([16]byte(f.Data), p.keys.ServerCryptogram(p.rndA, p.rndB)) {
		initial := p.keys.InitialRMAC([16]byte(f.Data))
		reply.Data, reply.BlockData = initial[:], []byte{osdp.HandshakeAccepted}
		p.channel = osdp.NewChannel(p.keys, initial)
		p.handshakes++
	}
	p.keys = nil
	return encode(reply)
}

// header begins a reply to f.
func (p *PD) header(f osdp.Frame, code osdp.ReplyCode, data []byte) osdp.Frame {
	return osdp.Frame{
		Address: f.Address, Reply: true, Sequence: f.Sequence, Check: f.Check, Code: byte(code), Data: data,
	}
}

// clear makes a reply without any security.
func (p *PD) clear(f osdp.Frame, code osdp.ReplyCode, data ...byte) []byte {
	return encode(p.header(f, code, data))
}

func encode(f osdp.Frame) []byte {
	raw, err := osdp.AppendFrame(nil, f)
	if err != nil {
		return nil
	}
	return raw
}

// execute carries one command out and returns the reply.
func (p *PD) execute(code osdp.CommandCode, data []byte) (osdp.ReplyCode, []byte) {
	switch code {
	case osdp.CommandPoll:
		return p.poll()
	case osdp.CommandID:
		return osdp.ReplyIdentity, p.identity()
	case osdp.CommandCapabilities:
		return osdp.ReplyCapabilities, p.capabilities()
	case osdp.CommandLocalStatus:
		return osdp.ReplyLocalStatus, p.localStatus()
	case osdp.CommandInputStatus:
		return osdp.ReplyInputs, bytes.Clone(p.inputs)
	case osdp.CommandOutputStatus:
		return osdp.ReplyOutputs, p.outputStates()
	case osdp.CommandReaderStatus:
		return osdp.ReplyReaders, []byte{0}
	case osdp.CommandOutput, osdp.CommandLED, osdp.CommandBuzzer, osdp.CommandText:
		if !p.act(code, data) {
			return osdp.ReplyNak, []byte{byte(osdp.NakRecord)}
		}
		return osdp.ReplyAck, nil
	case osdp.CommandKeySet:
		if len(data) != 18 || data[0] != 1 || p.faults.refuseKeys {
			return osdp.ReplyNak, []byte{byte(osdp.NakRecord)}
		}
		p.settings.Key, p.settings.InstallMode = osdp.Key(data[2:]), false
		return osdp.ReplyAck, nil
	case osdp.CommandCommunication:
		if len(data) != 5 || p.faults.refuseSettings {
			return osdp.ReplyNak, []byte{byte(osdp.NakRecord)}
		}
		return osdp.ReplyCommunication, bytes.Clone(data)
	default:
		return osdp.ReplyNak, []byte{byte(osdp.NakUnknownCommand)}
	}
}

func (p *PD) poll() (osdp.ReplyCode, []byte) {
	p.polls++
	if len(p.events) == 0 {
		return osdp.ReplyAck, nil
	}
	next := p.events[0]
	p.events = p.events[1:]
	return next.code, next.data
}

func (p *PD) identity() []byte {
	s := p.settings
	data := append(s.Vendor[:len(s.Vendor):len(s.Vendor)], s.Model, s.Version)
	data = binary.LittleEndian.AppendUint32(data, s.Serial)
	return append(data, s.Firmware[:]...)
}

func (p *PD) capabilities() []byte {
	return []byte{
		1, 2, byte(len(p.inputs)), 2, 4, byte(len(p.outputs)), 3, 1, 0, 4, 4, 1, 5, 2, 1, 6, 1, 1,
		8, 1, 0, 9, 1, 0, 10, 128, 0, 13, 0, 1, 16, 2, 0,
	}
}

func (p *PD) localStatus() []byte {
	data := []byte{0, 0}
	if p.tamper {
		data[0] = 1
	}
	if p.power {
		data[1] = 1
	}
	return data
}

func (p *PD) outputStates() []byte {
	data := make([]byte, len(p.outputs))
	for i, o := range p.outputs {
		if o.on != (p.now < o.until && o.pulse != o.on) {
			data[i] = 1
		}
	}
	return data
}

// Wait blocks until cond, which is asked again after every command that the reader
// hears, is true, or until ctx ends.
func (p *PD) Wait(ctx context.Context, cond func() bool) error {
	for {
		p.mu.Lock()
		changed := p.changed
		p.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
