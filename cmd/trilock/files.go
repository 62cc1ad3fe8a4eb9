package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"trilock/configs"
	"trilock/devices/pki"
)

// check says every fault of a configuration at once, each with file, line and what is allowed.
type check struct {
	File string `arg:"" type:"existingfile" help:"The configuration."`
}

// Run checks the file.
func (c *check) Run() error {
	site, err := configs.Load(c.File)
	var faults configs.Faults
	if errors.As(err, &faults) {
		fmt.Fprintln(os.Stderr, faults.Error())
		return fmt.Errorf("%d faults in %s", len(faults), c.File)
	}
	if err != nil {
		return err
	}
	fmt.Printf("%s: %s (%s): %d places, %d UHF readers, %d badge lines, %d safes: no fault\n", c.File, site.Identity.Name, site.Identity.NameEN,
		len(site.Places), len(site.Readers), len(site.BadgeLines), len(site.Safes))
	return nil
}

type pkiCmd struct {
	New   pkiNew   `cmd:"" help:"Make the authority in a new folder. 建立证书机构。"`
	Issue pkiIssue `cmd:"" help:"Issue a certificate. 签发证书。"`
}

type pkiNew struct {
	Dir string `arg:"" help:"The folder; keep its ca.key off the box."`
}

// Run makes the authority.
func (c *pkiNew) Run() error {
	if _, err := pki.NewAuthority(c.Dir); err != nil {
		return err
	}
	fmt.Printf("%s: copy it to the daemon, the broker and every lock\n", pki.CAFile(c.Dir))
	return nil
}

type pkiIssue struct {
	Dir  string   `arg:"" type:"existingdir" help:"The authority's folder."`
	Name string   `arg:"" help:"Common name: trilockd, a lock's id, or broker."`
	Host []string `help:"Name or address of a server (broker, console); none for a client."`
}

// Run issues a certificate.
func (c *pkiIssue) Run() error {
	authority, err := pki.OpenAuthority(c.Dir)
	if err != nil {
		return err
	}
	kind := pki.Client
	if len(c.Host) > 0 {
		kind = pki.Server
	}
	leaf, err := authority.Issue(c.Name, kind, c.Host)
	if err != nil {
		return err
	}
	fmt.Printf("%s\n%s\n", leaf.CertFile, leaf.KeyFile)
	return nil
}

type keyCmd struct {
	Signing signingKey `cmd:"" help:"A signing key of the lock protocol (ES256) and its public half. 锁协议签名密钥。"`
	Badge   badgeKey   `cmd:"" help:"A badge reader's secure channel key. 读卡器安全通道密钥。"`
	Secret  secretKey  `cmd:"" help:"A webhook's secret. 推送签名密钥。"`
}

type signingKey struct {
	File string `arg:"" help:"The key file to make; its public half gets .pub."`
}

// Run makes the key.
func (c *signingKey) Run() error {
	if _, err := pki.NewSigningKey(c.File, pki.ES256); err != nil {
		return err
	}
	fmt.Printf("%s\n%s.pub\n", c.File, c.File)
	return nil
}

type badgeKey struct {
	File string `arg:"" help:"The key file to make."`
}

// Run makes the key: 16 bytes, as OSDP's SCBK.
func (c *badgeKey) Run() error { return newSecret(c.File, 16) }

type secretKey struct {
	File string `arg:"" help:"The file to make."`
}

// Run makes the secret.
func (c *secretKey) Run() error { return newSecret(c.File, 32) }

// newSecret writes n random bytes as hexadecimal into a new file only its owner can read.
func newSecret(path string, n int) error {
	text, err := randomHex(n)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	fmt.Println(path)
	return nil
}

// token makes an access token. It is printed once and kept nowhere.
type token struct{}

// Run prints the token and its hash.
func (c *token) Run() error {
	text, err := randomHex(20)
	if err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(text))
	fmt.Printf("token (give it to the person or machine; it is kept nowhere): %s\n", text)
	fmt.Printf("for the configuration, under access: token_sha256: %s\n", hex.EncodeToString(hash[:]))
	return nil
}

func randomHex(n int) (string, error) {
	raw := make([]byte, n)
	_, err := rand.Read(raw)
	return hex.EncodeToString(raw), err
}
