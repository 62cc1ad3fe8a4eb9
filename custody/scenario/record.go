package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"trilock/custody"
	"trilock/custody/journal"
	"trilock/custody/journal/verify"
	"trilock/custody/registers"
)

// register reads a paper register off the record, as whoever prints it does (REC-1): one of its
// lines must hold the texts that the step names. Titles are masked unless the step says shown (REC-2).
func (r *run) register(s Step) error {
	book, known := registers.ByID(s.text("register"))
	if !known {
		return fmt.Errorf("register: there is no %q", s.text("register"))
	}
	var shown func(custody.DocumentID) bool
	if s.text("titles") == "shown" {
		shown = func(custody.DocumentID) bool { return true }
	}
	wanted := make([]string, 0, len(s.texts("holds")))
	for _, text := range s.texts("holds") {
		known, err := r.word(text)
		if err != nil {
			return err
		}
		wanted = append(wanted, known)
	}
	return r.stage.Settle(r.ctx, func() error {
		lines := 0
		for _, e := range r.stage.Record() {
			row, stands, err := book.Row(e, shown)
			if err != nil {
				return err
			}
			if !stands {
				continue
			}
			lines++
			line := strings.Join(append([]string{row.Kind, row.Actor, row.Subject}, row.Cells...), "\t")
			if !slices.ContainsFunc(wanted, func(text string) bool { return !strings.Contains(line, text) }) {
				return nil
			}
		}
		return fmt.Errorf("the %s has %d lines, none of which holds %s", book.Name.EN, lines, strings.Join(wanted, ", "))
	})
}

// recordKept puts what happened so far into a journal file, and has the second reader look at it, whole or
// after somebody with the administrator's hands was at it (REC-4).
func (r *run) recordKept(s Step) error {
	dir, err := os.MkdirTemp("", "trilock-record-")
	if err != nil {
		return err
	}
	whole, key, err := keep(r.ctx, dir, r.stage.Record())
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	err = judge(s, dir, whole, key)
	return errors.Join(err, os.RemoveAll(dir))
}

// keep writes entries into a journal and returns its export and public key.
func keep(ctx context.Context, dir string, entries []custody.Entry) (export []byte, key string, err error) {
	j, err := journal.Open(ctx, journal.Settings{Dir: dir, Site: "scenario"})
	if err != nil {
		return nil, "", err
	}
	var out bytes.Buffer
	err = j.Append(ctx, journal.Batch{Entries: entries})
	if err == nil {
		err = j.Export(ctx, &out)
	}
	return out.Bytes(), j.PublicKey(), errors.Join(err, j.Close())
}

func judge(s Step, dir string, export []byte, key string) error {
	kind, state := s.text("entry"), s.text("record")
	switch state {
	case "whole":
	case "altered": // one letter of an entry
		at := bytes.LastIndex(export, []byte(kind))
		if kind == "" || at < 0 {
			return fmt.Errorf("the record holds no entry of kind %q to alter", kind)
		}
		export = slices.Clone(export)
		export[at] ^= 1
	case "shortened": // its end is gone
		export = export[:len(export)*2/3]
	default:
		return fmt.Errorf("record: %q: want whole, altered or shortened", state)
	}
	path := filepath.Join(dir, "record.export")
	if err := os.WriteFile(path, export, 0o600); err != nil {
		return err
	}
	report, err := verify.Check(path, key)
	switch ok := err == nil && report.OK(); {
	case ok == (state == "whole"):
		return nil
	case ok:
		return fmt.Errorf("the record was %s, and the check calls it whole: %+v", state, report)
	}
	return fmt.Errorf("the record is whole, and the check refuses it: %+v %w", report, err)
}
