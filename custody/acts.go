package custody

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"trilock/custody/fact"
)

// Request is an act of a person or a machine, with the key that makes a retry harmless.
type Request struct {
	// Key is chosen by the caller, unique per act: a request with a key that was answered
	// before gets the first answer again. At most MaxTextLen bytes.
	Key string
	Act Act
}

// Act is something a signed-in person or machine asks for. The set is closed: it is what Acts
// returns.
type Act interface {
	// Verb is the act's name in the record and in the API.
	Verb() string
	carryOut(d *decision) Outcome
}

// actKind is one kind of act, with its way from JSON.
type actKind struct {
	verb   string
	name   fact.Text
	blank  func() Act
	decode func([]byte) (Act, error)
}

// act describes the kind of an act to the registry, with its name for people.
func act[A Act](zh, en string) actKind {
	var none A
	return actKind{verb: none.Verb(), name: fact.Text{ZH: zh, EN: en}, blank: func() Act { var a A; return a }, decode: func(data []byte) (Act, error) {
		var a A
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&a); err != nil {
			return nil, err
		}
		if dec.More() {
			return nil, errors.New("more than one value")
		}
		return a, nil
	}}
}

var actKinds = func() map[string]actKind {
	kinds := map[string]actKind{}
	for _, k := range slices.Concat(personActs, documentActs, lendingActs, openingActs, hoursActs, delegationActs, caseActs, alertActs, keyActs, approvalActs, registeringActs, circulatingActs, keepingActs, guardingActs) {
		kinds[k.verb] = k
	}
	return kinds
}()

// Acts returns a blank act of every kind, by verb.
func Acts() map[string]Act {
	blank := map[string]Act{}
	for verb, k := range actKinds {
		blank[verb] = k.blank()
	}
	return blank
}

// VerbName returns what people call an act; the verb itself for one that there is not.
func VerbName(verb string) fact.Text {
	if k, known := actKinds[verb]; known {
		return k.name
	}
	return fact.Text{ZH: verb, EN: verb}
}

// DecodeAct reads an act from JSON, strictly: a field that the act does not have is an error,
// for what a caller wrote and nobody read would be lost unsaid.
func DecodeAct(verb string, data []byte) (Act, error) {
	k, known := actKinds[verb]
	if !known {
		return nil, fmt.Errorf("there is no act %q", verb)
	}
	a, err := k.decode(data)
	if err != nil {
		return nil, fmt.Errorf("act %s: %w", verb, err)
	}
	return a, nil
}

// request answers an act, once: refusals are recorded like grants.
func (d *decision) request(r Request) {
	if known, done := d.acts.outcomes[r.Key]; done && r.Key != "" {
		d.out.Outcome = known
		return
	}
	o, refused := d.partOfOthers(r.Act)
	if !refused {
		o = r.Act.carryOut(d)
	}
	d.emit(o.Subject, &ActDone{Act: clip(r.Key), Verb: r.Act.Verb(), OK: o.OK, Code: o.Code, Rule: o.Rule, Text: o.Text, Subject: o.Subject})
	d.out.Outcome = o
}

func refuse(code, rule, subject string, text fact.Text) Outcome {
	return Outcome{Code: code, Rule: rule, Text: text, Subject: subject}
}

func granted(subject string) Outcome { return Outcome{OK: true, Subject: subject} }

// ActDone is one act of a person or a machine, granted or refused (both are recorded).
type ActDone struct {
	Act     string    `json:"act"` // the caller's idempotency key
	Verb    string    `json:"verb"`
	OK      bool      `json:"ok"`
	Code    string    `json:"code,omitempty"`
	Rule    string    `json:"rule,omitempty"`
	Text    fact.Text `json:"text,omitzero"`
	Subject string    `json:"subject,omitempty"`
}

// Kind names the event in the record.
func (ActDone) Kind() string { return "act-done" }

var actEvents = []func() Event{blank[ActDone]}

func (ev *ActDone) evolve(s *State, _ fact.Stamp) { s.acts.remember(*ev) }
