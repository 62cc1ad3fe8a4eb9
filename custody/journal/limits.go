package journal

import "time"

// Limits of the journal, each with its reason.
const (
	// MaxEntriesPerBatch bounds one transaction: at about ten microseconds an entry, a full
	// batch holds the writer for some 50 ms, which is what a person at a reader does not notice.
	MaxEntriesPerBatch = 4096
	// MaxPostingsPerBatch bounds the outbox rows of one batch, for the same reason.
	MaxPostingsPerBatch = 4096
	// MaxSettlementsPerBatch bounds the outbox rows that one batch takes away, for the same reason.
	MaxSettlementsPerBatch = 4096
	// MaxEventBytes bounds one event's JSON. The largest event, an inventory of a dense
	// room of 4096 folders, needs some 400 KiB; what is larger is a fault of the program.
	MaxEventBytes = 1 << 20
	// MaxWordBytes bounds kind, actor, subject, channel and notice id. Configured names have
	// at most 40 bytes; a subject can be an EPC of 124 digits or a register number.
	MaxWordBytes = 512
	// MaxNoticeBytes bounds a notice's JSON: three texts in two languages, each some sentences.
	MaxNoticeBytes = 64 << 10
	// MaxReasonBytes bounds the last error kept with an outbox row; longer ones are cut.
	// It is one line for a technician.
	MaxReasonBytes = 512
	// MaxPending bounds one answer of Pending: a channel works in small portions.
	MaxPending = 256
	// MaxPostpone is how far ahead of the clock an outbox row can be put off. A row
	// that claims more was put off before somebody set the clock back, and is due.
	MaxPostpone = time.Hour

	// probeBytes is what Probe writes: more than one usual batch needs, so that a
	// disk which has room for a single page does not count as recovered.
	probeBytes = 64 << 10
	// walSizeMax is what the write-ahead log is cut back to after a long read (an export)
	// has let it grow.
	walSizeMax = 64 << 20
	// readersMax bounds the read-only connections: one for the dispatcher, one for an
	// export, and some to spare for pages.
	readersMax = 4
	// busyTimeoutMs is how long SQLite waits for another process, for example a backup.
	busyTimeoutMs = 5000
	// treeLevels is one more than the highest level of a tree of 2^62 entries.
	treeLevels = 63
	// tileLevels is the distance between stored levels of the tree: with 8, one row in
	// 256 entries is kept and any other node is at most 128 hashes away.
	tileLevels = 8
)
