package fact

import "fmt"

// Lang is a language the product speaks.
type Lang string

// The two languages. Chinese is the language of the house.
const (
	Chinese Lang = "zh"
	English Lang = "en"
)

// Text is one sentence or word for people, in both languages. Every text a person can
// see is a Text, so that neither language can be forgotten: the compiler and one test
// see to it.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// In returns the text in the language asked for; anything but English gets Chinese.
func (t Text) In(l Lang) string {
	if l == English {
		return t.EN
	}
	return t.ZH
}

// Fill puts args into both sentences by fmt's rules. An argument that is itself a Text
// appears in the sentence's own language. Use indexed verbs (%[2]s) where the
// languages want another order.
func (t Text) Fill(args ...any) Text {
	zh, en := make([]any, len(args)), make([]any, len(args))
	for i, a := range args {
		zh[i], en[i] = a, a
		if inner, ok := a.(Text); ok {
			zh[i], en[i] = inner.ZH, inner.EN
		}
	}
	return Text{ZH: fmt.Sprintf(t.ZH, zh...), EN: fmt.Sprintf(t.EN, en...)}
}

// IsZero reports whether the text says nothing.
func (t Text) IsZero() bool { return t == Text{} }
