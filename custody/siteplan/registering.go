package siteplan

import (
	"cmp"

	"trilock/configs"
	"trilock/custody"
	"trilock/custody/fact"
)

// registering says in the domain's words how documents are registered, copied and issued.
func registering(r configs.Register) custody.RegisteringPolicy {
	out := custody.RegisteringPolicy{
		Issuing: map[custody.DraftStep][]custody.Post{}, Couriers: map[custody.Level]int{},
		RetentionNotice: r.RetentionNotice.Std(), CopyingPlaces: each(r.CopyingPlaces, placeID), PutAway: r.PutAway.Std(), AccountFor: r.AccountFor.Std(), ReceiptWithin: r.ReceiptWithin.Rule(),
	}
	for _, c := range r.Categories {
		out.Categories = append(out.Categories, custody.Category{Code: string(c.Code), Name: fact.Text{ZH: c.Name, EN: cmp.Or(c.NameEN, c.Name)}, Levels: each(c.Levels, level)})
	}
	for _, s := range r.Series {
		out.Series = append(out.Series, custody.Series{Name: fact.Text{ZH: s.Name, EN: cmp.Or(s.NameEN, s.Name)}, Custodian: custody.Post(s.Custodian), Homes: each(s.Homes, placeID), NotCopied: s.Copying == configs.CopyingNever,
			Carriers:   each(s.Carriers, func(c configs.Carrier) custody.Carrier { return custody.Carrier(c) }),
			Categories: each(s.Categories, func(c configs.CategoryCode) string { return string(c) }),
			Persons:    each(s.Persons, func(p configs.PersonID) custody.PersonID { return custody.PersonID(p) })})
	}
	for step, posts := range r.Issuing {
		out.Issuing[custody.DraftStep(step)] = each(posts, func(p configs.Post) custody.Post { return custody.Post(p) })
	}
	for of, n := range r.Couriers {
		out.Couriers[level(of)] = n
	}
	return out
}

func level(l configs.Level) custody.Level { return custody.Level(l) }
