package calendar

import (
	"time"

	"trilock/custody/fact"
)

// China returns the public holidays of China with their make-up working days, for the years
// whose arrangement is kept here. Source: the notices of the General Office of the State
// Council on the arrangement of part of the holidays (国务院办公厅关于部分节假日安排的通知) of 2023-10-25
// (国办发明电〔2023〕7号, for 2024), of 2024-11-12 (国办发明电〔2024〕12号, for 2025) and of 2025-11-04
// (for 2026). A weekend that a notice joins to a holiday is listed as the notice counts it.
func China() List {
	var list List
	for _, y := range chinaYears() {
		list.Years = append(list.Years, y.year)
		for _, h := range y.holidays {
			name := h.name.text()
			list.Off = append(list.Off, Stretch{From: y.date(h.first), Until: y.date(h.last), Name: name})
			for _, day := range h.makeUp {
				list.Work = append(list.Work, Stretch{From: y.date(day), Until: y.date(day), Name: name})
			}
		}
	}
	return list
}

// arrangement is one year's notice. Days are month times 100 and day: 1001 is 1 October.
type arrangement struct {
	year     int
	holidays []holiday
}

type holiday struct {
	name        festival
	first, last int
	makeUp      []int
}

func (a arrangement) date(monthDay int) Date {
	return DateOf(a.year, time.Month(monthDay/100), monthDay%100)
}

func chinaYears() []arrangement {
	return []arrangement{
		{2024, []holiday{
			{newYear, 101, 101, nil},
			{springFestival, 210, 217, []int{204, 218}},
			{qingming, 404, 406, []int{407}},
			{labourDay, 501, 505, []int{428, 511}},
			{dragonBoat, 610, 610, nil},
			{midAutumn, 915, 917, []int{914}},
			{nationalDay, 1001, 1007, []int{929, 1012}},
		}},
		{2025, []holiday{
			{newYear, 101, 101, nil},
			{springFestival, 128, 204, []int{126, 208}},
			{qingming, 404, 406, nil},
			{labourDay, 501, 505, []int{427}},
			{dragonBoat, 531, 602, nil},
			{nationalMidAutumn, 1001, 1008, []int{928, 1011}},
		}},
		{2026, []holiday{
			{newYear, 101, 103, []int{104}},
			{springFestival, 215, 223, []int{214, 228}},
			{qingming, 404, 406, nil},
			{labourDay, 501, 505, []int{509}},
			{dragonBoat, 619, 621, nil},
			{midAutumn, 925, 927, nil},
			{nationalDay, 1001, 1007, []int{920, 1010}},
		}},
	}
}

// festival is one of the public holidays.
type festival uint8

const (
	newYear festival = iota
	springFestival
	qingming
	labourDay
	dragonBoat
	midAutumn
	nationalDay
	nationalMidAutumn // both at once, in years in which they meet
)

func (f festival) text() fact.Text {
	switch f {
	case newYear:
		return fact.Text{ZH: "元旦", EN: "New Year's Day"}
	case springFestival:
		return fact.Text{ZH: "春节", EN: "Spring Festival"}
	case qingming:
		return fact.Text{ZH: "清明节", EN: "Qingming Festival"}
	case labourDay:
		return fact.Text{ZH: "劳动节", EN: "Labour Day"}
	case dragonBoat:
		return fact.Text{ZH: "端午节", EN: "Dragon Boat Festival"}
	case midAutumn:
		return fact.Text{ZH: "中秋节", EN: "Mid-Autumn Festival"}
	case nationalDay:
		return fact.Text{ZH: "国庆节", EN: "National Day"}
	}
	return fact.Text{ZH: "国庆节、中秋节", EN: "National Day and Mid-Autumn"}
}
