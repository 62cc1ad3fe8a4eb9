package openingsim

import (
	"slices"
	"sync"
	"time"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/firmware-protocols/lockwire"
)

// human is one of the people of the simulation.
type human struct {
	id    string
	posts []custody.Post
	pin   string
	// own are the parties of the human's own posts.
	own []lockwire.Party
	// delegate: the locks have the human's key for management, as somebody who may be delegated.
	delegate bool
}

var cast = []human{
	{id: "p-archivist", posts: []custody.Post{custody.Archivist}, pin: "1111", own: []lockwire.Party{lockwire.Archivist}},
	{id: "p-office", posts: []custody.Post{custody.GeneralOffice}, pin: "2222", own: []lockwire.Party{lockwire.GeneralOffice}},
	{id: "p-manager", posts: []custody.Post{custody.GeneralManager}, pin: "3333", own: []lockwire.Party{lockwire.Management}},
	{id: "p-engineer", posts: []custody.Post{custody.ChiefEngineer}, pin: "4444", own: []lockwire.Party{lockwire.Management}},
	{id: "p-dual", posts: []custody.Post{custody.Archivist, custody.GeneralOffice}, pin: "5555", own: []lockwire.Party{lockwire.Archivist, lockwire.GeneralOffice}},
	{id: "p-clerk", posts: []custody.Post{custody.Staff}, pin: "6666", delegate: true},
}

const wrongPIN = "0000"

// enrolled reports whether the locks hold the human's key for a party.
func (h human) enrolled(party lockwire.Party) bool {
	return slices.Contains(h.own, party) || h.delegate && party == lockwire.Management
}

func humanOf(id string) human {
	for _, h := range cast {
		if h.id == id {
			return h
		}
	}
	return human{id: id}
}

func card(id string) fact.CardID { return fact.CardID("raw:26:" + id) }

const (
	window      = time.Minute // SAF-1
	lockAnswer  = 5 * time.Second
	unlocked    = 30 * time.Second
	delayed     = 20 * time.Second // the time delay of careful sites
	reconfirm   = time.Minute
	heartbeat   = 2 * time.Second
	silentAfter = 5 * time.Second
)

var pinKey = []byte("a key of the simulation, 32 byte")

// plan is the site of all seeds: one room with a door, one safe in it.
func plan(careful bool) custody.Site {
	name := func(zh, en string) fact.Text { return fact.Text{ZH: zh, EN: en} }
	policy := custody.Policy{
		BadgePairWindow: 30 * time.Second, HandOverWindow: time.Minute, OpeningWindow: window, OpeningStatementValid: 10 * time.Minute,
		PINEntryTime: 20 * time.Second, WrongPINsBeforeLockout: 5, LockoutTime: 10 * time.Minute, LockAnswerTime: lockAnswer,
		UnlockedTime: unlocked, SafeOpenMax: 10 * time.Minute, DoorGrantTime: 10 * time.Second, DeviceDownAfter: 5 * time.Second,
		MissingAfter: 15 * time.Second, LentUnseenAfter: 30 * time.Minute,
		Repeat: map[alerts.Severity]time.Duration{alerts.Warning: 10 * time.Minute, alerts.Critical: time.Minute},
	}
	if careful {
		policy.OpeningDelay, policy.OpeningReconfirm, policy.ClosingConfirm = delayed, reconfirm, reconfirm
	}
	site := custody.Site{Name: name("示范保密室", "Example secrecy room"), Location: time.UTC, Policy: policy, PINKey: pinKey,
		Places: map[fact.PlaceID]custody.Place{
			"corridor": {ID: "corridor", Kind: custody.Corridor, Name: name("走廊", "corridor")},
			"room":     {ID: "room", Kind: custody.Room, Name: name("保密室", "secrecy room")},
			"safe-1":   {ID: "safe-1", Kind: custody.SafeBox, Name: name("保险柜", "safe")},
		},
		Doors: map[fact.DoorID]custody.Door{"room-door": {ID: "room-door", From: "corridor", To: "room", EntryReader: "badge-in", ExitReader: "badge-out",
			Contact: custody.InputPoint{Device: "badge-in"}, Strike: custody.Output{Device: "badge-in", For: 5 * time.Second}, HeldOpenAfter: 30 * time.Second}},
		Safes: map[fact.SafeID]custody.Safe{safeName: {ID: safeName, Place: "safe-1", Room: "room", Name: name("保险柜", "the safe"), BadgeReader: "badge-safe"}},
		Devices: map[fact.DeviceID]custody.Device{
			"badge-in": {ID: "badge-in", Kind: custody.BadgeReader}, "badge-out": {ID: "badge-out", Kind: custody.BadgeReader}, "badge-safe": {ID: "badge-safe", Kind: custody.BadgeReader},
		}}
	safe := site.Safes[safeName]
	for i, lock := range lockNames {
		safe.Locks[i] = fact.DeviceID(lock)
		site.Devices[fact.DeviceID(lock)] = custody.Device{ID: fact.DeviceID(lock), Kind: custody.Lock}
	}
	site.Safes[safeName] = safe
	return site
}

// record is the beginning of every seed's record: the site, and its people in the register.
type record struct {
	site    custody.Site
	entries []custody.Entry
}

// dayOne is the host's clock when a seed begins.
var dayOne = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// beginnings are made once, and only read: without and with the options of a careful safe.
var beginnings = sync.OnceValue(func() [2]record {
	var both [2]record
	for i := range both {
		r := record{site: plan(i == 1)}
		state := custody.NewState(r.site)
		at := fact.Stamp{Wall: dayOne}
		feed := func(body custody.Body) {
			d, err := state.Decide(custody.Input{At: at, Body: body, Actor: "desk"})
			if err != nil || body != (custody.Start{}) && !d.Outcome.OK {
				panic("the register does not take the simulation's people")
			}
			r.entries = append(r.entries, d.Entries...)
		}
		feed(custody.Start{})
		for _, h := range cast {
			feed(custody.Request{Act: custody.RegisterPerson{Person: registered(h, h.id, h.posts)}})
		}
		both[i] = r
	}
	return both
})

func registered(h human, id string, posts []custody.Post) custody.Person {
	return custody.Person{ID: custody.PersonID(id), Name: fact.Text{ZH: h.id, EN: h.id}, Posts: posts, Clearance: custody.TopSecret, Card: card(id),
		Rooms: []fact.PlaceID{"room"}, PIN: custody.Fingerprint(pinKey, custody.PersonID(id), h.pin)}
}
