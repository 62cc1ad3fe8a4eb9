package simsite

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"trilock/devices/pki"
)

// Accounts of the demo site: role and person of each. Their tokens are made anew with
// every site and kept by the simulation alone; the configuration holds their hashes.
var accounts = []struct{ name, role, person string }{
	{"registrar", "registrar", Office.ID},
	{"archivist-desk", "archivist", Archivist.ID},
	{"head-of-office", "approver", Office.ID},
	{"supervising-leader", "approver", Manager.ID},
	{"head-of-unit", "approver", Reader.ID},
	{"security-desk", "security", Guard.ID},
	{"wall", "observer", ""},
	{"auditor", "auditor", Engineer.ID},
}

var configText = template.Must(template.New("site.yaml").Funcs(template.FuncMap{"name": func(id string) string {
	return fmt.Sprintf("name: %s, name_en: %s", deviceNames[id].ZH, deviceNames[id].EN)
}}).Parse(`# Made by trilock-sim: a simulated site. The daemon cannot tell it from a real one.
site: {name: 示范保密室, name_en: Example secrecy room, timezone: Asia/Shanghai, language: {{.Lang}}}
data: data
console: {listen: "{{.Console}}"}
mqtt:
  broker: "{{.Broker}}"
{{- if .MQTTListen}}
  listen: "{{.MQTTListen}}"
  server_certificate: pki/broker.crt
  server_key: pki/broker.key
{{- end}}
  authority: pki/ca.crt
  certificate: pki/trilockd.crt
  key: pki/trilockd.key
places:
  - {id: outside, kind: outside, name: 院外, name_en: outside}
  - {id: exit, kind: passage, name: 大门口, name_en: the exit, adjoins: [outside, corridor]}
  - {id: corridor, kind: corridor, name: 走廊, name_en: corridor}
  - {id: doorway, kind: passage, name: 保密室门口, name_en: the doorway, adjoins: [corridor, room]}
  - {id: room, kind: room, name: 保密室, name_en: secrecy room, adjoins: [corridor]}
  - {id: reading-room, kind: reading-room, name: 阅读室, name_en: reading room, adjoins: [room]}
  - {id: cabinet-a, kind: cabinet, name: 甲柜, name_en: cabinet A, adjoins: [room], levels: [secret, confidential], badge_reader: badge-cabinets}
  - {id: cabinet-b, kind: cabinet, name: 乙柜, name_en: cabinet B, adjoins: [room], levels: [secret, confidential], badge_reader: badge-cabinets}
  - {id: safe-1, kind: safe, name: 保险柜, name_en: safe, adjoins: [room], levels: [top-secret]}
doors:
  - id: room-door
    from: corridor
    to: room
    entry_reader: badge-door-in
    exit_reader: badge-door-out
    contact: {device: badge-door-in, input: 0}
    exit_button: {device: badge-door-out, input: 1}
    strike: {device: badge-door-in, output: 0}
    strike_time: 3s
    held_open_after: 5s
readers:
{{- range .UHF}}
  - {id: {{.Reader}}, {{name .Reader}}, port: {{.Port}}, protocol: {{.Protocol}}, antennas: [{port: 1, watches: {{.Watches}}}]}
{{- end}}
badge_lines:
{{- range .Lines}}
  - {id: {{.ID}}, port: {{.Port}}, baud: 115200, readers: [{{range $i, $r := .Readers}}{{if $i}}, {{end}}{id: {{$r}}, {{name $r}}, address: {{$i}}, key_file: keys/{{$r}}.key}{{end}}]}
{{- end}}
safes:
  - {id: main-safe, place: safe-1, badge_reader: badge-safe, locks: [{{range $i, $l := .Locks}}{{if $i}}, {{end}}{{$l}}{{end}}], approvals: controller-key}
locks:
{{- range .Locks}}
  - {id: {{.}}, {{name .}}, public_key: keys/{{.}}.key.pub}
{{- end}}
controller_key: keys/controller.key
policy: # a story of one minute needs a day's patience divided
  hand_over_window: 40s
  device_down_after: 2s
  missing_after: 5s
  safe_open_max: 1m
  presence: {certainty: 0.99, unseen_after: 3s}
  repeat: {info: 0s, warning: 6s, critical: 5s}
alerts:
  channels:
    - {name: wall, kind: console}
    - {name: security-desk, kind: webhook, url: "{{.Webhook}}", secret_file: keys/webhook.secret, timeout: 3s}
  routes: {info: [wall], warning: [wall, security-desk], critical: [wall, security-desk]}
access:
{{- range .Accounts}}
  - {name: {{.Name}}, role: {{.Role}}, {{if .Person}}person: {{.Person}}, {{end}}token_sha256: {{.Hash}}}
{{- end}}
`))

type configData struct {
	Lang, Console, Broker, MQTTListen, Webhook string
	UHF                                        []uhfData
	Lines                                      []lineData
	Locks                                      []string
	Accounts                                   []accountData
}

type uhfData struct{ Reader, Port, Protocol, Watches string }

type lineData struct {
	ID, Port string
	Readers  []string
}

type accountData struct{ Name, Role, Person, Hash string }

func (s *Site) writeConfig() error {
	d := configData{Lang: s.Lang, Console: s.Console, Broker: "builtin", MQTTListen: s.mqttAddr, Webhook: s.Webhook, Locks: Locks}
	if s.brokerURL != "" {
		d.Broker, d.MQTTListen = s.brokerURL, ""
	}
	for _, r := range uhfLines {
		d.UHF = append(d.UHF, uhfData{r.reader, s.port(r.port), r.protocol, r.watches})
	}
	for _, l := range badgeLines {
		d.Lines = append(d.Lines, lineData{l.id, s.port(l.port), l.readers})
	}
	for _, a := range accounts {
		token := randomHex(20)
		s.tokens[a.name] = token
		hash := sha256.Sum256([]byte(token))
		d.Accounts = append(d.Accounts, accountData{a.name, a.role, a.person, hex.EncodeToString(hash[:])})
	}
	var text strings.Builder
	if err := configText.Execute(&text, d); err != nil {
		return err
	}
	return os.WriteFile(s.ConfigFile(), []byte(text.String()), 0o600)
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
	for _, client := range append([]string{"trilockd"}, Locks...) {
		if _, err := authority.Issue(client, pki.Client, nil); err != nil {
			return err
		}
	}
	for _, name := range append([]string{"controller"}, Locks...) {
		if _, err := pki.NewSigningKey(s.keyFile(name), pki.ES256); err != nil {
			return err
		}
	}
	for _, line := range badgeLines {
		for _, reader := range line.readers {
			if err := os.WriteFile(s.keyFile(reader), []byte(randomHex(16)+"\n"), 0o600); err != nil {
				return err
			}
		}
	}
	s.WebhookSecret = []byte(randomHex(32))
	return os.WriteFile(s.path("keys/webhook.secret"), append(s.WebhookSecret, '\n'), 0o600) // as an editor, or trilock key, leaves it
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
