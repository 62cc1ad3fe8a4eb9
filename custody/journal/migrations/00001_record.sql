-- +goose Up

-- "TRLK": tells a journal of this program from any other SQLite file.
PRAGMA application_id = 1414679627;

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
    seq     INTEGER PRIMARY KEY,
    mono_ns INTEGER NOT NULL,
    wall    TEXT NOT NULL,
    kind    TEXT NOT NULL,
    actor   TEXT NOT NULL,
    subject TEXT NOT NULL,
    data    TEXT NOT NULL,
    leaf    BLOB NOT NULL CHECK (length(leaf) = 32)
) STRICT;

-- Interior nodes of the tree, at the levels 8, 16, 24 ... only: everything between is
-- a few hundred hashes away from a stored one. Level 0 is entries.leaf.
CREATE TABLE hashes (
    level INTEGER NOT NULL CHECK (level > 0 AND level % 8 = 0),
    n     INTEGER NOT NULL,
    hash  BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL,
    note TEXT NOT NULL
) STRICT;

CREATE TABLE outbox (
    position   INTEGER PRIMARY KEY AUTOINCREMENT,
    channel    TEXT NOT NULL,
    notice_id  TEXT NOT NULL,
    alert      INTEGER NOT NULL,
    notice     TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_ms    INTEGER NOT NULL DEFAULT 0,
    last_error TEXT NOT NULL DEFAULT '',
    UNIQUE (channel, notice_id)
) STRICT;

CREATE INDEX outbox_next ON outbox (channel, next_ms, alert);
CREATE INDEX outbox_order ON outbox (channel, position);

CREATE TABLE probe (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    filler BLOB NOT NULL
) STRICT;

-- INC-3, REC-4: what is in the record stays in it. The insert triggers close the way
-- around the delete triggers: INSERT OR REPLACE deletes without firing them.

-- +goose StatementBegin
CREATE TRIGGER entries_in_order BEFORE INSERT ON entries
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM entries)
BEGIN SELECT RAISE(ABORT, 'entries are appended in order, without gaps'); END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries cannot be altered: record a correction as a further entry'); END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries cannot be deleted: record a correction as a further entry'); END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER hashes_once BEFORE INSERT ON hashes
WHEN EXISTS (SELECT 1 FROM hashes WHERE level = NEW.level AND n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'hashes of the record are written once'); END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER hashes_no_update BEFORE UPDATE ON hashes
BEGIN SELECT RAISE(ABORT, 'hashes of the record cannot be altered'); END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER hashes_no_delete BEFORE DELETE ON hashes
BEGIN SELECT RAISE(ABORT, 'hashes of the record cannot be deleted'); END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER checkpoint_once BEFORE INSERT ON checkpoint
WHEN EXISTS (SELECT 1 FROM checkpoint)
BEGIN SELECT RAISE(ABORT, 'there is one checkpoint'); END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER checkpoint_forward BEFORE UPDATE ON checkpoint
WHEN NEW.size <= OLD.size
BEGIN SELECT RAISE(ABORT, 'the checkpoint only moves forward'); END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'the checkpoint cannot be deleted'); END;
-- +goose StatementEnd
