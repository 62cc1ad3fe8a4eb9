package custody

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"trilock/custody/calendar"
	"trilock/custody/fact"
	"trilock/custody/presence"
	"trilock/custody/threelock"
)

// Person is what the register says of a person.
type Person struct {
	ID        PersonID    `json:"id"`
	Name      fact.Text   `json:"name"`
	Posts     []Post      `json:"posts"`
	Clearance Level       `json:"clearance"`
	Card      fact.CardID `json:"card"`
	PIN       string      `json:"pin,omitempty"` // fingerprint, never the digits
	// DuressPIN is the fingerprint of the PIN that a person enters when made to: everything goes
	// on as with the other one, and security is told.
	DuressPIN string         `json:"duress_pin,omitempty"`
	Rooms     []fact.PlaceID `json:"rooms"` // rooms the person may enter alone (ACC-1)
	Barred    bool           `json:"barred,omitempty"`
	// Outside is the body from which a reader from outside comes (CIR-12); empty for the site's own.
	Outside string `json:"outside,omitempty"`
	// Departed: the person has left, with everything handed over (ACC-5). Only close-person says so.
	Departed bool `json:"departed,omitempty"`
	// Expires is the last day of the badge; zero: it has none (ACC-6).
	Expires calendar.Date `json:"expires,omitzero"`
	// Agreement is when the agreement was signed; ClearedUntil and TrainedUntil are the last
	// days of clearance and training (ACC-7).
	Agreement    calendar.Date `json:"agreement,omitzero"`
	ClearedUntil calendar.Date `json:"cleared_until,omitzero"`
	TrainedUntil calendar.Date `json:"trained_until,omitzero"`
	// Hours are when the person may go in, in place of the rooms' own; none: the rooms' (ACC-1).
	Hours []PersonHours `json:"hours,omitempty"`
}

// Holds reports whether the person holds a post.
func (p Person) Holds(post Post) bool {
	for _, held := range p.Posts {
		if held == post {
			return true
		}
	}
	return false
}

// parties returns the parties of the safe that the person may stand for, by post.
func (p Person) parties() []threelock.Party { return partiesOf(p.Posts) }

// Fingerprint returns what the record keeps of a PIN: HMAC-SHA-256 over person and digits
// under the site's key, in hexadecimal. A PIN has too few digits for any hash to hide it
// from somebody who also holds the key; the key lives outside the record for that reason.
func Fingerprint(key []byte, person PersonID, digits string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(person))
	mac.Write([]byte{0})
	mac.Write([]byte(digits))
	return hex.EncodeToString(mac.Sum(nil))
}

// DocumentRecord is what the register says of a document (REG-1).
type DocumentRecord struct {
	ID     DocumentID   `json:"id"`
	Title  string       `json:"title"`
	Level  Level        `json:"level"`
	Copy   int          `json:"copy"`
	Copies int          `json:"copies"`
	Tag    fact.EPC     `json:"tag"`
	Home   fact.PlaceID `json:"home"`
	Scope  []PersonID   `json:"scope,omitempty"` // empty: everyone whose clearance covers the level

	// What the paper register asks for besides (REG-1).
	Carrier      Carrier       `json:"carrier,omitempty"` // empty: paper
	Pages        int           `json:"pages,omitempty"`
	Issuer       string        `json:"issuer,omitempty"`        // the body that issued it
	IssuerNumber string        `json:"issuer_number,omitempty"` // its own number there
	Produced     calendar.Date `json:"produced,omitzero"`
	Receipt      Receipt       `json:"receipt,omitzero"`
	Retention    Retention     `json:"retention,omitzero"`
	// Original is what this is a copy, an excerpt, a draft or a meeting issue of (REG-4).
	Original DocumentID `json:"original,omitempty"`
	Nature   Nature     `json:"nature,omitempty"`
	// Set names the document of which this is a part kept apart from the others (STO-7).
	Set string `json:"set,omitempty"`
	// Folder is the circulating folder that the piece travels in (CIR-13).
	Folder DocumentID `json:"folder,omitempty"`
	// Marks are what is stamped on it besides the level.
	Marks []Mark `json:"marks,omitempty"`
	// ReturnBy is when the issuer wants it back (DES-5); zero: never.
	ReturnBy calendar.Date `json:"return_by,omitzero"`
}

// Carrier is what kind of thing bears the secret (REG-8).
type Carrier string

// The carriers.
const (
	Paper              Carrier = "paper"                  // 纸介质
	FolderBox          Carrier = "folder"                 // 文件夹: pieces travel in it
	Disc               Carrier = "disc"                   // 光盘
	Drive              Carrier = "drive"                  // 移动存储
	Laptop             Carrier = "laptop"                 // 便携机
	Recording          Carrier = "recording"              // 音像
	Telegram           Carrier = "telegram"               // 电报
	Seal               Carrier = "seal"                   // 印章
	IntroductionLetter Carrier = "letter-of-introduction" // 介绍信
)

// Nature is how a document stands to its original.
type Nature string

// The natures.
const (
	CopyOf     Nature = "copy"
	Excerpt    Nature = "excerpt"
	Draft      Nature = "draft"
	ForMeeting Nature = "meeting-issue"
)

// Mark is a stamp with a consequence.
type Mark string

// The marks.
const (
	Urgent  Mark = "urgent"   // 急件: back at once (CIR-3)
	SameDay Mark = "same-day" // 当日退: back before the off-duty hour (CIR-3)
	Archive Mark = "archive"  // 档案: never leaves the archive room (CIR-8)
	Cipher  Mark = "cipher"   // 密码: travels with two persons (OUT-2)
)

// Receipt is how a document came in (REG-1).
type Receipt struct {
	At       time.Time     `json:"at"`
	By       PersonID      `json:"by"` // who signed for it
	From     string        `json:"from,omitempty"`
	Envelope EnvelopeState `json:"envelope,omitempty"`
}

// EnvelopeState is the state of the envelope on receipt.
type EnvelopeState string

// The states of an envelope.
const (
	EnvelopeIntact  EnvelopeState = "intact"  // 完好
	EnvelopeDamaged EnvelopeState = "damaged" // 破损
	EnvelopeOpened  EnvelopeState = "opened"  // 有拆封痕迹
)

// Retention is how long a secret is kept as one.
type Retention struct {
	Permanent bool          `json:"permanent,omitempty"`
	Until     calendar.Date `json:"until,omitzero"`
}

// Has reports whether a mark is stamped on the document.
func (r DocumentRecord) Has(m Mark) bool { return slices.Contains(r.Marks, m) }

// Document is the record of a document and the evidence about it, side by side.
type Document struct {
	DocumentRecord
	Loan LoanID // the loan under way (requested, approved or issued); empty if none
	// Seen is what the readers say.
	Seen Sighting
	// Passed is its last passage through a door; a zero Door if none was seen.
	Passed Passing
}

// Passing is one passage of a document through a door.
type Passing struct {
	Door      fact.DoorID
	In        bool
	Unsure    bool // which way cannot be told
	At        fact.Stamp
	With      []Companion
	By        PersonID // to whom it is tied; empty if to nobody
	Certainty presence.CertaintyBP
}

// Companion is a person who may have carried a document through a door.
type Companion struct {
	Person    PersonID             `json:"person"`
	Certainty presence.CertaintyBP `json:"certainty_bp"`
}

// Sighting is what is known of a document's whereabouts.
type Sighting struct {
	Place     fact.PlaceID
	Known     bool // false: heard nowhere since Since; Place is where it was last
	Since     fact.Stamp
	Certainty presence.CertaintyBP
	Evidence  string
}

// LoanStatus is how far a loan has come.
type LoanStatus string

// The statuses of a loan.
const (
	LoanWaiting  LoanStatus = "waiting"  // for approvals
	LoanReady    LoanStatus = "ready"    // approved, not yet handed over
	LoanOut      LoanStatus = "out"      // in the borrower's hands
	LoanFinished LoanStatus = "finished" // returned
)

// Loan is one lending of one document to one person.
type Loan struct {
	ID        LoanID
	Document  DocumentID
	Borrower  PersonID
	Due       time.Time
	Zones     []fact.PlaceID
	Purpose   string
	Status    LoanStatus
	Issued    fact.Stamp
	Custodian PersonID
	// ByRule: nobody asked for a due time, so that the rule's counts. Asked is when the loan was asked for,
	// Since from when its reminders count.
	ByRule       bool
	Asked, Since time.Time
	// Proxy is the person whom a leader named to receive for the borrower (CIR-6); empty: nobody.
	Proxy PersonID
	// List is the circulation list of which the loan is a leg (CIR-5); empty: none.
	List string
	// Signed is who has badged for it when it was handed out, HandedIn who has for giving it back
	// before it is in its safe; empty: nobody yet (CIR-4).
	Signed, HandedIn PersonID
	// Extended counts its extensions (CIR-10).
	Extended int
}
