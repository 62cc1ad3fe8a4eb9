package lock

import (
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"trilock/custody/fact"
	"trilock/devices/lock/link"
	"trilock/firmware-protocols/lockwire"
)

// A lock of other versions gets no command, and the report says which it speaks.
func TestLockOfOtherVersions(t *testing.T) {
	for _, spoken := range []lockwire.Versions{{Lowest: 1, Highest: 1}, {Lowest: 3, Highest: 7}} {
		b := newBench(t)
		b.presence("1")
		b.event(lockwire.Capabilities{Lock: "lock-a", Boot: 1, Counter: 1, Echo: lockwire.Nonce{9}, Lowest: spoken.Lowest, Highest: spoken.Highest})
		b.want("an answer to nothing that was asked")
		b.introduce(2, spoken)
		b.want("a lock of another time", down(CodeVersion))
		sent := b.wire.sent
		b.event(heartbeat(1, 3, lockwire.BoltLocked))
		b.after(probeAgainAfter * 3)
		if b.wire.sent != sent {
			t.Errorf("%v: asked %T", spoken, b.asked())
		}
		var away *AbsentError
		if err := b.peer.absent(true); !errors.As(err, &away) || away.Code != CodeVersion {
			t.Errorf("%v: a command: %v", spoken, err)
		}
		b.presence("1") // with new firmware, for all we know
		b.introduce(4, lockwire.Versions{Lowest: 1, Highest: 9})
		answer := heartbeat(1, 5, lockwire.BoltLocked)
		answer.Echo = b.asked().(lockwire.Probe).Nonce
		b.said()
		b.event(answer)
		b.want("it speaks ours too", up(), state(fact.BoltLocked, lockwire.ReasonHeartbeat))
	}
}

func TestBadMessages(t *testing.T) {
	b := newBench(t)
	b.up()
	b.locks.peers["lock-a"].badLog = rate.NewLimiter(0, 0)
	stranger, err := lockwire.NewSigner(key(99))
	if err != nil {
		t.Fatal(err)
	}
	forged, err := lockwire.Seal(stranger, "lock-a", heartbeat(1, 11, lockwire.BoltUnlocked))
	if err != nil {
		t.Fatal(err)
	}
	evt := "trilock/lock/lock-a/evt"
	for range refusalBurst {
		b.take(link.Message{Topic: evt, Payload: forged})
		b.want("forged", refusal(false, lockwire.CodeBadSignature, 1))
	}
	for i := range 1000 {
		b.take(link.Message{Topic: evt, Payload: []byte{byte(i)}})
		b.take(link.Message{Topic: evt, Payload: forged})
	}
	b.want("two thousand of them in one instant")
	if n := b.locks.Refused()["lock-a"]; n != 2000+refusalBurst {
		t.Errorf("counted %d", n)
	}
	b.event(heartbeat(1, 12, lockwire.BoltLocked))
	b.want("the lock itself is still heard, and up", state(fact.BoltLocked, lockwire.ReasonHeartbeat))
	for i := range 5 {
		b.after(2 * time.Second)
		b.event(heartbeat(1, uint64(13+i), lockwire.BoltLocked))
	}
	told := 0
	for _, f := range b.said() {
		if f == fact.Fact(refusal(false, lockwire.CodeBadSignature, 2000)) {
			told++
		}
		if r, ok := f.(fact.DeviceReport); ok {
			t.Errorf("%+v", r)
		}
	}
	if told != 1 {
		t.Errorf("the sum of the others was told %d times", told)
	}
}

// What a lock refuses, it says, and that is counted too; a message of a version that it
// does not speak is one of them.
func TestRefusalsByTheLock(t *testing.T) {
	b := newBench(t)
	b.up()
	b.event(lockwire.Result{Lock: "lock-a", Boot: 1, Counter: 11, Code: lockwire.CodeNoChallenge})
	b.want("a command that came from somewhere", fact.LockResult{Lock: "lock-a", Session: strings.Repeat("0", 32), Code: "no-challenge"}, refusal(true, lockwire.CodeNoChallenge, 1))
	b.event(lockwire.Capabilities{Lock: "lock-a", Boot: 1, Counter: 12, Lowest: 2, Highest: 2, Refused: 3})
	b.want("a message of another version", refusal(true, lockwire.CodeUnsupportedVersion, 1))
	b.event(lockwire.Result{Lock: "lock-a", Boot: 1, Counter: 13, Accepted: true})
	b.want("accepted", fact.LockResult{Lock: "lock-a", Session: strings.Repeat("0", 32), Accepted: true})
	for i := range 60 { // one a second, for a minute
		b.after(time.Second)
		b.event(lockwire.Result{Lock: "lock-a", Boot: 1, Counter: uint64(100 + i), Code: lockwire.CodeExpired})
	}
	facts, count := 0, uint32(0)
	for _, f := range b.said() {
		if r, ok := f.(fact.LockRefusal); ok {
			facts, count = facts+1, count+r.Count
		}
	}
	if facts > refusalBurst+int(time.Minute/refusalEvery) || count+b.peer.byLock.count != 60 {
		t.Errorf("%d facts about %d of 60 refusals, %d waiting", facts, count, b.peer.byLock.count)
	}
}

// A lock of which nothing but forgeries is heard goes down under their word, and comes
// back under its own.
func TestDownForItsKey(t *testing.T) {
	b := newBench(t)
	b.presence("1")
	b.take(link.Message{Topic: "trilock/lock/lock-a/evt", Payload: []byte{1}})
	b.want("garbage", refusal(false, lockwire.CodeBadEncoding, 1))
	b.after(defaultSilentAfter + time.Second)
	b.want("nothing else was heard", down("bad-encoding"))
	b.introduce(1, lockwire.Spoken())
	answer := heartbeat(1, 2, lockwire.BoltLocked)
	answer.Echo = b.probed()
	b.event(answer)
	b.want("heard at last", up(), state(fact.BoltLocked, lockwire.ReasonHeartbeat))
}
