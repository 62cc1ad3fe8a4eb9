package alerts

import (
	"slices"

	"trilock/custody/fact"
)

// Code names a kind of alert, for machines: metrics, webhooks, configuration.
type Code string

// The kinds of alert.
const (
	LeftZone        Code = "left-authorised-zone"
	Misplaced       Code = "misplaced"
	Missing         Code = "missing"
	Overdue         Code = "overdue"
	NotReadable     Code = "not-readable"
	UnknownTag      Code = "unknown-tag"
	Unattributed    Code = "unattributed-passage"
	CarriedOut      Code = "carried-out-without-approval"
	CarriedAlone    Code = "carried-by-fewer-than-two"
	TagFlood        Code = "tag-flood"
	TagCloned       Code = "tag-cloned"
	TagFading       Code = "tag-fading"
	PlaceShielded   Code = "place-shielded"
	UnknownBadge    Code = "unknown-badge"
	BadgeBarred     Code = "badge-barred"
	WrongPIN        Code = "wrong-pin"
	DoorForced      Code = "door-forced"
	DoorHeldOpen    Code = "door-held-open"
	NotLocked       Code = "not-locked"
	DeviceDown      Code = "device-down"
	DeviceFault     Code = "device-fault"
	LineAttacked    Code = "badge-line-attacked"
	SafeLeftOpen    Code = "safe-left-open"
	SafeNoSession   Code = "safe-opened-without-session"
	LockRefusals    Code = "lock-messages-refused"
	LockRekeyed     Code = "lock-rekeyed"
	LockKeysDiffer  Code = "lock-keys-differ"
	SafeContents    Code = "safe-contents-differ"
	SafeUnconfirmed Code = "safe-closing-unconfirmed"
	Duress          Code = "duress"
	ChannelFailing  Code = "channel-failing"
)

// Kind declares everything about one kind of alert in one place.
type Kind struct {
	Code     Code
	Severity Severity
	Rule     string // id of the rule of the regulations that it serves, if one does
	Title    fact.Text
	// Text is the sentence; its verbs are filled with the arguments given to Begin.
	Text fact.Text
	ToDo fact.Text
	// Silent kinds are for security alone: no lamp, no sound, and no screen that whoever
	// stands beside the person in danger could see.
	Silent bool
	// Momentary kinds have no lasting condition: they end by themselves as soon as they are raised.
	Momentary bool
}

// Kinds lists every kind of alert, in the order of the wall screen's legend.
func Kinds() []Kind { return kinds }

// KindOf returns the declaration of a kind. Codes come from this package or from the
// record, which is checked when it is read; an unknown one is a broken invariant.
func KindOf(c Code) (Kind, bool) {
	for i := range kinds {
		if kinds[i].Code == c {
			return kinds[i], true
		}
	}
	return Kind{}, false
}

var kinds = slices.Concat(baseKinds, lendingKinds, registeringKinds, keepingKinds, guardingKinds)

var baseKinds = []Kind{
	{Code: LeftZone, Severity: Critical, Rule: "OUT-1",
		Title: fact.Text{ZH: "文件离开授权区域", EN: "Document left its authorised zone"},
		Text:  fact.Text{ZH: "%[1]s 在 %[2]s 被读到，该处未获授权。%[3]s", EN: "%[1]s was read at %[2]s, where it is not authorised. %[3]s"},
		ToDo:  fact.Text{ZH: "立即到该处拦截，核对持有人，收回文件。", EN: "Go there now, stop the carrier, recover the document."}},
	{Code: Misplaced, Severity: Warning, Rule: "STO-1",
		Title: fact.Text{ZH: "文件放错位置", EN: "Document in the wrong place"},
		Text:  fact.Text{ZH: "%[1]s 停放在 %[2]s，它的存放位置是 %[3]s。", EN: "%[1]s rests in %[2]s; its home is %[3]s."},
		ToDo:  fact.Text{ZH: "由档案员放回原位。", EN: "The archivist puts it back in its home."}},
	{Code: Missing, Severity: Critical, Rule: "INC-1",
		Title: fact.Text{ZH: "文件下落不明", EN: "Document missing"},
		Text:  fact.Text{ZH: "%[1]s 自 %[2]s 消失，各处读写器正常但均未读到。%[3]s", EN: "%[1]s disappeared from %[2]s; all readers are healthy and none hears it. %[3]s"},
		ToDo:  fact.Text{ZH: "封锁出口，逐一询问在室人员；24 小时内向保密部门报告。", EN: "Hold the exits, ask everyone in the room; report to the confidentiality department within 24 hours."}},
	{Code: Overdue, Severity: Warning, Rule: "CIR-7",
		Title: fact.Text{ZH: "借阅超期", EN: "Loan overdue"},
		Text:  fact.Text{ZH: "%[1]s 应于 %[2]s 归还，仍在 %[3]s 手中。", EN: "%[1]s was due back at %[2]s; %[3]s still has it."},
		ToDo:  fact.Text{ZH: "联系借阅人，当面收回。", EN: "Call the borrower and take it back in person."}},
	{Code: NotReadable, Severity: Warning, Rule: "STO-4",
		Title: fact.Text{ZH: "区域无法读取", EN: "Place not readable"},
		Text:  fact.Text{ZH: "%[1]s 无法读取，其中 %[2]d 份文件情况未知。", EN: "%[1]s cannot be read; nothing is known of %[2]d documents there."},
		ToDo:  fact.Text{ZH: "检查读写器；恢复前派人看守。", EN: "Check the reader; keep the place guarded until it is back."}},
	{Code: UnknownTag, Severity: Warning, Rule: "REG-1",
		Title: fact.Text{ZH: "未登记的标签", EN: "Unknown tag"},
		Text:  fact.Text{ZH: "在 %[2]s 读到未登记的标签 %[1]s。", EN: "Tag %[1]s, which the register does not know, was read at %[2]s."},
		ToDo:  fact.Text{ZH: "找到该载体，登记或移出。", EN: "Find the item; register it or remove it."}, Momentary: true},
	{Code: Unattributed, Severity: Critical, Rule: "OUT-1",
		Title: fact.Text{ZH: "无人认领的通过", EN: "Unattributed passage"},
		Text:  fact.Text{ZH: "%[1]s 经 %[2]s 被带%[3]s，没有任何人刷卡与之相符。%[4]s", EN: "%[1]s was carried %[3]s through %[2]s, and nobody's badge goes with it. %[4]s"},
		ToDo:  fact.Text{ZH: "立即到门口查明是谁携带；调看录像。", EN: "Go to the door and find out who carried it; look at the recordings."}, Momentary: true},
	{Code: CarriedOut, Severity: Critical, Rule: "OUT-1",
		Title: fact.Text{ZH: "文件未经批准被带出", EN: "Document carried out without approval"},
		Text:  fact.Text{ZH: "%[1]s 经 %[2]s 被%[3]s；刷卡人：%[4]s。%[5]s", EN: "%[1]s was carried through %[2]s, %[3]s; with it: %[4]s. %[5]s"},
		ToDo:  fact.Text{ZH: "立即追回，核对携带人；确认下落前按失控处理。", EN: "Go after it now and check who carries it; until it is found treat it as out of control."}},
	{Code: CarriedAlone, Severity: Critical, Rule: "OUT-2",
		Title: fact.Text{ZH: "须两人携带的文件未由两人带出", EN: "Carried out by fewer than two persons"},
		Text:  fact.Text{ZH: "%[1]s 经 %[2]s 被%[3]s，须两人同时在出口刷卡；刷卡人：%[4]s。", EN: "%[1]s was carried through %[2]s, %[3]s; two persons must badge there together with it; with it: %[4]s."},
		ToDo:  fact.Text{ZH: "立即追上携带人，第二人到场前不得离开。", EN: "Stop the carrier now; nobody goes on before the second person is there."}},
	{Code: TagFlood, Severity: Critical, Rule: "REG-1",
		Title: fact.Text{ZH: "未登记标签泛滥", EN: "Flood of unknown tags"},
		Text:  fact.Text{ZH: "%[1]s 在 %[2]s 短时间内读到大量未登记的标签：有人在用标签模拟器，或抬来一批未登记的载体。已登记的文件照常读取。", EN: "%[1]s hears a flood of unknown tags at %[2]s: somebody uses a tag emulator, or brought a load of unregistered carriers. Registered documents are read as ever."},
		ToDo:  fact.Text{ZH: "立即到该处查看，搜查干扰设备；暂停该处出入。", EN: "Go there now and search for the device; let nobody in or out there meanwhile."}},
	{Code: TagCloned, Severity: Critical, Rule: "REG-6",
		Title: fact.Text{ZH: "同一标签出现在两处", EN: "One tag in two places"},
		Text:  fact.Text{ZH: "%[1]s 的标签同时在 %[2]s 和 %[3]s 被读到。", EN: "The tag of %[1]s is read at %[2]s and at %[3]s at the same time."},
		ToDo:  fact.Text{ZH: "两处都去查看：哪一份是真的；收缴复制的标签，按事件处理。", EN: "Look at both places: which is the document? Take the copied tag and treat it as an incident."}, Momentary: true},
	{Code: TagFading, Severity: Warning, Rule: "REG-6",
		Title: fact.Text{ZH: "标签信号衰退", EN: "Tag fading"},
		Text:  fact.Text{ZH: "%[1]s 在 %[2]s 的读取率从百分之%[3]d 降到百分之%[4]d。", EN: "%[1]s is now read in %[4]d of 100 rounds at %[2]s, down from %[3]d."},
		ToDo:  fact.Text{ZH: "检查标签是否损坏或被遮挡；必要时更换标签。", EN: "See whether the label is damaged or covered; replace it if need be."}, Momentary: true},
	{Code: PlaceShielded, Severity: Critical, Rule: "STO-4",
		Title: fact.Text{ZH: "读取率骤降", EN: "Reads have collapsed"},
		Text:  fact.Text{ZH: "%[1]s 的 %[2]d 份文件几乎同时读不到：天线被干扰、被屏蔽，或整架被取走。", EN: "Next to none of the %[2]d documents in %[1]s is read any more, all at once: the antenna is jammed or shielded, or the shelf was emptied."},
		ToDo:  fact.Text{ZH: "立即到场查看并清点；查找干扰源。", EN: "Go there now, look and count; search for what jams it."}},
	{Code: UnknownBadge, Severity: Warning, Rule: "ACC-1",
		Title: fact.Text{ZH: "未知证件", EN: "Unknown badge"},
		Text:  fact.Text{ZH: "%[1]s 刷了未知证件（尾号 %[2]s）。", EN: "A badge that nobody holds (ending %[2]s) was shown at %[1]s."},
		ToDo:  fact.Text{ZH: "到场核实身份。", EN: "Go and see who it is."}, Momentary: true},
	{Code: BadgeBarred, Severity: Warning, Rule: "ACC-6",
		Title: fact.Text{ZH: "停用证件被出示", EN: "Barred badge shown"},
		Text:  fact.Text{ZH: "%[2]s 的证件已停用，在 %[1]s 被出示。", EN: "The barred badge of %[2]s was shown at %[1]s."},
		ToDo:  fact.Text{ZH: "到场核实，收回证件。", EN: "Go and see; take the badge back."}, Momentary: true},
	{Code: WrongPIN, Severity: Critical, Rule: "SAF-1",
		Title: fact.Text{ZH: "密码连续错误", EN: "Wrong PIN again and again"},
		Text:  fact.Text{ZH: "%[2]s 在 %[1]s 连续 %[3]d 次输错密码，已锁定。", EN: "%[2]s entered a wrong PIN %[3]d times at %[1]s and is locked out."},
		ToDo:  fact.Text{ZH: "到场核实持证人身份。", EN: "Go and see who holds the badge."}, Momentary: true},
	{Code: DoorForced, Severity: Critical, Rule: "ACC-3",
		Title: fact.Text{ZH: "门被强行打开", EN: "Door forced"},
		Text:  fact.Text{ZH: "%[1]s 未经刷卡被打开。", EN: "%[1]s was opened without a badge."},
		ToDo:  fact.Text{ZH: "立即到场。", EN: "Go there now."}},
	{Code: DoorHeldOpen, Severity: Warning, Rule: "ACC-3",
		Title: fact.Text{ZH: "门未关", EN: "Door held open"},
		Text:  fact.Text{ZH: "%[1]s 已打开超过 %[2]s。", EN: "%[1]s has been open for more than %[2]s."},
		ToDo:  fact.Text{ZH: "到场关门，查明原因。", EN: "Go and shut it; find out why."}},
	{Code: NotLocked, Severity: Critical, Rule: "ACC-3",
		Title: fact.Text{ZH: "门或文件柜未锁", EN: "Door or cabinet not locked"},
		Text:  fact.Text{ZH: "%[1]s 的 %[2]s：%[3]s。", EN: "%[2]s of %[1]s: %[3]s."},
		ToDo:  fact.Text{ZH: "到场锁好；文件柜须清点其中文件。", EN: "Go and lock it; of a cabinet, count what is in it."}},
	{Code: DeviceDown, Severity: Warning, Rule: "DEV-1",
		Title: fact.Text{ZH: "设备离线", EN: "Device down"},
		Text:  fact.Text{ZH: "%[1]s 无应答（%[2]s）。", EN: "%[1]s does not answer (%[2]s)."},
		ToDo:  fact.Text{ZH: "检查供电与接线。", EN: "Check its power and its line."}},
	{Code: DeviceFault, Severity: Warning, Rule: "DEV-1",
		Title: fact.Text{ZH: "设备故障", EN: "Device fault"},
		Text:  fact.Text{ZH: "%[1]s 报告故障（%[2]s）。", EN: "%[1]s reports a fault (%[2]s)."},
		ToDo:  fact.Text{ZH: "检查设备；若为拆动，按事件处理。", EN: "Check the device; treat tampering as an incident."}},
	{Code: LineAttacked, Severity: Critical, Rule: "DEV-1",
		Title: fact.Text{ZH: "读卡器线路受攻击", EN: "Badge line under attack"},
		Text:  fact.Text{ZH: "%[1]s 的加密通道被干扰或降级（%[2]s），已停用该读卡器。", EN: "Somebody tampers with the secure channel of %[1]s (%[2]s); it is not used until that ends."},
		ToDo:  fact.Text{ZH: "到场检查读卡器和线路，是否被更换或并接。", EN: "Go and look at the reader and its cable: was one exchanged, or something added?"}},
	{Code: SafeLeftOpen, Severity: Critical, Rule: "SAF-3",
		Title: fact.Text{ZH: "保险柜未锁", EN: "Safe not locked"},
		Text:  fact.Text{ZH: "%[1]s 未在规定时间内关闭锁好：%[2]s。", EN: "%[1]s was not shut and locked in time: %[2]s."},
		ToDo:  fact.Text{ZH: "到场看守，由三方关闭。", EN: "Guard it; the three parties shut it."}},
	{Code: SafeNoSession, Severity: Critical, Rule: "SAF-4",
		Title: fact.Text{ZH: "保险柜未经授权开启", EN: "Safe opened without a session"},
		Text:  fact.Text{ZH: "%[1]s：%[2]s，但没有进行中的三方开启。", EN: "%[1]s: %[2]s, but no three-party opening is under way."},
		ToDo:  fact.Text{ZH: "立即到场，清点全部文件。", EN: "Go there now; take a full inventory."}},
	{Code: LockRefusals, Severity: Critical, Rule: "DEV-1",
		Title: fact.Text{ZH: "锁的报文被拒", EN: "Messages of a lock refused"},
		Text:  fact.Text{ZH: "%[1]s：一分钟内 %[2]s %[3]d 条不合格的报文（%[4]s）。", EN: "%[1]s: within a minute %[2]s %[3]d messages that were not good (%[4]s)."},
		ToDo:  fact.Text{ZH: "有人冒充，或密钥配置有误：检查消息服务器、锁和系统的密钥；查明前不要开启保险柜。", EN: "Somebody pretends, or a key is configured wrongly: check the broker and the keys of the lock and the system; leave the safe shut until it is clear."}},
	{Code: LockRekeyed, Severity: Critical, Rule: "DEV-1",
		Title: fact.Text{ZH: "锁的授权密钥已更换", EN: "Lock re-keyed"},
		Text:  fact.Text{ZH: "%[1]s 所信任的密钥已更换（%[2]s）。", EN: "%[1]s believes other keys than before (%[2]s)."},
		ToDo:  fact.Text{ZH: "与三方核对是否为其批准的更换；否则按事件处理，停用保险柜。", EN: "Ask the three parties whether they approved it; if not, treat it as an incident and do not use the safe."}, Momentary: true},
	{Code: LockKeysDiffer, Severity: Warning, Rule: "DEV-1",
		Title: fact.Text{ZH: "三把锁的密钥清单不一致", EN: "Locks have different lists of keys"},
		Text:  fact.Text{ZH: "%[1]s 的三把锁没有同一份密钥清单，不同的是：%[2]s。", EN: "The three locks of %[1]s do not have one list of keys; what differs: %[2]s."},
		ToDo:  fact.Text{ZH: "由三方批准，把现行清单单独送到该锁；该锁的清单若无人批准过，按事件处理。", EN: "The three parties bring the present list to that lock alone; if nobody approved the list that it has, treat it as an incident."}},
	{Code: SafeContents, Severity: Critical, Rule: "SAF-2",
		Title: fact.Text{ZH: "保险柜存取与事由不符", EN: "Safe contents differ from the purpose"},
		Text:  fact.Text{ZH: "%[1]s 开启期间，%[2]s %[3]s，不在所述事由之内。", EN: "While %[1]s was open, %[2]s %[3]s, which the stated purpose does not cover."},
		ToDo:  fact.Text{ZH: "三方在场时立即核对。", EN: "Check it now, while the three parties stand there."}},
	{Code: SafeUnconfirmed, Severity: Warning, Rule: "SAF-3",
		Title: fact.Text{ZH: "保险柜关闭未确认", EN: "Closing of the safe not confirmed"},
		Text:  fact.Text{ZH: "%[1]s 已关好锁好，但 %[2]s 未确认。", EN: "%[1]s is shut and locked, but not confirmed by: %[2]s."},
		ToDo:  fact.Text{ZH: "与当事人核对开启经过和柜内文件。", EN: "Ask them what was done, and check the contents."}, Momentary: true},
	{Code: Duress, Severity: Critical, Rule: "SAF-1",
		Title: fact.Text{ZH: "胁迫报警", EN: "Duress"},
		Text:  fact.Text{ZH: "%[1]s 在 %[2]s 输入了胁迫密码。", EN: "%[1]s entered the duress PIN at %[2]s."},
		ToDo:  fact.Text{ZH: "不要打电话到现场，不要惊动对方；立即报警并封控出口。", EN: "Do not call the room and do not show that you know; call the police and hold the exits."}, Momentary: true, Silent: true},
	{Code: ChannelFailing, Severity: Warning, Rule: "ACC-4",
		Title: fact.Text{ZH: "通知渠道失败", EN: "Notice channel failing"},
		Text:  fact.Text{ZH: "渠道 %[1]s 无法送达：%[2]s。", EN: "Channel %[1]s cannot deliver: %[2]s."},
		ToDo:  fact.Text{ZH: "检查渠道配置；改用电话值守。", EN: "Check the channel's configuration; watch by telephone meanwhile."}, Momentary: true},
}
