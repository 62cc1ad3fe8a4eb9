package recorded

import (
	"math"
	"strconv"
	"time"
)

// Clock reads the times of a recording and writes them in the same form: RFC 3339, or
// seconds since an instant of the recorder's choice. The first time read fixes the form
// and the beginning.
type Clock struct {
	fixed   bool
	seconds bool
	start   time.Time // of what is in seconds, the one so many seconds after 1970
}

// forms is what a time looks like.
const forms = "a time as 2026-01-05T08:00:00.25+08:00 or in seconds"

// Read returns a time as the duration since the first one read; ok is false when the text is no time of this clock's form.
func (c *Clock) Read(text string) (at time.Duration, ok bool) {
	instant, seconds, ok := parseTime(text)
	if !ok || c.fixed && seconds != c.seconds {
		return 0, false
	}
	if !c.fixed {
		c.fixed, c.seconds, c.start = true, seconds, instant
	}
	at = instant.Sub(c.start) // saturates; 290 years are no recording
	return at, at > -math.MaxInt64/2 && at < math.MaxInt64/2
}

// Form says what a time of this clock looks like.
func (c *Clock) Form() string {
	switch {
	case !c.fixed:
		return forms
	case c.seconds:
		return "a time in seconds, as in the first row"
	}
	return "a time as 2026-01-05T08:00:00.25+08:00, as in the first row"
}

// Wall returns the instant of a time that Read returned. In seconds they count from 1970.
func (c *Clock) Wall(at time.Duration) time.Time { return c.start.Add(at) }

// Append writes a time in JSON: a string in RFC 3339, or a number of seconds.
func (c *Clock) Append(to []byte, at time.Duration) []byte {
	instant := c.start.Add(at)
	if !c.seconds {
		return append(instant.AppendFormat(append(to, '"'), time.RFC3339Nano), '"')
	}
	return strconv.AppendFloat(to, float64(instant.Unix())+float64(instant.Nanosecond()/1000)/1e6, 'f', -1, 64)
}

func parseTime(text string) (instant time.Time, seconds, ok bool) {
	if s, err := strconv.ParseFloat(text, 64); err == nil {
		if !(math.Abs(s) <= maxSeconds) {
			return time.Time{}, true, false
		}
		whole, part := math.Modf(s)
		return time.Unix(int64(whole), int64(math.Round(part*1e9))).UTC(), true, true
	}
	instant, err := time.Parse(time.RFC3339Nano, text)
	return instant, false, err == nil
}
