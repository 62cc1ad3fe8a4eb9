// Package console is how people and machines look at the site and act on it: an HTTP API
// and the wall page. It owns nothing but sessions in flight; what it shows it reads from
// the core, what it is asked it passes to the core, and it answers once that is committed.
//
//	           ┌── headers, size and time limits, cross-origin check
//	           │      ┌── gate: who is it (token or cookie), may the role use this route?
//	           │      │       ┌── a POST carries an Idempotency-Key
//	request ───┴──────┴───────┴──► /api/v1/...   JSON, OpenAPI at /openapi.json, RFC 9457 problems
//	                          ├──► /api/v1/events   `changed`, `notice`, `alive` as server-sent events
//	                          ├──► /, /wall/...  the wall page and its panels
//	                          └──► /healthz /readyz /metrics
//
// It refuses whatever the table in access.go does not allow to a role, and a route that is
// not in the table answers nobody. It never shows what is unknown as known: a bolt or a
// contact whose device does not answer is shown as unknown, whatever it last said, and a
// page that has lost the daemon says so across its whole width.
//
// Sessions are signed cookies and kept nowhere, so that a screen on a wall survives a
// restart of the daemon. They die with their account or its token.
package console
