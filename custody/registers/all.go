package registers

import "trilock/custody/fact"

// All returns the ten registers, in the order in which people name them (REC-1).
func All() []Register {
	return append(ofDocuments(), ofGuarding()...)
}

// ofDocuments are the registers of documents and what is done with them.
func ofDocuments() []Register {
	return []Register{
		{ID: "receipts", Name: fact.Text{ZH: "收文登记簿", EN: "register of receipts"}, Kinds: []string{"document-registered"}, Columns: []Column{
			{Heading: fact.Text{ZH: "编号", EN: "number"}, Paths: map[string]string{"document-registered": "document.id"}},
			{Heading: fact.Text{ZH: "题名", EN: "title"}, Paths: map[string]string{"document-registered": "document.title"}, Title: true},
			{Heading: fact.Text{ZH: "密级", EN: "level"}, Paths: map[string]string{"document-registered": "document.level"}},
			{Heading: fact.Text{ZH: "份号", EN: "copy"}, Paths: map[string]string{"document-registered": "document.copy"}},
			{Heading: fact.Text{ZH: "份数", EN: "copies"}, Paths: map[string]string{"document-registered": "document.copies"}},
			{Heading: fact.Text{ZH: "发文机关", EN: "issued by"}, Paths: map[string]string{"document-registered": "document.issuer"}},
			{Heading: fact.Text{ZH: "文号", EN: "their number"}, Paths: map[string]string{"document-registered": "document.issuer_number"}},
			{Heading: fact.Text{ZH: "成文日期", EN: "dated"}, Paths: map[string]string{"document-registered": "document.produced"}},
			{Heading: fact.Text{ZH: "收到时间", EN: "received"}, Paths: map[string]string{"document-registered": "document.receipt.at"}},
			{Heading: fact.Text{ZH: "签收人", EN: "signed for by"}, Paths: map[string]string{"document-registered": "document.receipt.by"}},
			{Heading: fact.Text{ZH: "封装", EN: "envelope"}, Paths: map[string]string{"document-registered": "document.receipt.envelope"}},
			{Heading: fact.Text{ZH: "保密期限", EN: "kept secret until"}, Paths: map[string]string{"document-registered": "document.retention.until"}},
			{Heading: fact.Text{ZH: "知悉范围", EN: "scope"}, Paths: map[string]string{"document-registered": "document.scope"}},
		}},
		{ID: "lending", Name: fact.Text{ZH: "借阅登记簿", EN: "register of lending"}, Kinds: []string{"loan-requested", "loan-issued", "loan-returned"}, Columns: []Column{
			{Heading: fact.Text{ZH: "借阅号", EN: "loan"}, Paths: map[string]string{"loan-requested": "loan", "loan-issued": "loan", "loan-returned": "loan"}},
			{Heading: fact.Text{ZH: "文件", EN: "document"}, Paths: map[string]string{"loan-requested": "document"}},
			{Heading: fact.Text{ZH: "借阅人", EN: "borrower"}, Paths: map[string]string{"loan-requested": "borrower", "loan-issued": "by", "loan-returned": "by"}},
			{Heading: fact.Text{ZH: "事由", EN: "purpose"}, Paths: map[string]string{"loan-requested": "purpose"}},
			{Heading: fact.Text{ZH: "应还", EN: "due"}, Paths: map[string]string{"loan-requested": "due", "loan-issued": "due"}},
			{Heading: fact.Text{ZH: "档案员", EN: "custodian"}, Paths: map[string]string{"loan-issued": "custodian", "loan-returned": "custodian"}},
		}},
		{ID: "circulation", Name: fact.Text{ZH: "传阅单", EN: "circulation sheet"}, Kinds: []string{"circulation-made", "circulation-opened", "circulation-ended"}, Columns: []Column{
			{Heading: fact.Text{ZH: "文件", EN: "document"}, Paths: map[string]string{"circulation-made": "list.document"}},
			{Heading: fact.Text{ZH: "事由", EN: "purpose"}, Paths: map[string]string{"circulation-made": "list.purpose"}},
			{Heading: fact.Text{ZH: "传阅人", EN: "readers"}, Paths: map[string]string{"circulation-made": "list.readers"}},
			{Heading: fact.Text{ZH: "已阅", EN: "read by"}, Paths: map[string]string{"circulation-ended": "read"}},
			{Heading: fact.Text{ZH: "结束", EN: "ended"}, Paths: map[string]string{"circulation-ended": "why"}},
		}},
		{ID: "carrying-out", Name: fact.Text{ZH: "携带外出登记簿", EN: "register of carrying out"}, Kinds: []string{"carrying-asked", "carrying-approved", "carrying-stage", "carrying-ended"}, Columns: []Column{
			{Heading: fact.Text{ZH: "文件", EN: "documents"}, Paths: map[string]string{"carrying-asked": "carrying.documents", "carrying-stage": "document"}},
			{Heading: fact.Text{ZH: "携带人", EN: "carriers"}, Paths: map[string]string{"carrying-asked": "carrying.carriers"}},
			{Heading: fact.Text{ZH: "事由", EN: "purpose"}, Paths: map[string]string{"carrying-asked": "carrying.purpose"}},
			{Heading: fact.Text{ZH: "保密措施", EN: "measures"}, Paths: map[string]string{"carrying-asked": "carrying.measures"}},
			{Heading: fact.Text{ZH: "去向", EN: "destination"}, Paths: map[string]string{"carrying-asked": "carrying.destination"}},
			{Heading: fact.Text{ZH: "返回", EN: "back by"}, Paths: map[string]string{"carrying-asked": "carrying.return"}},
			{Heading: fact.Text{ZH: "阶段", EN: "stage"}, Paths: map[string]string{"carrying-stage": "stage"}},
			{Heading: fact.Text{ZH: "接收", EN: "received by"}, Paths: map[string]string{"carrying-stage": "custodian"}},
			{Heading: fact.Text{ZH: "结束", EN: "ended"}, Paths: map[string]string{"carrying-ended": "why"}},
		}},
		{ID: "copying", Name: fact.Text{ZH: "复制登记簿", EN: "register of copying"}, Kinds: []string{"copying-asked", "copying-approved", "copies-counted", "copying-closed"}, Columns: []Column{
			{Heading: fact.Text{ZH: "文件", EN: "document"}, Paths: map[string]string{"copying-asked": "copying.document"}},
			{Heading: fact.Text{ZH: "申请人", EN: "asked by"}, Paths: map[string]string{"copying-asked": "copying.by"}},
			{Heading: fact.Text{ZH: "份数", EN: "copies"}, Paths: map[string]string{"copying-asked": "copying.count"}},
			{Heading: fact.Text{ZH: "事由", EN: "purpose"}, Paths: map[string]string{"copying-asked": "copying.purpose"}},
			{Heading: fact.Text{ZH: "印制", EN: "made"}, Paths: map[string]string{"copies-counted": "made"}},
			{Heading: fact.Text{ZH: "作废", EN: "spoiled"}, Paths: map[string]string{"copies-counted": "spoiled"}},
			{Heading: fact.Text{ZH: "结束", EN: "ended"}, Paths: map[string]string{"copying-closed": "why"}},
		}},
		{ID: "destruction", Name: fact.Text{ZH: "销毁清册", EN: "destruction list"}, Kinds: []string{"destruction-compiled", "destruction-approved", "supervisor-badged", "destruction-counted", "destruction-signed", "destruction-closed"}, Columns: []Column{
			{Heading: fact.Text{ZH: "文件", EN: "documents"}, Paths: map[string]string{"destruction-compiled": "list.documents", "destruction-counted": "document", "destruction-closed": "documents"}},
			{Heading: fact.Text{ZH: "事由", EN: "reason"}, Paths: map[string]string{"destruction-compiled": "list.reason"}},
			{Heading: fact.Text{ZH: "监销人", EN: "supervisors"}, Paths: map[string]string{"destruction-compiled": "list.supervisors", "destruction-signed": "by", "destruction-closed": "supervisors"}},
		}},
	}
}

// ofGuarding are those of the room, the safe, the counts and the incidents.
func ofGuarding() []Register {
	return []Register{
		{ID: "room-entry", Name: fact.Text{ZH: "出入登记簿", EN: "room entry register"}, Kinds: []string{"person-moved", "badge-refused", "visit-registered", "visit-opened", "visit-ended"}, Columns: []Column{
			{Heading: fact.Text{ZH: "人员", EN: "person"}, Paths: map[string]string{"person-moved": "person", "badge-refused": "person", "visit-registered": "visit.name", "visit-opened": "visit", "visit-ended": "visit"}},
			{Heading: fact.Text{ZH: "房间", EN: "room"}, Paths: map[string]string{"person-moved": "room", "badge-refused": "reader", "visit-registered": "visit.room"}},
			{Heading: fact.Text{ZH: "进入", EN: "in"}, Paths: map[string]string{"person-moved": "in"}},
			{Heading: fact.Text{ZH: "单位", EN: "body"}, Paths: map[string]string{"visit-registered": "visit.unit"}},
			{Heading: fact.Text{ZH: "证件号", EN: "paper"}, Paths: map[string]string{"visit-registered": "visit.document"}},
			{Heading: fact.Text{ZH: "陪同", EN: "escort"}, Paths: map[string]string{"visit-registered": "visit.escort"}},
			{Heading: fact.Text{ZH: "拒绝原因", EN: "refused for"}, Paths: map[string]string{"badge-refused": "code"}},
		}},
		{ID: "safe-opening", Name: fact.Text{ZH: "保险柜开启登记簿", EN: "safe opening register"}, Kinds: []string{"opening-step"}, Columns: []Column{
			{Heading: fact.Text{ZH: "开启号", EN: "opening"}, Paths: map[string]string{"opening-step": "session"}},
			{Heading: fact.Text{ZH: "步骤", EN: "step"}, Paths: map[string]string{"opening-step": "step.what"}},
			{Heading: fact.Text{ZH: "事由", EN: "purpose"}, Paths: map[string]string{"opening-step": "step.purpose"}},
			{Heading: fact.Text{ZH: "文件", EN: "documents"}, Paths: map[string]string{"opening-step": "step.documents"}},
			{Heading: fact.Text{ZH: "一方", EN: "party"}, Paths: map[string]string{"opening-step": "step.party"}},
			{Heading: fact.Text{ZH: "人员", EN: "person"}, Paths: map[string]string{"opening-step": "step.person"}},
			{Heading: fact.Text{ZH: "原因", EN: "why"}, Paths: map[string]string{"opening-step": "step.why"}},
		}},
		{ID: "inventory", Name: fact.Text{ZH: "清点表", EN: "inventory sheet"}, Kinds: []string{"inventory-started", "difference-explained", "inventory-signed", "inventory-dropped"}, Columns: []Column{
			{Heading: fact.Text{ZH: "处所", EN: "place"}, Paths: map[string]string{"inventory-started": "inventory.place", "inventory-signed": "place"}},
			{Heading: fact.Text{ZH: "文件", EN: "document"}, Paths: map[string]string{"difference-explained": "document"}},
			{Heading: fact.Text{ZH: "说明", EN: "explanation"}, Paths: map[string]string{"difference-explained": "explanation.text"}},
			{Heading: fact.Text{ZH: "在册", EN: "registered"}, Paths: map[string]string{"inventory-signed": "registered"}},
			{Heading: fact.Text{ZH: "差异", EN: "differences"}, Paths: map[string]string{"inventory-signed": "differences"}},
			{Heading: fact.Text{ZH: "签字", EN: "signed by"}, Paths: map[string]string{"inventory-signed": "by"}},
		}},
		{ID: "incidents", Name: fact.Text{ZH: "事件卷宗", EN: "incident file"}, Kinds: []string{"case-opened", "case-stated", "case-confirmed", "case-counted", "case-reported", "case-found", "case-concluded", "case-closed", "entry-corrected"}, Columns: []Column{
			{Heading: fact.Text{ZH: "案件", EN: "case"}, Paths: map[string]string{"case-opened": "case", "case-stated": "case", "case-confirmed": "case", "case-counted": "case", "case-reported": "case", "case-found": "case", "case-concluded": "case", "case-closed": "case"}},
			{Heading: fact.Text{ZH: "事由", EN: "about"}, Paths: map[string]string{"case-opened": "about"}},
			{Heading: fact.Text{ZH: "文件", EN: "document"}, Paths: map[string]string{"case-opened": "document"}},
			{Heading: fact.Text{ZH: "最后读到", EN: "last read"}, Paths: map[string]string{"case-opened": "last.place"}},
			{Heading: fact.Text{ZH: "持有人", EN: "holder"}, Paths: map[string]string{"case-opened": "holder"}},
			{Heading: fact.Text{ZH: "在场人", EN: "who was there"}, Paths: map[string]string{"case-opened": "there"}},
			{Heading: fact.Text{ZH: "报告", EN: "reported to"}, Paths: map[string]string{"case-reported": "report.to"}},
			{Heading: fact.Text{ZH: "函号", EN: "letter"}, Paths: map[string]string{"case-reported": "report.number"}},
			{Heading: fact.Text{ZH: "结果", EN: "outcome"}, Paths: map[string]string{"case-concluded": "outcome", "case-closed": "finding", "case-stated": "reason", "case-found": "place"}},
			{Heading: fact.Text{ZH: "更正", EN: "correction"}, Paths: map[string]string{"entry-corrected": "right"}},
		}},
	}
}
