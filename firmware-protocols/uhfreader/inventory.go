package uhfreader

import "errors"

// Errors of inventories.
var (
	// ErrRecords says that the records of an answer do not fill it exactly, or that one
	// of them is longer than any EPC.
	ErrRecords = errors.New("uhfreader: records do not fit their frame")
	// ErrForm says that a record has a form that nobody asked for: with TID or phase.
	ErrForm = errors.New("uhfreader: record with parts that were not asked for")
	// ErrPort says that an inventory request names no antenna port.
	ErrPort = errors.New("uhfreader: no such antenna port")
)

// Inventory is a request to a reader of the antenna layout.
type Inventory struct {
	// Q sets the number of slots that tags answer in: 2^Q, 0 to MaxQ.
	Q uint8
	// Session is the Gen2 session, 0 to 3. (FF lets the reader choose.)
	Session uint8
	// Target is 0 for tags whose flag is A, 1 for B.
	Target uint8
	// Port is the antenna, from 1 to 16.
	Port uint8
	// ScanTime is how long the round may take, in tenths of a second.
	ScanTime uint8
}

const (
	portBase     = 0x80 // port 1
	portMask     = 0x0F
	optionMask   = 0xF0 // above Q: statistics, strategy, FastID, phase
	inventoryLen = 5
)

// AppendInventory appends the request for one inventory of one antenna.
func AppendInventory(dst []byte, address uint8, inv Inventory) []byte {
	return AppendFrame(dst, Frame{address, CommandInventory, []byte{
		inv.Q & MaxQ, inv.Session, inv.Target, portBase | (inv.Port-1)&portMask, inv.ScanTime,
	}})
}

// ParseInventory reads the data of such a request, as a reader does. Masks, TIDs and
// other options are refused.
func ParseInventory(data []byte) (Inventory, error) {
	switch {
	case len(data) != inventoryLen:
		return Inventory{}, ErrLength
	case data[0]&optionMask != 0:
		return Inventory{}, ErrForm
	case data[3]&^portMask != portBase:
		return Inventory{}, ErrPort
	}
	return Inventory{Q: data[0], Session: data[1], Target: data[2], Port: data[3]&portMask + 1, ScanTime: data[4]}, nil
}

// AppendInventoryTID appends the request to a reader of the plain layout to list words of
// the tags' TID instead of EPCs: the first word's address and how many, below 16 both.
func AppendInventoryTID(dst []byte, address, word, words uint8) []byte {
	return AppendFrame(dst, Frame{address, CommandInventory, []byte{word, words}})
}

// ParseInventoryTID reads the data of such a request.
func ParseInventoryTID(data []byte) (word, words uint8, err error) {
	if len(data) != 2 {
		return 0, 0, ErrLength
	}
	return data[0], data[1], nil
}

// Tag is one record. EPC points into the bytes it was parsed from.
type Tag struct {
	EPC []byte
	// RSSIRaw is the signal strength on a scale that is not documented; only with HasRSSI.
	RSSIRaw uint8
	HasRSSI bool
}

// Batch is the records of one answer to an inventory. Read them with Next.
type Batch struct {
	// AntennaMask has the bit of the antenna: bit 0 is port 1. Zero in the plain layout.
	AntennaMask uint8
	// Count is how many records are left.
	Count   int
	layout  Layout
	records []byte
}

// ParseBatch reads the data, behind the status, of an answer to CommandInventory with one
// of the statuses Finished, TimeUp, More and MemoryFull. It looks at all records, so that
// Next cannot fail. It allocates nothing.
func ParseBatch(layout Layout, data []byte) (Batch, error) {
	b := Batch{layout: layout}
	if layout == LayoutAntenna {
		if len(data) < 1 {
			return Batch{}, ErrLength
		}
		b.AntennaMask, data = data[0], data[1:]
	}
	if len(data) < 1 {
		return Batch{}, ErrLength
	}
	b.Count, b.records = int(data[0]), data[1:]
	rest := b.records
	var t Tag
	for range b.Count {
		var err error
		if rest, err = cut(layout, rest, &t); err != nil {
			return Batch{}, err
		}
	}
	if len(rest) > 0 {
		return Batch{}, ErrRecords
	}
	return b, nil
}

// Next reads the next record into t and reports whether there was one.
func (b *Batch) Next(t *Tag) bool {
	if b.Count == 0 {
		return false
	}
	b.records, _ = cut(b.layout, b.records, t) // ParseBatch has seen that it fits
	b.Count--
	return true
}

const formMask = 0xC0 // of a record's length: TID follows, phase follows

// cut takes one record off the front of p.
func cut(layout Layout, p []byte, t *Tag) ([]byte, error) {
	*t = Tag{}
	if len(p) < 1 {
		return nil, ErrRecords
	}
	if p[0]&formMask != 0 {
		return nil, ErrForm
	}
	n := int(p[0])
	p = p[1:]
	if n > MaxEPCBytes || len(p) < n {
		return nil, ErrRecords
	}
	t.EPC, p = p[:n:n], p[n:]
	if layout != LayoutAntenna {
		return p, nil
	}
	if len(p) < 1 {
		return nil, ErrRecords
	}
	t.RSSIRaw, t.HasRSSI = p[0], true
	return p[1:], nil
}

// AppendBatch appends an answer to CommandInventory with the tags, as a reader does. They
// must fit one frame.
func AppendBatch(dst []byte, address uint8, status Status, layout Layout, antennaMask uint8, tags ...Tag) []byte {
	dst, start := begin(dst, address, CommandInventory)
	dst = append(dst, byte(status))
	if layout == LayoutAntenna {
		dst = append(dst, antennaMask)
	}
	dst = append(dst, byte(len(tags))) //nolint:gosec // finish refuses more than a frame holds
	for _, t := range tags {
		dst = appendRecord(dst, layout, t)
	}
	return finish(dst, start)
}

func appendRecord(dst []byte, layout Layout, t Tag) []byte {
	dst = append(append(dst, byte(len(t.EPC))), t.EPC...) //nolint:gosec // at most MaxEPCBytes
	if layout == LayoutAntenna {
		dst = append(dst, t.RSSIRaw)
	}
	return dst
}

// ParseUnasked reads the data, behind the status, of a CommandUnasked frame into t, and
// returns the antenna mask (zero in the plain layout).
func ParseUnasked(layout Layout, data []byte, t *Tag) (antennaMask uint8, err error) {
	if layout == LayoutAntenna {
		if len(data) < 1 {
			return 0, ErrLength
		}
		antennaMask, data = data[0], data[1:]
	}
	rest, err := cut(layout, data, t)
	if err == nil && len(rest) > 0 {
		err = ErrRecords
	}
	return antennaMask, err
}

// AppendUnasked appends a record of real-time mode.
func AppendUnasked(dst []byte, address uint8, layout Layout, antennaMask uint8, t Tag) []byte {
	dst, start := begin(dst, address, CommandUnasked)
	dst = append(dst, byte(StatusOK))
	if layout == LayoutAntenna {
		dst = append(dst, antennaMask)
	}
	return finish(appendRecord(dst, layout, t), start)
}
