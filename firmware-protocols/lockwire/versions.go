package lockwire

// Version is the version of the protocol that this package speaks.
const Version = 2

// versionOfNegotiation is the version of Hello and Capabilities. They never change, so
// that any two ends can find out what they have in common.
const versionOfNegotiation = 0

// Versions is the range of versions that one end speaks, both ends included.
type Versions struct {
	Lowest  uint8
	Highest uint8
}

// Spoken returns the versions that this package speaks.
func Spoken() Versions { return Versions{Lowest: Version, Highest: Version} }

// Contains reports whether the range holds a version.
func (v Versions) Contains(version uint64) bool {
	return uint64(v.Lowest) <= version && version <= uint64(v.Highest)
}

// Common returns the highest version that both ends speak; false when there is none,
// and then they have nothing to say to each other.
func (v Versions) Common(w Versions) (uint8, bool) {
	highest := min(v.Highest, w.Highest)
	return highest, highest >= max(v.Lowest, w.Lowest)
}

// valid reports whether the range holds at least one version that can be spoken.
func (v Versions) valid() bool {
	return v.Lowest > versionOfNegotiation && v.Lowest <= v.Highest
}
