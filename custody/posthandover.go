package custody

import (
	"slices"

	"trilock/custody/fact"
)

// PostHandOver is a custodian's post on its way from one person to another: it moves when the
// one leaving, the one arriving and a leader have signed the full inventory (STO-6).
type PostHandOver struct {
	From   PersonID `json:"from"`
	To     PersonID `json:"to"`
	Leader PersonID `json:"leader"`
}

// custodianPosts are the posts that are handed over with an inventory.
var custodianPosts = []Post{Archivist}

// leaders are those who sign with them.
var leaders = []Post{SupervisingLeader, GeneralManager, GeneralOfficeHead}

func (h PostHandOver) signers() []PersonID { return []PersonID{h.From, h.To, h.Leader} }

func (d *decision) beginPostHandOver(a HandOverPost) Outcome {
	from, to, leader := d.persons[a.From], d.persons[a.To], d.persons[a.Leader]
	subject := string(a.From)
	by, no, ok := d.actor(RulePostHandOver, subject)
	if !ok {
		return no
	}
	for _, id := range a.signers() {
		if p := d.persons[id]; p == nil || p.Barred {
			return refuse("unknown-person", RulePostHandOver, subject, fact.Text{ZH: "没有人员 %[1]s，或其证件已停用。", EN: "There is no person %[1]s, or the badge is barred."}.Fill(string(id)))
		}
	}
	switch {
	case !from.Holds(Archivist):
		return refuse("not-the-post", RulePostHandOver, subject, fact.Text{ZH: "%[1]s 不担任%[2]s。", EN: "%[1]s does not hold the post of %[2]s."}.Fill(from.Name, Archivist.Name()))
	case from.ID == to.ID || leader.ID == from.ID || leader.ID == to.ID:
		return refuse("three-persons", RulePostHandOver, subject, fact.Text{ZH: "移交人、接收人、监交人须为三人。", EN: "The one leaving, the one arriving and the leader are three persons."})
	case !slices.ContainsFunc(leaders, func(p Post) bool { return d.holds(leader, p) }):
		return refuse("wrong-post", RulePostHandOver, subject, fact.Text{ZH: "监交人须为：%[1]s。", EN: "The leader who signs is one of: %[1]s."}.Fill(postNames(leaders)))
	case !slices.Contains(a.signers(), by.ID):
		return refuse("not-yours", RulePostHandOver, subject, fact.Text{ZH: "由移交人、接收人或监交人发起。", EN: "It is begun by the one leaving, the one arriving or the leader."})
	case len(to.parties()) > 0 && !to.Holds(Archivist):
		return refuse("another-party", RuleThreeParties, subject, fact.Text{ZH: "%[1]s 是保险柜三方中的另一方，不能再任档案员。", EN: "%[1]s is another of the safe's three parties and cannot be the archivist as well."}.Fill(to.Name))
	case len(to.Posts) >= MaxPosts:
		return refuse("too-much", "", subject, fact.Text{ZH: "%[1]s 的岗位过多。", EN: "%[1]s holds too many posts."}.Fill(to.Name))
	}
	for _, id := range sortedKeys(d.keeping.Inventories) {
		if inv := d.keeping.Inventories[id]; inv.HandOver != nil && inv.HandOver.From == a.From {
			return refuse("hand-over-under-way", RulePostHandOver, subject, fact.Text{ZH: "%[1]s 的移交 %[2]s 尚未完成。", EN: "The hand-over %[2]s of %[1]s is under way."}.Fill(from.Name, id))
		}
	}
	if len(d.keeping.Inventories) >= MaxUnderWay {
		return tooMany(subject, MaxUnderWay)
	}
	id := d.nextOf(seriesInventory)
	d.emit(id, &InventoryStarted{Inventory: Inventory{ID: id, Started: d.in.At, By: by.ID, HandOver: &PostHandOver{From: a.From, To: a.To, Leader: a.Leader}}})
	return granted(id)
}

// signPostHandOver takes one of the three signatures under the full inventory; the third moves the post (STO-6).
func (d *decision) signPostHandOver(inv *Inventory) Outcome {
	h, by := inv.HandOver, PersonID(d.in.Actor)
	switch p := d.persons[by]; {
	case p == nil || p.Barred || !slices.Contains(h.signers(), by):
		return refuse("not-yours", RulePostHandOver, inv.ID, fact.Text{ZH: "由移交人、接收人和监交人签字。", EN: "It is signed by the one leaving, the one arriving and the leader."})
	case slices.Contains(inv.Signed, by):
		return refuse("signed-before", RulePostHandOver, inv.ID, fact.Text{ZH: "您已签字，等待其他人。", EN: "You have signed; it waits for the others."})
	}
	if no, bad := d.unfinished(inv); bad {
		no.Rule = RulePostHandOver
		return no
	}
	list, _ := d.differences(inv)
	d.emit(inv.ID, &PostInventorySigned{Inventory: inv.ID, By: by, Registered: len(d.documents), Differences: list})
	if len(inv.Signed) == len(h.signers()) { // the last of the three: only now the post moves
		d.emit(inv.ID, &PostHandedOver{Inventory: inv.ID, Post: Archivist, From: h.From, To: h.To, Leader: h.Leader})
	}
	return granted(inv.ID)
}

// keepsPost refuses that a custodian's post is taken from somebody by the register of persons
// alone, as long as there are documents: it is handed over (STO-6).
func (d *decision) keepsPost(p Person) (Outcome, bool) {
	old := d.persons[p.ID]
	if old == nil || len(d.documents) == 0 {
		return Outcome{}, false
	}
	for _, post := range custodianPosts {
		if old.Holds(post) && !p.Holds(post) {
			return refuse("hand-over-first", RulePostHandOver, string(p.ID), fact.Text{ZH: "%[1]s 先移交%[2]s岗位：全面清点，移交人、接收人、监交人签字。", EN: "%[1]s first hands over the post of %[2]s: a full inventory, signed by the one leaving, the one arriving and a leader."}.Fill(old.Name, post.Name())), true
		}
	}
	return Outcome{}, false
}

// PostInventorySigned is one of the three signatures under the full inventory.
type PostInventorySigned struct {
	Inventory   string       `json:"inventory"`
	By          PersonID     `json:"by"`
	Registered  int          `json:"registered"`
	Differences []Difference `json:"differences,omitempty"`
}

// PostHandedOver moves the post.
type PostHandedOver struct {
	Inventory string   `json:"inventory"`
	Post      Post     `json:"post"`
	From      PersonID `json:"from"`
	To        PersonID `json:"to"`
	Leader    PersonID `json:"leader"`
}

// The kinds of events; they stand in the record and never change.
func (PostInventorySigned) Kind() string { return "post-inventory-signed" }
func (PostHandedOver) Kind() string      { return "post-handed-over" }

var postHandOverEvents = []func() Event{blank[PostInventorySigned], blank[PostHandedOver]}

func (ev *PostInventorySigned) evolve(s *State, _ fact.Stamp) {
	if inv := s.keeping.Inventories[ev.Inventory]; inv != nil {
		inv.Signed = append(slices.Clip(inv.Signed), ev.By)
	}
}

func (ev *PostHandedOver) evolve(s *State, at fact.Stamp) {
	delete(s.keeping.Inventories, ev.Inventory)
	if from := s.persons[ev.From]; from != nil {
		from.Posts = slices.DeleteFunc(slices.Clone(from.Posts), func(p Post) bool { return p == ev.Post })
	}
	if to := s.persons[ev.To]; to != nil && !to.Holds(ev.Post) {
		to.Posts = append(slices.Clone(to.Posts), ev.Post)
	}
	for _, place := range sortedKeys(s.keeping.Inventoried) { // a full inventory is one of every place
		s.keeping.Inventoried[place] = at.Wall
		s.planInventory(at, place)
	}
}

// HandOverPost begins the hand-over of the custodian's post; the inventory that it gives is then
// explained and signed like any other.
type HandOverPost struct {
	From   PersonID `json:"from"`
	To     PersonID `json:"to"`
	Leader PersonID `json:"leader"`
}

// Verb names the act; it stands in the record and never changes.
func (HandOverPost) Verb() string { return "hand-over-post" }

func (a HandOverPost) signers() []PersonID { return []PersonID{a.From, a.To, a.Leader} }

func (a HandOverPost) carryOut(d *decision) Outcome { return d.beginPostHandOver(a) }

var postHandOverActs = []actKind{act[HandOverPost]("移交岗位", "hand over a post")}
