package configs

// Keeping is the rules of keeping in numbers: sweeps, inventories, destruction, returns, carrying out.
type Keeping struct {
	// SweepReminder is how long before the off-duty hour what is still out is told (STO-3).
	SweepReminder Duration `yaml:"sweep_reminder" min:"1m" max:"4h" want:"how long before the off-duty hour what is still out is told"`
	// CountEvery is how often everything is counted from live reads (STO-4).
	CountEvery Duration `yaml:"count_every" min:"10m" max:"24h" want:"how often everything is counted from live reads"`
	// InventoryEvery is how often somebody signs the inventory of a place that keeps a level (STO-4);
	// the strictest level counts. A higher level never has a longer one.
	InventoryEvery map[Level]Duration `yaml:"inventory_every" min:"24h" max:"8784h" want:"how often the inventory of a place with such documents is signed"`
	// InventoryReminder is how long before that is said.
	InventoryReminder Duration `yaml:"inventory_reminder" min:"1h" max:"720h" want:"how long before it is due an inventory is reminded of"`
	// DestroyingPlace has a badge reader for its supervisors; without one nothing is destroyed (DES-2).
	DestroyingPlace ID `yaml:"destroying_place" want:"the id of the place where documents are destroyed"`
	// DestroyWithin is from the second supervisor's badge to the closed list.
	DestroyWithin Duration `yaml:"destroy_within" min:"10m" max:"24h" want:"how long a destruction may take"`
	// ClearReminder is how long before its issuer wants a document back it is said (DES-5).
	ClearReminder Duration `yaml:"clear_reminder" min:"1h" max:"720h" want:"how long before its issuer wants it back a document is reminded of"`
	// CarryingLongest is the longest time a document may be off the site (OUT-1).
	CarryingLongest Duration `yaml:"carrying_longest" min:"1h" max:"2160h" want:"how long a document may be carried out at the longest"`
	// ReturnReminder is how long before its return time a carrying-out is reminded of (OUT-3).
	ReturnReminder Duration `yaml:"return_reminder" min:"5m" max:"24h" want:"how long before its return time a carrying-out is reminded of"`
	// HandInWithin is from coming back on site to the custodian (OUT-3).
	HandInWithin Duration `yaml:"hand_in_within" min:"1m" max:"8h" want:"how soon what comes back on site is handed in"`
}

// defaultKeeping is what the rules say.
func defaultKeeping() Keeping {
	return Keeping{
		SweepReminder: minutes(30), CountEvery: hours(1),
		InventoryEvery:    map[Level]Duration{TopSecret: hours(31 * 24), Secret: hours(92 * 24), Confidential: hours(183 * 24), Internal: hours(366 * 24)},
		InventoryReminder: hours(3 * 24), DestroyWithin: hours(8), ClearReminder: hours(3 * 24),
		CarryingLongest: hours(30 * 24), ReturnReminder: hours(1), HandInWithin: minutes(30),
	}
}

// checkKeeping: a destroying place where supervisors can badge, and inventories that are not
// further apart for a higher level.
func (c *checks) checkKeeping() {
	const path = "policy.keeping"
	if !c.fine(path) {
		return
	}
	k := c.site.Policy.Keeping
	if of := path + ".destroying_place"; k.DestroyingPlace != "" && c.fine(of, "places") {
		refer(c, of, k.DestroyingPlace, c.places, "a place")
		for _, p := range c.site.Places {
			if p.ID == k.DestroyingPlace && (p.BadgeReader == "" || p.Kind != KindRoom) {
				c.add(of, string(p.ID)+", where no supervisor can badge", "a room with a badge_reader of its own (DES-2)")
			}
		}
	}
	of, longest := path+".inventory_every", Duration(0)
	for _, level := range Levels() {
		every, said := k.InventoryEvery[level]
		if said && every < longest && c.fine(of) {
			c.add(of, string(level)+" more often than what is above it", "no longer a period for a higher level (STO-4)")
			return
		}
		longest = max(longest, every)
	}
}
