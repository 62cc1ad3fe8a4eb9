package custody

import "encoding/json"

// KeepingAsKept writes down what a state holds of keeping, with which documents are away, for comparing two states.
func KeepingAsKept(s *State) string {
	text, err := json.Marshal(s.keeping)
	if err != nil {
		return err.Error()
	}
	derived, err := json.Marshal(map[string]any{"away": sortedKeys(s.keeping.away), "homes": s.shelves.homes})
	if err != nil {
		return err.Error()
	}
	return string(text) + string(derived)
}
