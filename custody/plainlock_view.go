package custody

import (
	"trilock/custody/fact"
)

// CabinetOverview is a cabinet under a plain lock.
type CabinetOverview struct {
	Place fact.PlaceID `json:"place"`
	Name  fact.Text    `json:"name"`
	Lock  LockOverview `json:"lock"`
}

// lockedCabinets returns the cabinets that have a plain lock, in the order of their ids.
func (s *State) lockedCabinets() []CabinetOverview {
	var cabinets []CabinetOverview
	for _, id := range sortedKeys(s.site.Places) {
		if lock := s.plainLockOverview(s.site.Places[id].Lock); lock != nil {
			cabinets = append(cabinets, CabinetOverview{Place: id, Name: s.site.placeName(id), Lock: *lock})
		}
	}
	return cabinets
}

// plainLockOverview says how a plain lock stands; nil where there is none. What one said
// before it was gone says nothing about now.
func (s *State) plainLockOverview(id fact.DeviceID) *LockOverview {
	if id == "" {
		return nil
	}
	l := s.locks[id]
	if s.absent(id) != "" {
		l.Bolt = fact.BoltUnknown
	}
	return &LockOverview{ID: id, Bolt: boltWord(l.Bolt), Tamper: l.Tamper}
}
