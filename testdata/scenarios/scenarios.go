// Package scenarios holds the files that prove the rules, so that the operator's tool can print
// them for an inspector. Package custody/scenario reads and plays them.
package scenarios

import "embed"

// Files are the site, the cast, and a scenario for each rule.
//
//go:embed *.yaml
var Files embed.FS
