// Package presence turns completed inventory rounds into conclusions about where each
// tag is, and which way it went through a door: Moved, Unseen, NotReadable, ReadableAgain,
// Stranger, Flood, FloodOver, Passage, Fading, Clone, Shielded, HeardAgain (see Finding). It is pure: no I/O,
// no clock, no goroutines, no logging; the same inputs give the same findings, whatever the
// order of the reads within a round. An Engine belongs to one goroutine.
//
// # Where a tag is
//
// Every enrolled tag has a home, the watched place where it is concluded to be, or none, and at
// most three tracks: other places whose antennas hear it. A track holds the evidence for its place against
// the home (favour) and against somebody's hands (carried), in nats. This is a recursive Bayes filter over the
// places, in the limit of rare moves: favour never starts below what the time since the last look makes of the
// chance that the tag has moved meanwhile.
//
// When antennas hear a tag, no more often than lookEvery, the whole picture of it is looked at: which places have
// lately heard it (Engine.earsOf), how strongly, smoothed (level), and which have not. The place z of every track and
// the home are asked how well it would fit there (Engine.fit), and favour gains the difference, times the time since
// the last look in parts of lookMS, in which a picture changes: reads in a moment are one look.
//
//	fit(z) = Σ heard at a:  log p[z][a] − tail(level[a] − G[z][a] − T)      tail: a bell curve with thick ends
//	       + Σ other a:     log (1 − p[z][a])                               T: the mean of level[a] − G[z][a]
//
// p is the share of looks at tags of z in which a has heard them, G how much stronger than z itself. Both are
// learnt. T is what all antennas have in common, the tag's own and how it is held: it says little, the differences decide.
// The silence of the home is no part of it: it is weighed apart, as follows. Against somebody's hands speak the hits of
// a place in a row, by context, their strength, and that others hear it which hear the tags of that place.
//
// The silence of the home is not polled. What is learnt of a tag, its read probabilities by context, gives the
// improbability of a run of misses in closed form (tag.missing), and with it the round at which that is what the
// policy asks for (Engine.patience). A wheel of rounds per place has each tag looked at then; a tag that was
// heard meanwhile costs that look and nothing else.
//
// # Conclusions
//
// Moved when favour, and what the home's silence adds, exceeds how improbable the way there is beforehand
// (Engine.unlikely: shelves, passages, lively places) by the odds of Policy.MovedAt, and carried
// does so against somebody's hands. Silences of some seconds have causes of their own: between silenceShort and
// silenceLong they add no more. Next to a dark shelf, and for a tag that was nowhere while a neighbour is not
// seeing, strays are told from a presence by a bold run only: several hits running as strong as the tag at home.
// After the third strong one, or the fifth of unknown strength, every further adds boldFavour at least, whatever
// was learnt, so that with the home silent or blind Moved is concluded at the latest with the 10th strong hit
// running, or the 15th where strength is unknown, and two later where Policy.MovedAt is more than 9900.
//
// Unseen when the silence is as improbable as Policy.FalseUnseen asks, and longer than the longest that lately
// ended by itself, the tag was heard nowhere for UnseenAfter, and all that time every antenna of the
// place completed rounds. NotReadable when all antennas of a place are blind: down, at fault, or without a round
// for SilentAfter. A reader at fault sees again when it is reported up, or when rounds of it hear tags.
//
// # Learning
//
// Of a tag: its level and read probabilities at home, from hits there and from silences that ended there within
// maxLearnRun rounds. Of the site: how often and how strongly places hear each other's tags, for each pair, and for all
// pairs of a kind together, which stands for those not heard yet. A look teaches that of a place as much as the tag is
// likely to be there by all that is known, nothing of a place that is not seeing, and no home that is silent is held
// for heard: neither an absent folder, nor one that was carried next door, teaches that it is present. A tag in a
// wrong place teaches less and less of it until it is moved. Engine.Label has a guided walk teach the same with the
// truth; Learnt and Teach carry it over to another engine. It holds no conclusion.
//
// Fading: a tag is read in less than fadingAt of the rounds that it was at its best. Clone: strong hits of
// a distant place alternate with strong ones of the home. Shielded: a place with eight folders or more
// hears a fifth of its usual share, sooner than any folder can become Unseen; until HeardAgain none does, and
// nothing is learnt there.
//
// # Doors
//
// A Door has antennas on two sides, or over it with a pair of light barriers. While its antennas hear a tag, what
// either side hears is kept in bins of binTime (transit). When they have not for transitEnds, it is judged; not
// if the door was shut, nor if it lies near the door and was heard no stronger than it lies there.
//
// With antennas on two sides it has passed if one outweighed the other at first and the other at the end. Under one antenna
// either way sounds alike: there the barriers tell who walked, and the antenna who carried what. A puzzle is a group of
// interruptions that one or two steady walks must explain, edge by edge; what nothing explains but somebody who turned
// round or stopped is followed as a sequence (beam): one and then the other is a crossing, the first again at once takes
// it back. A door learns from those who came alone where they are when half of what a tag is heard was heard,
// for how long, in paces, and how strongly (gait). A tag went with whom it fits. If it fits one who went in and one
// who went out, twenty to one decide; short of that it is Passage.Unsure: it went through, and no direction is guessed.
// The same is said while a barrier is stuck.
//
// Badges within their window are named, the likeliest first; somebody may always have slipped through without.
//
// # Strangers
//
// Tags that nobody enrolled are told one by one, each seldom again. When new ones come faster than folders can be brought
// to a place, that is one Flood there until FloodOver, and costs neither memory nor any enrolled tag.
//
// # Figures
//
// Measured by the tests beside this: folders of a shelf of forty, read in six rounds of ten at 150 ms with
// correlated misses, are noticed taken within 5 s in the median; a silence that makes one missing by chance is rarer than 1
// in 10 000 folder-years by orders of magnitude. The direction through a door with two antennas is right in 671 of 673
// crossings, turn-rounds, stacks and folders near the door included; one antenna with light barriers is right in 666 of 678 and
// unsure in 12: people who pass each other in the doorway within the same half second. It is wrong in none.
// A tag takes less than 200 bytes with its index; what every read needs of it is one line of the cache.
// Package score compares all this with the public engines.
//
// # Assumptions
//
// An antenna that completes rounds without fault does hear: a cut cable that the reader does not notice looks like an
// empty cabinet. Tags do not influence one another. Antennas whose usual levels are no more than alike apart are
// taken for equal until a guided walk says otherwise. A folder put on the shelf next to a dark one is believed there when it
// gives a bold run, or when the dark one is back.
//
// # What it refuses
//
// Silence of a reader is never taken for silence of its folders. Odd input is counted (see Counts) and changes
// nothing: unknown antennas, time that runs backwards, a tag reported twice in one round (the stronger
// read counts), levels of another scale. Memory is bounded by the site and the enrolled tags, whatever is heard.
//
// Products are converted before they are added, which forbids fused operations: every processor
// computes the same.
package presence
