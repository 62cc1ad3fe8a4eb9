package scenario

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"trilock/configs"
	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/siteplan"
)

// Configuration returns the text of the site's configuration for one scenario: its policy laid
// over the site's, key by key.
func (set *Setting) Configuration(s *Scenario) ([]byte, error) {
	if s.Policy == nil {
		return set.SiteText, nil
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(set.SiteText, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", set.SiteFile, err)
	}
	root := doc.Content[0]
	overlay(root, &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!str", Value: "policy"}, s.Policy}})
	return yaml.Marshal(&doc)
}

// overlay lays one mapping over another: mappings are joined key by key, all else is replaced.
func overlay(base, over *yaml.Node) {
	for i := 0; i+1 < len(over.Content); i += 2 {
		key, value := over.Content[i], over.Content[i+1]
		found := false
		for j := 0; j+1 < len(base.Content); j += 2 {
			if base.Content[j].Value != key.Value {
				continue
			}
			found = true
			if base.Content[j+1].Kind == yaml.MappingNode && value.Kind == yaml.MappingNode {
				overlay(base.Content[j+1], value)
			} else {
				base.Content[j+1] = value
			}
		}
		if !found {
			base.Content = append(base.Content, key, value)
		}
	}
}

// layout tells the steps of a site.
func layout(site custody.Site) Layout {
	return Layout{Zone: site.Location, Doors: site.Doors, Safes: site.Safes, OpeningDelay: site.Policy.OpeningDelay, OpeningWindow: site.Policy.OpeningWindow}
}

// Site is the site of one scenario, in the words of the file and of the domain.
type Site struct {
	Config  *configs.Site
	Custody custody.Site
	Layout  Layout
	Start   time.Time
	// Documents are what is given, with defaults for all that the file does not say.
	Documents []custody.DocumentRecord
}

// Site returns the site of a scenario. pinKey is the key of the fingerprints of PINs.
func (set *Setting) Site(s *Scenario, pinKey []byte) (*Site, error) {
	text, err := set.Configuration(s)
	if err != nil {
		return nil, err
	}
	c, err := configs.Parse(set.SiteFile, text)
	if err != nil {
		return nil, fmt.Errorf("%s: the site with its policy: %w", s.File, err)
	}
	of := &Site{Config: c, Custody: siteplan.Custody(c, pinKey)}
	if of.Custody.Calendar, err = c.WorkingCalendar(); err != nil {
		return nil, err
	}
	of.Layout = layout(of.Custody)
	if of.Start, err = time.ParseInLocation("2006-01-02 15:04", s.Start, of.Layout.Zone); err != nil {
		return nil, fmt.Errorf("%s: start: want a time such as 2026-03-02 09:00: %w", s.File, err)
	}
	names := &run{Scenario: s, cast: map[string]custody.Person{}, zone: of.Layout.Zone, stage: still{at: of.Start}}
	for name, a := range set.Cast {
		names.cast[name] = a.Person
	}
	for i, node := range s.Given {
		d, err := names.document(node, i)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", s.File, node.Line, err)
		}
		of.Documents = append(of.Documents, d)
	}
	return of, nil
}

// Sides returns the places on either side of a door at which a tag is heard that is carried
// through: those that its antennas watch, or those between which it leads.
func (s *Site) Sides(id fact.DoorID) (outer, inner fact.PlaceID) {
	door := s.Custody.Doors[id]
	outer, inner = door.From, door.To
	for _, d := range s.Config.Doors {
		if fact.DoorID(d.ID) != id || len(d.OuterAntennas) == 0 || len(d.InnerAntennas) == 0 {
			continue
		}
		outer, inner = s.watched(d.OuterAntennas[0]), s.watched(d.InnerAntennas[0])
	}
	return outer, inner
}

func (s *Site) watched(port configs.AntennaPort) fact.PlaceID {
	for _, r := range s.Config.Readers {
		for _, a := range r.Antennas {
			if r.ID == port.Reader && a.Port == port.Port {
				return fact.PlaceID(a.Watches)
			}
		}
	}
	return ""
}

// still is a stage of which only the clock is asked.
type still struct {
	Stage
	at time.Time
}

func (s still) Now() time.Time { return s.at }

var homes = map[custody.Level]string{custody.TopSecret: "safe-1", custody.Secret: "cabinet-a", custody.Confidential: "cabinet-a", custody.Internal: "cabinet-u", custody.Public: "cabinet-u"}

// document fills in what a file does not say of a document that it gives.
func (r *run) document(node *yaml.Node, i int) (custody.DocumentRecord, error) {
	said, err := r.fields(node)
	if err != nil {
		return custody.DocumentRecord{}, err
	}
	level, _ := said["level"].(string)
	if level == "" {
		level = string(custody.Confidential)
	}
	now := r.stage.Now()
	all := map[string]any{
		"id": fmt.Sprintf("JM-2026-%04d", i+1), "title": fmt.Sprintf("示例文件 %d", i+1), "level": level, "copy": 1, "copies": 1, "pages": 3,
		"tag": fmt.Sprintf("2C15A537C8000E00%08X", i+1), "home": homes[custody.Level(level)], "issuer": "示例机关", "issuer_number": fmt.Sprintf("示发〔2026〕%d号", i+1),
		"produced": now.AddDate(0, 0, -20).Format("2006-01-02"), "retention": map[string]any{"until": now.AddDate(10, 0, 0).Format("2006-01-02")},
		"receipt": map[string]any{"at": now.AddDate(0, 0, -10).Format(time.RFC3339), "by": string(r.cast["archivist"].ID), "from": "示例机关", "envelope": "intact"},
	}
	for key, v := range said {
		all[key] = v
	}
	raw, err := json.Marshal(all)
	if err != nil {
		return custody.DocumentRecord{}, err
	}
	var d custody.DocumentRecord
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	err = dec.Decode(&d)
	return d, err
}
