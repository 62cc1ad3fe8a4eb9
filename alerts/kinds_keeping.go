package alerts

import "trilock/custody/fact"

// The kinds of alert of keeping: sweeps, inventories, meetings, destruction, returns to the issuer, carrying out.
const (
	SweepSoon       Code = "close-of-business-soon"
	SweepOpen       Code = "not-put-away-at-close"
	InventoryDue    Code = "inventory-due"
	InventoryLate   Code = "inventory-overdue"
	MeetingNotBack  Code = "meeting-document-not-back"
	OffList         Code = "off-destruction-list"
	DestructionOpen Code = "destruction-not-closed"
	ClearSoon       Code = "return-to-issuer-due"
	ClearLate       Code = "return-to-issuer-overdue"
	ReturnSoon      Code = "carrying-out-due"
	CarryLate       Code = "carrying-out-overdue"
	NotHandedIn     Code = "not-handed-in"
)

var keepingKinds = []Kind{
	{Code: SweepSoon, Severity: Info, Rule: "STO-3",
		Title: fact.Text{ZH: "即将下班，请清理", EN: "Close of business is near"},
		Text:  fact.Text{ZH: "%[1]s 下班，还有 %[2]d 处未就绪：%[3]s。", EN: "Business closes at %[1]s; %[2]d things are not put away: %[3]s."},
		ToDo:  fact.Text{ZH: "收回文件，锁好柜门和保险柜，关好房门。", EN: "Take the documents back, lock cabinets and safe, shut the door."}},
	{Code: SweepOpen, Severity: Critical, Rule: "STO-3",
		Title: fact.Text{ZH: "下班清查不合格", EN: "Not put away at close of business"},
		Text:  fact.Text{ZH: "%[1]s 下班清查，%[2]d 处不合格：%[3]s。", EN: "At the close of business of %[1]s, %[2]d things were not put away: %[3]s."},
		ToDo:  fact.Text{ZH: "档案员不得离开：逐项收回、锁好；全部就绪后警报自行结束。", EN: "The archivist stays: take back and lock up each of them; the alert ends by itself when all is home."}},
	{Code: InventoryDue, Severity: Info, Rule: "STO-4",
		Title: fact.Text{ZH: "清点将到期", EN: "Inventory due"},
		Text:  fact.Text{ZH: "%[1]s 应于 %[2]s 前清点并签字。", EN: "%[1]s is to be inventoried and signed for by %[2]s."},
		ToDo:  fact.Text{ZH: "档案员开始清点，说明差异后签字。", EN: "The archivist starts the inventory, explains the differences and signs."}},
	{Code: InventoryLate, Severity: Warning, Rule: "STO-4",
		Title: fact.Text{ZH: "清点逾期", EN: "Inventory overdue"},
		Text:  fact.Text{ZH: "%[1]s 应于 %[2]s 前清点，至今未签字。", EN: "%[1]s was to be inventoried by %[2]s, and nobody has signed."},
		ToDo:  fact.Text{ZH: "立即清点并签字。", EN: "Take the inventory now, and sign it."}},
	{Code: MeetingNotBack, Severity: Critical, Rule: "MTG-1",
		Title: fact.Text{ZH: "会议文件未收回", EN: "Meeting document not back"},
		Text:  fact.Text{ZH: "会议“%[2]s”结束，%[1]s 未收回，在 %[3]s 手中。", EN: "The meeting “%[2]s” is over, and %[1]s is not back; %[3]s has it."},
		ToDo:  fact.Text{ZH: "会场清场，向该人当面收回，放回原位。", EN: "Sweep the venue, take it back in person and put it in its home."}},
	{Code: OffList, Severity: Critical, Rule: "DES-1",
		Title: fact.Text{ZH: "清册外文件在销毁地点", EN: "At the destroying place and on no list"},
		Text:  fact.Text{ZH: "%[1]s 在 %[2]s 被读到，它不在获批的销毁清册上。", EN: "%[1]s was read at %[2]s, and it is on no approved destruction list."},
		ToDo:  fact.Text{ZH: "立即制止销毁，取回文件放回原位，查明经过。", EN: "Stop the destruction at once, put it back in its home and find out how it came there."}},
	{Code: DestructionOpen, Severity: Critical, Rule: "DES-2",
		Title: fact.Text{ZH: "销毁清册未办结", EN: "Destruction list not closed"},
		Text:  fact.Text{ZH: "销毁清册 %[1]s 已开始，未按时办结，尚缺 %[2]d 份未清点。监销人：%[3]s 等。", EN: "Destruction list %[1]s was begun and is not closed in time; %[2]d are not counted. Supervisors: %[3]s and others."},
		ToDo:  fact.Text{ZH: "封闭销毁地点，逐份核对；找不到的按文件失踪处理。", EN: "Close the destroying place, check each one; what is not found is a missing document."}},
	{Code: ClearSoon, Severity: Info, Rule: "DES-5",
		Title: fact.Text{ZH: "清退将到期", EN: "Return to the issuer due"},
		Text:  fact.Text{ZH: "%[1]s 应于 %[3]s 前退回 %[2]s。", EN: "%[1]s goes back to %[2]s by %[3]s."},
		ToDo:  fact.Text{ZH: "收回并送还发文机关，取得签收后登记清退。", EN: "Take it back, bring it to its issuer, and enter the return with the signed receipt."}},
	{Code: ClearLate, Severity: Warning, Rule: "DES-5",
		Title: fact.Text{ZH: "清退逾期", EN: "Return to the issuer overdue"},
		Text:  fact.Text{ZH: "%[1]s 应于 %[3]s 前退回 %[2]s，尚未清退。", EN: "%[1]s was to be back with %[2]s by %[3]s, and is not."},
		ToDo:  fact.Text{ZH: "立即清退；有困难的，由保密员函告发文机关。", EN: "Return it now; if that cannot be done, the confidentiality officer writes to the issuer."}},
	{Code: ReturnSoon, Severity: Info, Rule: "OUT-3",
		Title: fact.Text{ZH: "携带外出将到期", EN: "Carrying-out due back"},
		Text:  fact.Text{ZH: "%[1]s（%[2]s）应于 %[3]s 返回，携带人：%[4]s。", EN: "%[1]s (%[2]s) is due back at %[3]s; carried by %[4]s."},
		ToDo:  fact.Text{ZH: "联系携带人，按时返回并直接交档案员。", EN: "Call the carrier: back in time, and straight to the archivist."}},
	{Code: CarryLate, Severity: Critical, Rule: "OUT-3",
		Title: fact.Text{ZH: "携带外出逾期未归", EN: "Carried out and not back in time"},
		Text:  fact.Text{ZH: "%[1]s（%[2]s）应于 %[3]s 返回，未交回；携带人：%[4]s，目的地：%[5]s。", EN: "%[1]s (%[2]s) was due back at %[3]s and is not handed in; carried by %[4]s to %[5]s."},
		ToDo:  fact.Text{ZH: "立即联系携带人和目的地；联系不上的，按文件失踪处理。", EN: "Call the carrier and the destination now; if neither answers, treat it as missing."}},
	{Code: NotHandedIn, Severity: Critical, Rule: "OUT-3",
		Title: fact.Text{ZH: "返回后未交档案员", EN: "Back on site and not handed in"},
		Text:  fact.Text{ZH: "%[1]s 已返回单位，%[3]s 内未交档案员；携带人：%[2]s。", EN: "%[1]s is back on site and was not handed in within %[3]s; carried by %[2]s."},
		ToDo:  fact.Text{ZH: "找到携带人，当面收回，放回原位。", EN: "Find the carrier, take it back in person and put it in its home."}},
}
