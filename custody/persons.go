package custody

import (
	"cmp"
	"regexp"
	"slices"

	"trilock/custody/fact"
)

// PersonRegistered enters a person, or replaces what the register says of one.
type PersonRegistered struct {
	Person Person `json:"person"`
}

// Kind names the event in the record.
func (PersonRegistered) Kind() string { return "person-registered" }

var personEvents = []func() Event{blank[PersonRegistered]}

func (ev *PersonRegistered) evolve(s *State, at fact.Stamp) {
	p := ev.Person
	was := ""
	if old, ok := s.persons[p.ID]; ok {
		delete(s.byCard, old.Card)
		was, p.Departed = old.PIN, p.Departed || old.Departed
		if slices.ContainsFunc(old.Posts, func(post Post) bool { return !slices.Contains(p.Posts, post) }) {
			delete(s.guarding.Leaving, p.ID) // it is for the post that was left
		}
		// Who corrects a name does not have the PIN and the card at hand: what is not given stays.
		p.Card, p.PIN, p.DuressPIN = cmp.Or(p.Card, old.Card), cmp.Or(p.PIN, old.PIN), cmp.Or(p.DuressPIN, old.DuressPIN)
	}
	s.persons[p.ID] = &p
	if p.Card != "" {
		s.byCard[p.Card] = p.ID
	}
	if p.PIN != was {
		s.guarding.PINsSet[p.ID] = at.Wall
	}
	s.watchPerson(&p)
}

// RegisterPerson enters a person or replaces what the register says of one.
type RegisterPerson struct {
	Person Person `json:"person"`
}

// The verbs of acts; they stand in the record and never change.
func (RegisterPerson) Verb() string { return "register-person" }

func (a RegisterPerson) carryOut(d *decision) Outcome { return d.registerPerson(a.Person) }

var personActs = []actKind{
	act[RegisterPerson]("登记人员", "register a person"),
}

var personIDForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,39}$`)

func (d *decision) registerPerson(p Person) Outcome {
	subject := string(p.ID)
	if !personIDForm.MatchString(subject) || p.Name.ZH == "" || p.Name.EN == "" || len(p.Name.ZH)+len(p.Name.EN) > MaxTextLen {
		return refuse("bad-person", RuleRegister, subject, fact.Text{ZH: "人员编号或姓名不合格式：编号用字母、数字和连字符，姓名用中英文填写。", EN: "Number or name is malformed: letters, digits and hyphens for the number, the name in both languages."})
	}
	for _, may := range []func(Person) (Outcome, bool){d.mayGrantPermissions, dividedAdministration} {
		if o, ok := may(p); !ok {
			return o
		}
	}
	if len(p.Posts) > MaxPosts || len(p.Rooms) > len(d.site.Places) {
		return refuse("too-much", RuleRegister, subject, fact.Text{ZH: "岗位或房间过多。", EN: "Too many posts or rooms."})
	}
	if i := slices.IndexFunc(p.Posts, func(q Post) bool { return !q.Valid() }); i >= 0 {
		return refuse("unknown-post", "", subject, fact.Text{ZH: "没有岗位“%[1]s”。", EN: "There is no post %[1]q."}.Fill(string(p.Posts[i])))
	}
	if !p.Clearance.Valid() {
		return refuse("unknown-level", RuleScope, subject, fact.Text{ZH: "涉密等级“%[1]s”不存在。", EN: "There is no level %[1]q."}.Fill(string(p.Clearance)))
	}
	for _, room := range p.Rooms {
		if _, ok := d.site.Places[room]; !ok {
			return refuse("unknown-place", RuleRoomList, subject, fact.Text{ZH: "配置中没有区域“%[1]s”。", EN: "The configuration has no place %[1]q."}.Fill(string(room)))
		}
	}
	if i := slices.IndexFunc(p.Hours, func(h PersonHours) bool { _, ok := h.hours(); return !ok }); i >= 0 || len(p.Hours) > MaxPersonHours {
		return refuse("bad-hours", RuleRoomList, subject, fact.Text{ZH: "准入时间应写星期（mon 至 sun）和起止时间，如 08:00 至 18:00，最多 %[1]d 段。", EN: "Hours are days (mon to sun) with from and until such as 08:00 and 18:00, %[1]d at most."}.Fill(MaxPersonHours))
	}
	if len(p.Outside) > MaxTextLen || p.Outside != "" && len(p.Posts) > 0 {
		return refuse("outside-with-post", RuleOutsider, subject, fact.Text{ZH: "外来人员不任本单位岗位，单位名称不超过 %[1]d 字节。", EN: "Who comes from outside holds no post here; the name of the body has %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	if holder, taken := d.byCard[p.Card]; taken && holder != p.ID && p.Card != "" {
		return refuse("card-in-use", RuleBarredBadge, subject, fact.Text{ZH: "该证件已登记给 %[1]s，先注销原证件。", EN: "This badge is registered to %[1]s; withdraw it there first."}.Fill(d.persons[holder].Name))
	}
	if p.DuressPIN != "" && p.DuressPIN == p.PIN {
		return refuse("same-pin", RuleThreeParties, subject, fact.Text{ZH: "胁迫密码不得与密码相同。", EN: "The duress PIN must differ from the PIN."})
	}
	if no, bad := d.keepsPost(p); bad { // STO-6
		return no
	}
	if o, ok := d.changeOfPost(p); !ok {
		return o
	}
	d.emit(subject, &PersonRegistered{Person: p})
	d.judgePapers(p.ID)
	d.judgePIN(p.ID)
	return granted(subject)
}
