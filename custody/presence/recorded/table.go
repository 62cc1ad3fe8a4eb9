package recorded

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// RowError says what is wrong with one row of a file. Reading can go on after it.
type RowError struct {
	Line int // counts from 1
	// Column counts from 1, and Name is its heading; 0 and empty when the row as a whole is wrong.
	Column int
	Name   string
	// Found says what stands there, Want what would be right.
	Found, Want string
}

// Error returns one line.
func (e *RowError) Error() string {
	where := fmt.Sprintf("line %d", e.Line)
	if e.Column > 0 {
		where += fmt.Sprintf(", column %d (%s)", e.Column, e.Name)
	}
	return fmt.Sprintf("%s: found %s, want %s", where, e.Found, e.Want)
}

// table reads a CSV file with a heading, one row for each line. Fields may be quoted; no
// field goes over the end of its line, so that a lost quote spoils one row and not the file.
type table struct {
	lines *bufio.Reader
	line  int
	names []string // the heading, lower case
	row   []string // the present row
}

// newTable reads the heading. Every one of needed must be in it, in any order; columns of
// other names are ignored.
func newTable(r io.Reader, needed ...string) (*table, error) {
	t := &table{lines: bufio.NewReaderSize(r, MaxLineBytes)}
	switch err := t.next(); {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("the file is empty: want a heading with %s", strings.Join(needed, ", "))
	case err != nil:
		return nil, err
	}
	for i, name := range t.row {
		if i == 0 {
			name = strings.TrimPrefix(name, "\uFEFF")
		}
		t.names = append(t.names, strings.ToLower(strings.TrimSpace(name)))
	}
	for _, name := range needed {
		if t.column(name) < 0 {
			return nil, &RowError{Line: t.line, Found: "no column " + name + " in the heading " + shown(strings.Join(t.names, ",")), Want: "a first line that names the columns " + strings.Join(needed, ", ") + ", in any order"}
		}
	}
	return t, nil
}

// column returns the index of a column, or -1.
func (t *table) column(name string) int {
	for i, n := range t.names {
		if n == name {
			return i
		}
	}
	return -1
}

// next reads the next row that is not blank. It returns io.EOF after the last.
func (t *table) next() error {
	for {
		text, err := t.lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(text) == 0 {
			return io.EOF
		}
		t.line++
		if errors.Is(err, bufio.ErrBufferFull) {
			return t.skip()
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("after line %d: %w", t.line-1, err)
		}
		text = bytes.TrimRight(text, "\r\n")
		if len(bytes.TrimSpace(text)) > 0 {
			return t.split(string(text))
		}
	}
}

// skip drops the rest of a line that is too long.
func (t *table) skip() error {
	for {
		switch _, err := t.lines.ReadSlice('\n'); {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil && !errors.Is(err, io.EOF):
			return fmt.Errorf("in line %d: %w", t.line, err)
		default:
			return &RowError{Line: t.line, Found: fmt.Sprintf("more than %d bytes", MaxLineBytes), Want: "a row of comma-separated values"}
		}
	}
}

// split takes a line apart.
func (t *table) split(text string) error {
	t.row = t.row[:0]
	for {
		field, rest, more, ok := cutField(text)
		if !ok {
			return &RowError{Line: t.line, Column: len(t.row) + 1, Name: t.heading(len(t.row)), Found: "a quote that is not closed, or text after one", Want: `a value, or a value in "quotes"`}
		}
		t.row = append(t.row, field)
		if !more {
			break
		}
		if len(t.row) == MaxColumns {
			return &RowError{Line: t.line, Found: fmt.Sprintf("more than %d columns", MaxColumns), Want: "a row of comma-separated values"}
		}
		text = rest
	}
	if t.names != nil && len(t.row) != len(t.names) {
		return &RowError{Line: t.line, Found: fmt.Sprintf("%d columns", len(t.row)), Want: fmt.Sprintf("%d, as in the heading", len(t.names))}
	}
	return nil
}

// cutField takes the first field off a line; more says that another follows.
func cutField(text string) (field, rest string, more, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		field, rest, more = strings.Cut(text, ",")
		return strings.TrimSpace(field), rest, more, !strings.Contains(field, `"`)
	}
	var b strings.Builder
	for text = text[1:]; ; {
		part, after, closed := strings.Cut(text, `"`)
		b.WriteString(part)
		switch {
		case !closed:
			return "", "", false, false
		case strings.HasPrefix(after, `"`):
			b.WriteByte('"')
			text = after[1:]
		case after == "":
			return b.String(), "", false, true
		case after[0] == ',':
			return b.String(), after[1:], true, true
		default:
			return "", "", false, false
		}
	}
}

func (t *table) heading(i int) string {
	if i < len(t.names) {
		return t.names[i]
	}
	return "no heading"
}

// wrong returns the error about a value of the present row.
func (t *table) wrong(column int, want string) error {
	return &RowError{Line: t.line, Column: column + 1, Name: t.heading(column), Found: shown(t.row[column]), Want: want}
}

// shown is a value as an error repeats it: quoted, and not at any length.
func shown(text string) string {
	const most = 60
	if len(text) > most {
		return fmt.Sprintf("%q…", text[:most])
	}
	return fmt.Sprintf("%q", text)
}
