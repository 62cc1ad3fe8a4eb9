package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"trilock/alerts"
	"trilock/custody"
	"trilock/custody/fact"
)

// apiVersion is the version of the API's contract, not of the program.
const apiVersion = "1.0.0"

// api registers the JSON routes and serves their description.
func (c *console) api() error {
	config := huma.DefaultConfig("trilock", apiVersion)
	// The description is marshalled once below; huma's own routes would do it on first use,
	// and its documentation page loads from the internet.
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil
	config.Transformers = []huma.Transformer{ofHuma}
	config.RejectUnknownQueryParameters = true
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer"},
		"session": {Type: "apiKey", In: "cookie", Name: c.sessions.cookieName()},
	}
	config.Security = []map[string][]string{{"token": {}}, {"session": {}}}
	api := humago.New(c.mux, config)
	c.readRoutes(api)
	c.actRoutes(api)
	c.keyRoutes(api)
	describeEvents(api)
	for _, unused := range []string{"ErrorModel", "ErrorDetail"} { // huma's own, which ofHuma replaces
		delete(config.Components.Schemas.Map(), unused)
	}
	description, err := json.Marshal(api.OpenAPI())
	if err != nil {
		return fmt.Errorf("console: describing the API: %w", err)
	}
	c.mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(description)
	})
	return nil
}

// operation describes a route; every one answers failures with a Problem.
func operation(api huma.API, id, method, path, summary string) huma.Operation {
	schema := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	op := huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, MaxBodyBytes: maxBodyBytes, BodyReadTimeout: requestTime,
		Responses: map[string]*huma.Response{"default": {Description: "What went wrong, in both languages, and what to do next (RFC 9457)",
			Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schema}}}}}
	roles := accessTable[method+" "+path].roles
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	op.Description = "Roles: " + strings.Join(words, ", ") + "."
	return op
}

// overviewAnswer is the whole view, with its entity tag.
type overviewAnswer struct {
	ETag string `header:"ETag"`
	Body custody.Overview
}

type alertsAnswer struct {
	Body struct {
		Seq    uint64         `json:"seq" doc:"the entry after which this was so"`
		Alerts []alerts.Alert `json:"alerts"`
	}
}

type documentAnswer struct {
	Body custody.DocumentOverview
}

type recordAnswer struct {
	Body struct {
		Entries []RecordEntry `json:"entries"`
		// Next is the number to ask after for the following page; the last one is shorter than its limit.
		Next uint64 `json:"next"`
	}
}

// RecordEntry is an entry of the record as the API shows it. Cards and fingerprints of
// PINs are credentials and are left out.
type RecordEntry struct {
	Seq     uint64     `json:"seq"`
	At      fact.Stamp `json:"at"`
	Kind    string     `json:"kind"`
	Actor   string     `json:"actor,omitempty"`
	Subject string     `json:"subject"`
	Event   any        `json:"event" doc:"the fields of the kind"`
}

func (c *console) readRoutes(api huma.API) {
	huma.Register(api, operation(api, "overview", http.MethodGet, "/api/v1/overview", "Everything that is known now"), c.getOverview)
	huma.Register(api, operation(api, "alerts", http.MethodGet, "/api/v1/alerts", "The alerts that are not closed"), c.getAlerts)
	huma.Register(api, operation(api, "document", http.MethodGet, "/api/v1/documents/{id}", "One document: record and evidence side by side"), c.getDocument)
	huma.Register(api, operation(api, "record", http.MethodGet, "/api/v1/record", "The record, page by page"), c.getRecord)
}

// overview reads the whole view as a role may see it, with empty lists where there is nothing: a null says nothing.
func (c *console) overview(r Role) custody.Overview {
	var o custody.Overview
	now := time.Now()
	c.Core.Read(func(s *custody.State) { o = s.Overview(now) })
	o.At = now.UTC()
	o.Alerts = slices.DeleteFunc(o.Alerts, func(a alerts.Alert) bool { return !seesAlert(r, a.Code) })
	o.Alerts, o.Rooms, o.Documents = listed(o.Alerts), listed(o.Rooms), listed(o.Documents)
	o.Cases = listed(o.Cases)
	o.Safes, o.Doors, o.Cabinets, o.Devices = listed(o.Safes), listed(o.Doors), listed(o.Cabinets), listed(o.Devices)
	return o
}

func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (c *console) getOverview(ctx context.Context, in *struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"200"`
}) (*overviewAnswer, error) {
	o := c.overview(visitorOf(ctx).account.Role)
	tag := `W/"` + strconv.FormatUint(o.Seq, 10) + `"`
	for held := range strings.SplitSeq(in.IfNoneMatch, ",") {
		if strings.TrimSpace(held) == tag {
			return nil, huma.ErrorWithHeaders(huma.Status304NotModified(), http.Header{"Etag": {tag}})
		}
	}
	return &overviewAnswer{ETag: tag, Body: o}, nil
}

func (c *console) getAlerts(ctx context.Context, _ *struct{}) (*alertsAnswer, error) {
	o, answer := c.overview(visitorOf(ctx).account.Role), &alertsAnswer{}
	answer.Body.Seq, answer.Body.Alerts = o.Seq, o.Alerts
	return answer, nil
}

func (c *console) getDocument(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"40"`
}) (*documentAnswer, error) {
	for _, d := range c.overview(visitorOf(ctx).account.Role).Documents {
		if string(d.ID) == in.ID {
			return &documentAnswer{Body: d}, nil
		}
	}
	return nil, problem(http.StatusNotFound, "no-such-document").fill(in.ID)
}

func (c *console) getRecord(ctx context.Context, in *struct {
	After uint64 `query:"after" doc:"the number of the last entry that is known; 0 for the beginning"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}) (*recordAnswer, error) {
	entries, err := c.Core.Record(ctx, in.After, min(in.Limit, maxRecordPage))
	if err != nil {
		return nil, undecided(err)
	}
	answer := &recordAnswer{}
	answer.Body.Next = in.After
	answer.Body.Entries = make([]RecordEntry, len(entries))
	for i, e := range entries {
		answer.Body.Entries[i] = RecordEntry{Seq: e.Seq, At: e.At, Kind: e.Event.Kind(), Actor: e.Actor, Subject: e.Subject, Event: withoutCredentials(e.Event)}
		answer.Body.Next = e.Seq
	}
	return answer, nil
}

// withoutCredentials returns the event with cards masked and fingerprints of PINs left out.
func withoutCredentials(ev custody.Event) custody.Event {
	p, ok := ev.(*custody.PersonRegistered)
	if !ok {
		return ev
	}
	shown := *p
	shown.Person.PIN, shown.Person.DuressPIN = "", ""
	if shown.Person.Card != "" {
		shown.Person.Card = fact.CardID(shown.Person.Card.Masked())
	}
	return &shown
}

// describeEvents puts the event stream, which huma does not serve, into the description.
func describeEvents(api huma.API) {
	op := operation(api, "events", http.MethodGet, eventsPath, "What happens, as it happens (server-sent events)")
	op.Description += " `changed`: the number of the latest entry, at most ten a second. `notice`: a notice of an alert, for the roles that watch the wall. `alive`: every five seconds, whether the daemon decides."
	op.Responses["200"] = &huma.Response{Description: "The stream",
		Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}}}
	api.OpenAPI().AddOperation(&op)
}
