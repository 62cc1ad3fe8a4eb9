package console

import "trilock/custody/fact"

// The lines of the record in words. Arguments are names in both languages.
var (
	feedStarted       = fact.Text{ZH: "系统启动（%[1]s）", EN: "The daemon started (%[1]s)"}
	feedRecordFailed  = fact.Text{ZH: "记录曾无法写入：%[1]s", EN: "The record could not be written for a while: %[1]s"}
	feedPerson        = fact.Text{ZH: "登记人员 %[1]s", EN: "%[1]s was entered in the register of persons"}
	feedDocument      = fact.Text{ZH: "登记文件 %[1]s", EN: "%[1]s was entered in the register"}
	feedLoanRequested = fact.Text{ZH: "%[1]s 申请借阅 %[2]s", EN: "%[1]s asks to borrow %[2]s"}
	feedLoanApproved  = fact.Text{ZH: "%[1]s 审批完毕", EN: "%[1]s is approved"}
	feedLoanIssued    = fact.Text{ZH: "%[1]s 已借出，经手 %[2]s", EN: "%[1]s was handed out by %[2]s"}
	feedLoanReturned  = fact.Text{ZH: "%[1]s 已归还，经手 %[2]s", EN: "%[1]s was taken back by %[2]s"}
	feedBadgeNo       = fact.Text{ZH: "拒绝：%[1]s 在 %[2]s，%[3]s", EN: "Refused: %[1]s at %[2]s, %[3]s"}
	feedPINNo         = fact.Text{ZH: "密码错误：%[1]s 在 %[2]s", EN: "Wrong PIN: %[1]s at %[2]s"}
	feedDoorForced    = fact.Text{ZH: "%[1]s 未经刷卡被打开", EN: "%[1]s was opened without a badge"}
	feedWentIn        = fact.Text{ZH: "%[1]s 进入 %[2]s", EN: "%[1]s went into %[2]s"}
	feedWentOut       = fact.Text{ZH: "%[1]s 离开 %[2]s", EN: "%[1]s left %[2]s"}
	feedHandOver      = fact.Text{ZH: "%[1]s 与 %[2]s 开始交接", EN: "%[1]s and %[2]s began a hand-over"}
	feedSeen          = fact.Text{ZH: "%[1]s 到了 %[2]s", EN: "%[1]s is now at %[2]s"}
	feedUnseen        = fact.Text{ZH: "%[1]s 不在 %[2]s 了", EN: "%[1]s is no longer at %[2]s"}
	feedUnreadable    = fact.Text{ZH: "%[1]s 无法读取", EN: "%[1]s cannot be read"}
	feedReadable      = fact.Text{ZH: "%[1]s 恢复读取", EN: "%[1]s can be read again"}
	feedPassedOut     = fact.Text{ZH: "%[1]s 经 %[2]s 带出（%[3]s）", EN: "%[1]s was carried out through %[2]s (%[3]s)"}
	feedPassedIn      = fact.Text{ZH: "%[1]s 经 %[2]s 带入（%[3]s）", EN: "%[1]s was carried in through %[2]s (%[3]s)"}
	feedPassed        = fact.Text{ZH: "%[1]s 经过 %[2]s，方向无法判定（%[3]s）", EN: "%[1]s was carried through %[2]s; which way cannot be told (%[3]s)"}
	feedNobody        = fact.Text{ZH: "无人刷卡", EN: "nobody's badge goes with it"}
	feedCloned        = fact.Text{ZH: "%[1]s 的标签同时在两处被读到", EN: "The tag of %[1]s is read in two places at once"}
	feedFading        = fact.Text{ZH: "%[1]s 的标签信号衰退", EN: "The tag of %[1]s is fading"}
	feedFlood         = fact.Text{ZH: "%[1]s 读到大量未登记的标签", EN: "A flood of unknown tags is read at %[1]s"}
	feedFloodOver     = fact.Text{ZH: "%[1]s 的未登记标签泛滥已过，共 %[2]d 次读取", EN: "The flood of unknown tags at %[1]s is over: %[2]d reads"}
	feedShielded      = fact.Text{ZH: "%[1]s 的读取率骤降", EN: "Next to nothing in %[1]s is read any more"}
	feedTagUnknown    = fact.Text{ZH: "在 %[2]s 读到未登记的标签 %[1]s", EN: "Unknown tag %[1]s was read at %[2]s"}
	feedDevice        = fact.Text{ZH: "%[1]s：%[2]s", EN: "%[1]s: %[2]s"}
	feedOpeningStated = fact.Text{ZH: "%[1]s：%[2]s 登记事由“%[3]s”", EN: "%[1]s: %[2]s stated the purpose %[3]q"}
	feedPartyShown    = fact.Text{ZH: "%[1]s：%[2]s（%[3]s）到场", EN: "%[1]s: %[2]s is here (%[3]s)"}
	feedPartyRefused  = fact.Text{ZH: "%[1]s：拒绝 %[2]s，%[3]s", EN: "%[1]s: %[2]s refused, %[3]s"}
	feedPlainUnlock   = fact.Text{ZH: "%[1]s：三方到齐，打开三把普通锁；普通锁不核对批准", EN: "%[1]s: the three are here; three plain locks are unlocked, which verify no approval"}
	feedPartyApproved = fact.Text{ZH: "%[1]s：%[2]s（%[3]s）已用本人密钥签名", EN: "%[1]s: %[2]s has signed with a key of their own (%[3]s)"}
	feedSignatures    = fact.Text{ZH: "%[1]s：请三方用本人密钥签名", EN: "%[1]s: all three are to sign with their own keys"}
	feedKeyEnrolled   = fact.Text{ZH: "%[1]s 登记了安全密钥", EN: "%[1]s enrolled a security key"}
	feedKeysProposed  = fact.Text{ZH: "%[1]s：提请三方批准第 %[2]d 版密钥清单", EN: "%[1]s: the three are asked to approve version %[2]d of the list of keys"}
	feedKeysChanged   = fact.Text{ZH: "%[1]s：三方批准的第 %[2]d 版密钥清单已送到 %[3]d 把锁", EN: "%[1]s: version %[2]d of the list of keys, approved by three, is in %[3]d locks"}
	feedLockOvertaken = fact.Text{ZH: "%[1]s：收到已结束的开启 %[2]s 的迟到报告", EN: "%[1]s: a late report of the opening %[2]s, which is over"}
	feedUnlocked      = fact.Text{ZH: "%[1]s：三把锁已开", EN: "%[1]s: three locks unlocked"}
	feedSafeOpened    = fact.Text{ZH: "%[1]s：柜门打开", EN: "%[1]s: door opened"}
	feedDelayed       = fact.Text{ZH: "%[1]s：三方到齐，延时开始", EN: "%[1]s: all three are here; the time delay begins"}
	feedDelayOver     = fact.Text{ZH: "%[1]s：延时结束", EN: "%[1]s: the time delay is over"}
	feedReconfirmed   = fact.Text{ZH: "%[1]s：%[2]s（%[3]s）再次确认", EN: "%[1]s: %[2]s has confirmed again (%[3]s)"}
	feedLocked        = fact.Text{ZH: "%[1]s：已关好锁好，等待三方确认", EN: "%[1]s: shut and locked; the three are to confirm"}
	feedConfirmed     = fact.Text{ZH: "%[1]s：%[2]s（%[3]s）确认关闭", EN: "%[1]s: %[2]s confirms that it is closed (%[3]s)"}
	feedCaseOpened    = fact.Text{ZH: "立案 %[1]s：%[2]s 未经三方开启", EN: "Case %[1]s: %[2]s was opened without the three parties"}
	feedCaseStated    = fact.Text{ZH: "案件 %[1]s：%[2]s 说明与 %[3]s 一同开启", EN: "Case %[1]s: %[2]s states that it was opened together with %[3]s"}
	feedCaseConfirmed = fact.Text{ZH: "案件 %[1]s：%[2]s 已确认", EN: "Case %[1]s: %[2]s has confirmed"}
	feedCaseCounted   = fact.Text{ZH: "案件 %[1]s：清点 %[2]d 份，未见 %[3]d 份", EN: "Case %[1]s: %[2]d documents counted, %[3]d not found"}
	feedCaseClosed    = fact.Text{ZH: "案件 %[1]s：%[2]s 已结案", EN: "Case %[1]s: closed by %[2]s"}
	feedTimeLocked    = fact.Text{ZH: "%[1]s：时间锁定至 %[2]s", EN: "%[1]s: time-locked until %[2]s"}
	feedDelegated     = fact.Text{ZH: "%[1]s 委托 %[2]s 代行“%[3]s”职责", EN: "%[1]s delegates the post of %[3]s to %[2]s"}
	feedDelegationEnd = fact.Text{ZH: "委托 %[1]s 已结束", EN: "Delegation %[1]s has ended"}
	feedSafeShut      = fact.Text{ZH: "%[1]s：柜门关上", EN: "%[1]s: door shut"}
	feedOpeningEnded  = fact.Text{ZH: "%[1]s：开启结束，%[2]s", EN: "%[1]s: opening ended, %[2]s"}
	feedLockRefused   = fact.Text{ZH: "%[1]s：%[2]s 拒绝开锁（%[3]s）", EN: "%[1]s: %[2]s refused to unlock (%[3]s)"}
	feedActRefused    = fact.Text{ZH: "拒绝 %[1]s：%[2]s", EN: "Refused to %[1]s: %[2]s"}
	feedRaised        = fact.Text{ZH: "警报 %[1]d：%[2]s", EN: "Alert %[1]d: %[2]s"}
	feedAcked         = fact.Text{ZH: "%[2]s 确认了警报 %[1]d", EN: "%[2]s acknowledged alert %[1]d"}
	feedAlertEnded    = fact.Text{ZH: "警报 %[1]d 的事实已结束", EN: "The cause of alert %[1]d has ended"}
	feedClosed        = fact.Text{ZH: "%[2]s 关闭了警报 %[1]d", EN: "%[2]s closed alert %[1]d"}
	feedNoticeFailed  = fact.Text{ZH: "渠道 %[1]s 无法送达通知", EN: "Channel %[1]s could not deliver a notice"}
	feedSomebody      = fact.Text{ZH: "未知证件（尾号 %[1]s）", EN: "an unknown badge (ending %[1]s)"}
	feedSomePlace     = fact.Text{ZH: "不明处", EN: "a place unknown"}
)

// badgeCodes say why a badge was refused.
var badgeCodes = map[string]fact.Text{
	"unknown-badge":        {ZH: "证件未登记", EN: "the register does not know it"},
	"barred":               {ZH: "证件已停用", EN: "the badge is barred"},
	"door-lock-absent":     {ZH: "门锁离线，不能开门", EN: "the door's lock is not there to be opened"},
	"not-on-list":          {ZH: "不在进入名单上", EN: "not on the room's list"},
	"locked-out":           {ZH: "密码多次错误，暂被锁定", EN: "locked out after wrong PINs"},
	"no-purpose-stated":    {ZH: "未先登记开启事由", EN: "no purpose was stated first"},
	"pin-without-badge":    {ZH: "未刷卡先输密码", EN: "a PIN without a badge"},
	"hand-over-busy":       {ZH: "他人正在交接", EN: "others are handing over"},
	"no-custodian":         {ZH: "两方中没有档案员", EN: "neither of the two is an archivist"},
	"reader-without-place": {ZH: "该读卡器未配置用途", EN: "the reader serves no place"},
}
