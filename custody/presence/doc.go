// Package presence turns completed inventory rounds into conclusions about where each
// tag is: Moved, Unseen, NotReadable, ReadableAgain, Stranger (see Finding). It is pure:
// no I/O, no clock, no goroutines, no logging; the same inputs give the same findings,
// whatever the order of the reads within a round. An Engine belongs to one goroutine.
//
// # Model
//
// Every enrolled tag has a belief: a probability for each of the few states it may be in.
// A state is a watched place, or one connected set of unwatched places, in which nobody
// would hear it. With every observation by an antenna a, which watches place A, the belief
// takes one step of a recursive Bayes filter:
//
//	predict   w[s] += Σ_r w[r]·R[r,s]·dt − w[s]·Σ_r R[s,r]·dt       dt at most maxStep
//	update    w[s] *= P(observation | tag in s), then Σ w = 1
//
// R follows the site's graph: a place is left at leaveRate, an unheard state at
// wanderRate, shared by its neighbours; any other way has unlistedRate. A place becomes a
// state of the belief when its antenna hears the tag, with the probability of having
// arrived within arrivalWindow, and is let go of when it has become unlikely.
//
// Observations and their likelihoods, c being what the antenna's last rounds were
// (heard; 1 to 3 misses; more misses):
//
//	heard, tag in A          p[c] · L(rssi; own level)
//	heard, tag elsewhere     q    · L(rssi; own level − strayLoss, or its learnt cross level)
//	missed, tag in A         1 − p[c]
//	missed, tag elsewhere    1 − q
//
// p is learnt for each tag and antenna of its place, from 0.6 on the average, and
// depends on c: misses come in runs, and what follows a miss is likely one more. That is
// how successive rounds are kept from counting as independent evidence. Only silences
// that ended teach: a folder that was taken does not teach that it is hard to hear. q is
// the probability of a stray hit: learnt in the same way where cross-reads of a tag in its
// concluded place recur, small where a settled tag never gave one. Of cross-reads, and
// their level, only those teach after which the tag's concluded place heard it again: while
// the home is silent or blind, a presence elsewhere would teach that it is a stray. What an
// antenna hears of a tag that is not in its place it would hear at least as often of one that is: for a
// place that is not the concluded one p is no less than q. L is Student's density with seven
// degrees of freedom, to bear outliers; of two successive hits the second counts with its fourth root:
//
//	L(x; m) = (1 + (x−m)²/7σ²)^−4 / σ
//
// # Presence elsewhere
//
// Strays are weaker than the tag is at home, and fade. Hits of one antenna of another
// place in successive rounds, each at least as strong as the tag's learnt level at home (boldSlack
// less where the places are not adjoining shelves), with no hit of an antenna of the
// concluded place after the first, are a bold run. From its third hit on, or the fifth where
// the strength compares with nothing, P(hit | tag in s) of any state s but the antenna's
// place is at most 1/boldRatio of that of the antenna's place, whatever was learnt. A miss,
// a weaker hit, or a hit at home ends the run. This bounds how long a presence can pass for
// a stray: with the home silent or blind and heard nowhere else, Moved is concluded, at the latest,
//
//	with the 10th hit running that is at least as strong as the tag at home
//	with the 15th where strength is unknown, at home or here
//
// and two hits later where Policy.MovedAt is more than 9900. It matters not whether the
// home's rounds are empty, its reader has failed, or its cable was cut.
//
// # Conclusions
//
// Moved when a watched place other than the concluded one has probability MovedAt, has
// heard the tag after the concluded place last did, and the silence of the concluded place's own
// antennas is improbable by itself (stillHeard) or the bold run long (boldSure): what its
// home still hears is not moved by what another antenna hears as well. Antennas that are
// blind or overdue with a round are not asked. Where none can be, the probability decides
// alone; between adjoining shelves it takes a bold run (boldDark) besides, because the next
// shelf hears the folders of a dark one all the time. A place that hears nothing is never a new place.
// Unseen when the concluded place has lost UnseenAt of the probability, the tag was heard
// nowhere for UnseenAfter, and all that time every antenna that watches the place completed
// rounds. NotReadable when all antennas of a place are blind: down, at fault, or without
// a round for SilentAfter. While any antenna of a place is blind, misses there count for
// nothing. A reader at fault (it answers, but something is wrong with it) sees again when it
// is reported up, or when rounds of the same antenna hear tags.
//
// # Assumptions
//
// An antenna that completes rounds without fault does hear: a cut cable that the reader
// does not notice looks like an empty cabinet, and raises Unseen for its folders. Tags do
// not influence one another. Signal strengths of one antenna are on one scale, larger is
// stronger; only differences are used. Cross-reads are weaker than the tag is at home: a
// folder that the antenna next door hears in every round as strongly as its own is moved there when
// its own stops hearing it, and back when that resumes. A folder put on the shelf next to
// a dark one is believed there when it gives a bold run, or when the dark one is back.
//
// # What it refuses
//
// Silence of a reader is never taken for silence of its folders. Odd input is counted
// (see Counts) and changes nothing: unknown antennas, time that runs backwards, a tag
// reported twice in one round (the stronger read counts). Memory is bounded by the site
// and the enrolled tags, whatever is heard.
//
// Products are converted to float64 before they are added, which forbids fused operations:
// every processor computes the same beliefs.
package presence
