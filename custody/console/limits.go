package console

import "time"

// Limits of the console, each with its reason.
const (
	// maxBodyBytes bounds a request: 200 documents of an opening with long numbers are under 16 KiB.
	maxBodyBytes = 64 << 10
	// requestTime bounds one request but the event streams: the engine answers within one
	// fsync, and a disk that needs longer than this is broken.
	requestTime = 15 * time.Second
	// maxKeyLen bounds an Idempotency-Key: a UUID with a prefix.
	maxKeyLen = 128
	// maxKeysRemembered is how many keys are held against their requests; as many as the
	// core remembers answers (custody.MaxActsRemembered).
	maxKeysRemembered = 4096
	// maxRecordPage bounds one page of the record: about half a megabyte.
	maxRecordPage = 1000
	// minPINDigits and maxPINDigits of a PIN given at enrolment: fewer can be guessed at the
	// keypad between two lockouts, more are written on a note.
	minPINDigits = 4
	maxPINDigits = 8
	// maxNoteLen bounds a note, in characters: what fits on the wall.
	maxNoteLen = 300

	// maxStreams bounds the event streams of all accounts together, and maxStreamsEach those
	// of one: a wall, a desk, a telephone, and some that have not noticed yet that they are dead.
	maxStreams     = 128
	maxStreamsEach = 16
	// changedEvery spaces the `changed` events of one stream: ten a second are more than an eye follows.
	changedEvery = 100 * time.Millisecond
	// aliveEvery is how often a stream says that the daemon lives and decides. The page calls the
	// connection lost after three of them have failed to come (aliveMissed in wall.js).
	aliveEvery = 5 * time.Second
	// streamWriteTime is how long one event may take to leave: beyond it the screen is gone.
	streamWriteTime = 10 * time.Second

	// maxDocumentsShown bounds the table of the wall page; the API gives all of them.
	maxDocumentsShown = 1500
	// maxAlertsShown bounds the cards of the wall page: beyond it a person needs the list, not the wall.
	maxAlertsShown = 40
	// maxFeedShown is how many lines of the record the wall shows, and feedPage how many entries
	// are read at a time to find them.
	maxFeedShown = 14
	feedPage     = maxRecordPage
	// maxNamesKept bounds the names learnt from the record: a large organisation.
	maxNamesKept = 20_000

	// lifePerson is how long a person stays signed in: a long day. lifeWall is how long a screen
	// does: the longest that browsers keep a cookie.
	lifePerson = 12 * time.Hour
	lifeWall   = 400 * 24 * time.Hour
	// keyPrintShown is how many hexadecimal digits of a key's fingerprint people compare.
	keyPrintShown = 16
	// languageLife keeps the language chosen on a screen: as long as a cookie lives.
	languageLife = lifeWall

	// A network address may fail signInBurst times at once and then once every signInEvery; all
	// addresses together anyAddressFactor times as often. Tokens are long: this is against noise and dictionaries.
	signInBurst      = 10
	signInEvery      = 3 * time.Second
	anyAddressFactor = 20
	// maxAddresses bounds the addresses remembered for that.
	maxAddresses = 4096
	// maxTokenLen bounds a token: far beyond any that is made.
	maxTokenLen = 512
	// minSessionKeyLen is the length of HMAC-SHA-256's output, below which its key would be the weaker part.
	minSessionKeyLen = 32
)
