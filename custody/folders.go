package custody

import (
	"slices"
	"strings"

	"trilock/alerts"
	"trilock/custody/fact"
)

// Extraction is a piece that is out of its circulating folder, by whose leave and why (CIR-13).
type Extraction struct {
	By     PersonID   `json:"by"`
	Reason string     `json:"reason"`
	At     fact.Stamp `json:"at"`
}

// addPiece keeps the index of which pieces travel in which folder.
func (s *State) addPiece(r DocumentRecord) {
	if r.Folder == "" || slices.Contains(s.circulating.pieces[r.Folder], r.ID) {
		return
	}
	pieces := append(s.circulating.pieces[r.Folder], r.ID)
	slices.Sort(pieces)
	s.circulating.pieces[r.Folder] = pieces
}

// folderRefused: a piece belongs to a registered folder with the same home; folders do not nest (CIR-13).
func (d *decision) folderRefused(r DocumentRecord) (Outcome, bool) {
	if r.Folder == "" {
		return Outcome{}, false
	}
	subject, folder := string(r.ID), d.documents[r.Folder]
	switch {
	case folder == nil || folder.Carrier != FolderBox || folder.Folder != "" || r.Carrier == FolderBox:
		return refuse("unknown-folder", RuleFolder, subject, fact.Text{ZH: "没有文件夹 %[1]s；先登记文件夹（载体为 folder），文件夹不再套文件夹。", EN: "There is no folder %[1]s; register it first, with folder for its carrier. Folders do not lie in folders."}.Fill(string(r.Folder))), true
	case folder.Home != r.Home:
		return refuse("not-with-folder", RuleFolder, subject, fact.Text{ZH: "卷内文件与文件夹存放在一处：%[1]s。", EN: "A piece has the home of its folder: %[1]s."}.Fill(d.site.placeName(folder.Home))), true
	case len(d.circulating.pieces[r.Folder]) >= MaxPieces:
		return refuse("folder-full", RuleFolder, subject, fact.Text{ZH: "一卷最多 %[1]d 件，另立一卷。", EN: "A folder holds %[1]d pieces at most; begin another."}.Fill(MaxPieces)), true
	}
	return Outcome{}, false
}

// together returns the pieces that travel in a folder now: those without an extraction.
func (s *State) together(folder DocumentID) []DocumentID {
	var list []DocumentID
	for _, id := range s.circulating.pieces[folder] {
		if doc := s.documents[id]; doc != nil && s.inFolder(doc) {
			list = append(list, id)
		}
	}
	return list
}

// inFolder reports whether a document is a piece that travels with its folder.
func (s *State) inFolder(doc *Document) bool {
	_, extracted := s.circulating.Extracted[doc.ID]
	return doc.Folder != "" && !extracted && s.documents[doc.Folder] != nil
}

// loanOf returns the loan that a document is on: its own, or that of the folder it travels in.
// A container moves as one, and is true for each item.
func (s *State) loanOf(doc *Document) *Loan {
	if l := s.loans[doc.Loan]; l != nil {
		return l
	}
	if !s.inFolder(doc) {
		return nil
	}
	return s.loans[s.documents[doc.Folder].Loan]
}

// levelWithPieces is the highest level of a folder and what travels in it.
func (s *State) levelWithPieces(doc *Document) Level {
	level := doc.Level
	for _, id := range s.together(doc.ID) {
		if piece := s.documents[id]; !level.Covers(piece.Level) {
			level = piece.Level
		}
	}
	return level
}

// mayLendPiece: a piece is lent with its folder, and the folder to who may see every piece (CIR-13).
func (d *decision) mayLendPiece(doc *Document, borrower *Person) (Outcome, bool) {
	if d.inFolder(doc) {
		return refuse("in-folder", RuleFolder, string(doc.ID), fact.Text{ZH: "%[1]s 随卷 %[2]s 传阅；单独借出须先登记抽出。", EN: "%[1]s travels in folder %[2]s; record its extraction before it is lent alone."}.Fill(string(doc.ID), string(doc.Folder))), false
	}
	for _, id := range d.together(doc.ID) {
		if o, ok := d.maySee(string(id), d.documents[id], borrower); !ok {
			return o, false
		}
	}
	return Outcome{}, true
}

// apart reports whether a piece is read apart from its folder: elsewhere, or where the folder
// was before it went out on loan.
func (s *State) apart(doc *Document) bool {
	if !s.inFolder(doc) || !doc.Seen.Known {
		return false
	}
	folder := s.documents[doc.Folder]
	if folder.Seen.Known {
		return folder.Seen.Place != doc.Seen.Place
	}
	l := s.loans[folder.Loan]
	return l != nil && l.Status == LoanOut
}

// judgeApart raises what it means that a piece has been apart from its folder for a while (CIR-13).
func (d *decision) judgeApart(id DocumentID) {
	doc := d.documents[id]
	if doc == nil {
		return
	}
	if !d.apart(doc) {
		d.end(alerts.PieceApart, string(id))
		return
	}
	d.raise(alerts.PieceApart, string(id), string(id), d.site.placeName(doc.Seen.Place), string(doc.Folder), d.site.placeName(d.documents[doc.Folder].Seen.Place))
}

// rejoined ends what stands of a document and of the pieces in it that are together again.
func (d *decision) rejoined(doc *Document) {
	for _, id := range append([]DocumentID{doc.ID}, d.circulating.pieces[doc.ID]...) {
		if piece := d.documents[id]; piece != nil && piece.Folder != "" && !d.apart(piece) {
			d.end(alerts.PieceApart, string(id))
		}
	}
}

// watchPieces has a look at a piece and its folder some time after one of them moved.
func (s *State) watchPieces(doc *Document, at fact.Stamp) {
	look := func(id DocumentID) {
		s.agenda.at(errand{errandApart, string(id)}, at.Mono+s.site.Policy.Lending.ApartAfter)
	}
	if s.inFolder(doc) {
		look(doc.ID)
	}
	for _, id := range s.circulating.pieces[doc.ID] {
		look(id)
	}
}

// The events of pieces.
type (
	// PieceExtracted: a piece is taken out of its folder.
	PieceExtracted struct {
		Piece  DocumentID `json:"piece"`
		Folder DocumentID `json:"folder"`
		By     PersonID   `json:"by"`
		Reason string     `json:"reason"`
	}
	// PiecePutBack: it is in its folder again.
	PiecePutBack struct {
		Piece  DocumentID `json:"piece"`
		Folder DocumentID `json:"folder"`
	}
)

// The kinds of events; they stand in the record and never change.
func (PieceExtracted) Kind() string { return "piece-extracted" }
func (PiecePutBack) Kind() string   { return "piece-put-back" }

var folderEvents = []func() Event{blank[PieceExtracted], blank[PiecePutBack]}

func (ev *PieceExtracted) evolve(s *State, at fact.Stamp) {
	s.circulating.Extracted[ev.Piece] = Extraction{By: ev.By, Reason: ev.Reason, At: at}
}

func (ev *PiecePutBack) evolve(s *State, at fact.Stamp) {
	delete(s.circulating.Extracted, ev.Piece)
	if doc := s.documents[ev.Piece]; doc != nil {
		s.watchPieces(doc, at)
	}
}

// The acts on pieces.
type (
	// ExtractPiece takes a piece out of its folder.
	ExtractPiece struct {
		Piece  DocumentID `json:"piece"`
		Reason string     `json:"reason"`
	}
	// PutBack says that a piece is in its folder again.
	PutBack struct {
		Piece DocumentID `json:"piece"`
	}
)

// The verbs of acts; they stand in the record and never change.
func (ExtractPiece) Verb() string { return "extract-piece" }
func (PutBack) Verb() string      { return "put-back" }

func (a ExtractPiece) carryOut(d *decision) Outcome { return d.extractPiece(a) }
func (a PutBack) carryOut(d *decision) Outcome      { return d.putBack(a) }

var folderActs = []actKind{
	act[ExtractPiece]("抽出卷内文件", "take a piece out of its folder"),
	act[PutBack]("放回卷内", "put a piece back into its folder"),
}

func (d *decision) extractPiece(a ExtractPiece) Outcome {
	subject := string(a.Piece)
	by, o, ok := d.actor(RuleFolder, subject, Archivist)
	if !ok {
		return o
	}
	doc := d.documents[a.Piece]
	switch {
	case doc == nil || !d.inFolder(doc):
		return refuse("not-in-folder", RuleFolder, subject, fact.Text{ZH: "%[1]s 不在卷内，或已登记抽出。", EN: "%[1]s is in no folder, or taken out already."}.Fill(subject))
	case strings.TrimSpace(a.Reason) == "" || len(a.Reason) > MaxTextLen:
		return refuse("no-reason", RuleFolder, subject, fact.Text{ZH: "请写明抽出理由，最多 %[1]d 字节。", EN: "Say why it is taken out, in %[1]d bytes at most."}.Fill(MaxTextLen))
	}
	d.emit(subject, &PieceExtracted{Piece: doc.ID, Folder: doc.Folder, By: by.ID, Reason: a.Reason})
	d.end(alerts.PieceApart, subject)
	if doc.Seen.Known {
		d.judgeZone(doc) // alone it has no loan of its own yet
	}
	return granted(subject)
}

func (d *decision) putBack(a PutBack) Outcome {
	subject := string(a.Piece)
	if _, o, ok := d.actor(RuleFolder, subject, Archivist); !ok {
		return o
	}
	doc := d.documents[a.Piece]
	_, extracted := d.circulating.Extracted[a.Piece]
	switch {
	case doc == nil || !extracted:
		return refuse("not-extracted", RuleFolder, subject, fact.Text{ZH: "%[1]s 没有抽出登记。", EN: "%[1]s was not taken out of a folder."}.Fill(subject))
	case doc.Loan != "":
		return refuse("already-lent", RuleFolder, subject, fact.Text{ZH: "%[1]s 在借阅中（%[2]s），先归还。", EN: "%[1]s is on loan (%[2]s); it comes back first."}.Fill(subject, string(doc.Loan)))
	}
	folder := d.documents[doc.Folder]
	if folder == nil || !folder.Seen.Known || !doc.Seen.Known || folder.Seen.Place != doc.Seen.Place {
		return refuse("not-together", RuleFolder, subject, fact.Text{ZH: "%[1]s 与卷 %[2]s 未在同一处读到，放好后再登记。", EN: "%[1]s and folder %[2]s are not read in one place; lay it in first."}.Fill(subject, string(doc.Folder)))
	}
	d.emit(subject, &PiecePutBack{Piece: doc.ID, Folder: doc.Folder})
	d.judgeZone(doc)
	return granted(subject)
}

// leaveCirculating forgets what is under way of a document that leaves the register. That its count
// on return differs stays an alert: a page that is missing is missing.
func (s *State) leaveCirculating(id DocumentID) {
	delete(s.circulating.Uncounted, id)
	delete(s.circulating.Extracted, id)
	for _, kind := range []errandKind{errandCount, errandApart} {
		s.agenda.off(errand{kind, string(id)})
	}
}
