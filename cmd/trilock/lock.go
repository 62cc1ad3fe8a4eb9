package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"trilock/cmd/internal/brokerrights"
	"trilock/configs"
)

type lockCmd struct {
	ACL lockACL `cmd:"" name:"acl" help:"Print mosquitto's access list for the site's own locks, plain locks included. 打印 mosquitto 访问控制表。"`
}

// lockACL prints the rights that a site's own mosquitto must grant.
type lockACL struct {
	File string `arg:"" type:"existingfile" help:"The configuration. Its key files need not be here."`
}

// Run prints the list.
func (c *lockACL) Run() error { return c.print(os.Stdout) }

func (c *lockACL) print(out io.Writer) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	site, err := configs.Parse(c.File, text)
	var faults configs.Faults
	if errors.As(err, &faults) {
		fmt.Fprintln(os.Stderr, faults.Error())
		return fmt.Errorf("%d faults in %s: no list is printed for a site that cannot be", len(faults), c.File)
	}
	if err != nil {
		return err
	}
	if len(site.Locks)+len(site.PlainLocks) == 0 {
		return fmt.Errorf("%s has no locks: there is nothing to grant", c.File)
	}
	_, err = io.WriteString(out, brokerrights.AccessList(site))
	return err
}
