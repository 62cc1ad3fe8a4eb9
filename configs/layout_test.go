package configs

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

const barest = `
places: [{id: zone-1}, {id: zone-2, adjoins: [zone-1]}]
readers: [{id: reader-1, antennas: [{port: 1, watches: zone-1}, {port: 2, watches: zone-2}]}]
`

// A layout says where antennas hear; everything else may be absent, and has its default.
func TestLayoutNeedsPlacesAndAntennasOnly(t *testing.T) {
	site, err := ParseLayout("site.yaml", []byte(barest))
	if err != nil {
		t.Fatal(err)
	}
	if len(site.Places) != 2 || site.Readers[0].Antennas[1].Watches != "zone-2" || site.Policy.Presence.Certainty == 0 {
		t.Errorf("layout: %+v", site)
	}
	if _, err := Parse("site.yaml", []byte(barest)); err == nil {
		t.Error("a layout passes for a whole configuration")
	}
}

// A whole configuration is a layout too, whatever its files.
func TestEveryGoodFileIsALayout(t *testing.T) {
	files, err := filepath.Glob("testdata/good/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range append(files, "examples/site.yaml") {
		if _, err := LoadLayout(file); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestLayoutFaults(t *testing.T) {
	for text, want := range map[string]string{
		"places: [{id: a}]\n": "readers: found nothing",
		"readers: [{id: r, antennas: [{port: 1, watches: a}]}]\n":                                                                      "places: found nothing",
		strings.Replace(barest, "watches: zone-2", "watches: attic", 1):                                                                `site.yaml:3: readers[0].antennas[1].watches: found attic, want the id of a place: zone-1, zone-2`,
		strings.Replace(barest, "watches: zone-2", "watch: zone-2", 1):                                                                 `an unknown key`,
		strings.Replace(barest, "port: 2", "port: 1", 1):                                                                               `a port of its own`,
		strings.Replace(barest, "adjoins: [zone-1]", "adjoins: [zone-9]", 1):                                                           `found zone-9`,
		strings.Replace(barest, "id: zone-2", "id: zone-1", 1):                                                                         `an id of its own`,
		barest + "calendar: {hours: []}\n":                                                                                             `calendar.hours: found no hours`,
		barest + "calendar: {hours: [{until: \"01:00\"}]}\n":                                                                           `calendar.hours[0].days: found nothing`,
		barest + "doors: [{outer_antennas: []}]\n":                                                                                     `doors[0].id: found nothing`,
		barest + "doors: [{id: gate, outer_antennas: [{reader: reader-1, port: 3}], inner_antennas: [{reader: reader-1, port: 1}]}]\n": `doors[0].outer_antennas[0].port: found 3, want one of the antennas that reader-1 has: 1, 2`,
		barest + "site: {timezone: Nowhere}\n":                                                                                         `site.timezone: found Nowhere`,
		barest + "policy: {presence: {certainty: 7}}\n":                                                                                `policy.presence.certainty: found 7`,
		strings.Replace(barest, "{id: zone-1}, ", "", 1):                                                                               `found zone-1`,
		strings.Replace(barest, ", antennas: [{port: 1, watches: zone-1}, {port: 2, watches: zone-2}]", "", 1):                         `readers[0].antennas: found nothing`,
	} {
		if _, err := ParseLayout("site.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\n%v\nwant …%s…", text, err, want)
		}
	}
	if _, err := LoadLayout(filepath.Join(t.TempDir(), "none.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}
