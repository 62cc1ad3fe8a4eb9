package custody

import (
	"slices"
	"time"
)

// CirculationOverview is a circulation list under way: who has read, and whose turn it is.
type CirculationOverview struct {
	ID       string     `json:"id"`
	Document DocumentID `json:"document"`
	Readers  []PersonID `json:"readers"`
	Read     []PersonID `json:"read"`
	Next     PersonID   `json:"next,omitempty"`
	Open     bool       `json:"open"`
}

// ApprovalOverview is something that waits for approval, and whose turn it is to give it.
type ApprovalOverview struct {
	ID     string      `json:"id"`
	For    ApprovalFor `json:"for"`
	Level  Level       `json:"level"`
	Asker  string      `json:"asker"`
	Awaits []Post      `json:"awaits"`
	Until  time.Time   `json:"until"`
}

// maxWaitingShown bounds what one screen lists of each: nobody reads more.
const maxWaitingShown = 200

func (s *State) circulationOverviews() []CirculationOverview {
	list := []CirculationOverview{}
	for _, id := range sortedKeys(s.circulating.Lists) {
		if len(list) == maxWaitingShown {
			break
		}
		c := s.circulating.Lists[id]
		list = append(list, CirculationOverview{ID: id, Document: c.Document, Readers: slices.Clone(c.Readers), Read: append([]PersonID{}, c.Read...), Next: c.next(), Open: c.Open})
	}
	return list
}

func (s *State) waitingApprovals() []ApprovalOverview {
	list := []ApprovalOverview{}
	for _, id := range sortedKeys(s.approvals) {
		a := s.approvals[id]
		if a.Status != ApprovalWaiting || len(list) == maxWaitingShown {
			continue
		}
		list = append(list, ApprovalOverview{ID: id, For: a.For, Level: a.Level, Asker: a.Asker, Awaits: append([]Post{}, a.Awaits()...), Until: a.Until})
	}
	return list
}
