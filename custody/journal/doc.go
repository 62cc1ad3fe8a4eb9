// Package journal is the record: it owns the file journal.db, the key that signs it, and
// the outbox of notices that wait to be delivered. One transaction with one fsync holds
// the entries, their place in a Merkle tree, the newly signed checkpoint and what the
// entries add to or take from the outbox, so that nothing is ever half recorded.
//
// It refuses to interpret. It decides nothing, it does not order or filter entries, and
// it reads no clock: entries arrive with their stamp and their number. It refuses to start
// on anything that it cannot vouch for (an old SQLite, a newer schema, a missing key, a
// tree that does not match its signature), and says what to do about it.
//
// # Files
//
// All in one folder, which belongs to the daemon alone:
//
//	journal.db    the record (SQLite, WAL; journal.db-wal and journal.db-shm while open)
//	journal.key   the private signing key, mode 0600 ("PRIVATE+KEY+trilock-<site>+…")
//	journal.pub   the public key for auditors      ("trilock-<site>+…")
//	journal.lock  held while a daemon has the journal open
//
// # The leaf
//
// The tree is the one of RFC 6962 section 2.1, with SHA-256. The data of leaf n (n counts
// from 0, the entry's seq is n+1) is the whole entry:
//
//	"trilock entry 1\n"          16 bytes, literal
//	seq                          8 bytes, big endian
//	mono, nanoseconds            8 bytes, big endian, two's complement
//	wall                         length (4 bytes, big endian), then RFC 3339 text in UTC,
//	                             nanoseconds without trailing zeros
//	kind, actor, subject, data   each: length (4 bytes, big endian), then UTF-8 text;
//	                             data is the JSON exactly as recorded
//
// Every field is preceded by its length, so no two entries share an encoding. The leaf
// hash is SHA-256(0x00 || data) and stands in the entry's row.
//
// # The checkpoint
//
// A signed note (golang.org/x/mod/sumdb/note, Ed25519) over three lines:
//
//	trilock-<site>
//	<number of entries, decimal>
//	<root hash, base64>
//
// # The export
//
// Export writes a file in which every byte counts, for an auditor without SQLite:
//
//	"trilock journal export 1\n"
//	per entry: length (4 bytes, big endian), then the leaf's data
//	0 (4 bytes)
//	length of the signed note (4 bytes, big endian), then the note; end of file
//
// Package verify reads both forms and shares no code with this one.
package journal
