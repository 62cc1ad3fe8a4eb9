package pki

import "time"

// Limits and terms, each with its reason.
const (
	// authorityYears and leafYears: the box is air-gapped, nobody renews certificates on it,
	// and a lock whose certificate ran out on a Sunday keeps a safe shut. Ten years is longer than
	// the hardware lives; the authority outlives every leaf that it can issue in its first ten years.
	authorityYears = 20
	leafYears      = 10
	// backdated: two machines of one site may differ by a day, and a box without a clock
	// battery starts in the past.
	backdated = 48 * time.Hour
	// maxNameBytes bounds a certificate's name, which is also a file name and an MQTT client id.
	maxNameBytes = 40
	// maxHosts bounds the names and addresses of one server certificate.
	maxHosts = 16
	// maxPEMBytes bounds a file that is read as PEM: a chain of a few certificates.
	maxPEMBytes = 64 << 10
)
