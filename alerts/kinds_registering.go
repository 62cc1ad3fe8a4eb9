package alerts

import "trilock/custody/fact"

// The kinds of alert of the register of documents, of copying and of issuing.
const (
	EnvelopeBroken Code = "envelope-broken"
	OldTag         Code = "old-tag-read"
	GoneTag        Code = "gone-document-read"
	RetentionNear  Code = "retention-ending"
	RetentionEnded Code = "retention-ended"
	BelowOriginal  Code = "copy-below-original"

	HolderUncleared Code = "holder-not-cleared"

	StoredMixed    Code = "stored-mixed"
	WrongKeeper    Code = "wrong-keeper"
	PartsTogether  Code = "parts-together"
	CopyUnapproved Code = "copying-unapproved"
	CopiesOpen     Code = "copies-not-accounted"
	NotPutAway     Code = "copy-not-put-away"
	PrintDiffers   Code = "prints-not-accounted"
	SealDiffers    Code = "seal-differs"
	ReceiptOverdue Code = "receipt-overdue"
)

var registeringKinds = []Kind{
	{Code: EnvelopeBroken, Severity: Critical, Rule: "REG-1",
		Title: fact.Text{ZH: "来件信封异常", EN: "Envelope not intact"},
		Text:  fact.Text{ZH: "%[1]s 于 %[3]s 收到时信封%[2]s，签收人：%[4]s。", EN: "%[1]s came in an envelope that was %[2]s, at %[3]s; signed for by %[4]s."},
		ToDo:  fact.Text{ZH: "保留信封，通知发文机关并向保密部门报告；清点页数。", EN: "Keep the envelope, tell the sender and the confidentiality department; count the pages."}, Momentary: true},
	{Code: OldTag, Severity: Critical, Rule: "REG-6",
		Title: fact.Text{ZH: "已更换的标签被读到", EN: "Replaced tag read"},
		Text:  fact.Text{ZH: "%[1]s 的旧标签（%[3]s 更换）在 %[4]s 被读到：%[5]s。", EN: "The old tag of %[1]s, replaced on %[3]s, was read at %[4]s: %[5]s."},
		ToDo:  fact.Text{ZH: "到场找出旧标签并销毁；查明它贴在何物上。", EN: "Find the old tag and destroy it; see what it is on."}, Momentary: true},
	{Code: GoneTag, Severity: Critical, Rule: "DES-3",
		Title: fact.Text{ZH: "已注销的文件被读到", EN: "Document that is gone was read"},
		Text:  fact.Text{ZH: "%[1]s（%[2]s，%[3]s）的标签在 %[4]s 被读到：%[5]s。", EN: "The tag of %[1]s (%[2]s on %[3]s) was read at %[4]s: %[5]s."},
		ToDo:  fact.Text{ZH: "立即到场查找；核对销毁、移交或发文记录，按事件处理。", EN: "Go there and find it; check the record of its destruction, transfer or dispatch; treat it as an incident."}, Momentary: true},
	{Code: RetentionNear, Severity: Info, Rule: "REG-3",
		Title: fact.Text{ZH: "保密期限将到", EN: "Retention periods end soon"},
		Text:  fact.Text{ZH: "%[2]d 份文件的保密期限于 %[1]s 届满：%[3]s%[4]s。", EN: "The retention periods of %[2]d documents end on %[1]s: %[3]s%[4]s."},
		ToDo:  fact.Text{ZH: "请原定密机关决定：解密、延长或销毁。", EN: "Have the issuing body decide: lift, extend or destroy."}},
	{Code: RetentionEnded, Severity: Warning, Rule: "REG-3",
		Title: fact.Text{ZH: "保密期限已到", EN: "Retention periods have ended"},
		Text:  fact.Text{ZH: "%[2]d 份文件的保密期限已于 %[1]s 届满，尚未决定：%[3]s%[4]s。", EN: "The retention periods of %[2]d documents ended on %[1]s and nothing is decided: %[3]s%[4]s."},
		ToDo:  fact.Text{ZH: "由保密员办理解密、延长或销毁；此前仍按原密级管理。", EN: "The confidentiality officer has them lifted, extended or destroyed; until then they keep their level."}},
	{Code: BelowOriginal, Severity: Warning, Rule: "REG-4",
		Title: fact.Text{ZH: "复制件密级低于原件", EN: "Copy below its original"},
		Text:  fact.Text{ZH: "%[1]s（%[2]s）的原件 %[3]s 已为%[4]s。", EN: "%[1]s is %[2]s, and its original %[3]s is %[4]s now."},
		ToDo:  fact.Text{ZH: "由档案员申请变更复制件的密级并移到许可的存放处。", EN: "The archivist asks for the copy's level to follow, with a home that is cleared for it."}},
	{Code: HolderUncleared, Severity: Critical, Rule: "REG-5",
		Title: fact.Text{ZH: "持有人涉密等级不够", EN: "Holder not cleared"},
		Text:  fact.Text{ZH: "%[1]s 已变更为%[2]s，持有人 %[3]s 的涉密等级不够。", EN: "%[1]s is %[2]s from now on, and %[3]s, who has it, is not cleared for that."},
		ToDo:  fact.Text{ZH: "立即由档案员当面收回。", EN: "The archivist takes it back in person, now."}, Momentary: true},
	{Code: StoredMixed, Severity: Warning, Rule: "REG-7",
		Title: fact.Text{ZH: "涉密与非涉密混放", EN: "Classified and unclassified mixed"},
		Text:  fact.Text{ZH: "%[1]s（%[2]s）停放在 %[3]s，该处不存放此类文件。", EN: "%[1]s (%[2]s) rests in %[3]s, which is for the other kind."},
		ToDo:  fact.Text{ZH: "由档案员分开存放。", EN: "The archivist puts it where its kind belongs."}},
	{Code: WrongKeeper, Severity: Critical, Rule: "REG-8",
		Title: fact.Text{ZH: "非专人发放", EN: "Handed out by another than its keeper"},
		Text:  fact.Text{ZH: "%[1]s 属%[2]s，只由%[3]s发放，却由 %[4]s 交出；未作借出登记。", EN: "%[1]s belongs to: %[2]s, which only %[3]s hands out; %[4]s gave it away, and no loan is entered."},
		ToDo:  fact.Text{ZH: "当场收回，由专人办理。", EN: "Take it back now; its keeper hands it out."}, Momentary: true},
	{Code: PartsTogether, Severity: Critical, Rule: "STO-7",
		Title: fact.Text{ZH: "分存件合到一处", EN: "Parts kept apart are together"},
		Text:  fact.Text{ZH: "%[1]s 的分存各件合到一处：%[2]s。", EN: "The parts of %[1]s, which are kept apart, are together: %[2]s."},
		ToDo:  fact.Text{ZH: "立即分开，收回一件；查明经过。", EN: "Part them now, take one back, and find out how it came."}},
	{Code: CopyUnapproved, Severity: Critical, Rule: "CPY-2",
		Title: fact.Text{ZH: "未经批准到复制处", EN: "At the copying place without approval"},
		Text:  fact.Text{ZH: "%[1]s 在 %[2]s，没有批准的复制。", EN: "%[1]s is at %[2]s, and no copying of it is approved."},
		ToDo:  fact.Text{ZH: "到场制止，收缴已印的复制件。", EN: "Go there, stop it, and take what was copied."}},
	{Code: CopiesOpen, Severity: Critical, Rule: "CPY-2",
		Title: fact.Text{ZH: "复制件未交代清楚", EN: "Copies not accounted for"},
		Text:  fact.Text{ZH: "%[1]s（原件 %[2]s）：批准 %[3]d 份，已登记 %[4]d 份；%[5]s。", EN: "%[1]s, of %[2]s: %[3]d approved, %[4]d registered; %[5]s."},
		ToDo:  fact.Text{ZH: "在复制处逐份清点：登记贴签，多余的两人销毁，再报清点数。", EN: "Count them where they were made: register and tag each, destroy what is too many before a witness, then enter the count."}},
	{Code: NotPutAway, Severity: Warning, Rule: "CPY-2",
		Title: fact.Text{ZH: "新件未入柜", EN: "New copy not put away"},
		Text:  fact.Text{ZH: "%[1]s 登记后未在规定时间内放入 %[2]s。", EN: "%[1]s was registered and did not come to %[2]s in time."},
		ToDo:  fact.Text{ZH: "由档案员找到并入柜。", EN: "The archivist finds it and puts it away."}},
	{Code: PrintDiffers, Severity: Critical, Rule: "ISS-1",
		Title: fact.Text{ZH: "印制份数不符", EN: "Prints not accounted for"},
		Text:  fact.Text{ZH: "%[1]s 印 %[2]d 份：发出 %[3]d，留存 %[4]d，销毁 %[5]d，差 %[6]d 份。", EN: "%[1]s: %[2]d printed, %[3]d sent, %[4]d kept, %[5]d destroyed; %[6]d are not accounted for."},
		ToDo:  fact.Text{ZH: "停止发出，逐份清点；查不到的按事件处理。", EN: "Stop sending and count every copy; what is not found is an incident."}},
	{Code: SealDiffers, Severity: Critical, Rule: "ISS-2",
		Title: fact.Text{ZH: "密封编号不符", EN: "Seal differs"},
		Text:  fact.Text{ZH: "%[1]s 到 %[2]s 时密封编号为 %[3]s，发出时为 %[4]s。", EN: "%[1]s reached %[2]s under seal %[3]s; it was sent under %[4]s."},
		ToDo:  fact.Text{ZH: "请收件单位保留封套并清点；询问递送人，按事件处理。", EN: "Have the recipient keep the cover and count; ask the couriers; treat it as an incident."}, Momentary: true},
	{Code: ReceiptOverdue, Severity: Warning, Rule: "ISS-2",
		Title: fact.Text{ZH: "回执超期", EN: "Receipt overdue"},
		Text:  fact.Text{ZH: "%[1]s 的回执应于 %[2]s 前收回，未回：%[3]s。", EN: "The receipts of %[1]s were due by %[2]s; open: %[3]s."},
		ToDo:  fact.Text{ZH: "向收件单位催收；未收到的按事件处理。", EN: "Chase the recipients; what did not arrive is an incident."}},
}
