package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"trilock/alerts"
	"trilock/cmd/internal/simsite"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/threelock"
)

// The documents that the story is about.
const (
	lentAndBack = "JM-2026-0001"
	overdue     = "JM-2026-0003"
	hidden      = "JM-2026-0004"
	carriedOut  = "JM-2026-0007"
)

// play tells the whole story once. It returns the first difference between what should
// have been decided and what was.
func (s *stage) play(ctx context.Context) error {
	for _, scene := range []func(context.Context) error{
		s.installation, s.arrival, s.lending, s.together(s.returning, s.hiding, s.foreignTag), s.together(s.opening, s.unplugging), s.carryingOut, s.chase, s.accounts,
	} {
		if err := scene(ctx); err != nil {
			return err
		}
	}
	return nil
}

// together plays scenes side by side, as on a real day.
func (s *stage) together(scenes ...func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		for _, scene := range scenes {
			group.Go(func() error { return scene(ctx) })
		}
		return group.Wait()
	}
}

// installation fills the register and waits for every device and every folder.
func (s *stage) installation(ctx context.Context) error {
	s.heading(fact.Text{ZH: "登记人员与文件", EN: "The register is filled"})
	for _, p := range simsite.People() {
		body := map[string]any{"id": p.ID, "name": p.Name, "posts": p.Posts, "clearance": p.Clearance, "card": p.CardID(), "rooms": append([]string{}, p.Rooms...), "pin": p.PIN}
		if _, err := s.face.act(ctx, "registrar", "/api/v1/persons", body); err != nil {
			return fmt.Errorf("registering %s: %w", p.ID, err)
		}
	}
	for _, f := range simsite.Folders() {
		body := map[string]any{"id": f.ID, "title": f.Title, "level": f.Level, "copy": 1, "copies": 1, "tag": f.EPC, "home": f.Home,
			"issuer": "示范机关", "issuer_number": "示发〔2026〕1号", "produced": "2026-01-05", "pages": 8, "retention": map[string]any{"permanent": true},
			"receipt": map[string]any{"at": "2026-01-08T10:00:00+08:00", "by": simsite.Archivist.ID, "envelope": "intact"}}
		if _, err := s.face.act(ctx, "archivist-desk", "/api/v1/documents", body); err != nil {
			return fmt.Errorf("registering %s: %w", f.ID, err)
		}
	}
	if err := s.site.PutAway(); err != nil {
		return err
	}
	if err := s.expect(ctx, fact.Text{ZH: "全部设备在线（读卡器均为加密通道，三把锁均已上锁）", EN: "every device is up: badges in secure channel, three locks locked"}, everythingUp); err != nil {
		return err
	}
	return s.expect(ctx, fact.Text{ZH: "全部文件在各自的存放位置读到", EN: "every folder is read in its home"}, func(o custody.Overview) bool {
		for _, d := range o.Documents {
			if d.Known != custody.Here || d.Place != d.Home {
				return false
			}
		}
		return len(o.Documents) == len(simsite.Folders())
	})
}

func everythingUp(o custody.Overview) bool {
	for _, d := range o.Devices {
		if d.State != "up" {
			return false
		}
	}
	for _, l := range o.Safes[0].Locks {
		if l.Bolt != "locked" {
			return false
		}
	}
	return true
}

// arrival: people badge in; who is not on the list stays out (ACC-1).
func (s *stage) arrival(ctx context.Context) error {
	s.heading(fact.Text{ZH: "进入保密室", EN: "People badge in"})
	for _, p := range []simsite.Person{simsite.Archivist, simsite.Borrower, simsite.Careless} {
		if err := s.enter(ctx, p); err != nil {
			return err
		}
	}
	s.say(fact.Text{ZH: "%[1]s 不在名单上，刷卡", EN: "%[1]s, who is not on the list, shows a badge"}.Fill(simsite.Guest.Name))
	opened, err := s.site.TryDoor(ctx, simsite.Guest)
	if err != nil {
		return err
	}
	if opened {
		return &difference{want: fact.Text{ZH: "门对名单外人员不开", EN: "the door stays shut for somebody who is not on the list"}, lang: s.lang}
	}
	s.seen(fact.Text{ZH: "门未开", EN: "the door stays shut"})
	s.say(fact.Text{ZH: "陌生人刷未登记的证件", EN: "a stranger shows a badge that nobody holds"})
	return s.persistNotice(ctx, alerts.UnknownBadge, simsite.DoorIn, func() error {
		_, err := s.site.TryDoor(ctx, simsite.Stranger)
		return err
	})
}

// persistNotice repeats an action until the security desk was told of it.
func (s *stage) persistNotice(ctx context.Context, code alerts.Code, subject string, act func() error) error {
	kind, _ := alerts.KindOf(code)
	what := noticeWords[alerts.ReasonRaised].Fill(kind.Title, subject)
	return s.persist(ctx, what, func(context.Context) error { return act() }, func(custody.Overview) bool {
		return s.face.noticed(code, subject, alerts.ReasonRaised)
	})
}

func (s *stage) enter(ctx context.Context, p simsite.Person) error {
	s.say(fact.Text{ZH: "%[1]s 在门口刷卡", EN: "%[1]s badges at the door"}.Fill(p.Name))
	return s.persist(ctx, fact.Text{ZH: "%[1]s 在保密室内", EN: "%[1]s is in the secrecy room"}.Fill(p.Name), func(ctx context.Context) error {
		_, err := s.site.TryDoor(ctx, p)
		return err
	}, func(o custody.Overview) bool { return inRoom(o, "room", p.ID) })
}

// lending: two folders leave their cabinet between two badges (CIR-1, CIR-4).
func (s *stage) lending(ctx context.Context) error {
	s.heading(fact.Text{ZH: "借阅", EN: "A folder is lent"})
	if err := s.lend(ctx, lentAndBack, simsite.Borrower, 30*time.Minute); err != nil {
		return err
	}
	return s.lend(ctx, overdue, simsite.Careless, s.loanTime())
}

// loanTime is the short loan of the story: long enough for the scenes before the chase.
func (s *stage) loanTime() time.Duration { return 20 * time.Second }

func (s *stage) lend(ctx context.Context, doc string, to simsite.Person, due time.Duration) error {
	body := map[string]any{"document": doc, "borrower": to.ID, "due": time.Now().Add(due).UTC(), "zones": []string{"room", "reading-room"}, "purpose": "查阅"}
	o, err := s.face.act(ctx, "archivist-desk", "/api/v1/loans", body)
	if err != nil {
		return fmt.Errorf("loan of %s: %w", doc, err)
	}
	s.say(fact.Text{ZH: "%[1]s 借阅 %[2]s（%[3]s），双方在柜前刷卡", EN: "%[1]s borrows %[2]s (%[3]s); both badge at the cabinet"}.Fill(to.Name, doc, o.Subject))
	taken := false
	return s.persist(ctx, fact.Text{ZH: "%[1]s 已借出，在阅览室读到", EN: "%[1]s is lent, and read in the reading room"}.Fill(doc), func(ctx context.Context) error {
		if err := s.bothBadge(ctx, to); err != nil || taken || !s.site.Green(ctx, simsite.AtCabinets) {
			return err // nobody takes a folder before the lamp is green
		}
		taken = true
		return s.carry(ctx, doc, to, "reading-room")
	}, func(o custody.Overview) bool {
		d := documentOf(o, doc)
		return d.Loan != nil && d.Loan.Status == custody.LoanOut && d.Place == "reading-room" && d.Known == custody.Here
	})
}

func (s *stage) bothBadge(ctx context.Context, other simsite.Person) error {
	s.site.Badge(simsite.AtCabinets, simsite.Archivist)
	if err := s.walk(ctx, 500*time.Millisecond); err != nil {
		return err
	}
	s.site.Badge(simsite.AtCabinets, other)
	return s.walk(ctx, 500*time.Millisecond)
}

// carry has a person take a folder and put it down somewhere else.
func (s *stage) carry(ctx context.Context, doc string, p simsite.Person, to string) error {
	if err := s.site.Take(doc, p); err != nil {
		return err
	}
	if err := s.walk(ctx, 1500*time.Millisecond); err != nil {
		return err
	}
	return s.site.Put(doc, p, to)
}

// returning: the folder comes home between two badges.
func (s *stage) returning(ctx context.Context) error {
	s.heading(fact.Text{ZH: "归还", EN: "The folder comes back"})
	return s.giveBack(ctx, lentAndBack, simsite.Borrower)
}

func (s *stage) giveBack(ctx context.Context, doc string, from simsite.Person) error {
	s.say(fact.Text{ZH: "%[1]s 归还 %[2]s，双方在柜前刷卡", EN: "%[1]s brings %[2]s back; both badge at the cabinet"}.Fill(from.Name, doc))
	if err := s.carry(ctx, doc, from, "cabinet-a"); err != nil {
		return err
	}
	return s.persist(ctx, fact.Text{ZH: "%[1]s 已归还，在原位读到", EN: "%[1]s is returned, and read in its home"}.Fill(doc), func(ctx context.Context) error {
		return s.bothBadge(ctx, from)
	}, func(o custody.Overview) bool {
		d := documentOf(o, doc)
		return d.Loan == nil && d.Place == "cabinet-a" && d.Known == custody.Here
	})
}

// hiding: a folder vanishes into a metal case and is found again (INC-1).
func (s *stage) hiding(ctx context.Context) error {
	s.say(fact.Text{ZH: "有人把 %[1]s 放进金属箱", EN: "somebody puts %[1]s into a metal case"}.Fill(hidden))
	if err := s.site.Hide(hidden); err != nil {
		return err
	}
	if err := s.told(ctx, alerts.Missing, hidden, alerts.ReasonRaised); err != nil {
		return err
	}
	if err := s.acknowledge(ctx, alerts.Missing, hidden); err != nil {
		return err
	}
	s.say(fact.Text{ZH: "找到 %[1]s，放回甲柜", EN: "%[1]s is found and put back into cabinet A"}.Fill(hidden))
	if err := s.site.Put(hidden, simsite.Archivist, "cabinet-a"); err != nil {
		return err
	}
	return s.told(ctx, alerts.Missing, hidden, alerts.ReasonEnded)
}

// foreignTag: something that nobody registered lies in a cabinet (REG-1).
func (s *stage) foreignTag(ctx context.Context) error {
	s.say(fact.Text{ZH: "乙柜里放进一份未登记的载体", EN: "an item that nobody registered is laid into cabinet B"})
	if err := s.site.PutTag(simsite.Foreign(), "cabinet-b"); err != nil {
		return err
	}
	if err := s.told(ctx, alerts.UnknownTag, simsite.ForeignTag, alerts.ReasonRaised); err != nil {
		return err
	}
	return s.acknowledge(ctx, alerts.UnknownTag, simsite.ForeignTag)
}

// opening: three parties open the safe together (SAF-1). A restart of the daemon in the
// middle ends an opening; people then start over.
func (s *stage) opening(ctx context.Context) error {
	s.heading(fact.Text{ZH: "三方开启保险柜", EN: "Three parties open the safe"})
	for _, p := range []simsite.Person{simsite.Office, simsite.Manager} {
		if err := s.enter(ctx, p); err != nil {
			return err
		}
	}
	for {
		err := s.tryOpening(ctx)
		if err == nil || !s.interrupted(ctx) {
			return err
		}
		s.say(fact.Text{ZH: "开启被中断，重新开始", EN: "the opening was interrupted; start over"})
		if err := s.site.ShutSafe(); err != nil {
			return err
		}
	}
}

// interrupted reports whether the last opening ended because the daemon or a lock was
// away, which is right, and a reason to try again.
func (s *stage) interrupted(ctx context.Context) bool {
	again := false
	_, _ = s.await(ctx, tryAgainAfter, func(o custody.Overview) bool {
		switch o.Safes[0].EndCode {
		case threelock.WhyRestarted, threelock.WhyLockSilent, threelock.WhyNotOpened, threelock.WhyWindow:
			again = true
		}
		return again
	})
	return again
}

func (s *stage) tryOpening(ctx context.Context) error {
	_, err := s.face.act(ctx, "archivist-desk", "/api/v1/safes/main-safe/openings", map[string]any{"purpose": "inspection", "documents": []string{}})
	if err != nil && !refused(err, "opening-under-way") {
		return fmt.Errorf("stating the purpose: %w", err)
	}
	s.say(fact.Text{ZH: "事由登记：检查；还缺三方", EN: "purpose stated: inspection; all three parties are still missing"})
	for i, p := range []simsite.Person{simsite.Archivist, simsite.Office, simsite.Manager} {
		if err := s.showParty(ctx, p, i); err != nil {
			return err
		}
	}
	if err := s.expect(ctx, fact.Text{ZH: "三把锁全部报告开启", EN: "three bolts are reported drawn"}, safeIs(threelock.Unlocked, threelock.Open)); err != nil {
		return err
	}
	s.say(fact.Text{ZH: "拉开柜门，检查，关上", EN: "the door is opened, the contents are inspected, the door is shut"})
	if err := s.site.OpenSafe(); err != nil {
		return err
	}
	if err := s.expect(ctx, fact.Text{ZH: "柜门已开", EN: "the safe is open"}, safeIs(threelock.Open)); err != nil {
		return err
	}
	if err := s.walk(ctx, 2*time.Second); err != nil {
		return err
	}
	if err := s.site.ShutSafe(); err != nil {
		return err
	}
	if err := s.expect(ctx, fact.Text{ZH: "柜门已关，三把锁全部报告上锁", EN: "shut again, three bolts reported locked"}, safeIs(threelock.Closing)); err != nil {
		return err
	}
	for _, p := range []simsite.Person{simsite.Archivist, simsite.Office, simsite.Manager} {
		if err := s.confirmClosed(ctx, p); err != nil {
			return err
		}
	}
	return s.expect(ctx, fact.Text{ZH: "三方确认已关闭", EN: "the three have confirmed that it is closed"}, func(o custody.Overview) bool {
		return o.Safes[0].EndCode == threelock.WhyClosed
	})
}

// confirmClosed has one of the three confirm with badge and PIN that the safe is closed.
func (s *stage) confirmClosed(ctx context.Context, p simsite.Person) error {
	return s.persist(ctx, fact.Text{ZH: "%[1]s 确认已关闭", EN: "%[1]s confirms that it is closed"}.Fill(p.Name), func(ctx context.Context) error {
		return s.badgeAndPIN(ctx, p)
	}, func(o custody.Overview) bool {
		return !slices.ContainsFunc(o.Safes[0].Missing, func(m custody.PartyOverview) bool {
			return m.Party == partyOf[p.ID]
		})
	})
}

var partyOf = map[string]threelock.Party{simsite.Archivist.ID: threelock.Archivist, simsite.Office.ID: threelock.GeneralOffice, simsite.Manager.ID: threelock.Management}

func safeIs(phases ...threelock.Phase) func(custody.Overview) bool {
	return func(o custody.Overview) bool {
		for _, p := range phases {
			if o.Safes[0].Phase == p {
				return true
			}
		}
		return false
	}
}

// showParty has one party prove itself with badge and PIN. While the first is alone, the
// same person tries to stand for a second party.
func (s *stage) showParty(ctx context.Context, p simsite.Person, before int) error {
	s.say(fact.Text{ZH: "%[1]s 刷卡并输入密码", EN: "%[1]s shows badge and PIN"}.Fill(p.Name))
	err := s.persist(ctx, fact.Text{ZH: "已到 %[1]d 方，还缺 %[2]d 方", EN: "%[1]d of three parties present, %[2]d still missing"}.Fill(before+1, 2-before), func(ctx context.Context) error {
		return s.badgeAndPIN(ctx, p)
	}, func(o custody.Overview) bool {
		return len(o.Safes[0].Present) > before
	})
	if err != nil || before != 0 {
		return err
	}
	s.say(fact.Text{ZH: "%[1]s 想再代表一方", EN: "%[1]s tries to stand for a second party"}.Fill(p.Name))
	if err := s.badgeAndPIN(ctx, p); err != nil {
		return err
	}
	return s.expect(ctx, fact.Text{ZH: "被拒绝：同一人不能代表两方", EN: "refused: one person cannot be two parties"}, func(o custody.Overview) bool {
		return len(o.Safes[0].Present) == 1 && len(o.Safes[0].Missing) == 2
	})
}

func (s *stage) badgeAndPIN(ctx context.Context, p simsite.Person) error {
	s.site.Badge(simsite.AtSafe, p)
	if err := s.walk(ctx, 400*time.Millisecond); err != nil {
		return err
	}
	s.site.TypePIN(simsite.AtSafe, p)
	return s.walk(ctx, 300*time.Millisecond)
}

// unplugging: a reader's cable comes loose. Its folders are not readable, never missing.
func (s *stage) unplugging(ctx context.Context) error {
	s.say(fact.Text{ZH: "乙柜读写器的线被拔掉", EN: "the cable of cabinet B's reader is pulled out"})
	if err := s.site.Unplug("cabinet-b"); err != nil {
		return err
	}
	if err := s.told(ctx, alerts.DeviceDown, "reader-cabinet-b", alerts.ReasonRaised); err != nil {
		return err
	}
	err := s.expect(ctx, fact.Text{ZH: "乙柜文件显示“无法读取”，而不是“下落不明”", EN: "cabinet B's folders are shown as not readable, not as missing"}, func(o custody.Overview) bool {
		d := documentOf(o, carriedOut)
		return d.Known == custody.Unreadable
	})
	if err != nil {
		return err
	}
	s.say(fact.Text{ZH: "重新插上", EN: "it is plugged in again"})
	if err := s.site.Replug("cabinet-b"); err != nil {
		return err
	}
	if err := s.told(ctx, alerts.DeviceDown, "reader-cabinet-b", alerts.ReasonEnded); err != nil {
		return err
	}
	if err := s.acknowledge(ctx, alerts.DeviceDown, "reader-cabinet-b"); err != nil {
		return err
	}
	return s.expect(ctx, fact.Text{ZH: "乙柜文件重新读到", EN: "cabinet B's folders are read again"}, func(o custody.Overview) bool {
		d := documentOf(o, carriedOut)
		return d.Known == custody.Here && d.Place == "cabinet-b"
	})
}

// carryingOut: a folder passes the exit with no approval (OUT-1), and security is told.
func (s *stage) carryingOut(ctx context.Context) error {
	s.heading(fact.Text{ZH: "文件未经批准离开", EN: "A folder leaves without approval"})
	s.say(fact.Text{ZH: "%[1]s 夹着 %[2]s 走向大门口", EN: "%[1]s walks to the exit with %[2]s"}.Fill(simsite.Careless.Name, carriedOut))
	if err := s.site.Take(carriedOut, simsite.Careless); err != nil {
		return err
	}
	for _, place := range []string{"doorway", "corridor"} {
		if err := s.walk(ctx, 800*time.Millisecond); err != nil {
			return err
		}
		if err := s.site.Pass(simsite.Careless, place); err != nil {
			return err
		}
	}
	if err := s.walk(ctx, 800*time.Millisecond); err != nil {
		return err
	}
	if err := s.site.Put(carriedOut, simsite.Careless, "exit"); err != nil {
		return err
	}
	if err := s.told(ctx, alerts.LeftZone, carriedOut, alerts.ReasonRaised); err != nil {
		return err
	}
	if err := s.acknowledge(ctx, alerts.LeftZone, carriedOut); err != nil {
		return err
	}
	s.say(fact.Text{ZH: "保卫拦下，文件放回乙柜", EN: "security stops the carrier; the folder goes back into cabinet B"})
	if err := s.carry(ctx, carriedOut, simsite.Careless, "cabinet-b"); err != nil {
		return err
	}
	return s.told(ctx, alerts.LeftZone, carriedOut, alerts.ReasonEnded)
}

// chase: a loan has run over; the notice comes again until somebody acts (CIR-7).
func (s *stage) chase(ctx context.Context) error {
	s.heading(fact.Text{ZH: "借阅超期，催还", EN: "A loan runs over, and the chase begins"})
	for _, reason := range []alerts.Reason{alerts.ReasonRaised, alerts.ReasonRepeated} {
		if err := s.told(ctx, alerts.Overdue, overdue, reason); err != nil {
			return err
		}
	}
	if err := s.acknowledge(ctx, alerts.Overdue, overdue); err != nil {
		return err
	}
	if err := s.giveBack(ctx, overdue, simsite.Careless); err != nil {
		return err
	}
	return s.told(ctx, alerts.Overdue, overdue, alerts.ReasonEnded)
}
