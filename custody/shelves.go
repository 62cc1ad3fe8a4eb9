package custody

import (
	"slices"

	"trilock/custody/fact"
)

// shelves index the documents by place, so that what is asked of one shelf costs what stands
// on it and not what the register holds.
type shelves struct {
	homes map[fact.PlaceID]map[DocumentID]struct{} // by home
	heard map[fact.PlaceID]int                     // how many are heard in a place
}

func newShelves() shelves {
	return shelves{homes: map[fact.PlaceID]map[DocumentID]struct{}{}, heard: map[fact.PlaceID]int{}}
}

// shelve gives a document its home.
func (s *shelves) shelve(doc *Document, home fact.PlaceID) {
	s.unshelve(doc)
	if s.homes[home] == nil {
		s.homes[home] = map[DocumentID]struct{}{}
	}
	s.homes[home][doc.ID] = struct{}{}
	doc.Home = home
}

func (s *shelves) unshelve(doc *Document) { delete(s.homes[doc.Home], doc.ID) }

// sight notes where a document is heard, or that it is heard nowhere.
func (s *shelves) sight(doc *Document, seen Sighting) {
	if doc.Seen.Known {
		s.heard[doc.Seen.Place]--
	}
	doc.Seen = seen
	if seen.Known {
		s.heard[seen.Place]++
	}
}

// homeOf returns the documents that have their home in a place, in the order of their numbers.
func (s *shelves) homeOf(place fact.PlaceID) []DocumentID {
	ids := make([]DocumentID, 0, len(s.homes[place]))
	for id := range s.homes[place] {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
