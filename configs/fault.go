package configs

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Fault is one thing wrong with a configuration.
type Fault struct {
	// File is the configuration's name as the caller gave it.
	File string
	// Line counts from 1; 0 when the fault is in the file as a whole.
	Line int
	// Path names the setting, for example "readers[2].port"; empty for the file as a whole.
	Path string
	// Found says what stands there, in one short phrase without line breaks. It never repeats a secret.
	Found string
	// Want says what is allowed there.
	Want string
}

// String returns the fault as one line: file:line: path: found ..., want ...
func (f Fault) String() string {
	where := f.File
	if f.Line > 0 {
		where = fmt.Sprintf("%s:%d", where, f.Line)
	}
	if f.Path != "" {
		where += ": " + f.Path
	}
	return fmt.Sprintf("%s: found %s, want %s", where, f.Found, f.Want)
}

// Faults are all faults of one configuration, sorted by line. It is the error of Load
// and Parse (errors.As finds it).
type Faults []Fault

// Error returns one line for each fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// sorted orders faults by line. Faults of one line keep the order in which they were
// found, which is the same for the same file.
func (fs Faults) sorted() Faults {
	slices.SortStableFunc(fs, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	return fs
}

// printable returns text for a fault's line: cut to MaxFoundLen, and quoted when it is empty or
// holds what does not belong on one line of a terminal.
func printable(text string) string {
	runes := []rune(text)
	if len(runes) > MaxFoundLen {
		return whole(string(runes[:MaxFoundLen])) + "…"
	}
	return whole(text)
}

// whole is printable without the cut: for paths, which people copy.
func whole(text string) string {
	odd := func(r rune) bool { return !unicode.IsGraphic(r) || r == unicode.ReplacementChar }
	if text == "" || strings.ContainsFunc(text, odd) || strings.TrimSpace(text) != text {
		return strconv.QuoteToGraphic(text)
	}
	return text
}
