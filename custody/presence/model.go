package presence

import "time"

// The constants of the model (see the package comment), each with its reason. They were
// set against the simulated radio field; the statistical tests say what they achieve there.

// How folders move. Rates are per second.
const (
	// leaveRate: a folder at rest is taken from its place about twice an hour of the time in which
	// somebody works there. Too low costs seconds of detection, logarithmically; too high costs false alarms.
	leaveRate = 1.0 / 1800
	// wanderRate: a folder in somebody's hands reaches the next place within about eight seconds.
	wanderRate = 1.0 / 8
	// passageShare: a watched place between two unwatched ones is a passage, and this many
	// times as likely the next place as a cabinet is.
	passageShare = 8
	// shelfShare: from one shelf straight to the next, without being seen in nobody's place
	// between, is this much as likely: cross-reads would pass for it otherwise.
	shelfShare = 0.02
	// unlistedRate: ways that the site's description does not know, passages crossed unheard.
	unlistedRate = 1e-5
	// arrivalWindow is how long before it is first heard a tag may have arrived, in seconds.
	arrivalWindow = 1.0
	// maxStep bounds the time that one observation lets pass in a belief: time in which nobody
	// observed is no evidence, so that beliefs stand still while a reader is down.
	maxStep = 2 * time.Second
)

// How tags are heard. Contexts: in the antenna's last round the tag was heard; it has
// been missed 1 to shortRun rounds running; it has been missed for longer.
const (
	ctxHeard = iota
	ctxShort
	ctxLong
	contexts
	shortRun = 3
)

// Read probabilities of a tag in the place of an antenna, by context.
var (
	// startRead: 0.6 on the average of a run.
	startRead = [contexts]float64{ctxHeard: 0.7, ctxShort: 0.45, ctxLong: 0.35}
	// maxRead: a tag that is read always may still be shadowed. The bound of ctxLong tempers a
	// long silence: deep fades last longer than short ones suggest.
	maxRead = [contexts]float64{ctxHeard: 0.95, ctxShort: 0.85, ctxLong: 0.45}
	// learn is how far one outcome moves the learnt value.
	learn = [contexts]float64{ctxHeard: 1.0 / 64, ctxShort: 1.0 / 64, ctxLong: 1.0 / 96}
)

const (
	minRead               = 0.02      // a tag that is never read may still be there
	lendToShort           = 1.0 / 512 // how fast ctxShort, seldom tried with a tag that is read well, follows ctxHeard
	shortFromHeard        = 0.7       // ... and how much lower it is
	lendToLong            = 1.0 / 48  // how fast ctxLong, seldom tried, follows ctxShort
	longFromShort         = 0.8       // ... and how much lower it is
	learnCross            = 1.0 / 32  // as learn, for cross-reads
	minCross              = 0.001     // paths change
	settleRounds          = 20        // own hits that weigh as much as the start value of a cross-read
	maxLearnRun    uint32 = 64        // longer silences teach nothing about reading
	maxPending     uint8  = 64        // nor do more outcomes from one hit at home to the next
	// maxPendingLevels bounds the weight of the mean level of cross-reads from one hit at home to the next.
	maxPendingLevels = 12
)

// Outcomes of a round for one tag.
const (
	missed = iota
	heard
	outcomes
)

// kinds of other places that a tag can be in when an antenna hears it.
const (
	kindAdjoining = iota // an adjoining watched place
	kindBeside           // a watched place across an unwatched one
	kindFar              // anywhere else
	kindUnheard          // an adjoining unwatched place: carried past
	kinds
)

// What the antenna lately heard of a tag that may be somewhere else.
const (
	strayFirst  = iota // nothing for visitGap rounds
	strayRecent        // something, but not in its last round
	strayAgain         // in its last round
	strayContexts
)

// stray is the probability of a stray hit: that an antenna hears a tag that is not in its
// place. What lies still where it is heard once goes on being heard; what is carried past does not.
var stray = [strayContexts][kinds]float64{
	strayFirst:  {kindAdjoining: 0.12, kindBeside: 0.02, kindFar: 0.002, kindUnheard: 0.03},
	strayRecent: {kindAdjoining: 0.25, kindBeside: 0.15, kindFar: 0.10, kindUnheard: 0.05},
	strayAgain:  {kindAdjoining: 0.65, kindBeside: 0.50, kindFar: 0.40, kindUnheard: 0.15},
}

// strayAway is the same for an antenna of the tag's concluded place: its hits so far were no stray ones.
var strayAway = [kinds]float64{kindAdjoining: 0.12, kindBeside: 0.06, kindFar: 0.01, kindUnheard: 0.08}

// straySettled bounds from below what stray comes to for a tag that lay long in its place
// and was never cross-read: people and doors change the paths.
var straySettled = [strayContexts][kinds]float64{
	strayFirst:  {kindAdjoining: 0.06, kindBeside: 0.005, kindFar: 0.001, kindUnheard: 0.02},
	strayRecent: {kindAdjoining: 0.25, kindBeside: 0.08, kindFar: 0.04, kindUnheard: 0.08},
	strayAgain:  {kindAdjoining: 0.65, kindBeside: 0.25, kindFar: 0.15, kindUnheard: 0.20},
}

// Signal strength, in dB. Only differences are used, so that a raw scale serves as well.
const (
	sigmaLearnt  = 4.5  // about the tag's own level at this antenna, at most
	sigmaTypical = 7.0  // about the level of other folders at this antenna, until its spread is learnt
	sigmaBorrow  = 9.0  // about the tag's own level at its home antenna
	sigmaLeast   = 2.5  // the least spread that is believed
	strayLoss    = 14.0 // a cross-read is this much weaker
	sigmaStray   = 5.0
	// What an antenna can hardly hear it hears at its floor: a cross-read that is heard at all
	// is expected aboveFloor it at least, with a spread of sigmaFloor.
	aboveFloor    = 1.0
	sigmaFloor    = 2.0
	floorFalls    = 0.25       // how fast the floor follows a read below it
	floorRises    = 1.0 / 2000 // ... and the weakest read of a round above it
	otherScale    = 45.0       // a difference larger than this is another scale, and no evidence
	learnLevel    = 1.0 / 12
	levelReads    = 5 // reads until a tag's level counts as learnt
	typicalRounds = 8 // rounds with reads until an antenna's typical level does
	// floorRounds: so many until its spread and its floor do. A few folders carried through a gate show neither.
	floorRounds = 64
)

// A presence elsewhere that its home does not contradict.
const (
	// boldStrong is what one of several hits running in another place counts that is at least as strong as
	// the tag is at home, boldUnknown one whose strength cannot be compared; a weaker one ends the run.
	boldStrong  = 3
	boldUnknown = 2
	// boldEnough: from the hit at which a run counts so much on, no stray explains the hits: those are weaker, and fade.
	boldEnough = 9
	// boldSure: when it counts so much, it is no matter whether antennas of the concluded place might still hear the tag.
	boldSure = 20
	// boldDark is the same where it stands for the silence of a dark shelf next to this one: strays in favour of which
	// everything speaks have been heard seven times running.
	boldDark = 30
	// boldSlack: strays from further than the next shelf are so much weaker, in dB, that a hit short of
	// the tag's level by this counts as strong: it may be in somebody's hands.
	boldSlack = 4.0
	// boldRatio is how much better than by anything else such a hit is explained by the tag being there, at least.
	boldRatio = 8.0
)

const (
	// overdue: an antenna without a round for this many times its usual interval is not waited for.
	overdue = 3
	// learnPace is how far, in parts, one round moves the usual interval of an antenna.
	learnPace = 8
	// stillHeard: while the silence of the concluded place's own antennas is at least this probable, a
	// tag is not concluded to be elsewhere: what one antenna still hears, another may hear as well.
	stillHeard = 0.005
	// stillHeardBeside is the same between adjoining shelves, whose antennas hear each other's folders for minutes.
	stillHeardBeside = 0.0001
	// leastWeight keeps every hypothesis that is held at all able to recover.
	leastWeight = 1e-9
	// dropWeight: a candidate place less likely than this is let go of at the next miss.
	dropWeight = 1e-4
	// dropRun: so is one less likely than dropFaded after this many misses.
	dropRun   uint32  = 8
	dropFaded float64 = 0.05
	// visitGap: misses after which hearing a tag again begins a new visit in the evidence line.
	visitGap uint32 = 8
)
