package rule

import "trilock/custody/fact"

// all is the catalogue.
var all = []Rule{
	{ID: "REG-1", Modes: []Mode{Enforce, Detect, Record}, Clause: "S0.1, S0.3, S0 receiving; S1 二(一); S2 (一)(1); S3 receiving 1", Sentence: fact.Text{
		ZH: "文件先登记后存放、流转：编号、题名、密级、份号、来文机关与文号、制发日期、收文时间与经手人、封装状况、保密期限、知悉范围；读到未登记的标签即报警。",
		EN: "A document is entered in the register, with all that the receipt register asks for, before it is stored, issued or moved; a tag that the register does not know raises an alert."}},
	{ID: "REG-2", Modes: []Mode{Enforce}, Clause: "S1 文件编码", Sentence: fact.Text{
		ZH: "编号按“类别-年度-顺序号”，一号一件，不得重复使用，空号须说明。",
		EN: "Numbers are category-year-sequence, each used once and never again, and every gap is explained."}},
	{ID: "REG-3", Modes: []Mode{Remind, Enforce, Record}, Clause: "S1 第四条 1–4, 第十条", Sentence: fact.Text{
		ZH: "密级和保密期限随文件登记；期满、变更或解除须经保密部门批准，原密级留在记录中。",
		EN: "Level and period come with each document; a change, or the end of the period, needs the confidentiality office's approval and keeps the old level on record."}},
	{ID: "REG-4", Modes: []Mode{Enforce, Record}, Clause: "S0.6; S1 三(一)2–3; S2 复制件; S3 secretary 6", Sentence: fact.Text{
		ZH: "复制件、摘录、草稿和会议文件各按一件登记：另编号、另贴标签、注明原件，密级、期限、范围不得低于原件。",
		EN: "A copy, excerpt, draft or meeting issue is a document of its own, tied to its original, with the same level, period and scope."}},
	{ID: "REG-5", Modes: []Mode{Enforce, Record}, Clause: "S0.5; S2 一.2; S3 circulation 4", Sentence: fact.Text{
		ZH: "文件只给知悉范围内、涉密等级够的人员；扩大范围须经原定密机关或主管领导批准。",
		EN: "A document goes only to a person inside its scope whose clearance covers its level; widening the scope needs the issuing body's or the supervising leader's approval."}},
	{ID: "REG-6", Modes: []Mode{Enforce, Detect}, Clause: "S3 meeting 7 (unified numbering)", Sentence: fact.Text{
		ZH: "一件一签；换签须登记旧签；旧签或复制的标签被读到即报警。",
		EN: "One live tag to one document; a replaced tag stays on record, and an old or copied tag that is read raises an alert."}},
	{ID: "REG-7", Modes: []Mode{Enforce, Detect}, Clause: "S1 一(二), 三(二)1; S3 secretary 2", Sentence: fact.Text{
		ZH: "涉密与非涉密文件分别登记、分别存放。",
		EN: "Classified and unclassified documents are registered apart and stored apart."}},
	{ID: "REG-8", Modes: []Mode{Enforce, Record}, Clause: "S0.1; S2 一.9, 二.6, 县委办 3, 7; S4 (六)", Sentence: fact.Text{
		ZH: "光盘、移动存储、便携机、音像、电报、印章、介绍信同样是载体，各按其规定管理；指定专人保管的，只由该人发放。",
		EN: "Discs, drives, laptops, recordings, telegrams, seals and letters of introduction are carriers too, each by its own rules; a series with a named custodian is handed out by that person alone."}},
	{ID: "STO-1", Modes: []Mode{Enforce, Detect}, Clause: "S0.2; S2 一.9; S4 八.5", Sentence: fact.Text{
		ZH: "文件有固定存放位置；绝密件只放三锁保险柜，涉密件只放许可的柜；放在不许可的地方或别人的位置即报警。",
		EN: "Every document has a home: top secret only in the safe under three locks, secrets only in cabinets cleared for them; one at rest elsewhere raises an alert."}},
	{ID: "STO-2", Modes: []Mode{Detect}, Clause: "S0.2; S3 staff 7", Sentence: fact.Text{
		ZH: "不得私自留存：离柜文件须有一名责任人和归还时间，无人负责或逾期即报警。",
		EN: "No private keeping: a document out of its home has one named holder and a due time, or an alert stands."}},
	{ID: "STO-3", Modes: []Mode{Remind, Detect, Record}, Clause: "S2 下班前; S3 staff 6, secretary 2", Sentence: fact.Text{
		ZH: "下班前清理：应归柜的文件归柜，柜锁好、门关好；清查单逐项写明，未归的列出。",
		EN: "At the close of business every document that must sleep at home is home, cabinets and safe are locked and the door is shut; a sweep sheet says so, and names what is not."}},
	{ID: "STO-4", Modes: []Mode{Detect, Record}, Clause: "S0.10; S1 三(二)1; S3 secretary 9", Sentence: fact.Text{
		ZH: "定期清点：每小时自动核对，按密级定期签字清点，差异逐件说明；缺一件即按失踪处理。",
		EN: "Inventory: each hour by the readers, and signed at the period set by level, with every difference explained; what is missing opens an incident."}},
	{ID: "STO-5", Modes: []Mode{Remind, Enforce}, Clause: "S0 daily management (change passwords regularly)", Sentence: fact.Text{
		ZH: "密码定期更换；超期先提醒，仍不更换则不得使用。",
		EN: "PINs and combinations are changed at the set interval; an aged one is refused after a warning."}},
	{ID: "STO-6", Modes: []Mode{Enforce, Record}, Clause: "S3 computer 10; S4 七.10", Sentence: fact.Text{
		ZH: "保管人交接须全面清点，移交人、接收人、监交领导三方签字。",
		EN: "The custodian's post is handed over by a full inventory signed by who leaves, who arrives and a leader."}},
	{ID: "STO-7", Modes: []Mode{Enforce, Detect}, Clause: "S0 daily management (decomposed key parts, shared responsibility)", Sentence: fact.Text{
		ZH: "分件保管的，任何一人不得持有全部，各件不得同处存放。",
		EN: "Of a document kept in parts no one person holds all, and the parts share no home."}},
	{ID: "ACC-1", Modes: []Mode{Enforce, Record}, Clause: "S2 三 3.4; S3 receiving 8; S4 (三)1", Sentence: fact.Text{
		ZH: "只有名单内人员在规定时间内可以进入；其余在门口拒绝，每次均有记录。",
		EN: "Only persons on the room's list enter, and in their hours; everyone else is refused at the door, and each attempt is recorded."}},
	{ID: "ACC-2", Modes: []Mode{Enforce, Detect, Record}, Clause: "S2 访客; S3 computer 2; S4 (八)2–3", Sentence: fact.Text{
		ZH: "来访须登记、批准、专人陪同；无人陪同在室内即报警。",
		EN: "Visitors are registered, approved and escorted by somebody on the list; a visitor in the room without an escort raises an alert."}},
	{ID: "ACC-3", Modes: []Mode{Detect}, Clause: "S3 staff 6, receiving 9", Sentence: fact.Text{
		ZH: "门被强开、久开不关，或室内无人而门、柜、保险柜未关，即报警。",
		EN: "A door forced or held open, or a room left empty with door, cabinet or safe open, raises an alert."}},
	{ID: "ACC-4", Modes: []Mode{Enforce, Detect}, Clause: "S2 二.6 (24小时值班)", Sentence: fact.Text{
		ZH: "昼夜有人值班，每个警报都有接收人；值班表有空档须提前发现或拒绝。",
		EN: "Somebody is on duty day and night to receive every alert; a gap in the roster is refused, or told ahead of time."}},
	{ID: "ACC-5", Modes: []Mode{Enforce, Record}, Clause: "S0.8; S2 15; S3 secretary 11; S4 七.10", Sentence: fact.Text{
		ZH: "离岗、调动前须交回或移交全部文件，由主管签字；未清不得办结。",
		EN: "Who leaves or changes post first returns or hands over every document held, signed by the supervisor; until then the person is not closed."}},
	{ID: "ACC-6", Modes: []Mode{Enforce, Detect}, Clause: "S4 (三)1", Sentence: fact.Text{
		ZH: "停用、离职、过期的证件什么都打不开，出示即报警。",
		EN: "A suspended, departed or expired badge opens nothing and raises an alert when it is shown."}},
	{ID: "ACC-7", Modes: []Mode{Remind, Enforce}, Clause: "S1 第十六条; S2 1.1–1.2; S4 第二条", Sentence: fact.Text{
		ZH: "涉密资格有效、签过保密承诺、通过培训的人员，才可接触文件或单独进入；将到期先提醒，到期即拒绝。",
		EN: "Only a person with a valid clearance, a signed agreement and a passed training is given anything or let in alone; what runs out is reminded ahead, and then refused."}},
	{ID: "SAF-1", Modes: []Mode{Enforce, Record}, Clause: "S4 八.5", Sentence: fact.Text{
		ZH: "三锁三方三人同时在场：档案员、综合部、总经理（或总工程师）；人数不足、一人两次、代理人兼任一方、未刷卡入室的，柜不开并留记录。",
		EN: "Three locks, three parties, three different persons present at once: archivist, general office, general manager or in that place the chief engineer; anything less and the safe stays locked, on record."}},
	{ID: "SAF-2", Modes: []Mode{Enforce, Detect, Record}, Clause: "S4 八.5; S0 daily management", Sentence: fact.Text{
		ZH: "每次开柜写明事由，记录谁、何时、多久、出入了什么；取走未批准的文件，三方尚在场即报警。",
		EN: "Each opening has a stated purpose and leaves a record of who, when, how long, and what left and arrived; a document that no approval covers raises an alert while the parties still stand there."}},
	{ID: "SAF-3", Modes: []Mode{Detect}, Clause: "S3 secretary 2", Sentence: fact.Text{
		ZH: "保险柜不得敞开：规定时间内三锁和柜门须报告关好，否则报警。",
		EN: "The safe is not left open: door and three locks report locked within the set time, or an alert is raised."}},
	{ID: "SAF-4", Modes: []Mode{Detect}, Clause: "S2 二.9; S0 receiving (signs of theft)", Sentence: fact.Text{
		ZH: "未经三方授权而被打开、移动或拆动，立即报警。",
		EN: "Opened, moved or tampered with outside an authorised opening: an alert at once."}},
	{ID: "CIR-1", Modes: []Mode{Enforce, Record}, Clause: "S1 七(二); S2 一.6; S4 (四)1", Sentence: fact.Text{
		ZH: "借阅按密级审批：秘密件在范围内登记签收；机密以上由综合部负责人批准；绝密件另须主管领导批准。",
		EN: "Who approves a loan follows the level: confidential is signed for inside its scope, secret needs the head of the general office, top secret the supervising leader as well."}},
	{ID: "CIR-2", Modes: []Mode{Enforce, Detect}, Clause: "S1 二(二); S3 circulation 1–2, secretary 5", Sentence: fact.Text{
		ZH: "单线传阅：阅后退回保管人，再给下一人；直接横传不予登记，发现即报警。",
		EN: "Single line: from the reader back to the custodian, and then to the next; a pass from hand to hand is refused, and one that is seen raises an alert."}},
	{ID: "CIR-3", Modes: []Mode{Remind, Detect}, Clause: "S2 一.3, (一)(2); S3 circulation 3", Sentence: fact.Text{
		ZH: "每人阅看最多两天；急件即阅即退；绝密件和标明当日退的，当日下班前退回。",
		EN: "At most two days with one reader; urgent ones come back at once; top secret, and what is marked same-day, before the off-duty hour of that day."}},
	{ID: "CIR-4", Modes: []Mode{Enforce, Record}, Clause: "S0.3; S3 circulation 5", Sentence: fact.Text{
		ZH: "交接双方每次都刷卡，退回时由阅件人签全名和时间。",
		EN: "Both sides badge at every hand-over, and the reader's name and the time stand under each return."}},
	{ID: "CIR-5", Modes: []Mode{Enforce, Record}, Clause: "S1 二(一); S3 secretary 5", Sentence: fact.Text{
		ZH: "传阅单列明阅件人及顺序，由综合部负责人确定；只按单、按序传阅，变序须由保管人写明理由。",
		EN: "A circulation list names its readers in the order set by the office's head; only they receive it, in that order unless the custodian records why."}},
	{ID: "CIR-6", Modes: []Mode{Enforce, Record}, Clause: "S2 一.3; S3 receiving 4, 6", Sentence: fact.Text{
		ZH: "本人签收，不得代领；领导指定代领人的除外。",
		EN: "In person: nobody receives for another, unless a leader named that person."}},
	{ID: "CIR-7", Modes: []Mode{Remind, Detect, Record}, Clause: "S1 二(二); S0 receiving 4", Sentence: fact.Text{
		ZH: "滞留文件每日列出并催退：到期前提醒，到期催办，逾期升级。",
		EN: "What lingers with a reader is listed daily and chased: a reminder before it is due, at due, and an escalation after."}},
	{ID: "CIR-8", Modes: []Mode{Detect}, Clause: "S0.2; S2 二.5", Sentence: fact.Text{
		ZH: "绝密件只在阅览室或保密室阅看，档案不出档案室；离开许可区域即报警。",
		EN: "Top secret is read only in the reading or secrecy room, archives never leave the archive room; a document that leaves its zones raises an alert."}},
	{ID: "CIR-9", Modes: []Mode{Remind, Detect}, Clause: "S3 circulation 7", Sentence: fact.Text{
		ZH: "年底清退：个人阅看的文件在规定日期前全部收回。",
		EN: "Year-end clearing: every document issued for private reading is back by the set day."}},
	{ID: "CIR-10", Modes: []Mode{Enforce, Record}, Clause: "S0.4", Sentence: fact.Text{
		ZH: "延期须另行批准，审批与原借阅相同，有限度并留记录。",
		EN: "Longer use needs a recorded extension, approved as the loan was, and with a limit."}},
	{ID: "CIR-11", Modes: []Mode{Record, Detect}, Clause: "S3 circulation 2", Sentence: fact.Text{
		ZH: "退回时清点份数和页数，与登记不符即报警。",
		EN: "On return the copies and pages are counted against the register; a difference raises an alert."}},
	{ID: "CIR-12", Modes: []Mode{Enforce, Record}, Clause: "S2 二.2–4", Sentence: fact.Text{
		ZH: "外单位查阅须凭介绍信、写明事由、经批准，并在室内阅看。",
		EN: "Outside readers need a letter of introduction, a stated subject and approval, and read in the room."}},
	{ID: "CIR-13", Modes: []Mode{Detect, Record}, Clause: "S3 circulation 4; S1 二(二)", Sentence: fact.Text{
		ZH: "传阅夹内文件同进同出；未登记抽出而单独被读到即报警。",
		EN: "The pieces of a circulating folder travel together; one read apart from it without a recorded extraction raises an alert."}},
	{ID: "OUT-1", Modes: []Mode{Enforce, Detect, Record}, Clause: "S0.7; S1 五(四); S2 15", Sentence: fact.Text{
		ZH: "带出单位须经主管领导批准，写明文件、携带人、事由、措施和归还时间；无批准、换人或超时过门即报警。",
		EN: "Leaving the site needs the supervising leader's approval of document, carrier, purpose, measures and return time; crossing an exit without one, with another person or outside its time raises an alert."}},
	{ID: "OUT-2", Modes: []Mode{Detect}, Clause: "S3 receiving 7; S2 篇1.8, 机要 3", Sentence: fact.Text{
		ZH: "绝密件和规定的其他文件须两人同行，出门时两人同时刷卡，否则报警。",
		EN: "Top secret, and what the policy adds, travels with two persons who both badge at the exit with the document, or an alert is raised."}},
	{ID: "OUT-3", Modes: []Mode{Remind, Detect}, Clause: "S0.3, S0.7; S2 一.8", Sentence: fact.Text{
		ZH: "返回后直接交还保管人；回到单位未按时交还或到期未归即报警。",
		EN: "On return it goes straight to the custodian; back on site and not handed in, or not back in time, raises an alert."}},
	{ID: "ISS-1", Modes: []Mode{Enforce, Detect, Record}, Clause: "S0 issuing; S1 文件起草与审批; S4 (一)(二)", Sentence: fact.Text{
		ZH: "发文自拟稿起定密，审核、签发、复核由不同人员完成后方可编号印制；印数须等于发出、留存、销毁之和，不符即报警。",
		EN: "An outgoing document has its level from the draft on and passes review, issue and recheck by different persons before it is numbered; printed must equal sent, kept and destroyed, or an alert is raised."}},
	{ID: "ISS-2", Modes: []Mode{Enforce, Remind, Record}, Clause: "S0 issuing; S3 receiving 4–7", Sentence: fact.Text{
		ZH: "发送列明收件单位，编号密封，专人递送（绝密两人），回执按时收回，逾期催办。",
		EN: "Dispatch lists its recipients, is sealed under a recorded number and carried by courier, two for top secret; the signed receipt is back in time or chased."}},
	{ID: "CPY-1", Modes: []Mode{Enforce, Record}, Clause: "S1 三(一)2; S2 (一)(3); S3 printing 1", Sentence: fact.Text{
		ZH: "复制按密级审批：绝密件由原定密机关批准，机密、秘密件由单位负责人批准。",
		EN: "Copying needs approval by level: top secret by the issuing body, secret and confidential by the unit's leader."}},
	{ID: "CPY-2", Modes: []Mode{Enforce, Detect, Record}, Clause: "S2 10; S3 printing 1", Sentence: fact.Text{
		ZH: "复制份数不得超过批准数；复制件登记、贴签后方可离开文印室；原件在场须与批准相符。",
		EN: "No more copies than approved; each is registered and tagged before it leaves the copying place, where the original is present as approved."}},
	{ID: "DES-1", Modes: []Mode{Enforce, Record}, Clause: "S0.9, S0.11; S2 4; S4 (七)5", Sentence: fact.Text{
		ZH: "销毁先由保密部门编列清册并经领导批准；不得一人销毁，不得销毁清册以外的文件。",
		EN: "A destruction list compiled by the confidentiality office and approved by the leader comes first; nobody destroys alone or off the list."}},
	{ID: "DES-2", Modes: []Mode{Enforce, Record}, Clause: "S1; S2 二.4; S4 (七)5", Sentence: fact.Text{
		ZH: "销毁时至少两名监销人在现场刷卡，清册标签逐一点清，少一件不得结册。",
		EN: "At least two supervisors badge at the destroying place, every listed tag is counted there, and one short keeps the list open."}},
	{ID: "DES-3", Modes: []Mode{Detect}, Clause: "S0.9", Sentence: fact.Text{
		ZH: "已销毁、已移交文件的标签再次被读到即报警。",
		EN: "A tag of a document that was destroyed or transferred raises an alert when it is read again."}},
	{ID: "DES-4", Modes: []Mode{Record}, Clause: "S0.9; S2 10", Sentence: fact.Text{
		ZH: "送交集中销毁或移交归档，双方签字。",
		EN: "A hand-over to the outside body for destruction or filing is signed on both sides."}},
	{ID: "DES-5", Modes: []Mode{Remind, Record}, Clause: "S2 一.7, 县委办 5; S3 secretary 9", Sentence: fact.Text{
		ZH: "清退文件按来文机关要求的日期退回并签收；提前提醒，逾期报警。",
		EN: "What the issuing body wants back by a date is back by then, signed; with a reminder before and an alert after."}},
	{ID: "MTG-1", Modes: []Mode{Enforce, Detect, Record}, Clause: "S2 三.3; S3 meeting 4, 7, 9", Sentence: fact.Text{
		ZH: "会议文件编号签收，只发名单内人员，只在会场使用，会后收回并清场；未收回即报警。",
		EN: "Meeting documents are numbered, signed for by listed participants, kept to the venue and collected at its end; what is not back after the sweep raises an alert."}},
	{ID: "DEV-1", Modes: []Mode{Remind, Detect, Record}, Clause: "S1 保密机要室 第八–九条; S2 三 3.2", Sentence: fact.Text{
		ZH: "读写器、锁、门、柜、保险柜定期检查；非经两人登记而被打开、移动、更换或换锁即报警。",
		EN: "Readers, locks, doors, cabinets and safes are checked at set intervals; one opened, moved, swapped or re-keyed without a recorded act of two persons raises an alert."}},
	{ID: "INC-1", Modes: []Mode{Detect, Record}, Clause: "S0.10; S1 五(五); S3 secretary 7", Sentence: fact.Text{
		ZH: "文件失踪立即报警，附最后读取、责任人和其后在室人员；查清或由指定人写明理由前不得结案。",
		EN: "A missing document raises an alert at once, with its last reads, its holder and who was in the room since; the case stays open until it is found, or closed by a named person with a reason."}},
	{ID: "INC-2", Modes: []Mode{Remind, Record}, Clause: "S2 二.9", Sentence: fact.Text{
		ZH: "24 小时内向保密部门、领导和上级报告，3 个月内报结果；两个期限均计时催办。",
		EN: "The report is due within 24 hours and the outcome within 3 months; both clocks run on the case and escalate."}},
	{ID: "INC-3", Modes: []Mode{Enforce}, Clause: "S2 机要 5; S4 (十一)", Sentence: fact.Text{
		ZH: "警报、事件和记录任何人不得删改；有误只能另记更正。",
		EN: "No alert, case or entry can be deleted or altered by anyone; what is wrong is corrected by a further entry."}},
	{ID: "REC-1", Modes: []Mode{Record}, Clause: "S1 一(三); S2 (一)(1); S3; S4", Sentence: fact.Text{
		ZH: "收文、借阅、传阅、带出、复制、销毁、出入、开柜、清点、事件各登记簿随时可打印、导出。",
		EN: "The paper registers that people know can be printed and exported at any time."}},
	{ID: "REC-2", Modes: []Mode{Enforce, Record}, Clause: "S2 五.2; S0 daily management", Sentence: fact.Text{
		ZH: "按岗位和范围查看；超出涉密等级的题名不显示；谁查过什么有记录。",
		EN: "People see what their role and scope allow, a title above their clearance is masked, and who looked up what is recorded."}},
	{ID: "REC-3", Modes: []Mode{Enforce, Record}, Clause: "S0 daily management (shared responsibility); S2 1.3", Sentence: fact.Text{
		ZH: "三员分立：系统管理、安全保密管理、安全审计由三人担任，互不兼任，各自操作均有记录。",
		EN: "Administration is divided among three different persons: who runs the system, who grants permissions, who audits; none can do another's part, and the acts of each are on record."}},
	{ID: "REC-4", Modes: []Mode{Enforce, Record}, Clause: "S1 定期备份; S2 五", Sentence: fact.Text{
		ZH: "记录可验证完整，任何人包括管理员不能改动或删除而不被发现；定期备份并核验。",
		EN: "The record can be shown to be whole: nobody changes or drops an entry unseen, and backups are regular and checked."}},
}
