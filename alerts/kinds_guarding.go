package alerts

import "trilock/custody/fact"

// The kinds of alert of guarding: the room, the people, devices, incidents.
const (
	VisitorAlone   Code = "visitor-alone"
	VisitorStays   Code = "visitor-stays"
	RoomLeftOpen   Code = "room-left-open"
	DutyGap        Code = "duty-gap"
	PapersEnding   Code = "papers-ending"
	PapersLapsed   Code = "papers-lapsed"
	PINAging       Code = "pin-aging"
	CheckDue       Code = "check-due"
	CheckFailed    Code = "check-failed"
	DeviceSwapped  Code = "device-swapped"
	ReportDue      Code = "incident-report-due"
	ReportOverdue  Code = "incident-report-overdue"
	OutcomeDue     Code = "incident-outcome-due"
	OutcomeOverdue Code = "incident-outcome-overdue"
)

var guardingKinds = []Kind{
	{Code: VisitorAlone, Severity: Critical, Rule: "ACC-2",
		Title: fact.Text{ZH: "来访人员无人陪同", EN: "Visitor without an escort"},
		Text:  fact.Text{ZH: "来访人员 %[2]s 在 %[1]s，室内没有陪同人员。", EN: "%[2]s, on a visit, is in %[1]s and nobody escorts them."},
		ToDo:  fact.Text{ZH: "立即派在册人员到场陪同，或将来访人员带出。", EN: "Send somebody on the room's list there now, or lead the visitor out."}},
	{Code: VisitorStays, Severity: Warning, Rule: "ACC-2",
		Title: fact.Text{ZH: "来访超时未离开", EN: "Visitor stays beyond the time"},
		Text:  fact.Text{ZH: "来访人员 %[1]s 应于 %[2]s 离开，仍在室内。", EN: "The visit of %[1]s was over at %[2]s; the visitor is still inside."},
		ToDo:  fact.Text{ZH: "由陪同人带出，收回来访证件。", EN: "The escort leads the visitor out and takes the visitor's badge back."}},
	{Code: RoomLeftOpen, Severity: Critical, Rule: "ACC-3",
		Title: fact.Text{ZH: "室内无人而未关锁", EN: "Room empty and not shut"},
		Text:  fact.Text{ZH: "%[1]s 已无人，仍开着：%[2]s。", EN: "Nobody is in %[1]s, and it stands open: %[2]s."},
		ToDo:  fact.Text{ZH: "立即到场关好锁好，清点其中文件。", EN: "Go there now, shut and lock it, and count the documents."}},
	{Code: DutyGap, Severity: Warning, Rule: "ACC-4",
		Title: fact.Text{ZH: "值班表有空档", EN: "Gap in the duty roster"},
		Text:  fact.Text{ZH: "%[1]s 起无人值班，至 %[2]s。", EN: "Nobody is on duty from %[1]s until %[2]s."},
		ToDo:  fact.Text{ZH: "排定值班人员，补齐空档。", EN: "Put somebody on the roster for that time."}},
	{Code: PapersEnding, Severity: Info, Rule: "ACC-7",
		Title: fact.Text{ZH: "上岗条件即将到期", EN: "Clearance or training runs out soon"},
		Text:  fact.Text{ZH: "%[1]s 的%[2]s将于 %[3]s 到期。", EN: "The %[2]s of %[1]s runs out on %[3]s."},
		ToDo:  fact.Text{ZH: "到期前办理复审、培训或换证，并更新登记。", EN: "Renew it before that day and enter the new date."}},
	{Code: PapersLapsed, Severity: Warning, Rule: "ACC-7",
		Title: fact.Text{ZH: "上岗条件已失效", EN: "Clearance or training has run out"},
		Text:  fact.Text{ZH: "%[1]s：%[2]s。不再借给文件，不得单独进入。", EN: "%[1]s: %[2]s. Nothing is given to this person any more, and nobody lets them in alone."},
		ToDo:  fact.Text{ZH: "收回其所借文件；办妥后更新登记。", EN: "Take back what the person has; enter the new date once it is renewed."}},
	{Code: PINAging, Severity: Warning, Rule: "STO-5",
		Title: fact.Text{ZH: "密码须更换", EN: "PIN to be changed"},
		Text:  fact.Text{ZH: "%[1]s 的密码须在 %[2]s 前更换，逾期不能使用。", EN: "The PIN of %[1]s is to be changed by %[2]s; after that it is refused."},
		ToDo:  fact.Text{ZH: "由本人更换密码。", EN: "The person sets a new PIN."}},
	{Code: CheckDue, Severity: Warning, Rule: "DEV-1",
		Title: fact.Text{ZH: "设备检查到期", EN: "Check due"},
		Text:  fact.Text{ZH: "%[1]s 自 %[2]s 起未检查，检查已到期。", EN: "%[1]s has not been checked since %[2]s."},
		ToDo:  fact.Text{ZH: "到场检查并登记结果。", EN: "Go and check it, and enter what you found."}},
	{Code: CheckFailed, Severity: Warning, Rule: "DEV-1",
		Title: fact.Text{ZH: "检查发现问题", EN: "A check found something wrong"},
		Text:  fact.Text{ZH: "检查 %[1]s：%[2]s。", EN: "The check of %[1]s: %[2]s."},
		ToDo:  fact.Text{ZH: "修复后重新检查并登记。", EN: "Have it repaired, check it again and enter that."}},
	{Code: DeviceSwapped, Severity: Critical, Rule: "DEV-1",
		Title: fact.Text{ZH: "设备被更换", EN: "Device exchanged"},
		Text:  fact.Text{ZH: "%[1]s 的身份由 %[2]s 变为 %[3]s，没有两人登记的维护。", EN: "%[1]s was %[2]s and is now %[3]s; no maintenance by two persons covers that."},
		ToDo:  fact.Text{ZH: "到场查看设备是否被调换；查明前不要信任其读数。", EN: "Go and see whether it was exchanged; do not trust what it says until that is clear."}, Momentary: true},
	{Code: ReportDue, Severity: Warning, Rule: "INC-2",
		Title: fact.Text{ZH: "事件须报告", EN: "Incident to be reported"},
		Text:  fact.Text{ZH: "案件 %[1]s 须在 %[2]s 前报告：%[3]s。", EN: "Case %[1]s is to be reported by %[2]s: %[3]s."},
		ToDo:  fact.Text{ZH: "向保密行政管理部门、主管领导和上级机关报告，并登记。", EN: "Report it to the confidentiality department, the leader and the body above, and enter that."}},
	{Code: ReportOverdue, Severity: Critical, Rule: "INC-2",
		Title: fact.Text{ZH: "事件逾期未报告", EN: "Incident not reported in time"},
		Text:  fact.Text{ZH: "案件 %[1]s 应于 %[2]s 前报告，尚未报告：%[3]s。", EN: "Case %[1]s was to be reported by %[2]s; not told yet: %[3]s."},
		ToDo:  fact.Text{ZH: "主管领导立即组织报告，说明逾期原因。", EN: "The leader has it reported at once, with the reason for the delay."}},
	{Code: OutcomeDue, Severity: Warning, Rule: "INC-2",
		Title: fact.Text{ZH: "事件查处结果将到期", EN: "Outcome of an incident due soon"},
		Text:  fact.Text{ZH: "案件 %[1]s 的查处结果须在 %[2]s 前上报。", EN: "The outcome of case %[1]s is to be reported by %[2]s."},
		ToDo:  fact.Text{ZH: "完成查处，上报结果并登记。", EN: "Finish the inquiry, report its outcome and enter that."}},
	{Code: OutcomeOverdue, Severity: Critical, Rule: "INC-2",
		Title: fact.Text{ZH: "事件查处逾期", EN: "Outcome of an incident overdue"},
		Text:  fact.Text{ZH: "案件 %[1]s 的查处结果应于 %[2]s 前上报，尚未上报。", EN: "The outcome of case %[1]s was to be reported by %[2]s and has not been."},
		ToDo:  fact.Text{ZH: "主管领导督办，上报结果并说明逾期原因。", EN: "The leader takes it in hand: report the outcome, with the reason for the delay."}},
}
