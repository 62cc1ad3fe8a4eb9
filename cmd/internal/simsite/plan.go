// Package simsite is a whole secrecy room in one process: readers, badge readers and
// locks that speak their wire protocols byte for byte, and people who walk between them
// with folders in their hands. What it builds, from any site's configuration, is a folder that
// a technician could have made: the configuration, keys, certificates, and serial ports under
// stable names. The configuration of the story, which is built where none is given:
//
//	outside ── exit ── corridor ── doorway ──[room door]── room ── cabinet A, cabinet B, safe
//	                                                         └──── reading room
//
//	ptys:  cabinet-a, cabinet-b, door (gx-5a), safe, reading-room, exit (r2000-a0), osdp-door, osdp-room
//	MQTT:  three locks, each a client with its own key and certificate
//
// Nothing here knows what the daemon decides: the daemon cannot tell this site from a
// real one, and the site learns of the daemon only what a reader or a lock learns.
package simsite

import (
	"trilock/custody/fact"
)

// Person is somebody with a badge.
type Person struct {
	ID        string
	Name      fact.Text
	Posts     []string
	Clearance string
	Card      uint32 // Wiegand H10301: 8 bits of facility code, 16 of card number
	PIN       string
	Rooms     []string
}

// Folder is a document in a tagged folder.
type Folder struct {
	ID    string
	Title string
	Level string
	EPC   string
	Home  string
}

// People of the site. Guest has a badge and is on no room's list.
var (
	Archivist = Person{ID: "p-0001", Name: fact.Text{ZH: "李敏", EN: "Li Min"}, Posts: []string{"archivist"}, Clearance: "top-secret", Card: card(7, 1001), PIN: "2580", Rooms: []string{"room"}}
	Office    = Person{ID: "p-0002", Name: fact.Text{ZH: "王芳", EN: "Wang Fang"}, Posts: []string{"general-office", "general-office-head"}, Clearance: "top-secret", Card: card(7, 1002), PIN: "1470", Rooms: []string{"room"}}
	Manager   = Person{ID: "p-0003", Name: fact.Text{ZH: "赵刚", EN: "Zhao Gang"}, Posts: []string{"general-manager", "supervising-leader"}, Clearance: "top-secret", Card: card(7, 1003), PIN: "3690", Rooms: []string{"room"}}
	Engineer  = Person{ID: "p-0004", Name: fact.Text{ZH: "陈工", EN: "Chen Gong"}, Posts: []string{"chief-engineer"}, Clearance: "top-secret", Card: card(7, 1004), PIN: "7412", Rooms: []string{"room"}}
	Reader    = Person{ID: "p-0005", Name: fact.Text{ZH: "周宁", EN: "Zhou Ning"}, Posts: []string{"staff", "unit-leader"}, Clearance: "secret", Card: card(7, 1005), PIN: "8520", Rooms: []string{"room"}}
	Borrower  = Person{ID: "p-0006", Name: fact.Text{ZH: "孙莉", EN: "Sun Li"}, Posts: []string{"staff"}, Clearance: "confidential", Card: card(7, 1006), PIN: "9630", Rooms: []string{"room"}}
	Careless  = Person{ID: "p-0007", Name: fact.Text{ZH: "吴涛", EN: "Wu Tao"}, Posts: []string{"staff"}, Clearance: "confidential", Card: card(7, 1007), PIN: "1593", Rooms: []string{"room"}}
	Guard     = Person{ID: "p-0008", Name: fact.Text{ZH: "郑强", EN: "Zheng Qiang"}, Posts: []string{"security"}, Clearance: "internal", Card: card(7, 1008), PIN: "3571"}
	Guest     = Person{ID: "p-0009", Name: fact.Text{ZH: "何宾", EN: "He Bin"}, Posts: []string{"staff"}, Clearance: "public", Card: card(7, 1009), PIN: "4682"}
)

// People returns everybody.
func People() []Person {
	return []Person{Archivist, Office, Manager, Engineer, Reader, Borrower, Careless, Guard, Guest}
}

// Stranger is a card that nobody on the register holds.
var Stranger = Person{ID: "", Name: fact.Text{ZH: "陌生人", EN: "a stranger"}, Card: card(200, 65001)}

// Folders of the site, several to a shelf so that they shadow each other.
func Folders() []Folder {
	return []Folder{
		{"JM-2026-0001", "年度工作要点（征求意见稿）", "confidential", "2C15A537C8000E0000000001", "cabinet-a"},
		{"JM-2026-0002", "重点项目技术方案", "secret", "2C15A537C8000E0000000002", "cabinet-a"},
		{"JM-2026-0003", "会议纪要第三期", "confidential", "2C15A537C8000E0000000003", "cabinet-a"},
		{"JM-2026-0004", "供应商评审意见", "confidential", "2C15A537C8000E0000000004", "cabinet-a"},
		{"JM-2026-0005", "设备验收记录", "confidential", "2C15A537C8000E0000000005", "cabinet-b"},
		{"JM-2026-0006", "人员定密名册", "secret", "2C15A537C8000E0000000006", "cabinet-b"},
		{"JM-2026-0007", "保密检查通报", "confidential", "2C15A537C8000E0000000007", "cabinet-b"},
		{"JM-2026-0008", "涉密载体清册", "confidential", "2C15A537C8000E0000000008", "cabinet-b"},
		{"JM-2026-0009", "绝密件甲", "top-secret", "2C15A537C8000E0000000009", "safe-1"},
		{"JM-2026-0010", "绝密件乙", "top-secret", "2C15A537C8000E000000000A", "safe-1"},
	}
}

// ForeignTag is a tag that is in no register.
const ForeignTag = "E2801160600002094ED74AA6"

// Foreign returns the bytes of ForeignTag.
func Foreign() []byte { return epc(ForeignTag) }

// The badge readers.
const (
	DoorIn     = "badge-door-in"
	DoorOut    = "badge-door-out"
	AtCabinets = "badge-cabinets"
	AtSafe     = "badge-safe"
)

func card(facility, number uint32) uint32 { return facility<<16 | number }
