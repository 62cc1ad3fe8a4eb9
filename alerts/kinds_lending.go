package alerts

import "trilock/custody/fact"

// The kinds of alert of circulation and borrowing.
const (
	PassedOn        Code = "passed-on"
	WrongReceiver   Code = "wrong-receiver"
	DueSoon         Code = "due-soon"
	LongOverdue     Code = "long-overdue"
	ClearingAhead   Code = "clearing-ahead"
	NotCleared      Code = "not-cleared"
	ReturnUncounted Code = "return-uncounted"
	ReturnDiffers   Code = "return-differs"
	LoanUnsigned    Code = "loan-unsigned"
	ReturnUnsigned  Code = "return-unsigned"
	PieceApart      Code = "piece-apart"
	CalendarUnknown Code = "calendar-unknown"
)

var lendingKinds = []Kind{
	{Code: PassedOn, Severity: Critical, Rule: "CIR-2",
		Title: fact.Text{ZH: "文件横传", EN: "Document passed on"},
		Text:  fact.Text{ZH: "%[1]s 借给 %[2]s，却在 %[3]s 与 %[4]s 同行或同处。", EN: "%[1]s is lent to %[2]s, yet at %[3]s it is with %[4]s."},
		ToDo:  fact.Text{ZH: "找到文件，由借阅人当面交还档案员；下一位读者再从档案员处领取。", EN: "Find it; the borrower gives it back to the archivist, and the next reader has it from there."}},
	{Code: WrongReceiver, Severity: Critical, Rule: "CIR-6",
		Title: fact.Text{ZH: "非本人领取", EN: "Taken by another than the borrower"},
		Text:  fact.Text{ZH: "%[1]s 应由 %[2]s 本人领取，交接时被 %[3]s 取走。", EN: "%[1]s waits for %[2]s in person, and left in a hand-over with %[3]s."},
		ToDo:  fact.Text{ZH: "当场收回放好；确需代领，由领导指定代领人。", EN: "Take it back on the spot; where another is to receive it, a leader names that person."}},
	{Code: DueSoon, Severity: Info, Rule: "CIR-7",
		Title: fact.Text{ZH: "即将到期", EN: "Due soon"},
		Text:  fact.Text{ZH: "%[1]s 应于 %[2]s 归还，在 %[3]s 手中。", EN: "%[1]s is due back at %[2]s; %[3]s has it."},
		ToDo:  fact.Text{ZH: "提醒借阅人按时归还，或申请延期。", EN: "Remind the borrower to bring it back, or to ask for an extension."}},
	{Code: LongOverdue, Severity: Critical, Rule: "CIR-7",
		Title: fact.Text{ZH: "超期未还，报主管领导", EN: "Overdue: the leader is told"},
		Text:  fact.Text{ZH: "%[1]s 应于 %[2]s 归还，催还后仍在 %[3]s 手中。", EN: "%[1]s was due back at %[2]s and, after reminders, is still with %[3]s."},
		ToDo:  fact.Text{ZH: "主管领导责成借阅人立即归还，查明原因。", EN: "The supervising leader has it brought back at once, and finds out why it was not."}},
	{Code: ClearingAhead, Severity: Info, Rule: "CIR-9",
		Title: fact.Text{ZH: "年终清退在即", EN: "Year-end clearing ahead"},
		Text:  fact.Text{ZH: "年终清退截止 %[1]s，尚有 %[2]d 件借出。", EN: "Everything lent is back by %[1]s; %[2]d documents are out."},
		ToDo:  fact.Text{ZH: "通知各借阅人按期清退。", EN: "Tell the borrowers to bring back what they have."}},
	{Code: NotCleared, Severity: Warning, Rule: "CIR-9",
		Title: fact.Text{ZH: "年终未清退", EN: "Not back at the year-end clearing"},
		Text:  fact.Text{ZH: "%[1]s 年终清退时仍在 %[2]s 手中。", EN: "%[1]s is still with %[2]s at the year-end clearing."},
		ToDo:  fact.Text{ZH: "当面收回并核对。", EN: "Take it back in person and check it."}},
	{Code: ReturnUncounted, Severity: Warning, Rule: "CIR-11",
		Title: fact.Text{ZH: "归还未清点", EN: "Return not counted"},
		Text:  fact.Text{ZH: "%[1]s 已归还，%[2]s 尚未清点份数和页数。", EN: "%[1]s came back, and %[2]s has not counted its copies and pages."},
		ToDo:  fact.Text{ZH: "档案员清点并登记。", EN: "The archivist counts, and enters the result."}},
	{Code: ReturnDiffers, Severity: Critical, Rule: "CIR-11",
		Title: fact.Text{ZH: "归还清点不符", EN: "Return differs from the register"},
		Text:  fact.Text{ZH: "%[1]s 归还清点为 %[2]d 份 %[3]d 页，登记为 1 份 %[4]d 页；借阅人 %[5]s。", EN: "%[1]s came back with %[2]d copies and %[3]d pages; the register has 1 copy and %[4]d pages. Borrower: %[5]s."},
		ToDo:  fact.Text{ZH: "立即询问借阅人，追回缺页；查明前按事件处理，补齐后重新清点。", EN: "Ask the borrower now and recover what is missing; treat it as an incident until it is counted right."}},
	{Code: LoanUnsigned, Severity: Warning, Rule: "CIR-4",
		Title: fact.Text{ZH: "领取未签收", EN: "Not signed for"},
		Text:  fact.Text{ZH: "%[1]s 已从保险柜取出，借阅人 %[2]s 与档案员尚未双方刷卡。", EN: "%[1]s was taken out of the safe, and its borrower %[2]s and the archivist have not both badged."},
		ToDo:  fact.Text{ZH: "核实文件在谁手中；双方到读卡器刷卡签收。", EN: "See who has it; both badge at a desk reader."}},
	{Code: ReturnUnsigned, Severity: Warning, Rule: "CIR-4",
		Title: fact.Text{ZH: "归还未签字", EN: "Returned without a signature"},
		Text:  fact.Text{ZH: "%[1]s 已放回保险柜，借阅人 %[2]s 没有刷卡交还。", EN: "%[1]s is back in the safe, and its borrower %[2]s has not badged for giving it back."},
		ToDo:  fact.Text{ZH: "向借阅人核实由谁、何时交还，补记说明。", EN: "Ask the borrower who gave it back, and when; note it."}, Momentary: true},
	{Code: PieceApart, Severity: Warning, Rule: "CIR-13",
		Title: fact.Text{ZH: "卷内文件脱离", EN: "Piece apart from its folder"},
		Text:  fact.Text{ZH: "%[1]s 在 %[2]s 被读到，它所在的卷 %[3]s 在 %[4]s，没有抽出登记。", EN: "%[1]s is read in %[2]s, its folder %[3]s in %[4]s, and no extraction is recorded."},
		ToDo:  fact.Text{ZH: "找到该件放回卷内，或由档案员登记抽出。", EN: "Find it and lay it back, or have the archivist record its extraction."}},
	{Code: CalendarUnknown, Severity: Info, Rule: "CIR-3",
		Title: fact.Text{ZH: "节假日安排未录入", EN: "Public holidays not entered"},
		Text:  fact.Text{ZH: "%[1]s 年的节假日安排未录入，经过该年的期限暂按每周工作时间计算。", EN: "The public holidays of %[1]s are not entered; due times that run through it are counted by the hours of the week alone."},
		ToDo:  fact.Text{ZH: "按国务院办公厅通知录入配置 calendar，期限将重新计算。", EN: "Enter the notice in the configuration under calendar; due times are then counted again."}},
}
