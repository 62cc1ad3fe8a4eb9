package approval

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Limits of a plan: more than that nobody reads, and no act waits for.
const (
	// MaxTextLen of a plan's text, in bytes.
	MaxTextLen = 500
	// MaxSlots is how many persons a plan may ask for.
	MaxSlots = 12
	// MaxDepth of brackets.
	MaxDepth = 4
)

var errTooLong = fmt.Errorf("the plan is longer than %d bytes", MaxTextLen)

// reader takes a plan apart, word by word.
type reader struct {
	words []string
	at    int
	slots [][]string
}

// words splits a text: brackets and commas are words of their own.
func words(text string) []string {
	for _, mark := range []string{"(", ")", ","} {
		text = strings.ReplaceAll(text, mark, " "+mark+" ")
	}
	return strings.Fields(text)
}

func (r *reader) word() string {
	if r.at < len(r.words) {
		return r.words[r.at]
	}
	return ""
}

func (r *reader) take(word string) bool {
	if r.word() != word {
		return false
	}
	r.at++
	return true
}

func (r *reader) wrong(want string) error {
	found := "the text ends"
	if w := r.word(); w != "" {
		found = fmt.Sprintf("word %d is %q", r.at+1, w)
	}
	return fmt.Errorf("%s, expected %s", found, want)
}

func (r *reader) plan(depth int) (*node, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("brackets are more than %d deep", MaxDepth)
	}
	return r.row("then", true, func() (*node, error) {
		return r.row("and", false, func() (*node, error) { return r.part(depth) })
	})
}

// row reads elements with a word between them.
func (r *reader) row(between string, inOrder bool, element func() (*node, error)) (*node, error) {
	n := &node{slot: -1, inOrder: inOrder}
	for {
		child, err := element()
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, child)
		if r.take(between) {
			continue
		}
		if len(n.children) == 1 {
			return child, nil
		}
		return n, nil
	}
}

func (r *reader) part(depth int) (*node, error) {
	if r.take("(") {
		n, err := r.plan(depth + 1)
		if err == nil && !r.take(")") {
			err = r.wrong("“)”")
		}
		return n, err
	}
	if count, err := strconv.Atoi(r.word()); err == nil {
		r.at++
		return r.several(count)
	}
	posts, err := r.posts("or")
	if err != nil {
		return nil, err
	}
	return r.slot(posts)
}

// several reads "of ( post , post )".
func (r *reader) several(count int) (*node, error) {
	if !r.take("of") || !r.take("(") {
		return nil, r.wrong("“of (” after a number")
	}
	posts, err := r.posts(",")
	switch {
	case err != nil:
		return nil, err
	case !r.take(")"):
		return nil, r.wrong("“)” or “,”")
	case count < 1 || count > MaxSlots:
		return nil, fmt.Errorf("%d persons: a plan takes from 1 to %d", count, MaxSlots)
	}
	n := &node{slot: -1}
	for range count {
		one, err := r.slot(posts)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, one)
	}
	return n, nil
}

func (r *reader) posts(between string) (posts []string, err error) {
	for {
		w := r.word()
		if !isPost(w) {
			return nil, r.wrong("a post")
		}
		r.at++
		posts = append(posts, w)
		if !r.take(between) {
			return posts, nil
		}
	}
}

func isPost(w string) bool {
	switch w {
	case "", "then", "and", "or", "of", "(", ")", ",":
		return false
	}
	return w[0] < '0' || w[0] > '9'
}

func (r *reader) slot(posts []string) (*node, error) {
	if len(r.slots) == MaxSlots {
		return nil, errors.New("the plan asks for more than " + strconv.Itoa(MaxSlots) + " persons")
	}
	r.slots = append(r.slots, posts)
	return &node{slot: len(r.slots) - 1}, nil
}
