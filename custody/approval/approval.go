// Package approval is the grammar in which a site says who must approve what: one line per
// act and level, read by people as it stands.
//
//	plan  = step { "then" step }            one after the other
//	step  = part { "and" part }             all of them, in any order
//	part  = post { "or" post }              one of them
//	      | number "of" "(" post { "," post } ")"   so many different persons of them
//	      | "(" plan ")"
//
//	general-office-head then supervising-leader
//	unit-leader and archivist
//	2 of (general-manager, chief-engineer, supervising-leader)
//
// One person approves once, whatever posts they hold: four eyes are two persons. It is pure:
// who holds which post, and who is excluded, is the caller's business.
package approval

import (
	"slices"
	"strings"
)

// Given is one approval: by whom, and for which of the plan's places it counts.
type Given struct {
	// Slot is the place in the plan, as Open numbers it.
	Slot int    `json:"slot"`
	Post string `json:"post"`
	By   string `json:"by"`
}

// Slot is one approval that a plan asks for.
type Slot struct {
	// Number is the place's own, from 0, in the order of the text.
	Number int
	// Posts are those of which one must approve.
	Posts []string
}

// Plan is a parsed plan. The zero Plan asks for nothing.
type Plan struct {
	text string
	root *node
	// slots are the posts of every place, by number.
	slots [][]string
}

// node is a step of the tree: a slot, or children in a row or together.
type node struct {
	slot     int // -1: children
	inOrder  bool
	children []*node
}

// IsZero reports whether the plan asks for nothing.
func (p Plan) IsZero() bool { return p.root == nil }

// String returns the plan's text.
func (p Plan) String() string { return p.text }

// Posts returns every post that the plan names, once each, in the order of the text.
func (p Plan) Posts() []string {
	var posts []string
	for _, slot := range p.slots {
		for _, post := range slot {
			if !slices.Contains(posts, post) {
				posts = append(posts, post)
			}
		}
	}
	return posts
}

// Persons returns how many different persons the plan takes.
func (p Plan) Persons() int { return len(p.slots) }

// Open returns the places that may be filled now: those before which nothing is missing.
func (p Plan) Open(given []Given) []Slot {
	if p.root == nil {
		return nil
	}
	filled := make([]bool, len(p.slots))
	for _, g := range given {
		if g.Slot >= 0 && g.Slot < len(filled) {
			filled[g.Slot] = true
		}
	}
	var open []Slot
	p.open(p.root, filled, &open)
	return open
}

// open adds the open places below a node and reports whether the node is done.
func (p Plan) open(n *node, filled []bool, out *[]Slot) bool {
	if n.slot >= 0 {
		if !filled[n.slot] {
			*out = append(*out, Slot{Number: n.slot, Posts: p.slots[n.slot]})
		}
		return filled[n.slot]
	}
	all := true
	for _, child := range n.children {
		done := p.open(child, filled, out)
		if !done && n.inOrder {
			return false
		}
		all = all && done
	}
	return all
}

// Done reports whether nothing is missing.
func (p Plan) Done(given []Given) bool { return len(p.Open(given)) == 0 }

// Place returns the first open place that a holder of posts can fill, with the post that counts.
// Who has approved before fills no other: ok is false.
func (p Plan) Place(given []Given, by string, holds func(post string) bool) (g Given, ok bool) {
	if slices.ContainsFunc(given, func(g Given) bool { return g.By == by }) {
		return Given{}, false
	}
	for _, slot := range p.Open(given) {
		for _, post := range slot.Posts {
			if holds(post) {
				return Given{Slot: slot.Number, Post: post, By: by}, true
			}
		}
	}
	return Given{}, false
}

// MarshalText returns the plan's text.
func (p Plan) MarshalText() ([]byte, error) { return []byte(p.text), nil }

// UnmarshalText parses one.
func (p *Plan) UnmarshalText(text []byte) (err error) {
	*p, err = Parse(string(text))
	return err
}

// Parse reads a plan. Empty text asks for nothing. The error says at which word the text
// goes wrong. Whether the posts exist is for the caller to check.
func Parse(text string) (Plan, error) {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return Plan{}, nil
	}
	if len(text) > MaxTextLen {
		return Plan{}, errTooLong
	}
	r := &reader{words: words(text)}
	root, err := r.plan(0)
	if err == nil && r.word() != "" {
		err = r.wrong("“then”, “and” or the end")
	}
	if err != nil {
		return Plan{}, err
	}
	return Plan{text: text, root: root, slots: r.slots}, nil
}
