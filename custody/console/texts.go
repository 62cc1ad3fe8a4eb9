package console

import "trilock/custody/fact"

// Every word that a person sees on a page or in a problem stands in this file. What the
// core and the alerts say comes as fact.Text from them.
var (
	wordProduct      = fact.Text{ZH: "三锁 · 涉密载体监管", EN: "trilock · document custody"}
	wordOtherLang    = fact.Text{ZH: "English", EN: "中文"}
	wordAlerts       = fact.Text{ZH: "警报", EN: "Alerts"}
	wordDocuments    = fact.Text{ZH: "文件", EN: "Documents"}
	wordRooms        = fact.Text{ZH: "室内人员", EN: "In the rooms"}
	wordDevices      = fact.Text{ZH: "设备", EN: "Devices"}
	wordDoors        = fact.Text{ZH: "门", EN: "Doors"}
	wordCabinets     = fact.Text{ZH: "柜锁", EN: "Cabinet locks"}
	wordLatch        = fact.Text{ZH: "锁", EN: "lock"}
	wordFeed         = fact.Text{ZH: "最近记录", EN: "Latest in the record"}
	wordEntryNumber  = fact.Text{ZH: "记录第 %[1]d 条", EN: "record entry %[1]d"}
	wordSignOut      = fact.Text{ZH: "退出", EN: "Sign out"}
	wordSoundOn      = fact.Text{ZH: "声音：开", EN: "Sound: on"}
	wordSoundOff     = fact.Text{ZH: "声音：关", EN: "Sound: off"}
	wordSoundBlocked = fact.Text{ZH: "点此开启声音", EN: "Click for sound"}

	// The connection and the daemon.
	wordLive      = fact.Text{ZH: "实时", EN: "Live"}
	wordLost      = fact.Text{ZH: "与系统的连接已中断", EN: "Connection to the daemon lost"}
	wordLostMore  = fact.Text{ZH: "以下内容不是现在的情况。最后更新：", EN: "What is shown below is not the present. Last update:"}
	wordUndecided = fact.Text{ZH: "系统停止判定，所有锁保持原状；以下是停止前的情况", EN: "The daemon has stopped deciding; all locks stay as they are. Below is how things stood then."}
	wordNoScript  = fact.Text{ZH: "浏览器禁用了脚本，本页不会更新。请启用脚本。", EN: "Scripts are off in this browser, so this page does not update. Switch them on."}

	// Durations, for the page's script: %d is the number.
	wordSeconds = fact.Text{ZH: "%d 秒", EN: "%d s"}
	wordMinutes = fact.Text{ZH: "%d 分钟", EN: "%d min"}
	wordHours   = fact.Text{ZH: "%d 小时", EN: "%d h"}
	wordDays    = fact.Text{ZH: "%d 天", EN: "%d d"}

	// Counts of the top bar.
	countCritical   = fact.Text{ZH: "紧急", EN: "critical"}
	countWarning    = fact.Text{ZH: "警告", EN: "warnings"}
	countHome       = fact.Text{ZH: "在位", EN: "at home"}
	countOut        = fact.Text{ZH: "借出", EN: "lent"}
	countOverdue    = fact.Text{ZH: "超期", EN: "overdue"}
	countUnseen     = fact.Text{ZH: "未见", EN: "not seen"}
	countUnreadable = fact.Text{ZH: "不可读", EN: "not readable"}
	countElsewhere  = fact.Text{ZH: "在别处", EN: "elsewhere"}

	// Alerts.
	wordNoAlerts     = fact.Text{ZH: "没有未处理的警报", EN: "No alert needs anybody"}
	wordNoAlertsWith = fact.Text{ZH: "现在有情况不明之处，见右侧各栏", EN: "Some things are not known at present; see the other columns"}
	wordNoAlertsCalm = fact.Text{ZH: "所有文件均有着落，所有设备正常", EN: "Every document is accounted for, every device is up"}
	wordToDo         = fact.Text{ZH: "处置", EN: "Do"}
	wordSince        = fact.Text{ZH: "始于", EN: "since"}
	wordTimes        = fact.Text{ZH: "共 %[1]d 次", EN: "%[1]d times"}
	wordRule         = fact.Text{ZH: "规则", EN: "rule"}
	wordStanding     = fact.Text{ZH: "仍在发生", EN: "still so"}
	wordEnded        = fact.Text{ZH: "已结束", EN: "ended"}
	wordNobodyYet    = fact.Text{ZH: "无人确认", EN: "nobody has acknowledged"}
	wordAckBy        = fact.Text{ZH: "%[1]s 已确认", EN: "acknowledged by %[1]s"}
	wordExplained    = fact.Text{ZH: "由警报 %[1]d 引起", EN: "because of alert %[1]d"}
	wordAcknowledge  = fact.Text{ZH: "确认", EN: "Acknowledge"}
	wordNote         = fact.Text{ZH: "备注（可不填）", EN: "note (optional)"}
	wordClose        = fact.Text{ZH: "关闭", EN: "Close"}
	wordCloseAs      = fact.Text{ZH: "关闭此警报…", EN: "Close this alert…"}
	wordDisposition  = fact.Text{ZH: "处置结论", EN: "It was"}
	wordTrueAlert    = fact.Text{ZH: "属实", EN: "true"}
	wordFalseAlarm   = fact.Text{ZH: "误报", EN: "a false alarm"}
	wordDrill        = fact.Text{ZH: "演练", EN: "a drill"}
	wordSettled      = fact.Text{ZH: "已处理、待关闭：%[1]d", EN: "Dealt with, to be closed: %[1]d"}
	wordBelow        = fact.Text{ZH: "↓ 下面还有 %d 个警报", EN: "↓ %d more alerts below"}
	wordMoreAlerts   = fact.Text{ZH: "另有 %[1]d 个警报未显示", EN: "%[1]d more alerts are not shown"}
	wordRecorded     = fact.Text{ZH: "已记录", EN: "Recorded"}
	wordNoAnswer     = fact.Text{ZH: "没有应答，未作任何操作。请重试。", EN: "No answer; nothing was done. Try again."}
	wordSeverityCrit = fact.Text{ZH: "紧急", EN: "Critical"}
	wordSeverityWarn = fact.Text{ZH: "警告", EN: "Warning"}
	wordSeverityInfo = fact.Text{ZH: "提示", EN: "Notice"}
	wordAlertNumber  = fact.Text{ZH: "警报 %[1]d", EN: "Alert %[1]d"}
	wordLastTime     = fact.Text{ZH: "最近", EN: "last"}

	// Documents.
	wordSearch        = fact.Text{ZH: "查找编号、地点、姓名", EN: "Find number, place, name"}
	filterAttention   = fact.Text{ZH: "需关注", EN: "To watch"}
	filterAll         = fact.Text{ZH: "全部", EN: "All"}
	filterLent        = fact.Text{ZH: "借出", EN: "Lent"}
	filterUnknown     = fact.Text{ZH: "不明", EN: "Unknown"}
	wordNumber        = fact.Text{ZH: "编号", EN: "Number"}
	wordLevel         = fact.Text{ZH: "密级", EN: "Level"}
	wordWhere         = fact.Text{ZH: "位置", EN: "Where"}
	wordCertainty     = fact.Text{ZH: "把握", EN: "Certainty"}
	wordHolder        = fact.Text{ZH: "借阅人 · 应还", EN: "Holder · due"}
	wordNotSeenSince  = fact.Text{ZH: "未见，自 %[1]s", EN: "Not seen since %[1]s"}
	wordNeverSeen     = fact.Text{ZH: "登记后尚未读到", EN: "Not read yet since it was entered"}
	wordLastAt        = fact.Text{ZH: "最后在 %[1]s", EN: "last at %[1]s"}
	wordNotReadable   = fact.Text{ZH: "无法读取", EN: "Not readable"}
	wordWasAt         = fact.Text{ZH: "此前在 %[1]s", EN: "was at %[1]s"}
	wordHomeIs        = fact.Text{ZH: "应在 %[1]s", EN: "home is %[1]s"}
	wordOverdue       = fact.Text{ZH: "超期", EN: "overdue"}
	wordAwaits        = fact.Text{ZH: "待 %[1]s 审批", EN: "awaits %[1]s"}
	wordReadyToLend   = fact.Text{ZH: "已批准，待交接", EN: "approved, to be handed over"}
	wordNoDocuments   = fact.Text{ZH: "登记簿中还没有文件", EN: "The register has no documents yet"}
	wordNoMatch       = fact.Text{ZH: "没有符合的文件", EN: "No document matches"}
	wordMoreDocuments = fact.Text{ZH: "另有 %[1]d 份文件未在此显示", EN: "%[1]d more documents are not shown here"}

	// Rooms, doors, devices.
	wordNobody      = fact.Text{ZH: "无人", EN: "nobody"}
	wordRoomUnsure  = fact.Text{ZH: "门禁设备离线，名单可能不准", EN: "A device of its doors is down; the list may be wrong"}
	wordPeople      = fact.Text{ZH: "%[1]d 人", EN: "%[1]d"}
	wordDoorOpen    = fact.Text{ZH: "开", EN: "open"}
	wordDoorShut    = fact.Text{ZH: "关", EN: "shut"}
	wordDoorUnknown = fact.Text{ZH: "不明", EN: "unknown"}
	wordUp          = fact.Text{ZH: "正常", EN: "up"}
	wordDown        = fact.Text{ZH: "离线", EN: "down"}
	wordFault       = fact.Text{ZH: "故障", EN: "fault"}
	wordUnknown     = fact.Text{ZH: "不明", EN: "unknown"}
	wordDevicesUp   = fact.Text{ZH: "%[1]d / %[2]d 正常", EN: "%[1]d of %[2]d up"}

	// The safe.
	safeLocked        = fact.Text{ZH: "已锁闭", EN: "Locked"}
	safeNotLocked     = fact.Text{ZH: "未锁闭", EN: "Not locked"}
	safeDoorOpen      = fact.Text{ZH: "门开着", EN: "Door open"}
	safeUnknown       = fact.Text{ZH: "状态不明", EN: "State unknown"}
	wordListSeparator = fact.Text{ZH: "；", EN: "; "}
	safeCase          = fact.Text{ZH: "案件 %[1]s 未结，尚缺：%[2]s", EN: "Case %[1]s is open; still needed: %[2]s"}
	safeStillMissing  = fact.Text{ZH: "还缺", EN: "Still missing"}
	safeNoParty       = fact.Text{ZH: "尚无一方到场", EN: "Nobody has come yet"}
	safeBolts         = fact.Text{ZH: "三把锁", EN: "Three locks"}
	safeDoor          = fact.Text{ZH: "柜门", EN: "Door"}
	safeLastOpening   = fact.Text{ZH: "上次开启：%[1]s", EN: "Last opening: %[1]s"}
	safeNoOpening     = fact.Text{ZH: "没有进行中的开启", EN: "No opening is under way"}
	safePurpose       = fact.Text{ZH: "事由", EN: "Purpose"}
	boltLocked        = fact.Text{ZH: "锁闭", EN: "locked"}
	safeController    = fact.Text{ZH: "审批由控制器密钥代签（较弱形式）", EN: "Approvals are signed with the controller's key: the weaker form"}
	safeOwnKeys       = fact.Text{ZH: "三方各用本人密钥签名", EN: "Each of the three signs with a key of their own"}
	safeWeaker        = fact.Text{ZH: "普通锁：不核对三方批准，保证较弱", EN: "Plain locks: they verify no approvals. Weaker guarantee"}
	boltUnlocked      = fact.Text{ZH: "打开", EN: "unlocked"}
	boltJammed        = fact.Text{ZH: "卡住", EN: "jammed"}
	boltUnknown       = fact.Text{ZH: "不明", EN: "unknown"}
	boltTamper        = fact.Text{ZH: "被拆动", EN: "tampered"}

	// Keys and signatures.
	wordKeys           = fact.Text{ZH: "审批密钥", EN: "Approval keys"}
	wordMyKey          = fact.Text{ZH: "我的密钥", EN: "My key"}
	wordMyKeyIs        = fact.Text{ZH: "已登记，指纹", EN: "Enrolled; its fingerprint is"}
	wordNoKeyYet       = fact.Text{ZH: "尚未登记密钥。", EN: "You have not enrolled a key yet."}
	wordEnrol          = fact.Text{ZH: "登记安全密钥", EN: "Enrol a security key"}
	wordEnrolHint      = fact.Text{ZH: "插入安全密钥，按提示触碰两次。新密钥须经三方批准送到锁里之后才有效。", EN: "Plug in the security key and touch it twice when asked. A new key counts only after the three parties have brought it to the locks."}
	wordEnrolledKeys   = fact.Text{ZH: "已登记的密钥", EN: "Enrolled keys"}
	wordListVersion    = fact.Text{ZH: "清单第 %[1]d 版：%[2]s", EN: "list version %[1]d: %[2]s"}
	wordFormOwn        = fact.Text{ZH: "本人密钥", EN: "own keys"}
	wordFormController = fact.Text{ZH: "控制器密钥", EN: "controller's key"}
	wordListsDiffer    = fact.Text{ZH: "三把锁的清单不一致，无法正常开启。", EN: "The three locks have different lists; the safe cannot be opened properly."}
	wordBringKeys      = fact.Text{ZH: "提请三方批准，把这些密钥送到锁", EN: "Ask the three parties to bring these keys to the locks"}
	wordBringToOne     = fact.Text{ZH: "提请三方批准，把现行清单送到此锁", EN: "Ask the three to bring the present list to this lock"}
	wordBringHint      = fact.Text{ZH: "三方在保险柜前刷卡并输密码批准；锁按现行清单核对三方的批准。", EN: "The three approve at the safe, with badge and PIN; the locks verify their approvals by the list that they have now."}
	wordToSigning      = fact.Text{ZH: "前往签名", EN: "To the signatures"}
	wordSign           = fact.Text{ZH: "签名", EN: "Sign"}
	wordSigned         = fact.Text{ZH: "已签名", EN: "has signed"}
	wordHereNow        = fact.Text{ZH: "已到场", EN: "is here"}
	wordNone           = fact.Text{ZH: "无", EN: "none"}
	wordCannotSign     = fact.Text{ZH: "现在无法签名，请查看系统日志", EN: "cannot sign now; see the daemon's log"}
	wordNoKeyOfOnesOwn = fact.Text{ZH: "没有登记密钥，不能签名", EN: "has no enrolled key and cannot sign"}
	wordNoOrigin       = fact.Text{ZH: "控制台没有配置访问地址（console.origin），不能使用安全密钥。", EN: "The console does not know its own address (console.origin), so security keys cannot be used."}
	wordKeyTouch       = fact.Text{ZH: "请触碰安全密钥…", EN: "Touch the security key…"}
	wordKeyFailed      = fact.Text{ZH: "没有签名：已取消、超时，或不是登记过的密钥。", EN: "Nothing was signed: cancelled, too late, or not the key that was enrolled."}
	wordKeyUnsupported = fact.Text{ZH: "此浏览器不支持安全密钥，或地址不是 https。", EN: "This browser knows no security keys, or the address is not https."}

	// Signing in.
	wordSignIn      = fact.Text{ZH: "登录", EN: "Sign in"}
	wordToken       = fact.Text{ZH: "令牌", EN: "Token"}
	wordTokenHint   = fact.Text{ZH: "令牌由系统管理员发给每个岗位和屏幕。", EN: "The administrator gives a token to each desk and screen."}
	wordWrongToken  = fact.Text{ZH: "令牌不对。请核对后重试。", EN: "That token is not known. Check it and try again."}
	wordTooMany     = fact.Text{ZH: "尝试次数过多，请稍候几秒再试。", EN: "Too many attempts. Wait a few seconds, then try again."}
	wordSigningIn   = fact.Text{ZH: "正在登录…", EN: "Signing in…"}
	wordNoPage      = fact.Text{ZH: "此角色没有页面", EN: "This role has no page"}
	wordSignedInAs  = fact.Text{ZH: "当前账户：%[1]s（%[2]s）", EN: "Signed in as %[1]s (%[2]s)"}
	wordUseTheAPI   = fact.Text{ZH: "此角色通过接口 /api/v1 工作；说明见 /openapi.json。", EN: "This role works through the API at /api/v1; its description is at /openapi.json."}
	wordUnnamedRole = fact.Text{ZH: "无", EN: "none"}
)

// roleNames names the roles.
var roleNames = map[Role]fact.Text{
	RoleArchivist: {ZH: "档案员", EN: "archivist"},
	RoleSecurity:  {ZH: "保卫", EN: "security"},
	RoleApprover:  {ZH: "审批人", EN: "approver"},
	RoleAuditor:   {ZH: "审计", EN: "auditor"},
	RoleRegistrar: {ZH: "登记员", EN: "registrar"},
	RoleObserver:  {ZH: "观察屏", EN: "observer"},
}

// phaseNames say how far an opening of the safe has come, for people who stand before it.
var phaseNames = map[string]fact.Text{
	"stated":       {ZH: "事由已登记，等待三方刷卡", EN: "Purpose stated: the three parties may badge"},
	"gathering":    {ZH: "正在等待三方到齐", EN: "Waiting for all three parties"},
	"approving":    {ZH: "请三方用本人密钥签名", EN: "All three sign with their own keys"},
	"challenging":  {ZH: "三方到齐，等待三把锁应答", EN: "All three are here: waiting for the locks"},
	"delaying":     {ZH: "三方到齐，延时中，请等待", EN: "All three are here: the time delay is running"},
	"reconfirming": {ZH: "延时结束，请三方再次刷卡并输密码", EN: "The delay is over: all three show badge and PIN again"},
	"closing":      {ZH: "已锁好，请三方刷卡并输密码确认", EN: "Locked: all three confirm with badge and PIN"},
	"unlocking":    {ZH: "正在开锁", EN: "Unlocking"},
	"unlocked":     {ZH: "已开锁，请开门", EN: "Unlocked: open the door now"},
	"open":         {ZH: "柜门已开，三方在场", EN: "Open, the three parties present"},
	"shutting":     {ZH: "门已关，等待三把锁锁闭", EN: "Shut: waiting for the locks to lock"},
}

// deviceCodes put a device's code into words; a code that is not here is shown as it is.
var deviceCodes = map[string]fact.Text{
	"port-missing":      {ZH: "串口不存在，检查接线", EN: "its port is gone: check the cable"},
	"port-busy":         {ZH: "串口被占用", EN: "its port is in use by another program"},
	"no-answer":         {ZH: "无应答，检查供电", EN: "no answer: check its power"},
	"handshake-failed":  {ZH: "握手失败", EN: "the handshake failed"},
	"restarted":         {ZH: "刚刚重启", EN: "it has restarted"},
	"antenna-fault":     {ZH: "天线故障", EN: "antenna fault"},
	"tamper":            {ZH: "被拆动", EN: "tampered"},
	"unstable":          {ZH: "时断时续", EN: "it comes and goes"},
	"line-lost":         {ZH: "线路中断", EN: "its line is lost"},
	"garbage":           {ZH: "数据无法识别，检查波特率与协议", EN: "what it says makes no sense: check speed and protocol"},
	"inputs-unread":     {ZH: "输入端子读不到", EN: "its inputs cannot be read"},
	"antenna-unchecked": {ZH: "天线检测不可用", EN: "it does not check its antennas"},
	"power-mismatch":    {ZH: "功率设置未生效", EN: "it did not take its power setting"},
	"too-many-tags":     {ZH: "标签过多", EN: "too many tags in one round"},
	"overheated":        {ZH: "过热", EN: "too hot"},
	"lock-offline":      {ZH: "锁离线", EN: "the lock is offline"},
	"lock-silent":       {ZH: "锁无报告", EN: "the lock does not report"},
	"jammed":            {ZH: "锁舌卡住", EN: "its bolt is jammed"},
	"broker-lost":       {ZH: "MQTT 代理断开", EN: "the MQTT broker is away"},
	"clear-text":        {ZH: "线路上出现明文", EN: "clear text on its line"},
	"security-denied":   {ZH: "读卡器否认支持加密", EN: "it denies having a secure channel"},
	"default-key":       {ZH: "读卡器仍用出厂密钥", EN: "it answers to the factory's key"},
	"weak-key":          {ZH: "密钥过弱", EN: "its key is weak"},
	"key-changing":      {ZH: "正在更换密钥", EN: "its key is being changed"},
	"key-changed":       {ZH: "密钥已更换", EN: "its key was changed"},
	"install-opened":    {ZH: "安装窗口已打开", EN: "its install window is open"},
	"install-closed":    {ZH: "安装窗口已关闭", EN: "its install window is closed"},
}

// certaintyWords name how sure a sighting is.
var certaintyWords = fact.Text{ZH: "把握 %[1]s", EN: "certainty %[1]s"}

// problemWords say what went wrong and what to do next, by the problem's code.
var problemWords = map[string]struct{ text, next fact.Text }{
	"not-signed-in": {fact.Text{ZH: "尚未登录。", EN: "You are not signed in."},
		fact.Text{ZH: "在 /signin 登录，或在 Authorization 头中发送令牌。", EN: "Sign in at /signin, or send a token in the Authorization header."}},
	"bad-token": {fact.Text{ZH: "令牌不对。", EN: "The token is not known."},
		fact.Text{ZH: "核对令牌；丢失的令牌由管理员换发。", EN: "Check the token; the administrator replaces one that was lost."}},
	"too-many-attempts": {fact.Text{ZH: "此地址登录失败次数过多。", EN: "This address has failed to sign in too often."},
		fact.Text{ZH: "按 Retry-After 等待后重试。", EN: "Wait as long as Retry-After says, then try again."}},
	"role-not-allowed": {fact.Text{ZH: "角色“%[1]s”不得进行此操作。", EN: "The role %[1]s may not do this."},
		fact.Text{ZH: "换用有此权限的账户；权限由配置规定。", EN: "Use an account that may; the configuration says which."}},
	"cross-origin": {fact.Text{ZH: "请求来自别的网站，已拒绝。", EN: "The request came from another site and was refused."},
		fact.Text{ZH: "直接打开本系统的页面再操作。", EN: "Open this system's own page and act there."}},
	"idempotency-key-missing": {fact.Text{ZH: "缺少 Idempotency-Key 头，未作任何操作。", EN: "The Idempotency-Key header is missing; nothing was done."},
		fact.Text{ZH: "为每次操作生成一个新值，重试时沿用原值。", EN: "Make a new value for each act and keep it for its retries."}},
	"idempotency-key-malformed": {fact.Text{ZH: "Idempotency-Key 不合格式：1 至 %[1]d 个可见 ASCII 字符。", EN: "The Idempotency-Key must be 1 to %[1]d visible ASCII characters."},
		fact.Text{ZH: "使用 UUID。", EN: "Use a UUID."}},
	"idempotency-key-reused": {fact.Text{ZH: "此 Idempotency-Key 已用于另一请求，未作任何操作。", EN: "This Idempotency-Key came with another request before; nothing was done."},
		fact.Text{ZH: "换用新的值。", EN: "Use a new value."}},
	"act-malformed": {fact.Text{ZH: "操作内容不合格式：%[1]s。未作任何操作。", EN: "The act is malformed: %[1]s. Nothing was done."},
		fact.Text{ZH: "按操作的 JSON 格式改正后重发。", EN: "Send it again in the act's JSON form."}},
	"invalid-request": {fact.Text{ZH: "请求不合格式，未作任何操作。", EN: "The request is malformed; nothing was done."},
		fact.Text{ZH: "按 errors 所列逐项改正，格式见 /openapi.json。", EN: "Put right what errors lists; /openapi.json describes the form."}},
	"too-large": {fact.Text{ZH: "请求超过 %[1]d 字节。", EN: "The request is larger than %[1]d bytes."},
		fact.Text{ZH: "分成几次发送。", EN: "Send it in several requests."}},
	"too-slow": {fact.Text{ZH: "请求未在规定时间内到达。", EN: "The request did not arrive in time."},
		fact.Text{ZH: "检查网络后用同一个 Idempotency-Key 重试。", EN: "Check the network, then send it again with the same Idempotency-Key."}},
	"unsupported-media": {fact.Text{ZH: "只接受 application/json。", EN: "Only application/json is spoken here."},
		fact.Text{ZH: "设置 Content-Type 和 Accept。", EN: "Set Content-Type and Accept."}},
	"not-found": {fact.Text{ZH: "没有此地址。", EN: "There is nothing at this address."},
		fact.Text{ZH: "地址见 /openapi.json。", EN: "/openapi.json lists the addresses."}},
	"no-such-document": {fact.Text{ZH: "登记簿中没有 %[1]s。", EN: "The register has no %[1]s."},
		fact.Text{ZH: "核对编号。", EN: "Check the number."}},
	"method-not-allowed": {fact.Text{ZH: "此地址不接受这种方法。", EN: "This address does not take this method."},
		fact.Text{ZH: "按 Allow 头改用其他方法。", EN: "Use one that the Allow header names."}},
	"too-many-streams": {fact.Text{ZH: "打开的事件流过多。", EN: "Too many event streams are open."},
		fact.Text{ZH: "关闭不用的页面，按 Retry-After 重试。", EN: "Close pages that nobody watches; try again after Retry-After."}},
	"undecided": {fact.Text{ZH: "系统现在不能作出判定：%[1]s。", EN: "The daemon cannot decide now: %[1]s."},
		fact.Text{ZH: "待 /readyz 恢复后，用同一个 Idempotency-Key 重试。", EN: "When /readyz says ready again, send it again with the same Idempotency-Key."}},
	"no-keys": {fact.Text{ZH: "控制台没有配置访问地址，不能使用安全密钥。", EN: "The console does not know its own address, so security keys cannot be used."},
		fact.Text{ZH: "在配置中填写 console.origin，例如 https://trilock.example。", EN: "Set console.origin in the configuration, such as https://trilock.example."}},
	"bad-signature": {fact.Text{ZH: "签名无效，锁不会接受：%[1]s。", EN: "The signature is not one that a lock would take: %[1]s."},
		fact.Text{ZH: "刷新页面，用登记过的安全密钥重试。", EN: "Reload the page and try again with the security key that was enrolled."}},
	"bad-key-list": {fact.Text{ZH: "密钥清单无法生成：%[1]s。", EN: "No list of keys can be made: %[1]s."},
		fact.Text{ZH: "三方每方至少一人先登记密钥。", EN: "At least one person of each party enrols a key first."}},
	"refused": {fact.Text{ZH: "已拒绝。", EN: "Refused."},
		fact.Text{ZH: "改正后用新的 Idempotency-Key 重新提交；此次拒绝已记录。", EN: "Put it right and send it with a new Idempotency-Key; this refusal is in the record."}},
	"internal": {fact.Text{ZH: "系统内部错误。", EN: "Something failed inside the daemon."},
		fact.Text{ZH: "查看系统日志；用同一个 Idempotency-Key 重试。", EN: "See the daemon's log; try again with the same Idempotency-Key."}},
}
