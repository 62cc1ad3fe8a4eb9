package scenario

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"trilock/custody"
	"trilock/custody/fact"
)

// Actor is a person of the cast.
type Actor struct {
	Name   string // in the files
	Person custody.Person
	// PIN and DuressPIN are the digits; the register holds their fingerprints alone.
	PIN, DuressPIN string
	// CardBits is the card as its 26 bits of Wiegand H10301, left-justified: what Person.Card writes out.
	CardBits []byte
}

// Setting is where and by whom the scenarios of a folder are played.
type Setting struct {
	// SiteFile is the name of the site's configuration, SiteText its text.
	SiteFile string
	SiteText []byte
	// Cast are the people, by their names in the files; Order is that of their numbers.
	Cast  map[string]Actor
	Order []string
}

// LoadSetting reads site.yaml and cast.yaml of a folder, which faults call by name.
func LoadSetting(folder fs.FS, name string) (*Setting, error) {
	s := &Setting{SiteFile: path.Join(name, "site.yaml"), Cast: map[string]Actor{}}
	var err error
	if s.SiteText, err = fs.ReadFile(folder, "site.yaml"); err != nil {
		return nil, fmt.Errorf("the site of the scenarios: %w", err)
	}
	file := path.Join(name, "cast.yaml")
	text, err := fs.ReadFile(folder, "cast.yaml")
	if err != nil {
		return nil, fmt.Errorf("the cast of the scenarios: %w", err)
	}
	var cast struct {
		All    map[string]any            `yaml:"all"`
		People map[string]map[string]any `yaml:"people"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&cast); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for name, said := range cast.People {
		all := maps.Clone(cast.All)
		maps.Copy(all, said)
		a, err := actor(name, all)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, name, err)
		}
		s.Cast[name] = a
		s.Order = append(s.Order, name)
	}
	slices.SortFunc(s.Order, func(a, b string) int {
		return strings.Compare(string(s.Cast[a].Person.ID), string(s.Cast[b].Person.ID))
	})
	return s, nil
}

func actor(name string, said map[string]any) (Actor, error) {
	raw, err := json.Marshal(said)
	if err != nil {
		return Actor{}, err
	}
	a := Actor{Name: name}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&a.Person); err != nil {
		return a, err
	}
	digits, found := strings.CutPrefix(string(a.Person.ID), "p-")
	n, err := strconv.Atoi(digits)
	if !found || err != nil || n < 1 || n > 999 {
		return a, errors.New("id: want p-0001 to p-0999, for the card and the PINs are made from it")
	}
	a.PIN, a.DuressPIN = fmt.Sprintf("%06d", 258000+n), fmt.Sprintf("%06d", 741000+n)
	a.CardBits = cardBits(7, uint32(1000+n)) //nolint:gosec // three digits
	a.Person.Card = cardID(a.CardBits)
	return a, nil
}

// register returns what the register says of a person, with the fingerprints of the PINs.
func (a Actor) register(key []byte) custody.Person {
	p := a.Person
	p.PIN, p.DuressPIN = custody.Fingerprint(key, p.ID, a.PIN), custody.Fingerprint(key, p.ID, a.DuressPIN)
	return p
}

// StrangerBits is the card of somebody who is not on the register.
func StrangerBits() []byte { return cardBits(200, 65001) }

func cardID(bits []byte) fact.CardID {
	return fact.CardID("raw:26:" + strings.ToUpper(hex.EncodeToString(bits)))
}

// cardBits returns P FFFFFFFF CCCCCCCCCCCCCCCC P: even parity over the first 12 bits, odd over the last 12.
func cardBits(facility, number uint32) []byte {
	n := facility<<16 | number
	even, odd := parity(n>>12), 1^parity(n&0xFFF)
	frame := (even<<25 | n<<1 | odd) << 6
	return []byte{byte(frame >> 24), byte(frame >> 16), byte(frame >> 8), byte(frame)}
}

func parity(n uint32) (bit uint32) {
	for ; n > 0; n >>= 1 {
		bit ^= n & 1
	}
	return bit
}
