package custody

import (
	"slices"
	"time"

	"trilock/alerts"
	"trilock/custody/fact"
)

// Meeting is a meeting with classified documents (MTG-1): they are fetched by the custodian,
// given to listed participants against their badge, stay in the venue, and are collected at
// its end. The venue is swept, and it is over when everything is home.
//
//	planned ── begin ──► issuing, by act and badge ── end, or its time ──► swept ── all home ──► closed
type Meeting struct {
	ID           string       `json:"id"`
	Title        string       `json:"title"`
	Venue        fact.PlaceID `json:"venue"`
	From         time.Time    `json:"from"`
	Until        time.Time    `json:"until"`
	Participants []PersonID   `json:"participants"`
	Documents    []DocumentID `json:"documents"`
	Begun        bool         `json:"begun,omitempty"`
	Custodian    PersonID     `json:"custodian,omitempty"` // who began it and answers for what is not issued
	Ended        bool         `json:"ended,omitempty"`
	// Fetched are the documents that have left their home for it.
	Fetched map[DocumentID]bool `json:"fetched,omitempty"`
	// Issued says in whose hands each document is.
	Issued map[DocumentID]PersonID `json:"issued,omitempty"`
	// Asked is the hand-over that waits for the participant's badge.
	Asked MeetingHandOver `json:"asked,omitzero"`
}

// MeetingHandOver is one document between custodian and participant at the venue.
type MeetingHandOver struct {
	Document    DocumentID    `json:"document"`
	Participant PersonID      `json:"participant"`
	Collect     bool          `json:"collect,omitempty"` // back to the custodian
	Custodian   PersonID      `json:"custodian"`
	Until       time.Duration `json:"until"` // of the site's time: the badge comes before
}

func (m *Meeting) holderOf(id DocumentID) PersonID {
	if p := m.Issued[id]; p != "" {
		return p
	}
	return m.Custodian
}

func noMeeting(id string) Outcome {
	return refuse("no-such-meeting", RuleMeeting, id, fact.Text{ZH: "没有未办结的会议 %[1]s。", EN: "There is no meeting %[1]s under way."}.Fill(id))
}

func (d *decision) planMeeting(a PlanMeeting) Outcome {
	subject, now := "meeting", d.in.At.Wall
	if _, no, ok := d.actor(RuleMeeting, subject, Archivist, ConfidentialityOfficer, GeneralOffice, GeneralOfficeHead); !ok {
		return no
	}
	venue, known := d.site.Places[a.Venue]
	switch {
	case unsaid(a.Title):
		return refuse("incomplete", RuleMeeting, subject, fact.Text{ZH: "请写明会议名称，最多 %[1]d 字节。", EN: "Give the meeting's title, in %[1]d bytes at most."}.Fill(MaxTextLen))
	case !known || venue.BadgeReader == "" || !(venue.Kind == Room || venue.Kind == ReadingRoom):
		return refuse("bad-venue", RuleMeeting, subject, fact.Text{ZH: "会场须是配有读卡器的房间。", EN: "The venue is a room with a badge reader of its own."})
	case !a.Until.After(now) || !a.Until.After(a.From) || a.Until.Sub(a.From) > MaxDelegation:
		return refuse("bad-period", RuleMeeting, subject, fact.Text{ZH: "会议起止时间不对：须尚未结束。", EN: "The meeting has a beginning and an end that lies ahead."})
	case len(a.Participants) == 0 || len(a.Participants) > MaxPeople:
		return refuse("incomplete", RuleMeeting, subject, fact.Text{ZH: "请列出与会人员，最多 %[1]d 人。", EN: "List the participants, %[1]d at most."}.Fill(MaxPeople))
	case len(d.keeping.Meetings) >= MaxUnderWay:
		return tooMany(subject, MaxUnderWay)
	}
	for _, p := range a.Participants {
		if no, bad := d.fitRefused(subject, p, nil); bad {
			return no
		}
	}
	if no, bad := d.listedRefused(RuleMeeting, subject, a.Documents); bad {
		return no
	}
	id := d.nextOf(seriesMeeting)
	d.emit(id, &MeetingPlanned{Meeting: Meeting{ID: id, Title: a.Title, Venue: a.Venue, From: a.From.UTC(), Until: a.Until.UTC(), Participants: a.Participants, Documents: a.Documents}})
	return granted(id)
}

// beginMeeting has the custodian fetch the documents: from now on they may be at the venue and on the way there.
func (d *decision) beginMeeting(a BeginMeeting) Outcome {
	m := d.keeping.Meetings[a.Meeting]
	if m == nil || m.Ended {
		return noMeeting(a.Meeting)
	}
	by, no, ok := d.actor(RuleMeeting, a.Meeting, Archivist, ConfidentialityOfficer)
	switch {
	case !ok:
		return no
	case m.Begun:
		return refuse("begun-before", RuleMeeting, a.Meeting, fact.Text{ZH: "会议 %[1]s 已开始发放。", EN: "Meeting %[1]s has begun."}.Fill(a.Meeting))
	case !d.in.At.Wall.Before(m.Until):
		return refuse("bad-period", RuleMeeting, a.Meeting, fact.Text{ZH: "会议时间已过，请重新安排。", EN: "The meeting's time is over; plan it anew."})
	}
	d.emit(m.ID, &MeetingBegun{Meeting: m.ID, Custodian: by.ID})
	return granted(m.ID)
}

// handAtMeeting asks for a document to change hands at the venue; the participant's badge there does it.
func (d *decision) handAtMeeting(a HandAtMeeting) Outcome {
	m, subject := d.keeping.Meetings[a.Meeting], a.Meeting
	if m == nil || !m.Begun {
		return noMeeting(a.Meeting)
	}
	by, no, ok := d.actor(RuleMeeting, subject, Archivist, ConfidentialityOfficer)
	if !ok {
		return no
	}
	switch holder := m.Issued[a.Document]; {
	case !slices.Contains(m.Documents, a.Document):
		return refuse("not-of-this-meeting", RuleMeeting, subject, fact.Text{ZH: "%[1]s 不是此会议的文件。", EN: "%[1]s is no document of this meeting."}.Fill(string(a.Document)))
	case !slices.Contains(m.Participants, a.Participant):
		return refuse("not-a-participant", RuleMeeting, subject, fact.Text{ZH: "%[1]s 不在与会名单内，不得发放。", EN: "%[1]s is not on the list of participants and is given nothing."}.Fill(d.personName(a.Participant)))
	case a.Participant == by.ID:
		return refuse("own-hand-over", RuleMeeting, subject, fact.Text{ZH: "发放人和领取人须为两人。", EN: "Who gives and who takes are two persons."})
	case !a.Collect && m.Ended:
		return refuse("meeting-over", RuleMeeting, subject, fact.Text{ZH: "会议已结束，不再发放。", EN: "The meeting has ended; nothing is given out any more."})
	case !a.Collect && holder != "":
		return refuse("issued-before", RuleMeeting, subject, fact.Text{ZH: "%[1]s 已发给 %[2]s，先收回。", EN: "%[1]s is with %[2]s; collect it first."}.Fill(string(a.Document), d.personName(holder)))
	case a.Collect && holder != a.Participant:
		return refuse("not-issued-to", RuleMeeting, subject, fact.Text{ZH: "%[1]s 没有发给 %[2]s。", EN: "%[1]s was not given to %[2]s."}.Fill(string(a.Document), d.personName(a.Participant)))
	}
	if !a.Collect {
		if no, bad := d.fitRefused(subject, a.Participant, []DocumentID{a.Document}); bad {
			return no
		}
	}
	d.emit(m.ID, &MeetingHandOverAsked{Meeting: m.ID, HandOver: MeetingHandOver{Document: a.Document, Participant: a.Participant, Collect: a.Collect, Custodian: by.ID,
		Until: d.in.At.Mono + d.site.Policy.HandOverWindow}})
	return granted(m.ID)
}

// meetingBadge takes a participant's badge at a venue's reader: their signature for what the
// custodian has just handed them, or takes back (MTG-1). It reports whether the reader is a venue's.
func (d *decision) meetingBadge(reader fact.DeviceID, p *Person) bool {
	venue := false
	for _, id := range sortedKeys(d.keeping.Meetings) {
		m := d.keeping.Meetings[id]
		if !m.Begun || d.site.Places[m.Venue].BadgeReader != reader {
			continue
		}
		venue = true
		asked := m.Asked
		if asked.Document == "" || asked.Until < d.in.At.Mono || asked.Participant != p.ID {
			continue
		}
		d.emit(id, &MeetingHandedOver{Meeting: id, HandOver: asked, Reader: reader})
		d.signal(reader, LampGranted)
		d.out.Outcome = Outcome{OK: true}
		if asked.Collect {
			d.end(alerts.MeetingNotBack, string(asked.Document))
		}
		d.judgeZone(d.documents[asked.Document])
		return true
	}
	if venue {
		d.refuseBadge(reader, p.ID, "", "nothing-to-sign", RuleMeeting)
	}
	return venue
}

func (d *decision) endMeeting(a EndMeeting) Outcome {
	m := d.keeping.Meetings[a.Meeting]
	if m == nil || m.Ended {
		return noMeeting(a.Meeting)
	}
	if _, no, ok := d.actor(RuleMeeting, a.Meeting, Archivist, ConfidentialityOfficer, GeneralOffice, GeneralOfficeHead); !ok {
		return no
	}
	d.sweepVenue(m)
	return granted(a.Meeting)
}

// meetingOver ends a meeting that nobody has ended in time.
func (d *decision) meetingOver(id string) {
	if m := d.keeping.Meetings[id]; m != nil && !m.Ended {
		d.sweepVenue(m)
	}
}

// sweepVenue ends a meeting: what is in participants' hands, and what is still heard in the
// venue, is on its sheet; what a participant still has raises (MTG-1).
func (d *decision) sweepVenue(m *Meeting) {
	ev := &MeetingEnded{Meeting: m.ID}
	for _, id := range m.Documents {
		doc := d.documents[id]
		if doc == nil || atHome(doc) || !m.Fetched[id] && m.Issued[id] == "" {
			continue
		}
		ev.NotBack = append(ev.NotBack, MeetingLeft{Document: id, With: m.Issued[id], InVenue: doc.Seen.Known && doc.Seen.Place == m.Venue})
	}
	d.emit(m.ID, ev)
	for _, left := range ev.NotBack {
		d.raise(alerts.MeetingNotBack, string(left.Document), string(left.Document), m.Title, d.personName(m.holderOf(left.Document)))
	}
	d.closeMeeting(m)
}

// meetingSeen goes on with a sighting of a document of a meeting.
func (d *decision) meetingSeen(doc *Document) {
	m := d.keeping.Meetings[d.keeping.Engaged[doc.ID]]
	if !atHome(doc) || !m.Begun {
		return
	}
	if m.Issued[doc.ID] != "" { // home again: it is back, whoever forgot to badge
		d.emit(m.ID, &MeetingHandedOver{Meeting: m.ID, HandOver: MeetingHandOver{Document: doc.ID, Participant: m.Issued[doc.ID], Collect: true}})
	}
	d.end(alerts.MeetingNotBack, string(doc.ID))
	d.closeMeeting(m)
}

// closeMeeting closes a meeting that has ended when every document of it is home.
func (d *decision) closeMeeting(m *Meeting) {
	if !m.Ended || slices.ContainsFunc(m.Documents, func(id DocumentID) bool {
		doc := d.documents[id]
		return doc != nil && !atHome(doc) && (m.Fetched[id] || m.Issued[id] != "")
	}) {
		return
	}
	d.emit(m.ID, &MeetingClosed{Meeting: m.ID})
}

// The events of a meeting.
type (
	// MeetingPlanned lists venue, time, participants and documents.
	MeetingPlanned struct {
		Meeting Meeting `json:"meeting"`
	}
	// MeetingBegun: the custodian fetches the documents.
	MeetingBegun struct {
		Meeting   string   `json:"meeting"`
		Custodian PersonID `json:"custodian"`
	}
	// MeetingHandOverAsked waits for the participant's badge.
	MeetingHandOverAsked struct {
		Meeting  string          `json:"meeting"`
		HandOver MeetingHandOver `json:"hand_over"`
	}
	// MeetingHandedOver: a document was given to a participant, or collected. Without a reader the
	// readers saw it at home again.
	MeetingHandedOver struct {
		Meeting  string          `json:"meeting"`
		HandOver MeetingHandOver `json:"hand_over"`
		Reader   fact.DeviceID   `json:"reader,omitempty"`
	}
	// MeetingEnded is the sheet of the swept venue.
	MeetingEnded struct {
		Meeting string        `json:"meeting"`
		NotBack []MeetingLeft `json:"not_back,omitempty"`
	}
	// MeetingLeft is one document that was not back at the end.
	MeetingLeft struct {
		Document DocumentID `json:"document"`
		With     PersonID   `json:"with,omitempty"`
		InVenue  bool       `json:"in_venue,omitempty"`
	}
	// MeetingClosed: every document is home.
	MeetingClosed struct {
		Meeting string `json:"meeting"`
	}
)

// The kinds of events; they stand in the record and never change.
func (MeetingPlanned) Kind() string       { return "meeting-planned" }
func (MeetingBegun) Kind() string         { return "meeting-begun" }
func (MeetingHandOverAsked) Kind() string { return "meeting-hand-over-asked" }
func (MeetingHandedOver) Kind() string    { return "meeting-handed-over" }
func (MeetingEnded) Kind() string         { return "meeting-ended" }
func (MeetingClosed) Kind() string        { return "meeting-closed" }

var meetingEvents = []func() Event{blank[MeetingPlanned], blank[MeetingBegun], blank[MeetingHandOverAsked], blank[MeetingHandedOver], blank[MeetingEnded], blank[MeetingClosed]}

func (ev *MeetingPlanned) evolve(s *State, _ fact.Stamp) {
	s.numberUsed(seriesMeeting)
	m := ev.Meeting
	m.Fetched, m.Issued = map[DocumentID]bool{}, map[DocumentID]PersonID{}
	s.keeping.Meetings[m.ID] = &m
	for _, id := range m.Documents {
		s.keeping.Engaged[id] = m.ID
	}
	s.agenda.atWall(errand{errandMeetingOver, m.ID}, m.Until)
}

func (ev *MeetingBegun) evolve(s *State, _ fact.Stamp) {
	if m := s.keeping.Meetings[ev.Meeting]; m != nil {
		m.Begun, m.Custodian = true, ev.Custodian
		for _, id := range m.Documents {
			if _, out := s.keeping.away[id]; out {
				m.Fetched[id] = true
			}
		}
	}
}

func (ev *MeetingHandOverAsked) evolve(s *State, _ fact.Stamp) {
	if m := s.keeping.Meetings[ev.Meeting]; m != nil {
		m.Asked = ev.HandOver
	}
}

func (ev *MeetingHandedOver) evolve(s *State, _ fact.Stamp) {
	m := s.keeping.Meetings[ev.Meeting]
	if m == nil {
		return
	}
	m.Asked = MeetingHandOver{}
	if ev.HandOver.Collect {
		delete(m.Issued, ev.HandOver.Document)
		return
	}
	m.Issued[ev.HandOver.Document] = ev.HandOver.Participant
}

func (ev *MeetingEnded) evolve(s *State, _ fact.Stamp) {
	if m := s.keeping.Meetings[ev.Meeting]; m != nil {
		m.Ended = true
		s.agenda.off(errand{errandMeetingOver, m.ID})
	}
}

func (ev *MeetingClosed) evolve(s *State, _ fact.Stamp) {
	m := s.keeping.Meetings[ev.Meeting]
	if m == nil {
		return
	}
	for _, id := range m.Documents {
		if s.keeping.Engaged[id] == m.ID {
			delete(s.keeping.Engaged, id)
		}
	}
	delete(s.keeping.Meetings, m.ID)
}

// fetched notes that a document of a meeting has left its home for it.
func (s *State) fetched(doc *Document) {
	if m := s.keeping.Meetings[s.keeping.Engaged[doc.ID]]; m != nil && m.Begun && !atHome(doc) {
		m.Fetched[doc.ID] = true
	}
}

// The acts of a meeting.
type (
	// PlanMeeting lists who meets where and when, with which documents.
	PlanMeeting struct {
		Title        string       `json:"title"`
		Venue        fact.PlaceID `json:"venue"`
		From         time.Time    `json:"from"`
		Until        time.Time    `json:"until"`
		Participants []PersonID   `json:"participants"`
		Documents    []DocumentID `json:"documents"`
	}
	// BeginMeeting has the custodian fetch the documents.
	BeginMeeting struct {
		Meeting string `json:"meeting"`
	}
	// HandAtMeeting gives a document to a participant at the venue, or collects it; the participant's
	// badge there, within the window of a hand-over, is the signature.
	HandAtMeeting struct {
		Meeting     string     `json:"meeting"`
		Document    DocumentID `json:"document"`
		Participant PersonID   `json:"participant"`
		Collect     bool       `json:"collect,omitempty"`
	}
	// EndMeeting ends it and sweeps the venue.
	EndMeeting struct {
		Meeting string `json:"meeting"`
	}
)

// The verbs of acts; they stand in the record and never change.
func (PlanMeeting) Verb() string   { return "plan-meeting" }
func (BeginMeeting) Verb() string  { return "begin-meeting" }
func (HandAtMeeting) Verb() string { return "hand-at-meeting" }
func (EndMeeting) Verb() string    { return "end-meeting" }

func (a PlanMeeting) carryOut(d *decision) Outcome   { return d.planMeeting(a) }
func (a BeginMeeting) carryOut(d *decision) Outcome  { return d.beginMeeting(a) }
func (a HandAtMeeting) carryOut(d *decision) Outcome { return d.handAtMeeting(a) }
func (a EndMeeting) carryOut(d *decision) Outcome    { return d.endMeeting(a) }

var meetingActs = []actKind{
	act[PlanMeeting]("安排涉密会议", "plan a meeting"),
	act[BeginMeeting]("会议领取文件", "begin a meeting"),
	act[HandAtMeeting]("会场交接文件", "hand over at a meeting"),
	act[EndMeeting]("结束会议并清场", "end a meeting"),
}
