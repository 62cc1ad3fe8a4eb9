package journal

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID is "TRLK"; the first migration writes it.
const applicationID = 0x54524C4B

// prepareSchema refuses what is not ours or too new, brings an older schema up to date, and
// makes sure that the connection keeps the promises that the DSN asked for.
func (j *Journal) prepareSchema(ctx context.Context) error {
	if err := j.checkIdentity(ctx); err != nil {
		return err
	}
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, j.writer.DB, steps,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("journal %s: schema steps: %w", j.path, err)
	}
	has, known, err := p.GetVersions(ctx)
	if err != nil {
		return j.storage("the schema version cannot be read", err)
	}
	if has > known {
		return &Error{Path: j.path, Found: fmt.Sprintf("it has schema version %d, this program knows up to %d", has, known),
			Next: "install the version that wrote it, or a newer one; an older program never writes to a newer record"}
	}
	if _, err := p.Up(ctx); err != nil {
		return j.storage(fmt.Sprintf("the schema cannot be brought from version %d to %d", has, known), err)
	}
	return j.checkPromises(ctx)
}

// checkIdentity looks at the file through a connection that cannot write: the daemon's own
// would turn another program's database into WAL mode by merely opening it.
func (j *Journal) checkIdentity(ctx context.Context) error {
	db := openPool(readerDSN(j.path), 1)
	defer func() { _ = db.Close() }() // nothing was written
	var id int64
	if err := db.GetContext(ctx, &id, `PRAGMA application_id`); err != nil {
		return j.storage("the database cannot be read", err)
	}
	var tables []string
	if err := db.SelectContext(ctx, &tables, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`); err != nil {
		return j.storage("the database cannot be read", err)
	}
	// A first start that was cut short leaves no table, or goose's own alone.
	unbegun := len(tables) == 0 || len(tables) == 1 && tables[0] == goose.DefaultTablename
	if id != applicationID && !unbegun {
		return &Error{Path: j.path, Found: fmt.Sprintf("it is another program's database (application id %#x)", id),
			Next: "move it away, or correct the data folder in the configuration"}
	}
	return nil
}

// checkPromises reads back the settings: on a file system without shared memory SQLite
// silently stays in another journal mode.
func (j *Journal) checkPromises(ctx context.Context) error {
	var mode string
	var synchronous int
	if err := j.writer.GetContext(ctx, &mode, `PRAGMA journal_mode`); err != nil {
		return j.storage("the journal mode cannot be read", err)
	}
	if err := j.writer.GetContext(ctx, &synchronous, `PRAGMA synchronous`); err != nil {
		return j.storage("the synchronous mode cannot be read", err)
	}
	if !strings.EqualFold(mode, "wal") || synchronous < 2 {
		return &Error{Path: j.path, Found: fmt.Sprintf("SQLite runs with journal_mode=%s, synchronous=%d; want wal and 2", mode, synchronous),
			Next: "put the data folder on a local file system (not NFS or a share)"}
	}
	return nil
}
