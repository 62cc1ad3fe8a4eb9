package uhf

import "time"

// Limits of the drivers, each with its reason. Those on time are generous against what
// the readers' documents and captures show, because none of them promises anything.
const (
	// answerMax is how long a reader may take to answer a request. Captured readers take
	// 5 to 30 ms; a USB adapter adds up to 16.
	answerMax = 400 * time.Millisecond
	// askTries is how often a request is sent before the reader counts as silent.
	askTries = 3
	// stallMax is how long a running round may stay silent. A round without tags says
	// nothing until its end, which every known reader reaches within a second.
	stallMax = 2 * time.Second
	// stallDamaged is the same once bytes were lost in the round.
	stallDamaged = 500 * time.Millisecond
	// roundMax ends a round that never ends by itself: fact.MaxReadsPerRound records take
	// 8 s at 115200 baud.
	roundMax = 12 * time.Second
	// quietGap within a frame says that the rest of it will not come. No reader pauses
	// within a frame; hubs and busy hosts do, for some milliseconds.
	quietGap = 150 * time.Millisecond
	// settleGap and settleMax: before the first request a line must have been quiet for
	// the gap, but a line that is never quiet is asked all the same.
	settleGap = 100 * time.Millisecond
	settleMax = 3 * time.Second
	// roundGapDefault lies between two rounds. It bounds the work of a reader whose rounds
	// end at once (no antenna, no tags) to fifty a second, leaves the air to its
	// neighbours for a moment, and is short against the 60 ms and more that a round takes.
	roundGapDefault = 20 * time.Millisecond
	// roundGapMax: with a longer gap a person walks past a door antenna unseen.
	roundGapMax = 10 * time.Second
	// checkEvery is how often a reader is asked whether it has lost its settings, which a
	// restart between two rounds does without a word.
	checkEvery = 30 * time.Second
	// uptimeSlack is how far a reader's account of its own start may move between two
	// answers: whole seconds, a slow answer, a cheap crystal over checkEvery.
	uptimeSlack = 3 * time.Second
	// noiseBytesMax is what a round may lose to noise (line turn-around, a plug being
	// touched) and still count. The shortest tag record is longer.
	noiseBytesMax = 3
	// babbleMin is how many bytes without a frame a reader that has worked before may send
	// before it babbles: a third of a second of a line of 115200 baud, and more than boards
	// print when they start.
	babbleMin = 4096
	// spoiledMax is how many rounds in a row may be damaged on the line, or unfinished,
	// before the line is given up.
	spoiledMax = 8
	// silentMax is how many rounds in a row may stay without an end although the reader
	// answers questions in between.
	silentMax = 3
	// settledRounds is how many good rounds end an antenna's fault, so that a loose
	// connector does not report itself with every round.
	settledRounds = 20
	// coolerBy is how many degrees below its limit a reader has cooled down, so that one at
	// the limit does not report itself with every check.
	coolerBy = 5
	// readSize is one read of the line: a third of a second at 115200 baud.
	readSize = 4096
	// portMaxGX5A: the antenna mask has 32 bits.
	portMaxGX5A = 32
	// powerMaxDBm is the highest power that any reader of these families offers.
	powerMaxDBm = 36
	// accessMax is how long the answer to work on a tag may take: a tag needs up to 20 ms for
	// each word that it writes, and readers try several times.
	accessMax = 3 * time.Second
	// deskRounds is how many rounds tell who lies on a desk: a tag that lies badly misses one.
	// deskTries is how many are made at most until so many were good.
	deskRounds = 3
	deskTries  = 12
	// maskMax is the longest mask of whole bytes: all protocols count its bits with one byte.
	maskMax = 31
	// wordMax is the highest word that protocols with one byte for it can name.
	wordMax = 255
)
