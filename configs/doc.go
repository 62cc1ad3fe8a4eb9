// Package configs is the site's configuration: one YAML file that says what is installed
// where, which rules hold with which numbers, and who is told. The package owns its
// types, defaults and limits, and refuses whatever it does not understand in full:
//
//	site.yaml ──► yaml.Node tree ──► walk (types, keys, ranges) ──► checks (relations) ──► files ──► *Site
//	                                   └──────────────┬──────────────────────┴────────────────┘
//	                                                Faults: all of them, sorted by line
//
// A fault is one line: where, what was found, what is allowed.
//
//	site.yaml:12: readers[2].port: found 17, want a path such as /dev/serial/by-id/...
//
// The file's blocks, in the order a site is described:
//
//	site            name, time zone, language
//	data            folder of the journal
//	console, mqtt   where people and locks connect
//	places, doors   the rooms, cabinets and safes, what adjoins what, and the doors between
//	readers         UHF readers: which antenna watches which place
//	badge_lines     OSDP lines with their badge readers
//	safes, locks    safes, each under three locks
//	controller_key  key file that signs the approvals of a safe
//	calendar        working hours, the site's own days off and working days
//	policy          every number of the rules; all have defaults
//	alerts          channels, and which severity goes to which
//	access          machine and desk accounts, by the hash of their token
//
// Refused on purpose: unknown and repeated keys, empty values, aliases and anchors, a
// second document, text where a number belongs (and the reverse), numbers in notations
// that people read differently (017, 0x11, 1_000), and a file of more than MaxFileBytes.
//
// Relative file paths are relative to the configuration's own folder. site.schema.json
// is the same knowledge for editors, generated from the types by JSONSchema.
package configs
