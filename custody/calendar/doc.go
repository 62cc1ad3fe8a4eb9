// Package calendar is the working calendar of a site: on which days and at which hours
// people are there, and so when something lent, circulated or asked back is due. It owns the
// hours of the week, the public holidays with their make-up working days, what the site
// itself lists, and the rules that make a due time of them:
//
//	hours of the week ─┐
//	public holidays ───┼──► Calendar ──► Due(rule, from) ──► a time, and how it was counted
//	the site's lists ──┘       └───────► Record, Fingerprint: what the journal keeps of it
//
// What it refuses is to guess. China's public holidays are set year by year, in November for
// the year that follows. A year that nobody has entered is not a year without holidays: a due
// time that was counted through one says so (Basis.Unknown), and is counted again when the
// year is entered.
//
// The notice for a year may still move the last days of the December before it; that is one more
// change of the calendar, which its fingerprint shows.
//
// Where a due time could be read in two ways, the earlier is taken: a day by which
// something is wanted back is brought forward to the working day before it, never put off,
// and what is due on the day it was given does not stay out over night.
//
// A day belongs to the site's own time zone. An hour that a change to summer time leaves
// out begins when the clock jumps over it; of an hour that comes twice the first one counts.
//
// The package is pure: it reads no clock and no file. Every search ends after
// MaxSearchDays, whatever the lists say.
package calendar
