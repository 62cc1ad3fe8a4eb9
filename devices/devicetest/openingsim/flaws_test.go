package openingsim

// flaw is a bug that is planted in one run; sound is none.
type flaw uint8

// The planted bugs. What each of them is, planted says.
const (
	sound flaw = iota
	// In a lock's judgement: one check of SPEC.md sections 2 to 6 each.
	flawEnvelope
	flawOtherLock
	flawAnyKey
	flawRetained
	flawDuplicate
	flawWrongLock
	flawNonceStays
	flawNonceSurvivesRefusal
	flawStaleCounter
	flawWrongNonce
	flawWrongSafe
	flawAskedOtherSafe
	flawWrongSession
	flawWrongAct
	flawExpired
	flawTwoSuffice
	flawNoneSuffice
	flawOwnPartyOnly
	flawSameParty
	flawSamePerson
	flawWrongForm
	flawUnknownPerson
	flawApprovalUnsigned
	flawApprovalOfOther
	// In a lock's memory, motor and timers.
	flawSameNonce
	flawTwoChallenges
	flawAnySession
	flawRelockKeepsNonce
	flawNonceSurvivesPower
	flawNoTimeout
	flawHoldsLonger
	flawDoorForgotten
	flawPowerUpOpen
	flawIgnoresRelock
	flawSameBoot
	flawCounterStands
	// In a codec.
	flawTrailing
	flawTrailingPayload
	flawLongHeads
	flawKeyOrder
	flawUnknownKeys
	flawAlgorithm
	flawLongLife
	flawLockTwice
	flawFourApprovals
	// In the daemon: at the seams of the core, and in the driver.
	flawNoWindow
	flawWallClock
	flawNoDelay
	flawNoReconfirm
	flawLocksForever
	flawAnyPIN
	flawAnyRoom
	flawLeavingUnseen
	flawOnePersonTwice
	flawDelegationForEver
	flawDelegateIsParty
	flawForgetsRelock
	flawRelocksOne
	flawNoStart
	flawEffectsFirst
	flawResends
	flawQueues
	flawNotAll
	flawSendsTwice
	flawPublishesRetained
	flawApprovesByPost
	flawLongestLife
	flawMixesSessions
	flawEventUnsigned
	flawEventOfOther
	flawTakesRetained
	flawRepeats
	flawStaleStates
	flawNeverUnknown
	flawLateAlarms
	flawLateIgnored
	flawSignsForAll
	flawSignsUnasked
)

// planted lists the bugs with what they are.
var planted = []struct {
	flaw flaw
	name string
}{
	{flawEnvelope, "lock: does not verify who signed a command"},
	{flawOtherLock, "lock: takes a command that was signed for another lock"},
	{flawAnyKey, "lock: takes a command signed by any key"},
	{flawRetained, "lock: acts on retained commands"},
	{flawDuplicate, "lock: acts on commands marked as duplicates"},
	{flawWrongLock, "lock: looks for its nonce under any lock's name"},
	{flawNonceStays, "lock: a nonce can be used again"},
	{flawNonceSurvivesRefusal, "lock: a nonce survives a refused request"},
	{flawStaleCounter, "lock: ignores boot and counter"},
	{flawWrongNonce, "lock: ignores the nonce"},
	{flawWrongSafe, "lock: ignores the request's safe"},
	{flawAskedOtherSafe, "lock: makes challenges for another safe"},
	{flawWrongSession, "lock: ignores the session"},
	{flawWrongAct, "lock: opens for an approved trust list"},
	{flawExpired, "lock: ignores the lifetime"},
	{flawTwoSuffice, "lock: two approvals suffice"},
	{flawNoneSuffice, "lock: no approvals are needed"},
	{flawOwnPartyOnly, "lock: verifies only its own party's approval"},
	{flawSameParty, "lock: two approvals of one party"},
	{flawSamePerson, "lock: one person for two parties"},
	{flawWrongForm, "lock: takes the controller's word where a person's key is demanded"},
	{flawUnknownPerson, "lock: any enrolled person for any party"},
	{flawApprovalUnsigned, "lock: does not verify approvals"},
	{flawApprovalOfOther, "lock: approvals of an earlier request count"},
	{flawSameNonce, "lock: always the same nonce"},
	{flawTwoChallenges, "lock: the challenge before the last one counts, too"},
	{flawAnySession, "lock: hands one challenge to every session"},
	{flawRelockKeepsNonce, "lock: a relock leaves the nonce"},
	{flawNonceSurvivesPower, "lock: the nonce survives a power cut"},
	{flawNoTimeout, "lock: never locks by its own timer"},
	{flawHoldsLonger, "lock: holds three times as long as was approved"},
	{flawDoorForgotten, "lock: does not lock when the door shuts"},
	{flawPowerUpOpen, "lock: stays open at power-up"},
	{flawIgnoresRelock, "lock: reports a relock and does not do it"},
	{flawSameBoot, "lock: does not count its starts"},
	{flawCounterStands, "lock: its counter stands still after a reconnect"},
	{flawTrailing, "codec: bytes after the envelope"},
	{flawTrailingPayload, "codec: bytes after the payload"},
	{flawLongHeads, "codec: numbers that are not in their shortest form"},
	{flawKeyOrder, "codec: keys in any order"},
	{flawUnknownKeys, "codec: unknown keys"},
	{flawAlgorithm, "codec: ignores the algorithm in the header"},
	{flawLongLife, "codec: a lifetime of more than 60 s"},
	{flawLockTwice, "codec: one lock quoted twice"},
	{flawFourApprovals, "codec: more than three approvals"},
	{flawNoWindow, "core: no window for the three to come together"},
	{flawWallClock, "core: site time follows the host's clock"},
	{flawNoDelay, "core: the time delay is cut short"},
	{flawNoReconfirm, "core: no second confirmation"},
	{flawLocksForever, "core: waits for ever for locks to answer"},
	{flawAnyPIN, "core: any PIN will do"},
	{flawAnyRoom, "core: does not ask who is in the room"},
	{flawLeavingUnseen, "core: does not notice that a party leaves"},
	{flawOnePersonTwice, "core: one person with two cards is two persons"},
	{flawDelegationForEver, "core: a delegation is resolved when it is made"},
	{flawDelegateIsParty, "core: a delegate who became a party stands for both"},
	{flawForgetsRelock, "core: one refusal does not re-lock the others"},
	{flawRelocksOne, "driver: re-locks only the first lock"},
	{flawNoStart, "core: an opening goes on after a restart"},
	{flawEffectsFirst, "engine: tells the locks before the record is written"},
	{flawResends, "driver: sends the last authorisation again on a new connection"},
	{flawQueues, "driver: keeps commands for a lock that is away"},
	{flawNotAll, "driver: authorises those locks that are there"},
	{flawSendsTwice, "driver: sends an authorisation twice"},
	{flawPublishesRetained, "driver: retains commands"},
	{flawApprovesByPost, "driver: approves for the usual three, whoever came"},
	{flawLongestLife, "driver: asks for the longest lifetime"},
	{flawMixesSessions, "driver: takes any session's challenges for this one's"},
	{flawEventUnsigned, "driver: does not verify events"},
	{flawEventOfOther, "driver: believes one lock about another"},
	{flawTakesRetained, "driver: believes retained events"},
	{flawRepeats, "driver: reports repeated events"},
	{flawStaleStates, "driver: the last state that came is the last state"},
	{flawNeverUnknown, "driver: what was known of a silent lock stays known"},
	{flawLateAlarms, "core: a late report of a finished opening is taken for a forced door"},
	{flawSignsForAll, "console: takes one person's signature for all three"},
	{flawSignsUnasked, "console: signs for those who did not"},
	{flawLateIgnored, "core: a late report of a forced door is taken for one of a finished opening"},
}
