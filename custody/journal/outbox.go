package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"trilock/alerts"
)

// Pending hands the notices that are due on a channel at now to visit, oldest first, at most
// limit (and MaxPending) of them, each with the number of attempts made so far. It returns when
// the next one that is put off falls due, or the zero time when none is put off.
//
// Notices of one alert keep their order: while an older one is put off, the younger ones of the
// same alert wait behind it. A row that cannot be read is passed over and named in
// the error; the others are still handed out.
func (j *Journal) Pending(ctx context.Context, channel string, limit int, now time.Time, visit func(n alerts.Notice, attempts int)) (next time.Time, err error) {
	// Due is also what is put off further than anything can be: somebody set the clock back.
	nowMS, lastMS := now.UnixMilli(), now.Add(MaxPostpone).UnixMilli()
	var due []struct {
		ID       string `db:"notice_id"`
		Notice   string `db:"notice"`
		Attempts int    `db:"attempts"`
	}
	err = j.reader.SelectContext(ctx, &due, `SELECT notice_id, notice, attempts FROM outbox
		WHERE channel = ? AND alert NOT IN (SELECT alert FROM outbox WHERE channel = ? AND next_ms > ? AND next_ms <= ?)
		ORDER BY position LIMIT ?`, channel, channel, nowMS, lastMS, max(0, min(limit, MaxPending)))
	if err != nil {
		return time.Time{}, j.storage("the outbox cannot be read", err)
	}
	var nextMS sql.NullInt64
	err = j.reader.GetContext(ctx, &nextMS, `SELECT min(next_ms) FROM outbox WHERE channel = ? AND next_ms > ? AND next_ms <= ?`, channel, nowMS, lastMS)
	if err != nil {
		return time.Time{}, j.storage("the outbox cannot be read", err)
	}
	if nextMS.Valid {
		next = time.UnixMilli(nextMS.Int64)
	}
	var damaged []error
	for _, d := range due {
		var n alerts.Notice
		if err := json.Unmarshal([]byte(d.Notice), &n); err != nil || n.ID != d.ID {
			damaged = append(damaged, &Error{Path: j.path, Found: fmt.Sprintf("notice %q for channel %q is damaged in the outbox", d.ID, channel), Err: err,
				Next: "read the alert on the console; it stands in the record"})
			continue
		}
		visit(n, d.Attempts)
	}
	return next, errors.Join(damaged...)
}

// Postpone puts a notice off until next, at most MaxPostpone ahead, after so many attempts for a
// reason that a technician will read. A notice that is no longer in the outbox is passed over.
func (j *Journal) Postpone(ctx context.Context, noticeID, channel string, attempts int, next time.Time, reason string) error {
	if len(reason) > MaxReasonBytes {
		reason = reason[:MaxReasonBytes]
	}
	reason = strings.ToValidUTF8(reason, "")
	_, err := j.writer.ExecContext(ctx, `UPDATE outbox SET attempts = ?, next_ms = ?, last_error = ? WHERE channel = ? AND notice_id = ?`,
		attempts, next.UnixMilli(), reason, channel, noticeID)
	if err != nil {
		return j.storage(fmt.Sprintf("notice %q for channel %q cannot be put off", noticeID, channel), err)
	}
	return nil
}

// Channels returns the names of the channels that have notices in the outbox, in no
// particular order: also of those that the configuration no longer knows.
func (j *Journal) Channels(ctx context.Context) ([]string, error) {
	var names []string
	if err := j.reader.SelectContext(ctx, &names, `SELECT DISTINCT channel FROM outbox`); err != nil {
		return nil, j.storage("the outbox cannot be read", err)
	}
	return names, nil
}
