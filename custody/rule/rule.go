// Package rule is the catalogue of the rules that the system carries out: what the regulations
// on secrets demand of anyone who keeps classified documents, as sixty sentences. An id never
// changes its meaning and is never used again. Refusals and alerts name the id; testdata/scenarios
// holds a scenario for each that shows what it allows and what it refuses or detects.
//
// Every number in a rule is a default of the site's policy.
package rule

import (
	"slices"

	"trilock/custody/fact"
)

// Mode is a way in which a rule is carried out.
type Mode string

// The modes.
const (
	Enforce Mode = "enforce" // what it forbids is refused
	Detect  Mode = "detect"  // what it forbids raises an alert
	Remind  Mode = "remind"  // a clock runs, and people are told ahead
	Record  Mode = "record"  // it leaves an entry in a register
)

// Name returns what people call a mode.
func (m Mode) Name() fact.Text {
	switch m {
	case Enforce:
		return fact.Text{ZH: "强制", EN: "enforce"}
	case Detect:
		return fact.Text{ZH: "发现", EN: "detect"}
	case Remind:
		return fact.Text{ZH: "提醒", EN: "remind"}
	case Record:
		return fact.Text{ZH: "记录", EN: "record"}
	}
	return fact.Text{ZH: string(m), EN: string(m)}
}

// Rule is one rule.
type Rule struct {
	// ID is its chapter and number, "SAF-1".
	ID    string
	Modes []Mode
	// Clause is where the regulations demand it; S0 to S4 name the five that were read.
	Clause   string
	Sentence fact.Text
}

// Chapter returns the part of the id before its number.
func (r Rule) Chapter() string {
	for i := range r.ID {
		if r.ID[i] == '-' {
			return r.ID[:i]
		}
	}
	return r.ID
}

// All returns every rule, in the order of the catalogue.
func All() []Rule { return slices.Clone(all) }

// ByID returns a rule by its id.
func ByID(id string) (Rule, bool) {
	i := slices.IndexFunc(all, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, false
	}
	return all[i], true
}

// Source is a set of regulations that a clause names.
type Source struct {
	ID   string
	Name fact.Text
}

// Sources returns the regulations, by the S and number that clauses use.
func Sources() []Source { return slices.Clone(sources) }

var sources = []Source{
	{"S0", fact.Text{ZH: "涉密文件管理规定（英文本）", EN: "Management of confidential documents"}},
	{"S1", fact.Text{ZH: "保密文件管理工作流程；保密办工作制度", EN: "Working procedure for classified documents; rules of the confidentiality office"}},
	{"S2", fact.Text{ZH: "办公室保密制度", EN: "Confidentiality rules of an office"}},
	{"S3", fact.Text{ZH: "政府工作人员保密责任制度（英文本）", EN: "Confidentiality responsibilities of government staff"}},
	{"S4", fact.Text{ZH: "保密工作制度实施细则", EN: "Detailed rules of confidentiality work"}},
}

// Chapters names the chapters, in the order of the catalogue.
func Chapters() []Chapter { return slices.Clone(chapters) }

// Chapter is a part of the catalogue.
type Chapter struct {
	ID   string
	Name fact.Text
}

var chapters = []Chapter{
	{"REG", fact.Text{ZH: "登记", EN: "Register"}},
	{"STO", fact.Text{ZH: "保存", EN: "Storage"}},
	{"ACC", fact.Text{ZH: "出入", EN: "Access to the room"}},
	{"SAF", fact.Text{ZH: "保险柜", EN: "The safe"}},
	{"CIR", fact.Text{ZH: "传阅与借阅", EN: "Circulation and borrowing"}},
	{"OUT", fact.Text{ZH: "外出携带", EN: "Carrying out"}},
	{"ISS", fact.Text{ZH: "制发", EN: "Issuing and dispatch"}},
	{"CPY", fact.Text{ZH: "复制", EN: "Copying"}},
	{"DES", fact.Text{ZH: "销毁与移交", EN: "Destruction and transfer"}},
	{"MTG", fact.Text{ZH: "会议", EN: "Meetings"}},
	{"DEV", fact.Text{ZH: "设备", EN: "Devices and furniture"}},
	{"INC", fact.Text{ZH: "事件", EN: "Incidents"}},
	{"REC", fact.Text{ZH: "记录", EN: "Records"}},
}
