package custody

// Ids of the rules of the register of documents, of copying and of issuing, each with the clause
// that demands it (package rule has the sentences).
const (
	RuleTerm      = "REG-3" // 第四条第 1 至 4 款、第十条: level and period come with the document, their change is approved
	RuleCopies    = "REG-4" // 三（一）2、3: what is copied is kept like its original; level, period and scope stay
	RuleApart     = "REG-7" // 一（二）、三（二）1: classified and unclassified apart
	RuleCarriers  = "REG-8" // 一.9、二.6、机要 3: telegrams, seals and personnel files have a keeper of their own
	RuleParts     = "STO-7" // 日常管理: parts of a key are kept by several persons
	RuleIssue     = "ISS-1" // 文件起草与审批、（一）（二）: draft, review, issue, recheck, count of the printing room
	RuleDispatch  = "ISS-2" // 收发 4 至 7: sealed, by courier, two for top secret, signed for
	RuleCopying   = "CPY-1" // 三（一）2、（一）（3）: top secret by the issuing body, the others by the unit's leader
	RuleCopyCount = "CPY-2" // 二.10、打印 1: no more than approved, each registered
)
