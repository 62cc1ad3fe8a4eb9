package configs

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checks look at what one setting means to another. They run on whatever the walk could
// read: a setting with a fault already, or left out, is not complained about again.
type checks struct {
	*walk
	site         *Site
	places       map[ID]Place
	badgeReaders map[ID]string // to the path of its entry
	locks        map[ID]string
	plainLocks   map[ID]string
	channels     map[ID]string
}

// check runs all checks of relations.
func check(site *Site, w *walk) {
	c := newChecks(site, w)
	c.collect()
	c.checkIdentity()
	c.checkReaders()
	c.checkBadgeLines()
	c.checkCards()
	c.checkPlaces()
	c.checkAdjoining()
	c.checkDoors()
	c.checkPassages()
	c.checkBadgeUse()
	c.checkSafes()
	c.checkLocks()
	c.checkPlain()
	c.checkConsole()
	c.checkOrigin()
	c.checkMQTT()
	c.checkCalendar()
	c.checkPolicy()
	c.checkAlerts()
	c.checkAccess()
}

func newChecks(site *Site, w *walk) *checks {
	return &checks{
		walk: w, site: site,
		places: map[ID]Place{}, badgeReaders: map[ID]string{},
		locks: map[ID]string{}, plainLocks: map[ID]string{}, channels: map[ID]string{},
	}
}

// collect gathers what can be referred to, and refuses ids that are not unique. Readers,
// badge readers, lines and locks share one set of ids: an alert or a metric names a
// device by its id alone.
func (c *checks) collect() {
	places, doors, safes := c.set("an id"), c.set("an id"), c.set("an id")
	devices, channels, accounts := c.set("an id"), c.set("a name"), c.set("a name")
	for i, p := range c.site.Places {
		places.put(at("places", i)+".id", p.ID)
		if _, ok := c.places[p.ID]; !ok {
			c.places[p.ID] = p
		}
	}
	for i, d := range c.site.Doors {
		doors.put(at("doors", i)+".id", d.ID)
	}
	for i, r := range c.site.Readers {
		devices.put(at("readers", i)+".id", r.ID)
	}
	for i, l := range c.site.BadgeLines {
		devices.put(at("badge_lines", i)+".id", l.ID)
		for j, r := range l.Readers {
			path := at(at("badge_lines", i)+".readers", j)
			devices.put(path+".id", r.ID)
			c.badgeReaders[r.ID] = path
		}
	}
	for i, l := range c.site.Locks {
		path := at("locks", i)
		devices.put(path+".id", l.ID)
		c.locks[l.ID] = path
		if l.ID == DaemonName || l.ID == PlainDaemonName {
			c.add(path+".id", string(l.ID), "another id: the daemon's own certificate has this name")
		}
	}
	for i, l := range c.site.PlainLocks {
		path := at("plain_locks", i)
		devices.put(path+".id", l.ID)
		c.plainLocks[l.ID] = path
	}
	for i, s := range c.site.Safes {
		safes.put(at("safes", i)+".id", s.ID)
	}
	for i, ch := range c.site.Alerts.Channels {
		path := at("alerts.channels", i)
		channels.put(path+".name", ch.Name)
		c.channels[ch.Name] = path
	}
	for i, a := range c.site.Access {
		accounts.put(at("access", i)+".name", a.Name)
	}
}

// uses notes who has taken something of which there is one.
type uses[K comparable] struct {
	*checks
	noun  string // with its article
	taken map[K]string
}

func (c *checks) set(noun string) uses[ID] { return usesOf[ID](c, noun) }

func usesOf[K comparable](c *checks, noun string) uses[K] {
	return uses[K]{checks: c, noun: noun, taken: map[K]string{}}
}

// put takes key for the setting at path; if another setting has taken it, that is a
// fault. The zero key is nothing.
func (u uses[K]) put(path string, key K) bool {
	var nothing K
	if key == nothing || u.bad[path] {
		return true
	}
	if first, ok := u.taken[key]; ok {
		u.add(path, fmt.Sprintf("%s, taken by %s (line %d)", printable(fmt.Sprint(key)), first, u.lineOf(first)), u.noun+" of its own")
		return false
	}
	u.taken[key] = path
	return true
}

// refer checks that id, where one is given, is in known; what says what known holds.
func refer[V any](c *checks, path string, id ID, known map[ID]V, what string) bool {
	if id == "" || c.bad[path] {
		return false
	}
	if _, ok := known[id]; ok {
		return true
	}
	c.add(path, printable(string(id)), "the id of "+what+": "+listIDs(known))
	return false
}

// listIDs lists ids for a fault's line, not more than fit there.
func listIDs[V any](known map[ID]V) string {
	const most = 12
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(known)), func(id ID) bool { return id == "" })
	if len(ids) == 0 {
		return "(there is none yet)"
	}
	tail := ""
	if len(ids) > most {
		tail = fmt.Sprintf(" and %d more", len(ids)-most)
		ids = ids[:most]
	}
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = printable(string(id))
	}
	return strings.Join(words, ", ") + tail
}

// at is the path of a list's entry.
func at(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

// doubtful reports whether some setting in a block has a fault, so that what is missing
// there may be what was meant: the keys are those of the settings that matter.
func (c *checks) doubtful(block string, keys ...string) bool {
	for path := range c.bad {
		if !strings.HasPrefix(path, block) {
			continue
		}
		key := path[strings.LastIndexByte(path, '.')+1:]
		key, _, _ = strings.Cut(key, "[")
		if slices.Contains(keys, key) {
			return true
		}
	}
	return false
}

// fine reports whether none of the paths has a fault.
func (c *checks) fine(paths ...string) bool {
	return !slices.ContainsFunc(paths, func(p string) bool { return c.bad[p] })
}
