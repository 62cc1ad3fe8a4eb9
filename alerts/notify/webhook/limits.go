package webhook

import "time"

// Limits of the channel, each with its reason.
const (
	// MinSecretBytes: 128 bits, below which an HMAC key can be guessed.
	MinSecretBytes = 16
	// ConnectMax bounds TCP and TLS set-up each: on a site's network they take milliseconds.
	ConnectMax = 5 * time.Second
	// RequestMax bounds one delivery from connect to the end of the answer. A receiver that needs
	// longer to store one notice is not well, and trying again is safe.
	RequestMax = 25 * time.Second
	// IdleMax closes a connection that has not been needed, before a firewall forgets it.
	IdleMax = time.Minute
	// RetryAfterMax bounds what a receiver can ask for: no answer of a receiver may
	// silence an alarm for longer.
	RetryAfterMax = 15 * time.Minute
	// MaxResponseBytes is what is read of an answer: enough to use the connection again after
	// a usual error page.
	MaxResponseBytes = 64 << 10
	// MaxResponseHeaderBytes bounds the answer's header.
	MaxResponseHeaderBytes = 16 << 10
	// MaxQuotedBytes is what an error quotes of the answer: one line for a technician.
	MaxQuotedBytes = 200
)
