package configs

import (
	"regexp"
	"slices"
)

// Register is the rules of the register of documents, of copying and of issuing, in numbers.
type Register struct {
	// Categories of numbers (REG-2). What comes without a number gets one of the first that registers its level. Classified and unclassified documents are registered apart (REG-7).
	Categories []Category `yaml:"categories" want:"the categories of numbers, and the levels that each registers"`
	// Series are kinds of carrier with a keeper of their own (REG-8). The first that fits counts.
	Series []Series `yaml:"series" want:"kinds of carrier with rules of their own: telegrams, seals, personnel files"`
	// RetentionNotice is how long before a retention period ends it is told (REG-3).
	RetentionNotice Duration `yaml:"retention_notice" min:"0s" max:"8760h" want:"how long before a retention period ends it is told"`
	// CopyingPlaces empty: copies may be made in any place that is watched (CPY-2).
	CopyingPlaces []ID `yaml:"copying_places" want:"the ids of the places where copies are made"`
	// PutAway is how long a fresh copy has on its way to its home.
	PutAway Duration `yaml:"put_away" min:"1m" max:"24h" want:"how soon a fresh copy is in its home"`
	// Issuing names the posts that take a draft through each step (ISS-1); a step that is not named is for anybody.
	Issuing map[DraftStep][]Post `yaml:"issuing" want:"who reviews, issues and rechecks a draft"`
	// AccountFor is how long after printing every sheet must be sent, kept or destroyed (ISS-1).
	AccountFor Duration `yaml:"account_for" min:"1m" max:"720h" want:"how soon every printed sheet is accounted for"`
	// Couriers of one package (ISS-2).
	Couriers map[Level]int `yaml:"couriers" min:"1" max:"4" want:"how many couriers carry a package of each level"`
	// ReceiptWithin is when the receipt of a package is due back (ISS-2).
	ReceiptWithin DueRule `yaml:"receipt_within" want:"how soon the receipt of a package is back"`
}

// Category is a category of numbers.
type Category struct {
	Code CategoryCode `yaml:"code" need:"yes" want:"the code of the category, as it stands in the numbers"`
	// NameEN is Name where it is not given.
	Name   string  `yaml:"name" need:"yes" want:"the name of the category in Chinese"`
	NameEN string  `yaml:"name_en" want:"the name of the category in English"`
	Levels []Level `yaml:"levels" need:"yes" want:"the levels that it registers: state secrets, or others, never both"`
}

// Series is a kind of carrier with rules of its own (REG-8).
type Series struct {
	Name   string `yaml:"name" need:"yes" want:"the name of the series in Chinese"`
	NameEN string `yaml:"name_en" want:"the name of the series in English"`
	// Carriers and Categories say what belongs to it: either will do.
	Carriers   []Carrier      `yaml:"carriers" want:"the carriers that belong to it"`
	Categories []CategoryCode `yaml:"categories" want:"the categories of numbers that belong to it"`
	// Custodian is the post, Persons the persons who alone hand it out; the archivist where neither is named.
	Custodian Post       `yaml:"custodian" want:"the post that alone hands it out"`
	Persons   []PersonID `yaml:"persons" want:"the persons who alone hand it out"`
	// Homes empty: wherever its level may be.
	Homes   []ID        `yaml:"homes" want:"the ids of the places where alone it is kept"`
	Copying CopyingRule `yaml:"copying" want:"whether copies may be made of it"`
}

// CategoryCode is the first part of a number: "JM" of JM-2026-0001.
type CategoryCode string

const categoryPattern = `^[\p{Han}A-Za-z]{1,8}$`

var categoryForm = regexp.MustCompile(categoryPattern)

func (c *CategoryCode) set(text string) bool {
	*c = CategoryCode(text)
	return categoryForm.MatchString(text)
}

func (*CategoryCode) form() string {
	return "a code of 1 to 8 letters or Chinese characters, such as JM"
}

func (*CategoryCode) schema() map[string]any {
	return map[string]any{"type": "string", "minLength": 1, "maxLength": 8}
}

// Carrier is what kind of thing bears the secret.
type Carrier string

// In the order in which the rules name them.
func (Carrier) words() []string {
	return texts[Carrier]("paper", "folder", "disc", "drive", "laptop", "recording", "telegram", "seal", "letter-of-introduction")
}

// CopyingRule says whether copies may be made of a series.
type CopyingRule string

// What a series says of copies.
const (
	CopyingByApproval CopyingRule = "by-approval"
	CopyingNever      CopyingRule = "never"
)

func (CopyingRule) words() []string { return texts(CopyingByApproval, CopyingNever) }

// DraftStep is one step that a draft passes before it is numbered and printed (ISS-1).
type DraftStep string

// In their order.
func (DraftStep) words() []string { return texts[DraftStep]("review", "issue", "recheck") }

// defaultRegister is what the rules say.
func defaultRegister() Register {
	return Register{
		Categories: []Category{
			{Code: "JM", Name: "涉密文件", NameEN: "classified", Levels: []Level{TopSecret, Secret, Confidential}},
			{Code: "NB", Name: "内部文件", NameEN: "internal", Levels: []Level{Internal, Public}},
			{Code: "FW", Name: "涉密发文", NameEN: "issued, classified", Levels: []Level{TopSecret, Secret, Confidential}},
			{Code: "NF", Name: "内部发文", NameEN: "issued, internal", Levels: []Level{Internal, Public}},
			{Code: "RS", Name: "人事档案", NameEN: "personnel files", Levels: []Level{Secret, Confidential}},
		},
		Series: []Series{
			{Name: "电报", NameEN: "telegrams", Carriers: []Carrier{"telegram"}, Custodian: PostConfidentialityOfficer, Copying: CopyingNever},
			{Name: "印章、介绍信", NameEN: "seals and letters of introduction", Carriers: []Carrier{"seal", "letter-of-introduction"}, Custodian: PostGeneralOfficeHead, Copying: CopyingNever},
			{Name: "人事档案", NameEN: "personnel files", Categories: []CategoryCode{"RS"}, Custodian: PostConfidentialityOfficer, Copying: CopyingByApproval},
		},
		RetentionNotice: hours(30 * 24),
		PutAway:         minutes(30),
		Issuing:         map[DraftStep][]Post{"review": {PostUnitLeader, PostGeneralOfficeHead}, "issue": {PostSupervisingLeader, PostGeneralManager}, "recheck": {PostGeneralOffice, PostGeneralOfficeHead, PostConfidentialityOfficer}},
		AccountFor:      hours(24),
		Couriers:        map[Level]int{TopSecret: 2},
		ReceiptWithin:   "5 working days",
	}
}

// checkRegister: categories that register apart, codes of their own, series that keep something
// that there is.
func (c *checks) checkRegister() {
	const path = "policy.register"
	if !c.fine(path, path+".categories", path+".series") {
		return
	}
	r, codes, known := c.site.Policy.Register, c.set("a code"), map[ID]bool{}
	for i, category := range r.Categories {
		of := at(path+".categories", i)
		codes.put(of+".code", ID(category.Code))
		known[ID(category.Code)] = true
		if mixed := of + ".levels"; c.fine(mixed) && slices.ContainsFunc(category.Levels, Level.isStateSecret) && slices.ContainsFunc(category.Levels, func(l Level) bool { return !l.isStateSecret() }) {
			c.add(mixed, "state secrets and others together", "one or the other: they are registered apart (REG-7)")
		}
	}
	for i, series := range r.Series {
		of := at(path+".series", i)
		if len(series.Carriers)+len(series.Categories) == 0 && c.fine(of+".carriers", of+".categories") {
			c.add(of, "a series of nothing", "carriers or categories that belong to it")
		}
		for j, code := range series.Categories {
			refer(c, at(of+".categories", j), ID(code), known, "a category")
		}
		for j, id := range series.Homes {
			refer(c, at(of+".homes", j), id, c.places, "a place")
		}
	}
	for i, id := range r.CopyingPlaces {
		refer(c, at(path+".copying_places", i), id, c.places, "a place")
	}
	const top = path + ".couriers.top-secret"
	if c.fine(path+".couriers", top) && r.Couriers[TopSecret] < 2 {
		c.add(top, "fewer than two", "2 or more: top secret is carried by two (ISS-2)")
	}
}
