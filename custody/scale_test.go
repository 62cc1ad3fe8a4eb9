package custody_test

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/presence"
)

// crowd is a register of a size: persons, documents at home and heard there, one in a hundred on loan.
type crowd struct {
	state   *custody.State
	now     fact.Stamp
	persons int
	docs    int
	loans   int
}

func (c *crowd) decide(b *testing.B, actor string, body custody.Body) custody.Decision {
	c.now.Mono += time.Millisecond
	c.now.Wall = c.now.Wall.Add(time.Millisecond)
	out, err := c.state.Decide(custody.Input{At: c.now, Body: body, Actor: actor})
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func (c *crowd) act(b *testing.B, actor string, a custody.Act) custody.Outcome {
	return c.decide(b, actor, custody.Request{Act: a}).Outcome
}

func (c *crowd) entry(b *testing.B, ev custody.Event) {
	if err := c.state.Evolve(custody.Entry{Seq: c.state.Seq() + 1, At: c.now, Subject: "x", Event: ev}); err != nil {
		b.Fatal(err)
	}
}

func documentNumber(i int) custody.DocumentID {
	return custody.DocumentID(fmt.Sprintf("JM-%d-%06d", 1000+i/900_000, i%900_000+1))
}

func crowdTag(i int) fact.EPC {
	epc := make([]byte, 12)
	binary.BigEndian.PutUint64(epc[4:], uint64(i)+1)
	tag, err := fact.ParseEPC(fmt.Sprintf("%X", epc))
	if err != nil {
		panic(err)
	}
	return tag
}

func staffNumber(i int) custody.PersonID { return custody.PersonID(fmt.Sprintf("s-%06d", i)) }

// newCrowd fills a register by its entries, as a replay of the record does.
func newCrowd(b *testing.B, documents, persons int) *crowd {
	b.Helper()
	c := &crowd{state: custody.NewState(secrecyRoom()), now: fact.Stamp{Wall: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}, persons: persons, docs: documents}
	c.entry(b, &custody.Started{Version: "test"})
	for _, p := range []custody.Person{person("p-archivist", "档案员甲", custody.TopSecret, custody.Archivist), person("p-office", "综合部乙", custody.TopSecret, custody.GeneralOfficeHead)} {
		c.entry(b, &custody.PersonRegistered{Person: p})
	}
	for i := range persons {
		c.entry(b, &custody.PersonRegistered{Person: person(staffNumber(i), "职员", custody.Secret, custody.Staff)})
	}
	for i := range documents {
		r := complete(custody.DocumentRecord{ID: documentNumber(i), Title: "关于某项工作的若干意见", Level: custody.Confidential, Tag: crowdTag(i), Home: "cabinet-a"})
		c.entry(b, &custody.DocumentRegistered{Document: r})
		c.entry(b, &custody.DocumentSeen{Document: r.ID, Place: "cabinet-a", Certainty: 9900, Evidence: "12 of 14 rounds"})
		if i%100 == 0 {
			c.lend(b, r.ID)
		}
	}
	return c
}

func (c *crowd) lend(b *testing.B, doc custody.DocumentID) {
	c.loans++
	id := custody.LoanID(fmt.Sprintf("L-%06d", c.loans))
	c.entry(b, &custody.LoanRequested{Loan: id, Document: doc, Borrower: staffNumber(c.loans % c.persons), Due: c.now.Wall.Add(48 * time.Hour), Purpose: "阅"})
	c.entry(b, &custody.LoanApproved{Loan: id})
	c.entry(b, &custody.LoanIssued{Loan: id, Custodian: "p-archivist"})
	c.entry(b, &custody.DocumentUnseen{Document: doc, From: "cabinet-a"})
}

// day is what a busy day consists of, one decision of each kind in turn.
func (c *crowd) day(b *testing.B, i int) []func() {
	doc, who := (i*7919)%c.docs, staffNumber((i*31)%c.persons)
	if doc%100 == 0 {
		doc++
	}
	id, tag := documentNumber(doc), crowdTag(doc)
	r := complete(custody.DocumentRecord{Title: "新收文件", Level: custody.Confidential, Tag: crowdTag(c.docs + i), Home: "cabinet-b"})
	r.ID = custody.DocumentID(fmt.Sprintf("JM-2026-%06d", i+1))
	var loan custody.Outcome
	return []func(){
		func() { c.act(b, "p-archivist", custody.RegisterDocument{Document: r}) },
		func() {
			loan = c.act(b, "p-archivist", custody.RequestLoan{Document: id, Borrower: who, Due: c.now.Wall.Add(time.Hour), Zones: []fact.PlaceID{"reading-room"}, Purpose: "阅"})
		},
		func() { c.decide(b, "", fact.BadgeShown{Reader: "badge-cabinets", Card: "raw:26:p-archivist"}) },
		func() {
			c.decide(b, "", fact.BadgeShown{Reader: "badge-cabinets", Card: fact.CardID("raw:26:" + string(who))})
		},
		func() {
			c.decide(b, "", presence.Moved{Tag: tag, From: "cabinet-a", To: "reading-room", Certainty: 9900})
		},
		func() {
			c.decide(b, "", presence.Moved{Tag: tag, From: "reading-room", To: "cabinet-a", Certainty: 9900})
		},
		func() { c.decide(b, "", presence.Unseen{Tag: tag, From: "cabinet-a", Certainty: 9900}) },
		func() { c.decide(b, "", presence.NotReadable{Place: "cabinet-b", Reader: "reader-a"}) },
		func() { c.decide(b, "", presence.ReadableAgain{Place: "cabinet-b"}) },
		func() { c.act(b, "p-archivist", custody.RecallApproval{ID: loan.Subject}) },
		func() { c.decide(b, "", custody.Tick{}) },
	}
}

// BenchmarkDecideAtSize measures single decisions on registers of growing size: the longest waits
// are what a person at a reader feels. Before its fsync a decision has 2 ms at the 99th percentile.
func BenchmarkDecideAtSize(b *testing.B) {
	for _, size := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			c := newCrowd(b, size, 10_000)
			runtime.GC()
			runtime.ReadMemStats(&after)
			var took []time.Duration
			b.ResetTimer()
			for i := range b.N {
				for _, one := range c.day(b, i) {
					began := time.Now()
					one()
					took = append(took, time.Since(began))
				}
			}
			b.StopTimer()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1000, "p50-us")
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1000, "p99-us")
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(size), "B/document")
			runtime.KeepAlive(c)
		})
	}
}
