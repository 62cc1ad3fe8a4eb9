package openingsim

import (
	"bytes"
	"crypto/ed25519"
	"sync"

	"trilock/firmware-protocols/lockwire"
)

const safeName = "main-safe"

var lockNames = [3]string{"lock-a", "lock-b", "lock-c"}

// keyring holds every private key of the simulation. They are the same in all seeds, and
// Ed25519, whose signatures are a function of key and content: a seed repeats exactly.
type keyring struct {
	controller, stranger lockwire.Signer
	controllerKey        ed25519.PrivateKey
	locks                [3]lockwire.Signer
	persons              map[string]lockwire.Signer
	public               map[string]ed25519.PublicKey // by "controller", "stranger", lock or person
	byController         lockwire.Trust
	byPartyKey           lockwire.Trust
}

// keys makes the keyring once; it is never changed.
var keys = sync.OnceValue(func() *keyring {
	k := &keyring{persons: map[string]lockwire.Signer{}, public: map[string]ed25519.PublicKey{}}
	n := byte(0)
	make := func(name string) lockwire.Signer {
		n++
		private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
		signer, err := lockwire.NewSigner(private)
		if err != nil {
			panic(err)
		}
		if name == "controller" {
			k.controllerKey = private
		}
		k.public[name] = private.Public().(ed25519.PublicKey)
		return signer
	}
	k.controller, k.stranger = make("controller"), make("stranger")
	for i, name := range lockNames {
		k.locks[i] = make(name)
	}
	for _, p := range cast {
		k.persons[p.id] = make(p.id)
	}
	k.byController = lockwire.ControllerTrust(safeName, k.controller.Key())
	k.byPartyKey = lockwire.ControllerTrust(safeName, k.controller.Key())
	for party := range k.byPartyKey.Parties {
		enrolled := lockwire.PartyTrust{Form: lockwire.ByPartyKey, Keys: map[string]lockwire.Key{}}
		for _, p := range cast {
			if p.enrolled(party) {
				enrolled.Keys[p.id] = k.persons[p.id].Key()
			}
		}
		k.byPartyKey.Parties[party] = enrolled
	}
	return k
})
