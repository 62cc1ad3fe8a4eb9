package custody

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"trilock/alerts"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// A safe's locks verify approvals by a list of keys: the controller's for all three parties,
// or each person's own. A person enrols a key; the list that holds it is brought to the
// locks by the three parties, in the form that the present list demands, and by nobody else.
//
//	enrol-key ──► PersonKey ──► change-keys ──► three parties ──► three locks take the list
//
// What the locks say of their lists is held against this record (DEV-1).

// PersonKey is the public half of a security key that a person has enrolled.
type PersonKey struct {
	Person PersonID `json:"person"`
	// Credential is the key's own name for itself, which a browser asks it by.
	Credential []byte `json:"credential"`
	// Public is the key as SubjectPublicKeyInfo.
	Public []byte `json:"public"`
}

// Print names the key: the SHA-256 of its SubjectPublicKeyInfo in hexadecimal.
func (k PersonKey) Print() string {
	sum := sha256.Sum256(k.Public)
	return hex.EncodeToString(sum[:])
}

// KeyList is a list of keys for the locks of a safe.
type KeyList struct {
	Version uint32 `json:"version"`
	// Encoded is the list as the locks take it.
	Encoded []byte `json:"encoded"`
	// Own: each person approves with a key of their own; otherwise the controller does for all.
	Own  bool        `json:"own_keys"`
	Keys []ListedKey `json:"keys,omitempty"`
}

// ListedKey is one key of a list, for one party. Print names the person's key.
type ListedKey struct {
	Party  threelock.Party `json:"party"`
	Person PersonID        `json:"person"`
	Print  string          `json:"print"`
}

// Name names the list as locks do: its version, and the SHA-256 of its encoding.
func (l KeyList) Name() string {
	return fmt.Sprintf("%d:%x", l.Version, sha256.Sum256(l.Encoded))
}

// recordedList is a list that was proposed for the locks of a safe.
type recordedList struct {
	KeyList
	session    string
	authorised bool // three parties approved it
}

// EnrolKey enters the signed-in person's own key. Until a list with it is in the locks it opens nothing.
type EnrolKey struct {
	Credential []byte `json:"credential"`
	Public     []byte `json:"public"`
}

// ChangeKeys asks the three parties to bring a list of keys to locks of a safe: to all
// three, or to those named, which missed it.
type ChangeKeys struct {
	Safe  fact.SafeID     `json:"safe"`
	List  KeyList         `json:"list"`
	Locks []fact.DeviceID `json:"locks,omitempty"`
}

// ApproveOpening is a person's own signature over an opening, or over a change of keys.
type ApproveOpening struct {
	Safe      fact.SafeID         `json:"safe"`
	Person    PersonID            `json:"person"`
	Assertion threelock.Assertion `json:"assertion"`
}

// The verbs of acts; they stand in the record and never change.
func (EnrolKey) Verb() string       { return "enrol-key" }
func (ChangeKeys) Verb() string     { return "change-keys" }
func (ApproveOpening) Verb() string { return "approve-opening" }

func (a EnrolKey) carryOut(d *decision) Outcome       { return d.enrolKey(a) }
func (a ChangeKeys) carryOut(d *decision) Outcome     { return d.changeKeys(a) }
func (a ApproveOpening) carryOut(d *decision) Outcome { return d.approveOpening(a) }

var keyActs = []actKind{
	act[EnrolKey]("登记本人密钥", "enrol a key of one's own"),
	act[ChangeKeys]("更换审批密钥", "change the approvers' keys"),
	act[ApproveOpening]("签名批准开启", "sign for an opening"),
}

// KeyEnrolled enters a person's key, in the place of the one before it.
type KeyEnrolled struct {
	Key PersonKey `json:"key"`
}

// KeysProposed: the three parties are asked to bring a list of keys to locks of a safe.
type KeysProposed struct {
	Safe    fact.SafeID     `json:"safe"`
	Session string          `json:"session"`
	List    KeyList         `json:"list"`
	Locks   []fact.DeviceID `json:"locks"`
}

// KeysChanged: three parties approved a list of keys, and these locks took it.
type KeysChanged struct {
	Safe    fact.SafeID     `json:"safe"`
	Session string          `json:"session"`
	List    string          `json:"list"` // its name
	Version uint32          `json:"version"`
	By      []KeyApprover   `json:"by"`
	Took    []fact.DeviceID `json:"took"`
	Missed  []fact.DeviceID `json:"missed,omitempty"`
}

// KeyApprover is one of the three who approved a list, and whether with a key of their own.
type KeyApprover struct {
	Party  threelock.Party `json:"party"`
	Person PersonID        `json:"person"`
	Own    bool            `json:"own_key,omitempty"`
}

// The kinds of events; they stand in the record and never change.
func (KeyEnrolled) Kind() string  { return "key-enrolled" }
func (KeysProposed) Kind() string { return "keys-proposed" }
func (KeysChanged) Kind() string  { return "keys-changed" }

var keyEvents = []func() Event{blank[KeyEnrolled], blank[KeysProposed], blank[KeysChanged]}

// evolve keeps, beside the new key, those that a list holds: until a new list is in the
// locks, a person signs with the key that the locks have.
func (ev *KeyEnrolled) evolve(s *State, _ fact.Stamp) {
	kept := slices.DeleteFunc(slices.Clone(s.enrolled[ev.Key.Person]), func(k PersonKey) bool {
		return k.Print() == ev.Key.Print() || !s.listed(k)
	})
	s.enrolled[ev.Key.Person] = append(kept, ev.Key)
}

// listed reports whether a list that is known by name holds a key.
func (s *State) listed(k PersonKey) bool {
	for _, lists := range s.keyLists {
		for _, l := range lists {
			if slices.ContainsFunc(l.Keys, func(one ListedKey) bool { return one.Person == k.Person && one.Print == k.Print() }) {
				return true
			}
		}
	}
	return false
}

// keyNamed finds a key of a person by its print.
func (s *State) keyNamed(person PersonID, name string) (PersonKey, bool) {
	for _, k := range s.enrolled[person] {
		if k.Print() == name {
			return k, true
		}
	}
	return PersonKey{}, false
}

func (ev *KeysProposed) evolve(s *State, _ fact.Stamp) {
	kept := slices.DeleteFunc(slices.Clone(s.keyLists[ev.Safe]), func(l recordedList) bool { return !l.authorised })
	if len(kept) >= MaxKeyLists {
		kept = kept[len(kept)-MaxKeyLists+1:]
	}
	s.keyLists[ev.Safe] = append(kept, recordedList{KeyList: ev.List, session: ev.Session})
}

// evolve leaves the locks the time to say which list they have now.
func (ev *KeysChanged) evolve(s *State, at fact.Stamp) {
	s.agenda.at(errand{errandKeys, string(ev.Safe)}, at.Mono+s.site.Policy.LockAnswerTime)
}

// evolveKeys marks a list as approved when its request goes out.
func (s *State) evolveKeys(session *threelock.Session, step threelock.Step) {
	if step.What != threelock.StepAuthorised || session.Purpose != threelock.KeyChange {
		return
	}
	lists := slices.Clone(s.keyLists[session.Safe])
	for i := range lists {
		lists[i].authorised = lists[i].authorised || lists[i].session == session.ID
	}
	s.keyLists[session.Safe] = lists
}

func (d *decision) enrolKey(a EnrolKey) Outcome {
	by := d.persons[PersonID(d.in.Actor)]
	subject := d.in.Actor
	switch {
	case by == nil || d.outOfService(by, d.in.At.Wall) != "":
		return refuse("not-a-person", RuleDevices, subject, fact.Text{ZH: "密钥由已登记的本人登记。", EN: "A key is enrolled by the registered person whose it is."})
	case len(a.Credential) == 0 || len(a.Credential) > MaxCredential || len(a.Public) == 0 || len(a.Public) > MaxPublicKey:
		return refuse("bad-key", RuleDevices, subject, fact.Text{ZH: "密钥不合格式，请换一把安全密钥。", EN: "The key is malformed; use another security key."})
	}
	key := PersonKey{Person: by.ID, Credential: a.Credential, Public: a.Public}
	for _, id := range sortedKeys(d.enrolled) {
		if _, has := d.keyNamed(id, key.Print()); has && id != by.ID {
			return refuse("key-in-use", RuleDevices, subject, fact.Text{ZH: "此密钥已由 %[1]s 登记，一把密钥只属一人。", EN: "%[1]s has enrolled this key; one key is one person's."}.Fill(d.personName(id)))
		}
	}
	d.emit(string(by.ID), &KeyEnrolled{Key: key})
	return granted(key.Print())
}

func (d *decision) changeKeys(a ChangeKeys) Outcome {
	safe, ok := d.site.Safes[a.Safe]
	subject := string(a.Safe)
	switch {
	case !ok || safe.Plain:
		return refuse("unknown-safe", RuleDevices, subject, fact.Text{ZH: "没有带签名锁的保险柜“%[1]s”。", EN: "There is no safe %[1]q under signed locks."}.Fill(subject))
	case d.persons[PersonID(d.in.Actor)] == nil:
		return refuse("not-a-person", RuleDevices, subject, fact.Text{ZH: "更换密钥由已登记的人员提出。", EN: "A change of keys is asked for by a registered person."})
	case d.openings[a.Safe].Active():
		return refuse("opening-under-way", RuleSafePurpose, subject, fact.Text{ZH: "已有开启在进行中，先完成或取消。", EN: "An opening is under way; finish or cancel it first."})
	}
	if o, ok := d.mayOpenNow(safe); !ok {
		return o
	}
	if o, ok := d.listFits(a.List); !ok {
		return o
	}
	locks, o, ok := d.locksFor(safe, a)
	if !ok {
		return o
	}
	id := fmt.Sprintf("S-%06d", d.sessions+1)
	step := threelock.State(d.in.Actor, threelock.KeyChange, nil, locks)
	step.Own, step.Trust = d.demandsOwn(safe.ID, locks), a.List.Name()
	asked := slices.DeleteFunc(slices.Clone(locks[:]), func(l fact.DeviceID) bool { return l == "" })
	d.emit(subject, &KeysProposed{Safe: safe.ID, Session: id, List: a.List, Locks: asked})
	d.emit(subject, &OpeningStep{Safe: safe.ID, Session: id, Step: step})
	return granted(id)
}

// listFits holds a list against the register: every key must be one that its person enrolled.
func (d *decision) listFits(l KeyList) (Outcome, bool) {
	bad := func(text fact.Text) (Outcome, bool) { return refuse("bad-list", RuleDevices, "", text), false }
	if l.Version == 0 || len(l.Encoded) == 0 || len(l.Encoded) > MaxKeyListBytes || len(l.Keys) > MaxListedKeys {
		return bad(fact.Text{ZH: "密钥清单不合格式。", EN: "The list of keys is malformed."})
	}
	of := map[threelock.Party]bool{}
	for _, k := range l.Keys {
		if _, enrolled := d.keyNamed(k.Person, k.Print); !enrolled {
			return bad(fact.Text{ZH: "%[1]s 没有登记清单中的密钥。", EN: "%[1]s has not enrolled the key of the list."}.Fill(d.personName(k.Person)))
		}
		of[k.Party] = true
	}
	for _, party := range threelock.Parties() {
		if of[party] != l.Own {
			return bad(fact.Text{ZH: "三方每方至少要有一人登记密钥：%[1]s。", EN: "Each of the three parties needs a person with an enrolled key: %[1]s."}.Fill(party.Name()))
		}
	}
	return Outcome{}, true
}

// locksFor finds the locks that are to take a list. They must all have said which list they
// have, and the same one: the approvals must suit every lock.
func (d *decision) locksFor(safe Safe, a ChangeKeys) (locks [3]fact.DeviceID, o Outcome, ok bool) {
	present := ""
	for i, id := range safe.Locks {
		if len(a.Locks) > 0 && !slices.Contains(a.Locks, id) {
			continue
		}
		has := d.locks[id].Trust
		switch {
		case has == "":
			return locks, refuse("lock-not-known", RuleDevices, string(id), fact.Text{ZH: "%[1]s 尚未报告其密钥清单，先恢复该锁。", EN: "%[1]s has not said which list of keys it has; bring it back first."}.Fill(d.site.deviceName(id))), false
		case present != "" && has != present:
			return locks, refuse("locks-differ", RuleDevices, string(safe.ID), fact.Text{ZH: "这些锁的密钥清单不一致，先只给与众不同的那把锁送清单。", EN: "These locks have different lists; bring the list to the one that differs alone."}), false
		case a.List.Version <= versionOf(has):
			return locks, refuse("stale-list", RuleDevices, string(id), fact.Text{ZH: "清单版本 %[1]d 不高于 %[2]s 现有的版本。", EN: "Version %[1]d of the list is not above the one that %[2]s has."}.Fill(a.List.Version, d.site.deviceName(id))), false
		}
		locks[i], present = id, has
	}
	for _, id := range a.Locks {
		if !slices.Contains(safe.Locks[:], id) {
			return locks, refuse("unknown-lock", RuleDevices, string(id), fact.Text{ZH: "%[1]s 不是此保险柜的锁。", EN: "%[1]s is none of this safe's locks."}.Fill(string(id))), false
		}
	}
	return locks, Outcome{}, true
}

// versionOf returns the version of a list from its name; 0 where there is none.
func versionOf(name string) uint32 {
	version, _, _ := strings.Cut(name, ":")
	n, err := strconv.ParseUint(version, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

func (d *decision) approveOpening(a ApproveOpening) Outcome {
	safe, ok := d.site.Safes[a.Safe]
	subject := string(a.Safe)
	s := a.Assertion
	switch {
	case !ok:
		return refuse("unknown-safe", RuleThreeParties, subject, fact.Text{ZH: "没有保险柜“%[1]s”。", EN: "There is no safe %[1]q."}.Fill(subject))
	case len(s.AuthenticatorData) == 0 || len(s.Signature) == 0 || len(s.ClientData) == 0 || len(s.AuthenticatorData)+len(s.Signature)+len(s.ClientData) > MaxAssertion:
		return refuse("bad-key", RuleThreeParties, subject, fact.Text{ZH: "签名不合格式，请重试。", EN: "The signature is malformed; try again."})
	}
	var why threelock.Why
	d.opening(safe.ID, func(session *threelock.Session) (steps []threelock.Step, command threelock.Command) {
		steps, command, why = session.Approved(a.Person, s)
		return steps, command
	})
	if why != "" {
		return refuse(string(why), RuleThreeParties, subject, why.Text())
	}
	return granted(d.openings[safe.ID].ID)
}

// demandsOwn reports whether one of these locks demands the persons' own keys, by the list
// that it says it has. A list that is not in the record was put in at the lock itself: the
// controller approves.
func (s *State) demandsOwn(safe fact.SafeID, locks [3]fact.DeviceID) bool {
	for _, id := range locks {
		if list, known := s.listNamed(safe, s.locks[id].Trust); known && list.Own {
			return true
		}
	}
	return false
}

func (s *State) listNamed(safe fact.SafeID, name string) (recordedList, bool) {
	for _, l := range s.keyLists[safe] {
		if name != "" && l.Name() == name {
			return l, true
		}
	}
	return recordedList{}, false
}

// keysEnded records what became of a list that three parties approved.
func (d *decision) keysEnded(safe Safe) {
	session := d.openings[safe.ID]
	list, known := d.listNamed(safe.ID, session.Trust)
	if session.Purpose != threelock.KeyChange || !known || !list.authorised || list.session != session.ID {
		return
	}
	ev := &KeysChanged{Safe: safe.ID, Session: session.ID, List: session.Trust, Version: list.Version}
	for _, p := range session.Present {
		ev.By = append(ev.By, KeyApprover{Party: p.Party, Person: p.Person, Own: p.Assertion != nil})
	}
	for i, id := range session.Locks {
		switch {
		case id == "":
		case session.Accepted[i]:
			ev.Took = append(ev.Took, id)
		default:
			ev.Missed = append(ev.Missed, id)
		}
	}
	d.emit(string(safe.ID), ev)
}

// judgeRekeyed holds a lock's new list against the record: one that three parties approved
// is no alert.
func (d *decision) judgeRekeyed(was, now LockChanged) {
	safe, ofSafe := d.site.safeOfLock(now.Lock)
	if !ofSafe || was.Trust == now.Trust {
		return
	}
	if list, known := d.listNamed(safe.ID, now.Trust); was.Trust != "" && !(known && list.authorised) && !d.covered(now.Lock, "re-keyed") {
		d.raise(alerts.LockRekeyed, string(now.Lock), d.site.deviceName(now.Lock), fmt.Sprintf("%.20s", now.Trust))
	}
	d.judgeKeys(safe)
}

// judgeKeys raises an alert while the three locks of a safe do not share one list: what one
// of them takes, another refuses. While a list is on its way they differ, and that is no news.
func (d *decision) judgeKeys(safe Safe) {
	session := d.openings[safe.ID]
	if session == nil || d.keysOnTheirWay(session) {
		return
	}
	holders := map[string]int{}
	for _, id := range safe.Locks {
		if d.locks[id].Trust == "" {
			return // not heard of yet
		}
		holders[d.locks[id].Trust]++
	}
	if len(holders) == 1 {
		d.end(alerts.LockKeysDiffer, string(safe.ID))
		return
	}
	var which fact.Text
	for _, id := range safe.Locks {
		if name := d.locks[id].Trust; len(holders) == len(safe.Locks) || holders[name] == 1 {
			one := fact.Text{ZH: "%[1]s（清单 %[2].10s）", EN: "%[1]s (list %[2].10s)"}.Fill(d.site.deviceName(id), name)
			which = joined(append([]fact.Text{}, nonEmpty(which, one)...))
		}
	}
	d.raise(alerts.LockKeysDiffer, string(safe.ID), safe.Name, which)
}

// keysOnTheirWay reports whether an approved list was sent so recently that a lock may have
// taken it and not said so yet.
func (d *decision) keysOnTheirWay(session *threelock.Session) bool {
	list, known := d.listNamed(session.Safe, session.Trust)
	if session.Purpose != threelock.KeyChange || !known || !list.authorised || list.session != session.ID {
		return false
	}
	return session.Phase == threelock.Unlocking || session.Phase == threelock.Ended && d.in.At.Sub(session.Since) < d.site.Policy.LockAnswerTime
}

func nonEmpty(list ...fact.Text) []fact.Text {
	return slices.DeleteFunc(list, fact.Text.IsZero)
}

// Opening returns the session of a safe, as a copy, and the list that a change of keys
// brings: what a person signs is made of them.
func (s *State) Opening(safe fact.SafeID) (threelock.Session, KeyList, bool) {
	session, known := s.openings[safe]
	if !known {
		return threelock.Session{}, KeyList{}, false
	}
	list, _ := s.listNamed(safe, session.Trust)
	return copyOf(session), list.KeyList, true
}

// PersonName returns the name of a person; the number of one who is not registered.
func (s *State) PersonName(person PersonID) fact.Text { return s.personName(person) }

// KeyedSafe says which lists of keys the locks of a safe have.
type KeyedSafe struct {
	Safe   fact.SafeID
	Name   fact.Text
	Locks  []KeyedLock
	Differ bool // they are known, and not one
}

// KeyedLock says which list a lock has. Version is 0 while nothing is known of it; Missed:
// the two others have a younger one, which can be brought to it.
type KeyedLock struct {
	Lock    fact.DeviceID
	Name    fact.Text
	Version uint32
	Own     bool
	Missed  bool
}

// KeyedSafes returns the safes under signed locks, in the order of their ids.
func (s *State) KeyedSafes() []KeyedSafe {
	var safes []KeyedSafe
	for _, id := range sortedKeys(s.site.Safes) {
		safe := s.site.Safes[id]
		if safe.Plain {
			continue
		}
		one, names := KeyedSafe{Safe: id, Name: safe.Name}, map[string]bool{}
		for _, lock := range safe.Locks {
			name := s.locks[lock].Trust
			list, _ := s.listNamed(id, name)
			others, known := s.ListToBring(id, []fact.DeviceID{lock})
			missed := known && name != "" && others.Version > versionOf(name)
			one.Locks = append(one.Locks, KeyedLock{Lock: lock, Name: s.site.deviceName(lock), Version: versionOf(name), Own: list.Own, Missed: missed})
			if name != "" {
				names[name] = true
			}
		}
		one.Differ = len(names) > 1
		safes = append(safes, one)
	}
	return safes
}

// EnrolledKeys returns the keys that persons enrolled last, in the order of the persons.
func (s *State) EnrolledKeys() []PersonKey {
	var keys []PersonKey
	for _, id := range sortedKeys(s.enrolled) {
		keys = append(keys, s.enrolled[id][len(s.enrolled[id])-1])
	}
	return keys
}

// SigningKey returns the key that the locks of a safe's session have of a person, for the
// party: what the person has to sign with, whatever was enrolled since.
func (s *State) SigningKey(safe fact.SafeID, person PersonID) (PersonKey, bool) {
	session := s.openings[safe]
	if session == nil {
		return PersonKey{}, false
	}
	at := slices.IndexFunc(session.Present, func(p threelock.Presence) bool { return p.Person == person })
	for _, lock := range session.Asked() {
		list, known := s.listNamed(safe, s.locks[lock].Trust)
		if !known || at < 0 {
			continue
		}
		for _, k := range list.Keys {
			if k.Person == person && k.Party == session.Present[at].Party {
				return s.keyNamed(person, k.Print)
			}
		}
	}
	return PersonKey{}, false
}

// ListToBring returns the list that the other locks of a safe have, and that these missed:
// one that three parties approved.
func (s *State) ListToBring(safe fact.SafeID, to []fact.DeviceID) (KeyList, bool) {
	name := ""
	for _, lock := range s.site.Safes[safe].Locks {
		switch has := s.locks[lock].Trust; {
		case slices.Contains(to, lock):
		case name != "" && has != name:
			return KeyList{}, false
		default:
			name = has
		}
	}
	list, known := s.listNamed(safe, name)
	return list.KeyList, known && list.authorised
}

// PartiesOf returns the parties of the posts that a person holds.
func (s *State) PartiesOf(person PersonID) []threelock.Party {
	if p := s.persons[person]; p != nil && !p.Barred {
		return p.parties()
	}
	return nil
}

// NextKeyVersion returns the version for the next list of a safe: above every one that a
// lock has, or that was ever approved.
func (s *State) NextKeyVersion(safe fact.SafeID) uint32 {
	var highest uint32
	for _, id := range s.site.Safes[safe].Locks {
		highest = max(highest, versionOf(s.locks[id].Trust))
	}
	for _, l := range s.keyLists[safe] {
		highest = max(highest, l.Version)
	}
	return highest + 1
}
