package uhf

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"trilock/custody/fact"
	"trilock/devices"
	"trilock/firmware-protocols/epc"
)

// Selection names one tag by what it holds: the reader leaves every other tag alone.
type Selection struct {
	// Bank is BankEPC or BankTID.
	Bank epc.Bank
	// Content is the whole EPC, or the whole TID as far as it was read.
	Content []byte
}

// ByEPC selects the tag with that EPC. Two tags with one EPC are not told apart.
func ByEPC(code []byte) Selection { return Selection{epc.BankEPC, code} }

// ByTID selects the tag whose TID begins so. A TID with a serial number is one tag's alone.
func ByTID(tid []byte) Selection { return Selection{epc.BankTID, tid} }

// bit is where in its bank the content begins.
func (s Selection) bit() uint16 {
	if s.Bank == epc.BankEPC {
		return 16 * epc.WordEPC
	}
	return 0
}

// mask is as much of the content as a mask of the readers' protocols takes.
func (s Selection) mask() []byte { return s.Content[:min(len(s.Content), maskMax)] }

// TagFault says why a tag did not do what was asked.
type TagFault uint8

// The faults.
const (
	// TagGone: no tag with what was selected answered.
	TagGone TagFault = iota + 1
	// TagSeveral: more than one did.
	TagSeveral
	// TagPassword: the password is wrong.
	TagPassword
	// TagLocked: the memory is locked.
	TagLocked
	// TagOverrun: the chip has no such memory.
	TagOverrun
	// TagPower: the tag has not enough power to write.
	TagPower
	// TagRefused: the tag or the reader refused for another reason.
	TagRefused
	// TagUnclear: the answer was lost. Whether the tag did it, only reading it tells.
	TagUnclear
	// TagUnable: readers of this protocol cannot do that.
	TagUnable
)

// TagError is what a tag did not do, and why.
type TagError struct {
	Fault TagFault
	// What was asked, for example "write EPC words 1 to 7".
	What string
	// Detail is why not, in the reader's words.
	Detail string
}

// Error says both.
func (e *TagError) Error() string { return e.What + ": " + e.Detail }

// FaultOf returns the fault of an error that a Desk returned; 0 for one that is not a tag's.
func FaultOf(err error) TagFault {
	var t *TagError
	if errors.As(err, &t) {
		return t.Fault
	}
	return 0
}

// tagWorker is a reader that reads and writes tags. What it does, it does once: the caller
// repeats it after looking.
type tagWorker interface {
	reader
	selectsTID() bool
	readTag(ctx context.Context, at spot, w epc.Words, p epc.Password) ([]byte, error)
	writeTag(ctx context.Context, at spot, w epc.Words, data []byte, p epc.Password) error
	lockTag(ctx context.Context, at spot, c epc.LockChange, p epc.Password) error
	killTag(ctx context.Context, at spot, p epc.Password) error
}

// spot is a tag before an antenna.
type spot struct {
	Selection
	port uint8
}

// Desk is a reader at which tags are prepared: it hears, reads, writes, locks and kills
// single tags. One goroutine uses it at a time.
type Desk struct {
	counter
	worker tagWorker
}

// counter is a reader that stands on a desk, with one antenna.
type counter struct {
	s     *session
	link  devices.Link
	port  uint8
	hello hello
}

// openCounter sets up the reader of a desk on an open line.
func openCounter(ctx context.Context, link devices.Link, settings Settings) (counter, error) {
	checked, err := New(settings)
	if err != nil {
		return counter{}, err
	}
	settings = checked.(*driver).settings //nolint:forcetypeassert // New returns no other
	if len(settings.Antennas) != 1 {
		return counter{}, fmt.Errorf("reader %s: a desk has one antenna, and %d are named", settings.Device, len(settings.Antennas))
	}
	c := counter{s: newSession(settings, link, nobody{}), link: link, port: settings.Antennas[0]}
	defer c.watch(ctx)()
	c.hello, err = c.s.reader.connect(ctx)
	return c, err
}

// OpenDesk sets up the reader on an open line for work on tags. The settings are those of a
// driver, with the one antenna of the desk. It fails when the reader does not answer, and
// when its protocol has no such commands.
func OpenDesk(ctx context.Context, link devices.Link, settings Settings) (*Desk, error) {
	if !slices.Contains(DeskProtocols(), settings.Protocol) {
		return nil, fmt.Errorf("readers of protocol %q cannot work on Gen2 tags: use one of %v", settings.Protocol, DeskProtocols())
	}
	c, err := openCounter(ctx, link, settings)
	if err != nil {
		return nil, err
	}
	return &Desk{c, c.s.reader.(tagWorker)}, nil //nolint:forcetypeassert // those of DeskProtocols are
}

// DeskProtocols returns the protocols whose readers work on Gen2 tags.
func DeskProtocols() []string {
	return slices.DeleteFunc(Protocols(), func(p string) bool { return p == ProtocolFEIG })
}

// nobody takes the facts of a reader that serves as a desk.
type nobody struct{}

// Report drops the fact.
func (nobody) Report(ctx context.Context, _ fact.Fact) error { return ctx.Err() }

// watch has the end of ctx end the read that is waiting; the returned function stops it.
func (d *counter) watch(ctx context.Context) (stop func()) {
	end := context.AfterFunc(ctx, func() { _ = d.link.SetReadDeadline(time.Unix(1, 0)) }) // on a dead link the read has ended already
	return func() { end() }
}

// Identity returns what the reader says about itself.
func (d *counter) Identity() string { return d.hello.identity }

// SelectsTID reports whether tags can be selected by their TID; otherwise only by their EPC.
func (d *Desk) SelectsTID() bool { return d.worker.selectsTID() }

// Hear returns the tags that answer: everyone that did in one of several rounds, by their EPCs.
func (d *counter) Hear(ctx context.Context) ([]fact.Read, error) {
	defer d.watch(ctx)()
	heard := newCollector()
	heard.begin()
	for good, tries := 0, 0; good < deskRounds; tries++ {
		if tries == deskTries {
			return nil, &devices.Error{Code: devices.CodeGarbage, Detail: "the reader's rounds are damaged again and again: check cable, earthing and baud rate"}
		}
		whole, err := d.round(ctx)
		if err != nil {
			return nil, err
		}
		if !whole {
			continue
		}
		good++
		for _, r := range d.s.round.taken() {
			heard.add(r.EPC.Bytes(), r.RSSIcdBm)
		}
	}
	return heard.taken(), nil
}

// round makes one round, and reports whether it can be believed.
func (d *counter) round(ctx context.Context) (bool, error) {
	d.s.round.begin()
	before := d.s.reader.damage()
	err := d.s.reader.take(ctx, d.port)
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		return false, &devices.Error{Code: refused.code, Detail: refused.detail}
	case errors.Is(err, errQuiet): // it may have restarted: set it up anew
		_, err = d.s.reader.connect(ctx)
		return false, err
	case err != nil:
		return false, err
	}
	if err := d.s.reader.idle(ctx, time.Now().Add(d.s.settings.RoundGap)); err != nil {
		return false, err
	}
	return d.s.round.spoiled == "" && !d.s.reader.damage().since(before), nil
}

// Read returns words of the selected tag's memory. A password other than 0 is sent to the
// tag first. An answer that is lost is asked for again.
func (d *Desk) Read(ctx context.Context, s Selection, w epc.Words, p epc.Password) ([]byte, error) {
	defer d.watch(ctx)()
	what := "read " + w.String()
	if err := d.check(s, what, int(w.Count)); err != nil {
		return nil, err
	}
	for range askTries {
		words, err := d.worker.readTag(ctx, spot{s, d.port}, w, p)
		if !errors.Is(err, errQuiet) {
			return words, named(what, err)
		}
	}
	return nil, named(what, errQuiet)
}

// Write writes whole words, 2 to 64 bytes, into the selected tag's memory from word on. When
// it fails, some of them may be written.
func (d *Desk) Write(ctx context.Context, s Selection, b epc.Bank, word uint16, data []byte, p epc.Password) error {
	defer d.watch(ctx)()
	if len(data) == 0 || len(data)%2 != 0 || len(data) > 2*epc.MaxAccessWords {
		return fmt.Errorf("write %d bytes into a tag: want whole words, 1 to %d of them", len(data), epc.MaxAccessWords)
	}
	w := epc.Words{Bank: b, Word: word, Count: uint8(len(data) / 2)} //nolint:gosec // just limited
	what := "write " + w.String()
	if err := d.check(s, what, int(w.Count)); err != nil {
		return err
	}
	return named(what, d.worker.writeTag(ctx, spot{s, d.port}, w, data, p))
}

// Lock gives one area of the selected tag another lock. The tag's access password, which
// must not be 0, is needed.
func (d *Desk) Lock(ctx context.Context, s Selection, c epc.LockChange, p epc.Password) error {
	defer d.watch(ctx)()
	if _, err := epc.Payload(c); err != nil {
		return err
	}
	what := fmt.Sprintf("lock %v as %v", c.Area, c.State)
	if err := d.check(s, what, 1); err != nil {
		return err
	}
	return named(what, d.worker.lockTag(ctx, spot{s, d.port}, c, p))
}

// Kill destroys the selected tag for ever. Its kill password, which must not be 0, is needed.
func (d *Desk) Kill(ctx context.Context, s Selection, p epc.Password) error {
	defer d.watch(ctx)()
	if err := d.check(s, "kill", 1); err != nil {
		return err
	}
	return named("kill", d.worker.killTag(ctx, spot{s, d.port}, p))
}

// check refuses what no reader is to be asked: above all an access that selects no tag.
func (d *Desk) check(s Selection, what string, words int) error {
	refuse := func(detail string) error { return &TagError{TagUnable, what, detail} }
	switch {
	case len(s.Content) == 0 || len(s.Content)%2 != 0 || len(s.Content) > epc.MaxEPCBytes:
		return refuse("no tag is selected: an access must name one by its EPC or TID")
	case s.Bank == epc.BankTID && !d.worker.selectsTID():
		return refuse("this reader selects tags by their EPC only")
	case s.Bank != epc.BankTID && s.Bank != epc.BankEPC:
		return refuse("a tag is selected by its EPC or its TID")
	case words < 1 || words > epc.MaxAccessWords:
		return refuse(fmt.Sprintf("%d words at once: want 1 to %d", words, epc.MaxAccessWords))
	}
	return nil
}

// named puts what was asked into a tag's error, and says of a lost answer what it means.
func named(what string, err error) error {
	var t *TagError
	switch {
	case errors.As(err, &t):
		return &TagError{t.Fault, what, t.Detail}
	case errors.Is(err, errQuiet):
		return &TagError{TagUnclear, what, "the reader's answer was lost; whether the tag did it is not known"}
	}
	return err
}

// tagFault is an error that Desk names.
func tagFault(f TagFault, detail string) error { return &TagError{Fault: f, Detail: detail} }

// faultOfCode returns the fault that a tag's own code means.
func faultOfCode(e epc.TagError) error {
	faults := map[epc.TagError]TagFault{epc.TagErrorOverrun: TagOverrun, epc.TagErrorLocked: TagLocked, epc.TagErrorPower: TagPower}
	if f, known := faults[e]; known {
		return tagFault(f, "the tag says: "+e.String())
	}
	return tagFault(TagRefused, "the tag says: "+e.String())
}

// errWord says that a word lies beyond what the protocol can name.
var errWord = tagFault(TagOverrun, "this reader's protocol names the first 256 words of a bank only")
