package simsite

import (
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"trilock/configs"
	"trilock/devices/pki"
)

// Account is a desk, a screen or a machine of the site. Its token is made anew with every
// site and kept by the simulation alone; the configuration holds its hash.
type Account struct{ Name, Role, Person string }

// storyAccounts are those of the story.
var storyAccounts = []Account{
	{"registrar", "registrar", Office.ID},
	{"archivist-desk", "archivist", Archivist.ID},
	{"head-of-office", "approver", Office.ID},
	{"supervising-leader", "approver", Manager.ID},
	{"head-of-unit", "approver", Reader.ID},
	{"security-desk", "security", Guard.ID},
	{"wall", "observer", ""},
	{"auditor", "auditor", Engineer.ID},
}

//go:embed story.yaml
var storyConfig []byte

// readConfig reads the configuration that the site is built from, for its devices.
func (s *Site) readConfig() error {
	if s.Config == nil {
		s.Config, s.Accounts = storyConfig, storyAccounts
	}
	var err error
	s.plan, err = configs.Parse(s.ConfigFile(), s.Config)
	return err
}

// writeConfig writes the configuration with what this site has of its own: free ports, serial
// lines, the broker, the webhook, and the accounts.
func (s *Site) writeConfig() error {
	var doc yaml.Node
	if err := yaml.Unmarshal(s.Config, &doc); err != nil {
		return err
	}
	root := doc.Content[0]
	if s.Lang != "" {
		set(child(root, "site"), "language", s.Lang)
	}
	set(root, "data", "data")
	set(child(root, "console"), "listen", s.Console)
	if mqtt := child(root, "mqtt"); mqtt != nil && s.brokerURL != "" {
		set(mqtt, "broker", s.brokerURL)
		for _, key := range []string{"listen", "server_certificate", "server_key"} {
			drop(mqtt, key)
		}
	} else if mqtt != nil {
		set(mqtt, "listen", s.mqttAddr)
	}
	for _, list := range []string{"readers", "badge_lines"} {
		for _, item := range items(child(root, list)) {
			set(item, "port", s.port(filepath.Base(child(item, "port").Value)))
		}
	}
	for _, channel := range items(child(child(root, "alerts"), "channels")) {
		if child(channel, "kind").Value == "webhook" {
			set(channel, "url", s.Webhook)
			set(channel, "secret_file", "keys/webhook.secret")
		}
	}
	if err := s.openAccounts(root); err != nil {
		return err
	}
	text, err := yaml.Marshal(&doc)
	if err != nil {
		return err
	}
	head := "# Made by trilock-sim: a simulated site. The daemon cannot tell it from a real one.\n"
	return os.WriteFile(s.ConfigFile(), append([]byte(head), text...), 0o600)
}

func (s *Site) openAccounts(root *yaml.Node) error {
	var list []map[string]string
	for _, a := range s.Accounts {
		token := randomHex(20)
		s.tokens[a.Name] = token
		hash := sha256.Sum256([]byte(token))
		entry := map[string]string{"name": a.Name, "role": a.Role, "token_sha256": hex.EncodeToString(hash[:])}
		if a.Person != "" {
			entry["person"] = a.Person
		}
		list = append(list, entry)
	}
	var node yaml.Node
	if err := node.Encode(list); err != nil {
		return err
	}
	drop(root, "access")
	root.Content = append(root.Content, scalar("access"), &node)
	return nil
}

// child returns the value under a key of a mapping, or nil.
func child(node *yaml.Node, key string) *yaml.Node {
	if node == nil {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

// items returns the items of a list; none of nil.
func items(node *yaml.Node) []*yaml.Node {
	if node == nil {
		return nil
	}
	return node.Content
}

func set(node *yaml.Node, key, value string) {
	if old := child(node, key); old != nil {
		*old = *scalar(value)
		return
	}
	node.Content = append(node.Content, scalar(key), scalar(value))
}

func drop(node *yaml.Node, key string) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			node.Content = append(node.Content[:i:i], node.Content[i+2:]...)
			return
		}
	}
}

func scalar(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value, Style: yaml.DoubleQuotedStyle}
}

// writeKeys makes what a technician makes at installation: the authority and its
// certificates, the locks' and the controller's keys, the badge readers' keys, the secret
// of the webhook.
func (s *Site) writeKeys() error {
	for _, dir := range []string{"data", "keys", "dev"} {
		if err := os.MkdirAll(filepath.Join(s.Dir, dir), 0o700); err != nil {
			return err
		}
	}
	authority, err := pki.NewAuthority(s.path("pki"))
	if err != nil {
		return err
	}
	if _, err := authority.Issue("broker", pki.Server, []string{"127.0.0.1", "localhost"}); err != nil {
		return err
	}
	for _, client := range append([]string{"trilockd"}, s.lockIDs()...) {
		if _, err := authority.Issue(client, pki.Client, nil); err != nil {
			return err
		}
	}
	for _, name := range append([]string{"controller"}, s.lockIDs()...) {
		if _, err := pki.NewSigningKey(s.keyFile(name), pki.ES256); err != nil {
			return err
		}
	}
	for _, line := range s.plan.BadgeLines {
		for _, reader := range line.Readers {
			if err := os.WriteFile(s.keyFile(string(reader.ID)), []byte(randomHex(16)+"\n"), 0o600); err != nil {
				return err
			}
		}
	}
	s.WebhookSecret = []byte(randomHex(32))
	return os.WriteFile(s.path("keys/webhook.secret"), append(s.WebhookSecret, '\n'), 0o600) // as an editor, or trilock key, leaves it
}

// checkFiles holds the configuration against the folder: its keys and certificates are those
// that writeKeys makes.
func (s *Site) checkFiles() error {
	_, err := configs.Load(s.ConfigFile())
	var faults configs.Faults
	if errors.As(err, &faults) {
		return fmt.Errorf("the configuration names what this site does not have:\n%w", faults)
	}
	return err
}

func (s *Site) lockIDs() (ids []string) {
	for _, l := range s.plan.Locks {
		ids = append(ids, string(l.ID))
	}
	return ids
}

func (s *Site) path(rel string) string     { return filepath.Join(s.Dir, rel) }
func (s *Site) port(name string) string    { return filepath.Join(s.Dir, "dev", name) }
func (s *Site) keyFile(name string) string { return s.path("keys/" + name + ".key") }

// ConfigFile returns the path of the site's configuration.
func (s *Site) ConfigFile() string { return s.path("site.yaml") }

// Token returns the token of an account of the configuration.
func (s *Site) Token(account string) string { return s.tokens[account] }

func randomHex(n int) string {
	raw := make([]byte, n)
	if _, err := rand.Read(raw); err != nil {
		panic(fmt.Sprintf("simsite: no randomness: %v", err)) // crypto/rand does not fail on a system that works
	}
	return hex.EncodeToString(raw)
}
