package configs

import (
	"slices"
	"time"
)

// defaults fills a block with what holds where the file says nothing. It is the only
// place of defaults: the walk calls it for each block before reading it, JSONSchema to
// show them. Blocks without defaults are left as they are.
func defaults(block any) {
	switch b := block.(type) {
	case *Site:
		b.Data = "/var/lib/trilock"
		defaults(&b.Identity)
		defaults(&b.Console)
		defaults(&b.Calendar)
		defaults(&b.Policy)
	case *Identity:
		b.ID, b.Timezone, b.Language = "secrecy-room", "Asia/Shanghai", Chinese
	case *Console:
		b.Listen = "127.0.0.1:8420"
	case *Calendar:
		days := []Weekday{"mon", "tue", "wed", "thu", "fri"}
		b.Hours = []Hours{
			{Days: days, From: TimeOfDay(minutes(8*60 + 30)), Until: TimeOfDay(hours(12))},
			{Days: slices.Clone(days), From: TimeOfDay(minutes(13*60 + 30)), Until: TimeOfDay(minutes(17*60 + 30))},
		}
	case *MQTT:
		b.Broker, b.Listen = BrokerBuiltin, "127.0.0.1:8883"
	case *Door:
		b.StrikeTime, b.HeldOpenAfter = seconds(5), seconds(30)
	case *Reader:
		b.PowerDBm, b.Region, b.InputsActive = 26, RegionChina, SignalHigh
		b.TemperatureMax, b.AntennaCheckDB, b.Polls, b.SlotExponent = 75, 3, 10, 4
	case *BadgeLine:
		b.Protocol, b.Baud = ProtocolOSDP, 9600
	case *PlainMQTT:
		b.Broker = BrokerBuiltin
	case *PlainLock:
		b.SilentAfter = hours(26)
	case *Channel:
		b.Timeout = seconds(5)
	case *Presence:
		b.Certainty, b.UnseenAfter = 0.97, seconds(4) // presence.DefaultPolicy has the same: a test of siteplan sees to it
	case *Lending:
		*b = defaultLending()
	case *Keeping:
		*b = defaultKeeping()
	case *Guarding:
		*b = defaultGuarding()
	case *Register:
		*b = defaultRegister()
	case *Series:
		b.Copying = CopyingByApproval
	case *Policy:
		*b = Policy{
			BadgePairWindow:        seconds(30),
			HandOverWindow:         seconds(60),
			OpeningWindow:          seconds(60),
			OpeningStatementValid:  minutes(10),
			ClosingConfirm:         minutes(5),
			PINEntryTime:           seconds(20),
			WrongPINsBeforeLockout: 5,
			LockoutTime:            minutes(10),
			LockoutLongest:         hours(24),
			LockAnswerTime:         seconds(5),
			UnlockedTime:           seconds(30),
			SafeOpenMax:            minutes(10),
			DoorGrantTime:          seconds(10),
			DeviceDownAfter:        seconds(5),
			MissingAfter:           seconds(15),
			LentUnseenAfter:        minutes(30),
			RestAfter:              seconds(10),
			TwoCarriers:            []TwoCarriers{TwoCarriers(TopSecret), CipherTravels},
			LoanLongest: map[Level]Duration{
				TopSecret: hours(12), Internal: hours(720),
			},
			Approvals:    defaultApprovals(),
			ApprovalWait: hours(168),
			ApprovalUse:  hours(72),
			Repeat:       map[Severity]Duration{Info: 0, Warning: minutes(10), Critical: minutes(1)},
		}
		defaults(&b.Presence)
		defaults(&b.Lending)
		defaults(&b.Keeping)
		defaults(&b.Register)
		defaults(&b.Guarding)
	}
}

// sayUnsaid gives the site, its places and its devices the names, and the readers the
// speeds, that follow from others: these defaults need the file to be read first.
func sayUnsaid(s *Site) {
	if s.Identity.NameEN == "" {
		s.Identity.NameEN = s.Identity.Name
	}
	for i := range s.Places {
		nameAfter(s.Places[i].ID, &s.Places[i].Name, &s.Places[i].NameEN)
	}
	for _, list := range [][]ListedDays{s.Calendar.DaysOff, s.Calendar.WorkingDays} {
		for i := range list {
			if list[i].NameEN == "" {
				list[i].NameEN = list[i].Name
			}
			if list[i].Name == "" {
				list[i].Name = list[i].NameEN
			}
		}
	}
	for i := range s.Readers {
		if s.Readers[i].Baud == 0 {
			s.Readers[i].Baud = s.Readers[i].Protocol.delivered()
		}
		nameAfter(s.Readers[i].ID, &s.Readers[i].Name, &s.Readers[i].NameEN)
	}
	for i := range s.BadgeLines {
		for j := range s.BadgeLines[i].Readers {
			r := &s.BadgeLines[i].Readers[j]
			nameAfter(r.ID, &r.Name, &r.NameEN)
		}
	}
	for i := range s.Locks {
		nameAfter(s.Locks[i].ID, &s.Locks[i].Name, &s.Locks[i].NameEN)
	}
	for i := range s.PlainLocks {
		nameAfter(s.PlainLocks[i].ID, &s.PlainLocks[i].Name, &s.PlainLocks[i].NameEN)
	}
}

// nameAfter gives a thing its id for the names that it lacks.
func nameAfter(id ID, names ...*string) {
	for _, name := range names {
		if *name == "" {
			*name = string(id)
		}
	}
}

func seconds(n time.Duration) Duration { return Duration(n * time.Second) }
func minutes(n time.Duration) Duration { return Duration(n * time.Minute) }
func hours(n time.Duration) Duration   { return Duration(n * time.Hour) }
