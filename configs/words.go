package configs

import (
	"slices"
	"time"
)

// Language is a language the product speaks.
type Language string

// The languages.
const (
	Chinese Language = "zh"
	English Language = "en"
)

func (Language) words() []string { return texts(Chinese, English) }

// Level is how secret a document is (密级).
type Level string

// The levels, highest first. The first three are state secrets.
const (
	TopSecret    Level = "top-secret"   // 绝密
	Secret       Level = "secret"       // 机密
	Confidential Level = "confidential" // 秘密
	Internal     Level = "internal"     // 内部
	Public       Level = "public"       // 公开
)

// Levels returns the levels, highest first.
func Levels() []Level { return []Level{TopSecret, Secret, Confidential, Internal, Public} }

func (Level) words() []string { return texts(Levels()...) }

// isStateSecret reports whether documents of this level are classified, not merely internal.
func (l Level) isStateSecret() bool { return l == TopSecret || l == Secret || l == Confidential }

// TwoCarriers is a level, or a mark on the document, of what travels with two persons (OUT-2).
type TwoCarriers string

// The marks among them.
const (
	CipherTravels  TwoCarriers = "cipher"  // 密码
	ArchiveTravels TwoCarriers = "archive" // 档案
)

func (TwoCarriers) words() []string {
	return append(texts(Levels()...), texts(CipherTravels, ArchiveTravels)...)
}

// Level returns the level that it is, if it is one and no mark.
func (t TwoCarriers) Level() (Level, bool) { return Level(t), slices.Contains(Levels(), Level(t)) }

// Post is the office a person holds.
type Post string

// The posts. A safe's three parties are the archivist, the general office, and the
// general manager or the chief engineer (SAF-1).
const (
	PostArchivist         Post = "archivist"           // 档案员
	PostGeneralOffice     Post = "general-office"      // 综合部
	PostGeneralOfficeHead Post = "general-office-head" // 综合部负责人
	PostGeneralManager    Post = "general-manager"     // 总经理
	PostChiefEngineer     Post = "chief-engineer"      // 总工程师
	PostSupervisingLeader Post = "supervising-leader"  // 主管领导
	PostSecurity          Post = "security"            // 保卫
	PostStaff             Post = "staff"               // 职工

	PostUnitLeader             Post = "unit-leader"             // 部门负责人
	PostConfidentialityOfficer Post = "confidentiality-officer" // 保密员
	PostSystemAdministrator    Post = "system-administrator"    // 系统管理员
	PostSecurityAdministrator  Post = "security-administrator"  // 安全保密管理员
	PostSecurityAuditor        Post = "security-auditor"        // 安全审计员
	PostIssuingBody            Post = "issuing-body"            // 原定密机关
)

func (Post) words() []string {
	return texts(PostArchivist, PostGeneralOffice, PostGeneralOfficeHead, PostGeneralManager,
		PostChiefEngineer, PostSupervisingLeader, PostSecurity, PostStaff, PostUnitLeader, PostConfidentialityOfficer,
		PostSystemAdministrator, PostSecurityAdministrator, PostSecurityAuditor, PostIssuingBody)
}

// Signal is the level of an electric input.
type Signal string

// The levels of an input.
const (
	SignalHigh Signal = "high"
	SignalLow  Signal = "low"
)

func (Signal) words() []string { return texts(SignalHigh, SignalLow) }

// PlaceKind says what a place is.
type PlaceKind string

// The kinds of place.
const (
	KindOutside     PlaceKind = "outside"      // beyond the site; exactly one
	KindCorridor    PlaceKind = "corridor"     // where people pass and no folder stays
	KindRoom        PlaceKind = "room"         // the secrecy room
	KindReadingRoom PlaceKind = "reading-room" // where documents are read
	KindCabinet     PlaceKind = "cabinet"      // home of documents
	KindSafe        PlaceKind = "safe"         // home of documents, under three locks
	KindPassage     PlaceKind = "passage"      // the space in front of an exit, watched by an antenna
)

func (PlaceKind) words() []string {
	return texts(KindOutside, KindCorridor, KindRoom, KindReadingRoom, KindCabinet, KindSafe, KindPassage)
}

// isHome reports whether documents live in places of this kind (STO-1).
func (k PlaceKind) isHome() bool { return k == KindCabinet || k == KindSafe }

// Protocol is what a UHF reader speaks.
type Protocol string

// The reader protocols.
const (
	ProtocolGX5A    Protocol = "gx-5a"
	ProtocolR2000A0 Protocol = "r2000-a0"
	ProtocolMercury Protocol = "thingmagic"
	ProtocolFEIG    Protocol = "feig-obid"

	ProtocolUHFReader Protocol = "uhfreader18-288"
	ProtocolM100      Protocol = "m100-r200"
)

// Region is the band that a UHF reader may send in.
type Region string

// The regions.
const (
	RegionChina Region = "china" // 920 to 925 MHz
	RegionUS    Region = "us"    // 902 to 928 MHz
	RegionEU    Region = "eu"    // 865 to 868 MHz
	RegionKorea Region = "korea" // 917 to 924 MHz
)

func (Region) words() []string { return texts(RegionChina, RegionUS, RegionEU, RegionKorea) }

func (Protocol) words() []string {
	return texts(ProtocolGX5A, ProtocolR2000A0, ProtocolMercury, ProtocolFEIG, ProtocolUHFReader, ProtocolM100)
}

// Approvals says who signs the three approvals that a safe's locks verify.
type Approvals string

// ApprovalsByController: the daemon signs for each party who badged and gave a PIN, with the controller key.
const ApprovalsByController Approvals = "controller-key"

// ApprovalsUnverified: nobody signs, because plain locks verify nothing; see PlainLock.
const ApprovalsUnverified Approvals = "unverified"

func (Approvals) words() []string { return texts(ApprovalsByController, ApprovalsUnverified) }

// Weekday is a day of the week.
type Weekday string

var weekdays = []Weekday{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func (Weekday) words() []string { return texts(weekdays...) }

// Std returns the day as the standard library's type.
func (d Weekday) Std() time.Weekday { return time.Weekday(slices.Index(weekdays, d)) }

// Severity orders alerts by how soon a person must act.
type Severity string

// The severities, weakest first.
const (
	Info     Severity = "info"
	Warning  Severity = "warning"
	Critical Severity = "critical"
)

// Severities returns the severities, weakest first.
func Severities() []Severity { return []Severity{Info, Warning, Critical} }

func (Severity) words() []string { return texts(Severities()...) }

// ChannelKind is a way to reach people.
type ChannelKind string

// The kinds of channel.
const (
	ChannelConsole ChannelKind = "console" // the web pages of the daemon itself
	ChannelWebhook ChannelKind = "webhook" // a signed HTTP request
)

func (ChannelKind) words() []string { return texts(ChannelConsole, ChannelWebhook) }

// Role is what an account may do.
type Role string

// The roles. Who runs the system, who registers persons and who audits are different
// persons (REC-3).
const (
	RoleArchivist Role = "archivist"
	RoleSecurity  Role = "security"
	RoleApprover  Role = "approver"
	RoleAuditor   Role = "auditor"
	RoleRegistrar Role = "registrar"
	RoleObserver  Role = "observer" // reads and does nothing: a wall screen, a monitoring system
)

func (Role) words() []string {
	return texts(RoleArchivist, RoleSecurity, RoleApprover, RoleAuditor, RoleRegistrar, RoleObserver)
}

func texts[T ~string](words ...T) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return out
}
