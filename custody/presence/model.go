package presence

import "time"

// The constants of the model (see the package comment), each with its reason. They were set
// against simulated radio fields of several geometries; the statistical tests, and the
// score of package score, say what they achieve there.

// How improbable a move is beforehand, in nats: the evidence has to make up for it.
const (
	// unlikelyBeside: a folder is taken from its place about twice an hour of the time in which somebody
	// works there: 1 in 1 800 within the second in which it may have arrived.
	unlikelyBeside = 4.5
	// unlikelyPassage: a watched place between two unwatched ones is a passage, and the likelier next place.
	unlikelyPassage = 4.0
	// unlikelyNextShelf: straight to the next shelf, without having been in nobody's place between.
	unlikelyNextShelf = 7.0
	// unlikelyFar: ways that the site's description does not know, passages crossed unheard.
	unlikelyFar = 7.5
	// unlikelyFromNowhere: a folder in somebody's hands reaches the next place within some eight seconds.
	unlikelyFromNowhere = 3.5
	// passageShare: a passage is some seven times as likely as a cabinet.
	passageShare = 2.0
	// silenceShort and silenceLong, in nats: see Engine.silence.
	silenceShort = 4.0
	silenceLong  = 12.0
	// leastUnlikely bounds what many moves out of a place take off that: where it is lively, not every look is a move.
	leastUnlikely = 3.7
	// firstPlace is how much sooner than a move, in nats, the first place of a tag is concluded: something is better than nothing.
	firstPlace = 1.3
)

// How tags are heard. Contexts: in the place's last round the tag was heard; it has been
// missed 1 to shortRun rounds running; it has been missed for longer.
const (
	ctxHeard = iota
	ctxShort
	ctxLong
	contexts
	shortRun = 3
)

// Read probabilities of a tag in its place, by context.
var (
	// startRead: 0.6 on the average of a run.
	startRead = [contexts]float32{ctxHeard: 0.7, ctxShort: 0.45, ctxLong: 0.35}
	// mostRead, in 1/65536: a tag that is read always may still be shadowed. The bound of ctxLong, 0.6, tempers a
	// long silence: deep fades last longer than short ones suggest.
	mostRead = [contexts]int32{ctxHeard: 62259, ctxShort: 55705, ctxLong: 39321}
)

const (
	leastRead int32 = 1310 // 0.02: a tag that is never read may still be there
	// learn is how far one outcome moves a learnt probability, as a power of one half.
	learn     = 6
	learnLong = 7 // of ctxLong, on which the patience with a silence rests most
	// lendToShort is how fast ctxShort, seldom tried with a tag that is read well, follows seven tenths of
	// ctxHeard, lendToLong how fast ctxLong follows eight tenths of ctxShort, as powers of one half.
	lendToShort        = 9
	lendToLong         = 11
	maxLearnRun uint32 = 64 // longer silences teach nothing about reading
	// longestWears: every so many hits at home take a part of that many off the longest silence.
	longestWears = 64
	// longestMargin: a silence counts when it is so many quarters of the longest lately ended: fades recur.
	longestMargin = 5
)

// kinds of other places that a tag can be in when an antenna hears it.
const (
	kindAdjoining = iota // an adjoining watched place
	kindBeside           // a watched place across an unwatched one
	kindFar              // anywhere else
	kindUnheard          // no watched place: carried past
	kinds
)

// cross is the probability, to begin with, that an antenna hears a tag in its present round
// that is not in its place, by the context of its rounds. What lies still where it is heard
// once goes on being heard; what is carried past does not.
var cross = [kinds][contexts]float32{
	kindAdjoining: {ctxHeard: 0.65, ctxShort: 0.25, ctxLong: 0.12},
	kindBeside:    {ctxHeard: 0.25, ctxShort: 0.15, ctxLong: 0.02},
	kindFar:       {ctxHeard: 0.20, ctxShort: 0.10, ctxLong: 0.002},
	kindUnheard:   {ctxHeard: 0.30, ctxShort: 0.12, ctxLong: 0.06},
}

// crossAny is the same without a context.
var crossAny = [kinds]float32{kindAdjoining: 0.12, kindBeside: 0.06, kindFar: 0.01, kindUnheard: 0.08}

// Signal strength, in dB. Only differences are used, so that a raw scale serves as well.
const (
	spread        = 6.0  // about the tag's own level where it is heard
	spreadUnknown = 9.0  // when it was never heard, or never here
	strayLoss     = 14.0 // a cross-read is this much weaker, until the site has taught otherwise
	leastLoss     = 2.0  // and at least so much: a place hears its own tags best
	// alike: antennas whose usual levels are no further apart than this are taken for equal: what their tags differ in
	// by chance is no property of theirs.
	alike      = 6.0
	floorFalls = 0.25       // how fast the floor follows a read below it
	floorRises = 1.0 / 2000 // ... and the weakest read of a round above it
	maxLevel   = 400.0      // no reader's scale goes further: hundredths of a dB are kept in 16 bits
	leastCross = 0.001      // paths change
	mostShare  = 0.95       // and what is heard always may be shadowed
	labelReads = 20         // reads of labelled tags until what they teach is believed as it stands
	otherScale = 45.0       // a difference larger than this is another scale, and no evidence
	clip       = 4.0        // nats: no single level speaks more clearly, to bear outliers
	// correlated is half the time, in milliseconds, in which the level of a tag changes: reads that follow
	// faster say little more than the first. In closed form the evidence of a read is worth tanh(dt/2·correlated).
	correlated    = 300.0
	levelReads    = 5  // reads until a tag's level counts as learnt
	levelSlow     = 16 // the slowest it follows, in parts
	typicalRounds = 8  // rounds with reads until an antenna's typical level does
	floorRounds   = 64 // ... and its floor: a few folders carried through a gate show neither
	typicalSlow   = 2000
	spreadReads   = 60 // reads that the start of a spread or of a loss weighs as much as
	readsStart    = 60 // ... and that of a probability of cross-reads
	readsMost     = 4000
	// sureSlack: a hit of the home no weaker than this below the tag's usual level says that it is there,
	// so that what others hear at that time is a cross-read.
	sureSlack = 3.0
	sureMS    = 1000 // for so long
)

const (
	// leastFavour bounds what can speak against a place: what has long been a cross-read may be a move now.
	leastFavour = -2.0
	mostFavour  = 60.0
	// boldStrong is what one of several hits running in another place counts that is at least as strong as
	// the tag is at home, boldUnknown one whose strength cannot be compared; a weaker one ends the run.
	boldStrong  = 3
	boldUnknown = 2
	// boldEnough: from the hit at which a run counts so much on, no stray explains the hits: those are weaker, and fade.
	boldEnough = 9
	// boldDark is what it takes besides where the tag's own shelf is dark and next to this one: strays in
	// favour of which everything speaks have been heard seven times running.
	boldDark = 30
	// boldSlack: strays from further than the next shelf are so much weaker, in dB, that a hit short of
	// the tag's level by this counts as strong: it may be in somebody's hands.
	boldSlack = 4.0
	// boldFavour is what such a hit speaks for the place at least, in nats: the odds are twelve to one.
	boldFavour = 2.5
	// visitGap: misses after which hearing a tag again begins a new visit in the evidence line.
	visitGap uint32 = 8
)

const (
	// overdue: an antenna without a round for this many times its usual interval is not waited for.
	overdue = 3
	// maxStep bounds the time that one round counts as watched: time in which nobody observed is no evidence.
	maxStep = 2 * time.Second
	// paceRounds: so many rounds of a place its usual interval is the mean of.
	paceRounds = 32
	// learnPace is how far, in parts, one round moves the usual interval of an antenna.
	learnPace = 8
	// runsPerYear: how often a folder that is heard in six rounds of ten begins to be missed in a year of
	// four rounds a second. So often a silence could become Unseen by mistake.
	runsPerYear = 3.2e7
)

// Looks at a tag: see Engine.look.
const (
	// lookEvery, in milliseconds: what is looked at more often has not changed.
	lookEvery = 200
	// lookMS, in milliseconds: after so long, what is seen is all but independent of the look before.
	lookMS = 1200.0
	// longLook, in milliseconds: a tag may have moved in all of the time since the last look, up to that.
	longLook = 8000
	// firstLook, in milliseconds, stands for the time since a look that there was not.
	firstLook = 1000
	// lookSpread is how far, in dB, a level is about what is expected, lookTail how far that is like a bell
	// curve: reflections make some levels much weaker.
	lookSpread = 5.0
	lookTail   = 12.0
	// lookClip bounds what one look says, in nats, to bear outliers.
	lookClip = 6.0
	// looksStart: what is expected at first counts for so many looks, looksMost for so many at most: paths change.
	looksStart = 14.0
	looksMost  = 4000.0
	// leastShare bounds how sure it can be that a place hears a tag, or does not.
	leastShare = 0.03
	// ownShare is how often a place is expected to hear its tags, strayLevel by how many dB others are weaker, until
	// that is learnt.
	ownShare   = 0.8
	strayLevel = 10.0
	// ownWeight is what a tag's own level weighs beside that of one antenna: how it is held changes it.
	ownWeight = 0.4
	// darkMost: all that is heard of a dark shelf's folders the next one hears. So much do looks speak for it at most, in nats.
	darkMost = 3.0
	// doubtAt: with so many nats in favour of another place, a look teaches as much of that as of the home.
	doubtAt = 5.0
	// leastTaught: what is less likely is not taught.
	leastTaught = 0.05
	// nowhereFloor bounds what speaks against the places of a tag that is in none, in nats.
	nowhereFloor = 6.0
	// heedAll: in a site of no more places, all are asked whether they hear a tag, and otherwise those nearby.
	heedAll = 16
)

// strayShare is how often a place is expected to hear a tag of another, by kind, until that is learnt.
var strayShare = [kinds]float32{kindAdjoining: 0.5, kindBeside: 0.35, kindFar: 0.08, kindUnheard: 0.08}

// What belongs to the present picture of a tag.
const (
	// windowPeriods: what was heard does so for so many of the times after which a place hears a tag again.
	windowPeriods = 1.5
	// windowStart, in milliseconds, is that until such a time is known.
	windowStart = 1200
	// keepMost is what the level so far counts at most when the next read comes at once.
	keepMost = 0.8
	// longestGap, in milliseconds: a longer silence is no such time.
	longestGap = 20_000
	// leastPeriod and mostPeriod bound it, in seconds: twice the cycle of a fast reader, and that of the slowest.
	leastPeriod, mostPeriod = 0.1, 12.0
)

// How lively a place is: see Engine.unlikely.
const (
	// livelyAfter is the time in seconds after which what tags did in a place counts as much as what is expected.
	livelyAfter = 600.0
	// calm is how many moves in that time are expected of a place where somebody works.
	calm = livelyAfter / 1800
)
