package custody

import (
	"trilock/alerts"
	"trilock/custody/fact"
)

// Follow is what follows from the difference between what the register says of a document and
// what the readers say: which alert stands, and who must do what.
type Follow struct {
	Alert alerts.ID   `json:"alert"`
	Code  alerts.Code `json:"kind"`
	Rule  string      `json:"rule,omitempty"`
	Title fact.Text   `json:"title"`
	// Posts are those one of whom must act; Person is who is meant besides, a borrower, empty for nobody.
	Posts  []Post    `json:"posts"`
	Person PersonID  `json:"person,omitempty"`
	Do     fact.Text `json:"do"`
}

// standingBySubject returns the alerts that stand, by what they are about.
func standingBySubject(list []alerts.Alert) map[string][]alerts.Alert {
	by := map[string][]alerts.Alert{}
	for _, a := range list {
		if a.Ended == nil && a.Closed == nil {
			by[a.Subject] = append(by[a.Subject], a)
		}
	}
	return by
}

// follows says what follows for a document from the alerts that stand about it.
func (s *State) follows(doc *Document, standing []alerts.Alert) []Follow {
	list := []Follow{}
	for _, a := range standing {
		if kind, known := alerts.KindOf(a.Code); known && kind.Silent {
			continue // for security alone
		}
		f := Follow{Alert: a.ID, Code: a.Code, Rule: a.Rule, Title: a.Title, Do: a.ToDo, Posts: mustAct(a.Code)}
		if l := s.loanOf(doc); l != nil && l.Status == LoanOut {
			f.Person = l.Borrower
		}
		list = append(list, f)
	}
	return list
}

// mustAct returns the posts one of whom must act on a kind of alert about a document.
func mustAct(code alerts.Code) []Post {
	switch code {
	case alerts.LeftZone, alerts.Missing, alerts.Unattributed, alerts.TagCloned, alerts.OldTag, alerts.GoneTag, alerts.CopyUnapproved, alerts.PartsTogether:
		return []Post{Security, Archivist}
	case alerts.LongOverdue:
		return []Post{SupervisingLeader}
	case alerts.NotCleared:
		return []Post{Archivist, GeneralOfficeHead}
	}
	return []Post{Archivist}
}
