package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	recordcheck "trilock/custody/journal/verify"
)

// verify recomputes the whole record and holds it against its signature.
type verify struct {
	Journal string `arg:"" type:"existingfile" help:"journal.db of the data folder, or an export of it."`
	Key     string `required:"" type:"existingfile" help:"The public key file (journal.pub), noted outside the box at installation."`
}

// Run checks the record.
func (c *verify) Run() error {
	key, err := os.ReadFile(c.Key)
	if err != nil {
		return err
	}
	report, err := recordcheck.Check(c.Journal, strings.TrimSpace(string(key)))
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d entries, %d of them signed for, root %x\n", report.Origin, report.Entries, report.Signed, report.Root)
	if !report.OK() {
		return errors.New("the record is damaged: " + report.Damage.String())
	}
	fmt.Println("the record is whole 记录完整")
	return nil
}
