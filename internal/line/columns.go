// Package line makes canonical lines: it resolves the columns of a request and encodes
// them as a row.
//
// columns.go lists the columns, each with its name, type and sources.
package line

import (
	"slices"
	"strings"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/request"
	"canonicallineexporter/internal/sanitize"
	"canonicallineexporter/internal/table"
)

// column defines a column: its name, its type, what it holds and where the value comes
// from. DDL, mapping, encoding and documentation follow this definition.
type column struct {
	table.Column
	// from lists the attributes that feed the column; the first with a value of its type
	// wins.
	from []attribute
	// descendants says that from is looked up on INTERNAL descendants too.
	descendants bool
	// ofResource says that from is looked up on the resource alone.
	ofResource bool
	// parse, if set, converts the text of an attribute of from; NULL skips the attribute.
	parse func(r *resolver, from attribute, text string) copyrow.Value
	// read, if set, returns the value of a column that depends on more than one attribute.
	read func(*resolver) copyrow.Value
	// explain, if set, returns the value for a failed request; others have NULL.
	explain func(*resolver) copyrow.Value
	// otherwise is the value of a line without any other.
	otherwise copyrow.Value
	// redact, if set, removes the secrets from the column's text, whatever its source.
	redact func(sanitize.Sanitizer, string) string
	// fixed says that neither the application nor the configuration can set the column.
	fixed bool
	// ofDatabase says that the database fills the column.
	ofDatabase bool
	// rule completes the sources in the documentation.
	rule string

	// NewMapper adds the attribute by which the application sets the column, and the
	// sources that the configuration adds.
	override attribute
	own      []attribute
	// absent is the encoded field of a line without any source for the column.
	absent []byte
}

var (
	shortText = copyrow.Type{Kind: copyrow.Text, Width: 200}
	longText  = copyrow.Type{Kind: copyrow.Text, Width: 2000}
	boolean   = copyrow.Type{Kind: copyrow.Boolean}
	identity  = copyrow.Type{Kind: copyrow.UUID}
	timestamp = copyrow.Type{Kind: copyrow.Timestamp}
	document  = copyrow.Type{Kind: copyrow.JSONB}
)

// columns lists the 33 columns of "Fast as a Service" in its order, then the columns that
// this exporter adds.
var columns = []column{
	{
		Column: table.Column{
			Name: "id", Type: identity, NotNull: true, Default: "gen_ulid()",
			Comment: "The line's ID: sorts by time like a ULID and is the same for the same span",
		},
		read: func(r *resolver) copyrow.Value {
			return copyrow.UUIDValue(request.ID(r.createdAt, r.Span.TraceID(), r.Span.SpanID()))
		},
		fixed: true, rule: "the milliseconds of created_at, the end of the trace ID, the span ID",
	},
	{
		Column: table.Column{Name: "account_email", Type: shortText, Comment: "Email address of the account that made the request"},
		from:   []attribute{userEmail, endUserID}, descendants: true,
		parse: parseEmail,
		rule:  "`enduser.id` only if it has the form of an address",
	},
	{
		Column: table.Column{Name: "account_id", Type: identity, Comment: "ID of the account that made the request"},
		from:   []attribute{userID, endUserID}, descendants: true,
	},
	{
		Column:  table.Column{Name: "api_error_code", Type: shortText, Comment: "What went wrong, as the API calls it"},
		from:    []attribute{errorType},
		explain: (*resolver).errorCode,
		rule:    "only for a failure, and not if it repeats the status; then the type of the deciding exception, the RPC's code, `db.response.status_code`, then such a code of the failing path, or Envoy's `response_flags`; `_OTHER` if only the span's status tells of the error",
	},
	{
		Column:  table.Column{Name: "api_error_internal_code", Type: shortText, Comment: "What went wrong, as the code calls it"},
		explain: (*resolver).errorInternalCode,
		rule:    "only for a failure: the type of the deciding exception",
	},
	{
		Column:  table.Column{Name: "api_error_cause", Type: longText, Comment: "The original error behind the failure"},
		explain: (*resolver).errorCause,
		rule:    "only for a failure: the type and message of the deepest exception on the failing path, or the code and status message of a span without one, whichever is deeper and has a message",
	},
	{
		Column:  table.Column{Name: "api_error_message", Type: longText, Comment: "The error's message"},
		explain: (*resolver).errorMessage,
		from:    errorMessages,
		rule:    "only for a failure: before these the SERVER span's status message; after them the message of the deciding exception, then a status message on the failing path; one that only repeats the status comes last",
	},
	{
		Column: table.Column{Name: "auth_internal_name", Type: shortText, Comment: "Name of the internal client that made the request"},
	},
	{
		Column: table.Column{Name: "auth_type", Type: shortText, Comment: "How the request authenticated, such as bearer"},
		from:   authorization,
		parse:  parseScheme,
		rule:   "the scheme alone, and only a known one",
	},
	{
		Column: table.Column{Name: "content_type", Type: shortText, Comment: "Content type of the request"},
		from:   requestHeader("content-type"),
	},
	{
		Column: table.Column{
			Name: "created_at", Type: timestamp, NotNull: true, Default: "current_timestamp",
			Comment: "When the request ended; the partition key",
		},
		read:  func(r *resolver) copyrow.Value { return copyrow.TimestampValue(r.createdAt) },
		fixed: true, rule: "the span's end, else its start, else its arrival",
	},
	{
		Column: table.Column{
			Name: "duration", Type: copyrow.Type{Kind: copyrow.Interval}, NotNull: true,
			Comment: "How long the request took inside the service",
		},
		read: func(r *resolver) copyrow.Value { return copyrow.IntervalValue(r.Duration()) },
		rule: "the span's duration; 0 if its times are reversed or missing",
	},
	{
		Column: table.Column{
			Name: "http_method", Type: copyrow.Type{Kind: copyrow.Text, Width: 20}, NotNull: true,
			Comment: "The request's method as sent",
		},
		from: []attribute{requestMethodOriginal, requestMethod, httpMethod},
		read: (*resolver).method,
		rule: "then the first word of the span's name, or the one after `HTTP`, if it is a method in any case; for an RPC `POST`; empty for what is neither",
	},
	{
		Column: table.Column{Name: "http_path", Type: shortText, NotNull: true, Comment: "The request's path; empty: unknown"},
		from:   []attribute{urlPath, httpTarget, urlFull, httpURL},
		read:   (*resolver).readPath,
		rule:   "without the query string; for an RPC `/package.Service/Method`, of a service named by a URI its path and the method",
	},
	{
		Column: table.Column{Name: "http_path_original", Type: shortText, Comment: "The path before a proxy rewrote it, where it differs"},
		from:   slices.Concat(originalPaths...),
		parse:  parseOriginalPath,
		rule:   "the path part, unless it equals http_path",
	},
	{
		Column: table.Column{Name: "http_route", Type: shortText, Comment: "The pattern that matched; NULL: none"},
		from:   []attribute{httpRoute}, descendants: true,
		read: (*resolver).route,
		rule: "of INTERNAL descendants the longest; then the span's name without its method, if a path is left; for the invocation of a function, and what has nothing of HTTP, `faas.invoked_name`, `faas.name` or the span's name; NULL for a 404 or 405 whose route is `/`, a catch-all, or the path itself with an ID in it; for an RPC the path",
	},
	{
		Column: table.Column{Name: "idempotency_key", Type: identity, Comment: "The request's Idempotency-Key"},
		from:   requestHeader("idempotency-key"),
	},
	{
		Column: table.Column{
			Name: "idempotency_replay", Type: boolean, NotNull: true, Default: "false",
			Comment: "Whether an earlier response was sent again",
		},
		otherwise: copyrow.BooleanValue(false),
	},
	{
		Column: table.Column{
			Name: "ip", Type: copyrow.Type{Kind: copyrow.Inet}, NotNull: true,
			Comment: "The client's address; 0.0.0.0: unknown",
		},
		from:      slices.Concat(slices.Concat(forwardedHeaders...), clientAddresses),
		read:      (*resolver).address,
		otherwise: copyrow.InetValue(unknownAddress),
		rule:      "the headers only as far as `headers::trusted_proxies` trusts them: the entry of that number, counted from the right",
	},
	{
		Column: table.Column{Name: "query_string", Type: longText, Comment: "The query string, without secrets"},
		from:   []attribute{urlQuery, urlPath, httpTarget, urlFull, httpURL},
		read:   func(r *resolver) copyrow.Value { return copyrow.TextValue(r.target.query) },
		redact: func(s sanitize.Sanitizer, text string) string {
			return s.URLs(s.Query(strings.TrimPrefix(text, "?")))
		},
		rule: "without the question mark",
	},
	{
		Column: table.Column{Name: "request_id", Type: identity, NotNull: true, Comment: "The request's ID, else the trace's"},
		from: slices.Concat(capturedHeader(requestHeaderPrefix, "x-request-id"), capturedHeader(responseHeaderPrefix, "x-request-id"),
			knownAll("request.id"), capturedHeader(metadataPrefix, "x-request-id"), capturedHeader(oldMetadataPrefix, "x-request-id"),
			capturedHeader(connectPrefix, "x-request-id"), capturedHeader(grpcWebPrefix, "x-request-id")),
		read: (*resolver).requestID,
		rule: "then the trace ID",
	},
	{
		Column: table.Column{Name: "request_payload", Type: document, Comment: "The request's body, without secrets"},
		from:   []attribute{requestBody},
		read:   (*resolver).payload, fixed: true,
		rule: "only with `request_payload::capture`; a body that is not JSON, or was cut, becomes a JSON string",
	},
	{
		Column: table.Column{
			Name: "request_payload_capture_disabled", Type: boolean, NotNull: true, Default: "false",
			Comment: "Whether request_payload is NULL because bodies are not captured",
		},
		read: func(r *resolver) copyrow.Value { return copyrow.BooleanValue(!r.cfg.CapturePayload) },
		rule: "true unless `request_payload::capture` is set",
	},
	{
		Column: table.Column{Name: "sentry_event_id", Type: shortText, Comment: "ID of the Sentry event about the request"},
		from:   knownAll("sentry.event_id"),
	},
	{
		Column: table.Column{Name: "sso_provider", Type: shortText, Comment: "Single sign-on provider that authenticated the account"},
	},
	{
		Column: table.Column{Name: "statistics", Type: document, Comment: "What the request cost: counts, and durations in seconds"},
		read:   (*resolver).statistics, fixed: true,
		rule: "see statistics.md",
	},
	{
		Column: table.Column{
			Name: "status", Type: copyrow.Type{Kind: copyrow.Integer}, NotNull: true,
			Comment: "The response's status; 0: unknown",
		},
		from: knownAll("http.response.status_code", "http.status_code"),
		read: (*resolver).readStatus,
		rule: "an RPC's code, as an HTTP status, comes first; without either 500 if the SERVER span recorded an exception or has the status Error, 499 if Go's `net/http: abort Handler` says that the client has left, and 200 for an RPC without a code or an error",
	},
	{
		Column:    table.Column{Name: "sudo", Type: boolean, NotNull: true, Comment: "Whether a staff member acted for the account"},
		otherwise: copyrow.BooleanValue(false),
	},
	{
		Column: table.Column{Name: "sudo_account_email", Type: shortText, Comment: "Email address of the staff member who acted"},
	},
	{
		Column: table.Column{Name: "sudo_account_id", Type: identity, Comment: "Account ID of the staff member who acted"},
	},
	{
		Column: table.Column{
			Name: "updated_at", Type: timestamp, NotNull: true, Default: "current_timestamp",
			Comment: "When the stored line last changed",
		},
		fixed: true, ofDatabase: true, rule: "set by the database",
	},
	{
		Column: table.Column{Name: "user_agent", Type: shortText, Comment: "The client's User-Agent"},
		from:   slices.Concat(knownAll("user_agent.original", "http.user_agent", "rpc.user_agent"), requestHeader("user-agent")),
	},
	{
		Column: table.Column{
			Name: "x_crunchy_headers", Type: copyrow.Type{Kind: copyrow.TextArray, Width: 200},
			Comment: "Captured request headers with a configured prefix, as name: value",
		},
		read: (*resolver).selectedHeaders,
		rule: "the headers that `headers::prefixes` selects, sorted by name",
	},
	{
		Column: table.Column{Name: "service_name", Type: shortText, Comment: "The service that answered"},
		from:   knownAll("service.name"), ofResource: true,
	},
	{
		Column: table.Column{Name: "service_version", Type: shortText, Comment: "The service's version"},
		from:   knownAll("service.version"), ofResource: true,
	},
	{
		Column: table.Column{Name: "deployment_environment", Type: shortText, Comment: "Where the service runs, such as production"},
		from:   knownAll("deployment.environment.name", "deployment.environment"), ofResource: true,
	},
	{
		Column: table.Column{
			Name: "trace_id", Type: copyrow.Type{Kind: copyrow.Text, Width: 32},
			Comment: "The trace's ID in hex, as a trace viewer takes it",
		},
		read: func(r *resolver) copyrow.Value { return copyrow.TextValue(r.Span.TraceID().String()) }, fixed: true,
	},
	{
		Column: table.Column{Name: "span_id", Type: copyrow.Type{Kind: copyrow.Text, Width: 16}, Comment: "The SERVER span's ID in hex"},
		read:   func(r *resolver) copyrow.Value { return copyrow.TextValue(r.Span.SpanID().String()) }, fixed: true,
	},
	{
		Column: table.Column{
			Name: "adjusted_count", Type: copyrow.Type{Kind: copyrow.DoublePrecision}, NotNull: true, Default: "1",
			Comment: "How many requests the line stands for: the inverse of its sampling probability",
		},
		read: (*resolver).adjustedCount, fixed: true,
		rule: "from the tracestate: `ot=th:` or the older `ot=p:`",
	},
}

// BuiltIn reports whether the column of this name is built in, and whether attributes can
// set it.
func BuiltIn(name string) (builtIn, settable bool) {
	for _, c := range columns {
		if c.Name == name {
			return true, !c.fixed
		}
	}
	return false, false
}

// HoldsID reports whether the built-in column of this name holds an ID that may be text in
// other applications: the configuration can say so.
func HoldsID(name string) bool {
	return slices.ContainsFunc(columns, func(c column) bool {
		return c.Name == name && c.Type == identity && !c.fixed && !c.NotNull
	})
}

// Columns returns the built-in columns in the order of the table.
func Columns() []table.Column {
	all := make([]table.Column, len(columns))
	for i, c := range columns {
		all[i] = c.Column
	}
	return all
}
