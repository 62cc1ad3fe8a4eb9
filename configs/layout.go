package configs

import (
	"fmt"
	"path/filepath"
	"reflect"
)

// LoadLayout reads of the site configuration at path what says where antennas hear:
// places, and readers with their antennas. A file that says no more than that is enough; what
// else stands in it is read as strictly as Load does, and defaults are those of Load, but
// nothing is missed, and no file is looked at. Tools that work on recordings use it.
//
// The error is a Faults with everything that is wrong, or says why the file could not be read.
func LoadLayout(path string) (*Site, error) {
	text, _, err := readFile(path, MaxFileBytes)
	if err != nil {
		return nil, fmt.Errorf("site configuration: %w", err)
	}
	return ParseLayout(path, text)
}

// ParseLayout is LoadLayout for text; faults name it by file.
func ParseLayout(file string, text []byte) (*Site, error) {
	w := newWalk(file, filepath.Dir(file))
	w.layout = true
	return w.verdict(w.site(text))
}

// needs reports whether a key of a block must be given.
func (w *walk) needs(block reflect.Type, f field) bool {
	if !w.layout {
		return f.need
	}
	switch block {
	case reflect.TypeFor[Site]():
		return f.key == "places" || f.key == "readers"
	case reflect.TypeFor[Place]():
		return f.key == "id"
	case reflect.TypeFor[Reader]():
		return f.key == "id" || f.key == "antennas"
	case reflect.TypeFor[Door]():
		return f.key == "id"
	case reflect.TypeFor[Antenna](), reflect.TypeFor[AntennaPort](), reflect.TypeFor[Input]():
		return true
	case reflect.TypeFor[Hours](), reflect.TypeFor[ListedDays]():
		return f.need // half an entry is no calendar
	}
	return false
}

// relations looks at what one setting means to another: of a layout only that places and antennas are what is referred to, by doors too, and what time it is there.
func (w *walk) relations(site *Site) {
	if !w.layout {
		check(site, w)
		return
	}
	c := newChecks(site, w)
	c.collect()
	c.checkIdentity()
	c.checkReaders()
	c.checkAdjoining()
	c.checkPassages()
	c.checkCalendar()
}
