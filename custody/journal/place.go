package journal

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
	sqlite3 "github.com/mattn/go-sqlite3"
	"golang.org/x/sys/unix"

	"trilock/custody/fact"
)

const lockFile = "journal.lock"

// oldestSQLite is the first release without the WAL-reset fault: in 3.7.0 to 3.51.2 a
// checkpoint that races a writer can lose committed transactions (sqlite.org/wal.html#walresetbug).
const oldestSQLite = 3_051_003

// originOf returns the name that the site's checkpoints are signed with.
func originOf(site string) (string, error) {
	if site == "" || len(site) > fact.MaxNameLen || strings.Trim(site, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || site[0] == '-' {
		return "", fmt.Errorf("journal: site name %q: want [a-z0-9][a-z0-9-]*, at most %d bytes; set it in the configuration", site, fact.MaxNameLen)
	}
	return "trilock-" + site, nil
}

// checkPlace checks, before anything is touched, what the journal will stand on.
func checkPlace(dir string) error {
	version, number, _ := sqlite3.Version()
	if err := checkSQLite(version, number); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return &Error{Path: dir, Found: "the data folder cannot be used", Err: err,
			Next: "create it for the daemon's user with mode 0700, or correct the path; it is not created by itself, " +
				"so that a mistyped path never begins an empty record"}
	case !info.IsDir():
		return &Error{Path: dir, Found: "the data folder is a file", Next: "correct the path"}
	}
	return checkWritable(dir, info)
}

func checkSQLite(version string, number int) error {
	if number >= oldestSQLite {
		return nil
	}
	return &Error{Path: "(SQLite)", Found: fmt.Sprintf("SQLite %s is linked; versions before 3.51.3 can lose committed entries when a checkpoint races a writer (the WAL-reset fault)", version),
		Next: "build with the pinned go-sqlite3, without the libsqlite3 tag"}
}

// checkWritable looks at the mode as well as at what the system permits: root passes
// every permission check, but a file that somebody made read-only was meant to stay as it is.
func checkWritable(path string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o200 == 0 {
		return &Error{Path: path, Found: fmt.Sprintf("it is read-only (mode %04o)", info.Mode().Perm()),
			Next: "make it writable for the daemon's user (chmod u+w); if it was made read-only as evidence, work on a copy"}
	}
	if err := unix.Access(path, unix.W_OK); err != nil {
		return &Error{Path: path, Found: "it cannot be written", Err: err,
			Next: "check its owner, and that the file system is mounted writable"}
	}
	return nil
}

// prepareFile checks the files of the database that exist, and creates the main one for the owner
// alone: SQLite gives the same mode to the files it puts beside it.
func prepareFile(path string) error {
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return &Error{Path: name, Found: "it cannot be examined", Err: err, Next: "check owner and mode of the data folder"}
		}
		if !info.Mode().IsRegular() {
			return &Error{Path: name, Found: "it is not a regular file", Next: "move it away"}
		}
		if err := checkWritable(name, info); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		err = errors.Join(f.Sync(), f.Close(), syncDir(filepath.Dir(path)))
	}
	if err != nil {
		return &Error{Path: path, Found: "it cannot be opened for writing", Err: err, Next: "make file and folder writable for the daemon's user"}
	}
	return nil
}

// lockDir makes sure that one daemon at a time has the journal. The lock goes with the process.
func lockDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &Error{Path: path, Found: "it cannot be opened", Err: err, Next: "make the data folder writable for the daemon's user"}
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(f, 32)) // only for the message
		_ = f.Close()
		return nil, &Error{Path: path, Found: "another process has the journal open (pid " + strings.TrimSpace(string(holder)) + ")", Err: err,
			Next: "stop it first; two daemons must never decide for one site"}
	}
	text := strconv.Itoa(os.Getpid()) + "\n"
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt([]byte(text), 0) // the number only helps a person; a full disk must not stop the lock
	}
	return f, nil
}

// writerDSN: in WAL mode the driver's default, synchronous=NORMAL, loses acknowledged
// transactions at a power cut; FULL costs the fsync that "durable before visible" is about.
func writerDSN(path string) string {
	return dsn(path, url.Values{
		"mode": {"rw"}, "_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_txlock": {"immediate"},
		"_busy_timeout": {strconv.Itoa(busyTimeoutMs)}, "_foreign_keys": {"1"},
	})
}

func readerDSN(path string) string {
	return dsn(path, url.Values{"mode": {"ro"}, "_query_only": {"1"}, "_busy_timeout": {strconv.Itoa(busyTimeoutMs)}})
}

// dsn escapes the path, so that a folder named "a?mode=memory" is only a folder.
func dsn(path string, query url.Values) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + query.Encode()
}

// connector opens connections with the settings that the DSN has no words for. It
// stands in for a driver registered by name, which would be global.
type connector struct {
	driver *sqlite3.SQLiteDriver
	dsn    string
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c connector) Driver() driver.Driver                        { return c.driver }

func openPool(source string, connections int) *sqlx.DB {
	settings := []string{
		"PRAGMA journal_size_limit = " + strconv.Itoa(walSizeMax),
		"PRAGMA recursive_triggers = ON", // REPLACE then fires the delete triggers too
		"PRAGMA trusted_schema = OFF",
		"PRAGMA cell_size_check = ON",
	}
	d := &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		for _, s := range settings {
			if _, err := c.Exec(s, nil); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	}}
	db := sqlx.NewDb(sql.OpenDB(connector{driver: d, dsn: source}), "sqlite3")
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db
}
