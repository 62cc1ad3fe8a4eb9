package configs

import "fmt"

// Guarding is the rules of the room, its people, its devices and its incidents in numbers.
type Guarding struct {
	// RoomHours is when each room is entered (ACC-1); a room without, at any hour.
	RoomHours []RoomHours `yaml:"room_hours" want:"when each room may be entered"`
	// AloneAfter is how long a visitor is without an escort until it is an alert (ACC-2).
	AloneAfter Duration `yaml:"alone_after" min:"0s" max:"5m" want:"how long a visitor may be without an escort"`
	// EmptyAfter is how long an empty room stands open until it is an alert (ACC-3).
	EmptyAfter Duration `yaml:"empty_after" min:"1s" max:"5m" want:"how long an empty room may stand open"`
	// DutyAhead is how far ahead the roster has no gap (ACC-4); 0: it is kept elsewhere.
	DutyAhead Duration `yaml:"duty_ahead" min:"0s" max:"1440h" want:"how far ahead the duty roster has no gap; 0s: no roster is kept here"`
	// Papers says whether the register knows who is cleared, trained and has signed (ACC-7).
	Papers      Papers   `yaml:"papers" want:"whether clearance, training and agreement are demanded"`
	PapersAhead Duration `yaml:"papers_ahead" min:"24h" max:"4320h" want:"how long before clearance or training runs out that is said"`
	// PINAge is how old a PIN may become (STO-5). Longer than PINWarning.
	PINAge     Duration `yaml:"pin_age" min:"168h" max:"17520h" want:"how old a PIN may become"`
	PINWarning Duration `yaml:"pin_warning" min:"1h" max:"2160h" want:"how long before a PIN is refused for its age that is said"`
	// CheckEvery is how often devices, doors, cabinets and safes are checked (DEV-1).
	CheckEvery Duration `yaml:"check_every" min:"24h" max:"17520h" want:"how often devices, doors, cabinets and safes are checked"`
	// ReportWithin and OutcomeWithin run from the opening of a case (INC-2).
	ReportWithin  Duration `yaml:"report_within" min:"1h" max:"24h" want:"how soon an incident is reported"`
	ReportAhead   Duration `yaml:"report_ahead" min:"0s" max:"24h" want:"how long before that it is reminded of"`
	OutcomeWithin Duration `yaml:"outcome_within" min:"24h" max:"2208h" want:"how soon the outcome of an incident is reported"`
	OutcomeAhead  Duration `yaml:"outcome_ahead" min:"0s" max:"2208h" want:"how long before that it is reminded of"`
}

// RoomHours is when one room may be entered.
type RoomHours struct {
	Room  ID      `yaml:"room" need:"yes" want:"the id of a room"`
	Hours []Hours `yaml:"hours" need:"yes" want:"the hours in which it may be entered"`
}

// Papers says whether clearance, training and agreement are demanded of each person (ACC-7).
type Papers string

// What may be said of papers.
const (
	PapersDemanded  Papers = "demanded"
	PapersElsewhere Papers = "kept-elsewhere" // somebody else sees to them
)

func (Papers) words() []string { return texts(PapersDemanded, PapersElsewhere) }

// defaultGuarding is what the rules say.
func defaultGuarding() Guarding {
	return Guarding{
		AloneAfter: seconds(30), EmptyAfter: seconds(30),
		DutyAhead: hours(7 * 24),
		Papers:    PapersDemanded, PapersAhead: hours(30 * 24),
		PINAge: hours(90 * 24), PINWarning: hours(14 * 24),
		CheckEvery:   hours(90 * 24),
		ReportWithin: hours(24), ReportAhead: hours(4),
		OutcomeWithin: hours(90 * 24), OutcomeAhead: hours(14 * 24),
	}
}

// checkGuarding: the places are rooms of the site, and no reminder comes before what it reminds of began.
func (c *checks) checkGuarding() {
	const path = "policy.guarding"
	if !c.fine(path) {
		return
	}
	g := c.site.Policy.Guarding
	for i, r := range g.RoomHours {
		refer(c, at(path+".room_hours", i)+".room", r.Room, c.places, "a place")
		for j, h := range r.Hours {
			if here := at(at(path+".room_hours", i)+".hours", j); h.From >= h.Until && c.fine(here) {
				c.add(here, fmt.Sprintf("%s to %s", h.From, h.Until), "until later than from: a night is two entries")
			}
		}
	}
	for _, pair := range []struct {
		key           string
		ahead, within Duration
		name          string
	}{{"pin_warning", g.PINWarning, g.PINAge, "pin_age"}, {"report_ahead", g.ReportAhead, g.ReportWithin, "report_within"}, {"outcome_ahead", g.OutcomeAhead, g.OutcomeWithin, "outcome_within"}} {
		if pair.ahead >= pair.within && c.fine(path+"."+pair.key) {
			c.add(path+"."+pair.key, pair.ahead.String(), "shorter than "+pair.name+", which is "+pair.within.String())
		}
	}
}
