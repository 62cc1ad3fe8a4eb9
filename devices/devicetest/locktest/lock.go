// Package locktest is the other end of the lock protocol: the firmware of a lock, as
// SPEC.md of lockwire asks for it, on a real MQTT connection of its own, with its own
// certificate and key. Tests and trilock-sim open and break simulated safes with it. It
// also starts a real mosquitto with the files that trilock delivers.
//
//	        cmd                            motor
//	broker ─────► Verifier ──grant──► bolt ◄──── door, hand, timer
//	       ◄───── outbox ◄──Challenge, Result, State──┘
//
// It owns the model of one lock: bolt, motor, door sensor, tamper switch, battery, the
// memory that outlasts the power, and power itself. It judges with lockwire.Verifier and
// nothing else: like a lock, it believes neither the broker nor the topic, and relocks by
// its own timer with or without a network.
package locktest

import (
	"context"
	"crypto"
	"crypto/tls"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"trilock/firmware-protocols/lockwire"
)

// Settings make a lock.
type Settings struct {
	// ID is the lock's id, its client id and its certificate's common name.
	ID   string
	Safe string
	// Key signs what the lock says; Trust is the list that it is commissioned with, which
	// may change over the wire after that.
	Key   crypto.Signer
	Trust lockwire.Trust
	// Versions are those that the lock says it speaks; zero takes those that it does speak.
	Versions lockwire.Versions
	// BrokerURL is "tls://host:port"; TLS holds the lock's own certificate.
	BrokerURL string
	TLS       *tls.Config
	// Heartbeat is the time between two heartbeats; 0 takes one second.
	Heartbeat time.Duration
	// Boot is the boot count of its first start.
	Boot uint64
	Log  *slog.Logger
}

// Lock is a simulated lock. Its methods can be called from any goroutine, whether it
// runs or not; while it does not run, its motor and its timer stand still.
type Lock struct {
	settings  Settings
	signer    lockwire.Signer
	refusals  *rate.Limiter
	kick      chan struct{} // the clock has something new to wait for
	send      chan struct{} // the outbox has something new
	powerDown chan struct{} // closed and renewed by PowerCycle, under mu

	mu         sync.Mutex
	flash      flash
	verifier   *lockwire.Verifier
	boot       uint64
	counter    uint64
	started    time.Time // of this boot
	bolt       lockwire.Bolt
	door       lockwire.Door
	tamper     bool
	battery    int8           // percent, or -1
	motor      lockwire.Motor // what its last run ended in
	failing    lockwire.Motor // what its next run will end in, when it is to fail
	throws     int            // attempts to throw the bolt that failed
	wanted     lockwire.Bolt  // where the motor is driving to, or the bolt's position
	why        string         // the reason of the State that ends the motor's run
	roundTrips []time.Duration
	motorEnd   time.Time     // zero: the motor stands
	holdEnd    time.Time     // zero: no timer runs
	hold       time.Duration // of the grant under way
	relock     bool          // throw the bolt when the door shuts
	outbox     []outgoing
	ignored    uint64
}

type outgoing struct {
	message   []byte
	live      bool // QoS 0: worth nothing later
	heartbeat bool // worth nothing once the next one is here
}

// New makes a lock with its bolt thrown and its door shut.
func New(s Settings) (*Lock, error) {
	if s.TLS == nil || s.Log == nil || s.BrokerURL == "" {
		return nil, fmt.Errorf("lock %s: needs a broker's URL, TLS and a log", s.ID)
	}
	if s.Heartbeat == 0 {
		s.Heartbeat = heartbeatEvery
	}
	signer, err := lockwire.NewSigner(s.Key)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", s.ID, err)
	}
	l := &Lock{
		settings: s, signer: signer, refusals: rate.NewLimiter(refusalsPerSecond, refusalsPerSecond),
		kick: make(chan struct{}, 1), send: make(chan struct{}, 1), powerDown: make(chan struct{}),
		boot: s.Boot, bolt: lockwire.BoltLocked, wanted: lockwire.BoltLocked, door: lockwire.DoorClosed, started: time.Now(),
		battery: -1, motor: lockwire.MotorReady,
	}
	list, err := s.Trust.Encode()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", s.ID, err)
	}
	if err := l.flash.store(list); err != nil {
		return nil, fmt.Errorf("lock %s: %w", s.ID, err)
	}
	if l.verifier, err = l.newVerifier(); err != nil {
		return nil, err
	}
	return l, nil
}

// newVerifier starts with what the memory holds that outlasts the power.
func (l *Lock) newVerifier() (*lockwire.Verifier, error) {
	trust, err := l.flash.load()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", l.settings.ID, err)
	}
	self := lockwire.Identity{Lock: l.settings.ID, Safe: l.settings.Safe, Boot: l.boot, Firmware: "locktest 2", Versions: l.settings.Versions}
	return lockwire.NewVerifier(self, trust)
}

// Run powers the lock until ctx ends. It reconnects by itself, for ever.
func (l *Lock) Run(ctx context.Context) error {
	var network sync.WaitGroup
	network.Go(func() { l.stayConnected(ctx) })
	defer network.Wait()
	heartbeat := time.NewTicker(l.settings.Heartbeat)
	defer heartbeat.Stop()
	for {
		wait := time.NewTimer(l.nextDeadline())
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-l.kick:
		case <-wait.C:
			l.onTime(time.Now())
		case <-heartbeat.C:
			l.mu.Lock()
			l.state(lockwire.ReasonHeartbeat, lockwire.Nonce{})
			l.mu.Unlock()
		}
		wait.Stop()
	}
}

// nextDeadline returns how long until the motor arrives or the timer runs out.
func (l *Lock) nextDeadline() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := time.Hour // anything longer than a heartbeat: there is nothing to wait for
	for _, at := range []time.Time{l.motorEnd, l.holdEnd} {
		if !at.IsZero() {
			next = min(next, max(0, time.Until(at)))
		}
	}
	return next
}

// onTime moves what is due.
func (l *Lock) onTime(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.motorEnd.IsZero() && !now.Before(l.motorEnd) {
		l.motorArrived(now)
	}
	if !l.holdEnd.IsZero() && !now.Before(l.holdEnd) {
		l.holdEnd = time.Time{}
		l.drive(lockwire.BoltLocked, lockwire.ReasonRelockedTimeout)
	}
}

// motorArrived ends the motor's run, well or not. Called with mu held.
func (l *Lock) motorArrived(now time.Time) {
	l.motorEnd = time.Time{}
	if l.failing != lockwire.MotorUnknown {
		l.bolt, l.motor = lockwire.BoltJammed, l.failing
		reason := lockwire.ReasonMotorStalled
		if l.failing == lockwire.MotorOverCurrent {
			reason = lockwire.ReasonMotorCurrent
		}
		l.state(reason, lockwire.Nonce{})
		if l.throws++; l.wanted == lockwire.BoltLocked && l.throws < throwAttempts {
			l.motorEnd = now.Add(throwAgainAfter)
		}
		return
	}
	l.bolt, l.motor, l.throws = l.wanted, lockwire.MotorReady, 0
	if l.bolt == lockwire.BoltUnlocked && l.door == lockwire.DoorClosed {
		l.holdEnd = now.Add(l.hold)
	}
	l.state(l.why, lockwire.Nonce{})
}

// drive starts the motor. Called with mu held.
func (l *Lock) drive(to lockwire.Bolt, why string) {
	l.wanted, l.why, l.relock, l.throws = to, why, false, 0
	l.motorEnd = time.Now().Add(motorTravel)
	if to == lockwire.BoltLocked {
		l.holdEnd = time.Time{}
	}
	wake(l.kick)
}

// OpenDoor opens the safe's door, as this lock's sensor sees it. It fails while the bolt is in the way.
func (l *Lock) OpenDoor() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bolt != lockwire.BoltUnlocked {
		return fmt.Errorf("lock %s: the bolt is %s", l.settings.ID, l.bolt)
	}
	if l.door == lockwire.DoorOpen {
		return nil
	}
	l.door, l.holdEnd = lockwire.DoorOpen, time.Time{} // from here on, shutting the door throws the bolt
	if !l.motorEnd.IsZero() {                          // a bolt on its way out stops: the door is past it
		l.motorEnd, l.wanted, l.relock = time.Time{}, lockwire.BoltUnlocked, true
	}
	l.state(lockwire.ReasonDoorOpened, lockwire.Nonce{})
	wake(l.kick)
	return nil
}

// CloseDoor shuts the door; a drawn bolt is then thrown by the lock itself.
func (l *Lock) CloseDoor() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.door == lockwire.DoorClosed {
		return
	}
	l.door = lockwire.DoorClosed
	l.state(lockwire.ReasonDoorClosed, lockwire.Nonce{})
	why := lockwire.ReasonRelockedDoor
	if l.relock {
		why = lockwire.ReasonRelockedCommand
	}
	l.drive(lockwire.BoltLocked, why)
}

// ForceBolt draws the bolt by hand, past the motor.
func (l *Lock) ForceBolt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bolt, l.wanted = lockwire.BoltUnlocked, lockwire.BoltUnlocked
	l.motorEnd, l.holdEnd = time.Time{}, time.Time{}
	l.verifier.Forget()
	l.state(lockwire.ReasonBoltForced, lockwire.Nonce{})
}

// SetTamper opens or closes the switch under the lock's cover.
func (l *Lock) SetTamper(open bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tamper == open {
		return
	}
	l.tamper = open
	if open {
		l.state(lockwire.ReasonTamper, lockwire.Nonce{})
		return
	}
	l.state(lockwire.ReasonTamperCleared, lockwire.Nonce{})
}

// FailMotor makes the runs of the motor end in lockwire.MotorStalled or MotorOverCurrent,
// with the bolt jammed, until it is called with MotorUnknown.
func (l *Lock) FailMotor(how lockwire.Motor) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failing = how
}

// SetBattery says how full the battery is, in percent.
func (l *Lock) SetBattery(percent int8) {
	l.mu.Lock()
	defer l.mu.Unlock()
	wasLow := l.battery >= 0 && l.battery <= batteryLow
	l.battery = percent
	if percent >= 0 && percent <= batteryLow && !wasLow {
		l.state(lockwire.ReasonBatteryLow, lockwire.Nonce{})
	}
}

// CutPowerWhileStoring makes the power go after the given number of bytes of the next
// trust list that the lock stores, and come back at once.
func (l *Lock) CutPowerWhileStoring(bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flash.cutAfter = bytes + 1
}

// TrustInForce returns the version and the digest of the trust list that the lock believes.
func (l *Lock) TrustInForce() (uint32, lockwire.Digest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.verifier.TrustInForce()
}

// Bolt returns the position of the bolt.
func (l *Lock) Bolt() lockwire.Bolt {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bolt
}

// Ignored returns how many commands were dropped without an answer: retained, delivered twice, or not for this topic.
func (l *Lock) Ignored() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ignored
}

// PowerCycle takes the power away and gives it back: the connection breaks, the nonce
// and the unsent events are lost, the boot count grows, and a drawn bolt behind a shut
// door is thrown.
func (l *Lock) PowerCycle() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.restart()
}

// restart is a power cycle, with mu held.
func (l *Lock) restart() error {
	l.boot++
	verifier, err := l.newVerifier()
	if err != nil {
		return err
	}
	l.verifier, l.counter, l.started, l.outbox = verifier, 0, time.Now(), nil
	l.motorEnd, l.holdEnd, l.relock = time.Time{}, time.Time{}, false
	close(l.powerDown)
	l.powerDown = make(chan struct{})
	if l.bolt == lockwire.BoltUnlocked && l.door == lockwire.DoorClosed {
		l.drive(lockwire.BoltLocked, lockwire.ReasonRelockedPowerUp)
	}
	return nil
}
