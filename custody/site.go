package custody

import (
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody/calendar"
	"trilock/custody/fact"
)

// Level is a document's level of secrecy 密级.
type Level string

// The levels, lowest first.
const (
	Public       Level = "public"       // 公开
	Internal     Level = "internal"     // 内部
	Confidential Level = "confidential" // 秘密
	Secret       Level = "secret"       // 机密
	TopSecret    Level = "top-secret"   // 绝密
)

var levelOrder = []Level{Public, Internal, Confidential, Secret, TopSecret}

// Valid reports whether l is one of the five levels.
func (l Level) Valid() bool { return slices.Contains(levelOrder, l) }

// Covers reports whether a clearance of level l suffices for a document of level other (REG-5).
func (l Level) Covers(other Level) bool {
	return slices.Index(levelOrder, l) >= slices.Index(levelOrder, other)
}

// Name returns the level's name.
func (l Level) Name() fact.Text {
	switch l {
	case Public:
		return fact.Text{ZH: "公开", EN: "public"}
	case Internal:
		return fact.Text{ZH: "内部", EN: "internal"}
	case Confidential:
		return fact.Text{ZH: "秘密", EN: "confidential"}
	case Secret:
		return fact.Text{ZH: "机密", EN: "secret"}
	case TopSecret:
		return fact.Text{ZH: "绝密", EN: "top secret"}
	}
	return fact.Text{ZH: string(l), EN: string(l)}
}

// Post is an office that a person holds 岗位. A person can hold several.
type Post string

// The posts that rules speak of.
const (
	Archivist         Post = "archivist"           // 档案员
	GeneralOffice     Post = "general-office"      // 综合部
	GeneralOfficeHead Post = "general-office-head" // 综合部负责人
	GeneralManager    Post = "general-manager"     // 总经理
	ChiefEngineer     Post = "chief-engineer"      // 总工程师
	SupervisingLeader Post = "supervising-leader"  // 主管领导
	Security          Post = "security"            // 保卫
	Staff             Post = "staff"               // 职员
	// UnitLeader is the head of the department that borrows: the borrower's side (CIR-1).
	UnitLeader Post = "unit-leader" // 部门负责人
	// ConfidentialityOfficer is the confidentiality office's: levels, destruction, incidents.
	ConfidentialityOfficer Post = "confidentiality-officer" // 保密员
	// The three who administer the system, three different persons (REC-3).
	SystemAdministrator   Post = "system-administrator"   // 系统管理员
	SecurityAdministrator Post = "security-administrator" // 安全保密管理员
	SecurityAuditor       Post = "security-auditor"       // 安全审计员
	// IssuingBody is outside the site: it approves by letter, which the confidentiality officer enters.
	IssuingBody Post = "issuing-body" // 原定密机关
)

var posts = map[Post]fact.Text{
	Archivist:              {ZH: "档案员", EN: "archivist"},
	GeneralOffice:          {ZH: "综合部", EN: "general office"},
	GeneralOfficeHead:      {ZH: "综合部负责人", EN: "head of the general office"},
	GeneralManager:         {ZH: "总经理", EN: "general manager"},
	ChiefEngineer:          {ZH: "总工程师", EN: "chief engineer"},
	SupervisingLeader:      {ZH: "主管领导", EN: "supervising leader"},
	Security:               {ZH: "保卫", EN: "security"},
	Staff:                  {ZH: "职员", EN: "staff"},
	UnitLeader:             {ZH: "部门负责人", EN: "head of the unit"},
	ConfidentialityOfficer: {ZH: "保密员", EN: "confidentiality officer"},
	SystemAdministrator:    {ZH: "系统管理员", EN: "system administrator"},
	SecurityAdministrator:  {ZH: "安全保密管理员", EN: "security administrator"},
	SecurityAuditor:        {ZH: "安全审计员", EN: "security auditor"},
	IssuingBody:            {ZH: "原定密机关", EN: "issuing body"},
}

// Valid reports whether p is a known post.
func (p Post) Valid() bool { _, ok := posts[p]; return ok }

// Name returns the post's name.
func (p Post) Name() fact.Text { return posts[p] }

// PlaceKind says what kind of place a place is.
type PlaceKind string

// The kinds of place.
const (
	Outside     PlaceKind = "outside"
	Corridor    PlaceKind = "corridor"
	Room        PlaceKind = "room"
	ReadingRoom PlaceKind = "reading-room"
	Cabinet     PlaceKind = "cabinet"
	SafeBox     PlaceKind = "safe"
	Passage     PlaceKind = "passage" // the space in front of a door, watched by its portal
)

// Site is what does not change while the daemon runs: places, doors, safes, devices and
// policy, as the configuration gives them.
type Site struct {
	Name     fact.Text
	Location *time.Location
	Places   map[fact.PlaceID]Place
	Doors    map[fact.DoorID]Door
	Safes    map[fact.SafeID]Safe
	Devices  map[fact.DeviceID]Device
	Policy   Policy
	// Calendar says when people work: due times are counted by it.
	Calendar *calendar.Calendar
	// PINKey keys the fingerprints of PINs (see Fingerprint); 32 bytes from the data folder.
	PINKey []byte
}

// Place is where a folder or a person can be.
type Place struct {
	ID     fact.PlaceID
	Kind   PlaceKind
	Name   fact.Text
	Levels []Level // what may be kept here; empty for places that keep nothing
	// BadgeReader is the reader at which folders of this place change hands; empty if none.
	BadgeReader fact.DeviceID
	// Room is the room in which a cabinet or a safe stands; empty if none is known.
	Room fact.PlaceID
	// Lock is the plain lock of a cabinet, which a hand-over unlocks; empty if there is none.
	Lock fact.DeviceID
	// Holder is the person whose office or desk this is; empty for places of all (CIR-2).
	Holder PersonID
}

// InputPoint is one supervised input of a device. A zero Device means there is none.
type InputPoint struct {
	Device fact.DeviceID
	Input  uint8
}

// Door is a passage with a contact.
type Door struct {
	ID          fact.DoorID
	From, To    fact.PlaceID
	EntryReader fact.DeviceID // on the From side: badge to go in
	ExitReader  fact.DeviceID // on the To side: badge to go out
	Contact     InputPoint
	ExitButton  InputPoint
	Strike      Output
	// Lock is a plain lock on the entry side, LockFor how long a grant unlocks it; empty if there is none.
	Lock          fact.DeviceID
	LockFor       time.Duration
	HeldOpenAfter time.Duration
}

// Output is one relay of a device. A zero Device means there is none.
type Output struct {
	Device fact.DeviceID
	Output uint8
	For    time.Duration
}

// Safe is a safe under three locks.
type Safe struct {
	ID          fact.SafeID
	Place       fact.PlaceID
	Room        fact.PlaceID // the room it stands in: the parties must be badged into it
	Name        fact.Text
	BadgeReader fact.DeviceID
	Locks       [3]fact.DeviceID
	Hours       []Hours // when it may be opened; none: at any hour
	// Plain: its three locks verify no approval, and the site has accepted that. Contact is
	// then its door, which such locks do not report.
	Plain   bool
	Contact InputPoint
}

// DeviceKind says what a device is.
type DeviceKind string

// The kinds of device.
const (
	UHFReader   DeviceKind = "uhf-reader"
	BadgeReader DeviceKind = "badge-reader"
	Lock        DeviceKind = "lock"
)

// Device is one configured device.
type Device struct {
	ID   fact.DeviceID
	Kind DeviceKind
	Name fact.Text
}

// Policy holds every number of the rules that a site may set.
type Policy struct {
	BadgePairWindow        time.Duration // CIR-4: both sides of a hand-over badge within
	HandOverWindow         time.Duration // and the folder leaves or arrives within
	OpeningWindow          time.Duration // SAF-1: the three parties show themselves within
	OpeningStatementValid  time.Duration
	OpeningDelay           time.Duration // from the third party until the locks are asked; 0: none
	OpeningReconfirm       time.Duration // after the delay, for the three to confirm; 0: not asked
	ClosingConfirm         time.Duration // for the three to confirm that it is closed; 0: not asked
	PINEntryTime           time.Duration
	WrongPINsBeforeLockout int
	LockoutTime            time.Duration // of the first lock-out; each one after it is twice as long
	LockoutLongest         time.Duration
	LockAnswerTime         time.Duration
	UnlockedTime           time.Duration // the safe's door must be opened within; at most 60 s
	SafeOpenMax            time.Duration // SAF-3
	DoorGrantTime          time.Duration
	DeviceDownAfter        time.Duration // hold against transients
	MissingAfter           time.Duration // INC-1: unseen from home for so long
	LentUnseenAfter        time.Duration
	RestAfter              time.Duration           // STO-1: in another's shelf for so long is out of place
	TwoCarriers            TwoCarriers             // OUT-2: these travel with two persons
	LoanLongest            map[Level]time.Duration // CIR-3
	Repeat                 map[alerts.Severity]time.Duration
	Approvals              ApprovalPolicy
	Registering            RegisteringPolicy
	Lending                LendingPolicy
	Keeping                KeepingPolicy
	Guarding               GuardingPolicy
}

func (s Site) doorOfReader(id fact.DeviceID) (door Door, entering, ok bool) {
	for _, d := range s.Doors {
		if d.EntryReader == id && id != "" {
			return d, true, true
		}
		if d.ExitReader == id && id != "" {
			return d, false, true
		}
	}
	return Door{}, false, false
}

// cabinetsOfReader returns every place whose folders change hands at one badge reader,
// in the order of their ids: one reader may serve a row of cabinets.
func (s Site) cabinetsOfReader(id fact.DeviceID) []fact.PlaceID {
	var found []fact.PlaceID
	for _, p := range s.Places {
		if p.BadgeReader == id && id != "" {
			found = append(found, p.ID)
		}
	}
	slices.Sort(found)
	return found
}

func (s Site) safeOfReader(id fact.DeviceID) (Safe, bool) {
	for _, safe := range s.Safes {
		if safe.BadgeReader == id && id != "" {
			return safe, true
		}
	}
	return Safe{}, false
}

func (s Site) safeOfLock(id fact.DeviceID) (Safe, bool) {
	for _, safe := range s.Safes {
		if slices.Contains(safe.Locks[:], id) {
			return safe, true
		}
	}
	return Safe{}, false
}

func (s Site) safeAt(place fact.PlaceID) (Safe, bool) {
	for _, safe := range s.Safes {
		if safe.Place == place {
			return safe, true
		}
	}
	return Safe{}, false
}

func (s Site) placeName(id fact.PlaceID) fact.Text {
	if p, ok := s.Places[id]; ok {
		return p.Name
	}
	if id == "" {
		return fact.Text{ZH: "（不明处）", EN: "(place unknown)"}
	}
	return fact.Text{ZH: string(id), EN: string(id)}
}

func (s Site) deviceName(id fact.DeviceID) fact.Text {
	if d, ok := s.Devices[id]; ok && !d.Name.IsZero() {
		return d.Name
	}
	return fact.Text{ZH: string(id), EN: string(id)}
}

func (s Site) doorName(door Door) fact.Text {
	from, to := s.placeName(door.From), s.placeName(door.To)
	return fact.Text{ZH: from.ZH + "—" + to.ZH + "门", EN: "the door " + from.EN + " – " + to.EN}
}

func postNames(list []Post) fact.Text {
	var t fact.Text
	for i, p := range list {
		if i > 0 {
			t.ZH, t.EN = t.ZH+"、", t.EN+", "
		}
		t.ZH, t.EN = t.ZH+p.Name().ZH, t.EN+p.Name().EN
	}
	return t
}
