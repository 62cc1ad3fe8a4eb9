package console

import (
	"net/http"
	"slices"

	"trilock/alerts"
)

// Role is what an account may do.
type Role string

// The roles. Who registers persons, who keeps documents, who approves and who audits are
// different accounts of different persons (REC-3).
const (
	RoleArchivist Role = "archivist"
	RoleSecurity  Role = "security"
	RoleApprover  Role = "approver"
	RoleAuditor   Role = "auditor"
	RoleRegistrar Role = "registrar"
	// RoleObserver reads and does nothing: a wall screen, a monitoring system.
	RoleObserver Role = "observer"
)

var allRoles = []Role{RoleArchivist, RoleSecurity, RoleApprover, RoleAuditor, RoleRegistrar, RoleObserver}

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool { return slices.Contains(allRoles, r) }

// surface says how a route tells that it refuses.
type surface uint8

const (
	forMachines surface = iota // a problem document
	forPeople                  // a page
	forPanels                  // a part of a page, fetched by the page itself
)

// access says who may use a route.
type access struct {
	surface surface
	open    bool // to anybody, signed in or not
	roles   []Role
	act     bool // changes something: needs an Idempotency-Key
}

func (a access) allows(r Role) bool { return a.open || slices.Contains(a.roles, r) }

var (
	watching  = []Role{RoleArchivist, RoleSecurity, RoleObserver}
	reading   = []Role{RoleArchivist, RoleSecurity, RoleApprover, RoleAuditor, RoleObserver}
	onAlerts  = []Role{RoleArchivist, RoleSecurity}
	atTheSafe = []Role{RoleArchivist, RoleApprover}
)

// seesAlert reports whether a role is told of a kind of alert. Whoever threatens a person may
// stand before the archivist's screen, or under the one on the wall: what must not show
// itself there is for security and the auditor.
func seesAlert(r Role, code alerts.Code) bool {
	kind, known := alerts.KindOf(code)
	return !known || !kind.Silent || r == RoleSecurity || r == RoleAuditor
}

// accessTable is who may use what. A route that is not here answers nobody, and New fails.
var accessTable = map[string]access{
	"GET /healthz": {open: true},
	"GET /readyz":  {open: true},
	"GET /metrics": {roles: []Role{RoleSecurity, RoleAuditor, RoleObserver}},

	"GET /static/":  {open: true},
	"GET /signin":   {surface: forPeople, open: true},
	"POST /signin":  {surface: forPeople, open: true},
	"POST /signout": {surface: forPeople, roles: allRoles},

	"GET /{$}":                           {surface: forPeople, roles: watching},
	"GET /wall/board":                    {surface: forPanels, roles: watching},
	"POST /wall/alerts/{id}/acknowledge": {surface: forPanels, roles: onAlerts, act: true},
	// Whoever keeps the documents does not close the alerts about them.
	"POST /wall/alerts/{id}/close": {surface: forPanels, roles: []Role{RoleSecurity}, act: true},

	// Those who sign for an opening, and enrol the keys that they sign with.
	"GET /safes/{id}":       {surface: forPeople, roles: atTheSafe},
	"GET /safes/{id}/panel": {surface: forPanels, roles: atTheSafe},
	"GET /keys":             {surface: forPeople, roles: atTheSafe},

	"GET /openapi.json":          {roles: allRoles},
	"GET /api/v1/overview":       {roles: reading},
	"GET /api/v1/alerts":         {roles: reading},
	"GET /api/v1/documents/{id}": {roles: reading},
	"GET /api/v1/events":         {roles: reading},
	// The record holds titles and everybody's acts: it is the auditor's (REC-2, REC-3).
	"GET /api/v1/record": {roles: []Role{RoleAuditor}},

	"POST /api/v1/persons":                {roles: []Role{RoleRegistrar}, act: true},
	"POST /api/v1/documents":              {roles: []Role{RoleArchivist}, act: true},
	"POST /api/v1/loans":                  {roles: []Role{RoleArchivist}, act: true},
	"POST /api/v1/approvals/{id}/approve": {roles: []Role{RoleApprover}, act: true},
	// Which act is whose says the core, by the posts of the person.
	"POST /api/v1/acts/{verb}":                {roles: []Role{RoleArchivist, RoleSecurity, RoleApprover, RoleAuditor, RoleRegistrar}, act: true},
	"POST /api/v1/safes/{id}/openings":        {roles: atTheSafe, act: true},
	"POST /api/v1/safes/{id}/openings/cancel": {roles: []Role{RoleArchivist, RoleApprover, RoleSecurity}, act: true},
	"POST /api/v1/safes/{id}/time-lock":       {roles: atTheSafe, act: true},
	"POST /api/v1/keys":                       {roles: atTheSafe, act: true},
	"POST /api/v1/safes/{id}/keys":            {roles: atTheSafe, act: true},
	"POST /api/v1/safes/{id}/signatures":      {roles: atTheSafe, act: true},
	// Who opened the safe states and confirms it; security closes the case.
	"POST /api/v1/cases/{id}/statement":    {roles: []Role{RoleArchivist, RoleApprover, RoleSecurity}, act: true},
	"POST /api/v1/cases/{id}/confirmation": {roles: []Role{RoleArchivist, RoleApprover, RoleSecurity}, act: true},
	"POST /api/v1/cases/{id}/count":        {roles: []Role{RoleArchivist}, act: true},
	"POST /api/v1/cases/{id}/close":        {roles: []Role{RoleSecurity}, act: true},
	// A post is delegated by its holder, who is asked for in the act itself.
	"POST /api/v1/delegations":             {roles: []Role{RoleArchivist, RoleApprover}, act: true},
	"POST /api/v1/delegations/{id}/end":    {roles: []Role{RoleArchivist, RoleApprover}, act: true},
	"POST /api/v1/alerts/{id}/acknowledge": {roles: onAlerts, act: true},
	"POST /api/v1/alerts/{id}/close":       {roles: []Role{RoleSecurity}, act: true},
}

// router is a ServeMux that knows what was registered.
type router struct {
	*http.ServeMux
	patterns []string
}

// HandleFunc registers a handler; huma calls it as well.
func (r *router) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	r.patterns = append(r.patterns, pattern)
	r.ServeMux.HandleFunc(pattern, handler)
}
