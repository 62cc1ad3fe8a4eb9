package configs

import "embed"

// Mosquitto holds the files for a site's own mosquitto broker, as they are delivered in
// the folder mosquitto: trilock.conf and trilock.acl.
//
//go:embed mosquitto/trilock.conf mosquitto/trilock.acl
var Mosquitto embed.FS
