package custody

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"

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
}

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
	At        fact.Stamp
	With      []Companion
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
	Needs     []Post
	Approvals map[Post]PersonID
	Status    LoanStatus
	Issued    fact.Stamp
	Custodian PersonID
}

func (l *Loan) awaits() []Post {
	var missing []Post
	for _, p := range l.Needs {
		if _, ok := l.Approvals[p]; !ok {
			missing = append(missing, p)
		}
	}
	return missing
}
