package line

import (
	"slices"
	"strings"

	"canonicallineexporter/schema"
)

// column is one row of the column table: the one place that says what a column
// is called, its type, what it holds and where that comes from. DDL, mapping,
// encoding and documentation follow it.
type column struct {
	schema.Column
	// from are the attributes that feed the column, the first that holds a value
	// of its type first.
	from []attribute
	// below: INTERNAL descendants are asked as well.
	below bool
	// ofResource: the SERVER span is not asked.
	ofResource bool
	// read finds the value where that takes more than one of from.
	read func(*reading) Value
	// sourced: without any of from there is nothing to read; ofFailure: nor is
	// there of a request that did not fail.
	sourced, ofFailure bool
	// otherwise is the value without any other.
	otherwise Value
	// redact, where set, takes the secrets out of the column's text, which the
	// application may have set as well.
	redact func(redactor, string) string
	// fixed columns cannot be set by an attribute of the application or by a
	// source of the user's.
	fixed bool
	// ofDatabase: the database fills it.
	ofDatabase bool
	// rule is what documentation says beside the sources.
	rule string

	// What a mapper adds: the attribute by which the application sets the column,
	// and the sources of the user's.
	override attribute
	own      []attribute
	// absent is the field of a line for which no source holds anything.
	absent []byte
}

var (
	shortText = schema.Type{Kind: schema.Text, Width: 200}
	longText  = schema.Type{Kind: schema.Text, Width: 2000}
	boolean   = schema.Type{Kind: schema.Boolean}
	identity  = schema.Type{Kind: schema.UUID}
	timestamp = schema.Type{Kind: schema.Timestamp}
	document  = schema.Type{Kind: schema.JSONB}
)

// columns are the 33 columns of "Fast as a Service" in its order, then those of
// this exporter.
var columns = []column{
	{
		Column: schema.Column{
			Name: "id", Type: identity, NotNull: true, Default: "gen_ulid()",
			Comment: "The line's id: sorts by time like a ULID and is the same for the same span",
		},
		read:  func(r *reading) Value { return uuidValue(r.id(r.createdAt)) },
		fixed: true, rule: "milliseconds of created_at, the end of the trace id, the span id",
	},
	{
		Column: schema.Column{Name: "account_email", Type: shortText, Comment: "Mail address of the account that made the request"},
		from:   []attribute{userEmail, endUserID}, below: true,
		read: (*reading).accountEmail, sourced: true,
		rule: "`enduser.id` only if it has the shape of an address",
	},
	{
		Column: schema.Column{Name: "account_id", Type: identity, Comment: "Id of the account that made the request"},
		from:   []attribute{userID, endUserID}, below: true,
	},
	{
		Column: schema.Column{Name: "api_error_code", Type: shortText, Comment: "What went wrong, as the API calls it"},
		from:   []attribute{errorType},
		read:   (*reading).errorCode, ofFailure: true,
		rule: "only of a failure; then the type of the exception that decided it, the RPC's code, `db.response.status_code`",
	},
	{
		Column: schema.Column{Name: "api_error_internal_code", Type: shortText, Comment: "What went wrong, as the code calls it"},
		read:   (*reading).errorInternalCode, ofFailure: true,
		rule: "only of a failure: the type of the exception that decided it",
	},
	{
		Column: schema.Column{Name: "api_error_cause", Type: longText, Comment: "The error that the failure goes back to"},
		read:   (*reading).errorCause, ofFailure: true,
		redact: redactor.assignments,
		rule:   "only of a failure: type and message of the deepest exception on the failing path",
	},
	{
		Column: schema.Column{Name: "api_error_message", Type: longText, Comment: "The error's message"},
		read:   (*reading).errorMessage, ofFailure: true,
		redact: redactor.assignments,
		rule:   "only of a failure: the SERVER span's status message, then the message of the exception that decided it",
	},
	{
		Column: schema.Column{Name: "auth_internal_name", Type: shortText, Comment: "Name of the internal client that made the request"},
	},
	{
		Column: schema.Column{Name: "auth_type", Type: shortText, Comment: "How the request authenticated, such as bearer"},
		from:   authorization,
		read:   (*reading).authScheme, sourced: true,
		rule: "the scheme alone, if it is a known one",
	},
	{
		Column: schema.Column{Name: "content_type", Type: shortText, Comment: "Content type of the request"},
		from:   requestHeader("content-type"),
	},
	{
		Column: schema.Column{
			Name: "created_at", Type: timestamp, NotNull: true, Default: "current_timestamp",
			Comment: "When the request ended; the partition key",
		},
		read:  func(r *reading) Value { return timestampValue(r.createdAt) },
		fixed: true, rule: "the span's end, else its start, else its arrival",
	},
	{
		Column: schema.Column{
			Name: "duration", Type: schema.Type{Kind: schema.Interval}, NotNull: true,
			Comment: "How long the request took inside the service",
		},
		read: func(r *reading) Value { return intervalValue(r.duration()) },
		rule: "the span's; 0 when its times are reversed or missing",
	},
	{
		Column: schema.Column{
			Name: "http_method", Type: schema.Type{Kind: schema.Text, Width: 20}, NotNull: true,
			Comment: "The request's method as sent",
		},
		from: []attribute{requestMethod, httpMethod},
		read: (*reading).method,
		rule: "`_OTHER` is `http.request.method_original`; then the first word of the span's name; of an RPC `POST`",
	},
	{
		Column: schema.Column{Name: "http_path", Type: shortText, NotNull: true, Comment: "The request's path; empty: unknown"},
		from:   []attribute{urlPath, httpTarget, urlFull, httpURL},
		read:   (*reading).path,
		rule:   "without the query string; of an RPC `/package.Service/Method`",
	},
	{
		Column: schema.Column{Name: "http_path_original", Type: shortText, Comment: "The path before a proxy rewrote it, where it differs"},
		from:   slices.Concat(originalPaths...),
		read:   (*reading).originalPath, sourced: true,
		rule: "the path part, unless it is http_path",
	},
	{
		Column: schema.Column{Name: "http_route", Type: shortText, Comment: "The pattern that matched; NULL: none"},
		from:   []attribute{httpRoute},
		read:   (*reading).route,
		rule:   "then the span's name without its method if a path is left; NULL of a 404 whose route is `/` or the path itself; of an RPC the path",
	},
	{
		Column: schema.Column{Name: "idempotency_key", Type: identity, Comment: "The request's Idempotency-Key"},
		from:   requestHeader("idempotency-key"),
	},
	{
		Column: schema.Column{
			Name: "idempotency_replay", Type: boolean, NotNull: true, Default: "false",
			Comment: "Whether an earlier response was sent again",
		},
		otherwise: boolValue(false),
	},
	{
		Column: schema.Column{
			Name: "ip", Type: schema.Type{Kind: schema.Inet}, NotNull: true,
			Comment: "The client's address; 0.0.0.0: unknown",
		},
		from: knownAll("client.address", "http.client_ip", "network.peer.address",
			"net.sock.peer.addr", "net.peer.ip", "net.peer.name"),
		otherwise: inetValue(unknownAddress),
	},
	{
		Column: schema.Column{Name: "query_string", Type: longText, Comment: "The query string, without secrets"},
		from:   []attribute{urlQuery, urlPath, httpTarget, urlFull, httpURL},
		read:   func(r *reading) Value { return textValue(r.target.query) }, sourced: true,
		redact: func(r redactor, s string) string { return r.query(strings.TrimPrefix(s, "?")) },
		rule:   "without the question mark",
	},
	{
		Column: schema.Column{Name: "request_id", Type: identity, NotNull: true, Comment: "The request's id, else that of its trace"},
		from: slices.Concat(capturedHeader(requestHeaderPrefix, "x-request-id"), capturedHeader(responseHeaderPrefix, "x-request-id"),
			knownAll("request.id"), capturedHeader(metadataPrefix, "x-request-id"), capturedHeader(oldMetadataPrefix, "x-request-id")),
		read: (*reading).requestID,
		rule: "then the trace id",
	},
	{
		Column: schema.Column{Name: "request_payload", Type: document, Comment: "The request's body, without secrets"},
		from:   []attribute{requestBody},
		read:   (*reading).payload, fixed: true, sourced: true,
		rule: "only with `request_payload::capture`; what is no JSON, or was cut, is a JSON string",
	},
	{
		Column: schema.Column{
			Name: "request_payload_capture_disabled", Type: boolean, NotNull: true, Default: "false",
			Comment: "Whether request_payload is NULL because bodies are not captured",
		},
		read: func(r *reading) Value { return boolValue(!r.cfg.CapturePayload) },
	},
	{
		Column: schema.Column{Name: "sentry_event_id", Type: shortText, Comment: "Id of the Sentry event about the request"},
		from:   knownAll("sentry.event_id"),
	},
	{
		Column: schema.Column{Name: "sso_provider", Type: shortText, Comment: "Who vouched for the account"},
	},
	{
		Column: schema.Column{Name: "statistics", Type: document, Comment: "What the request cost: counts, and durations in seconds"},
		read:   (*reading).statistics, fixed: true,
		rule: "see statistics.md",
	},
	{
		Column: schema.Column{
			Name: "status", Type: schema.Type{Kind: schema.Integer}, NotNull: true,
			Comment: "The response's status; 0: unknown",
		},
		from: knownAll("http.response.status_code", "http.status_code"),
		read: func(r *reading) Value { return integerValue(r.status) },
		rule: "an RPC's code in HTTP's terms comes first; then 500 if the SERVER span recorded an exception",
	},
	{
		Column:    schema.Column{Name: "sudo", Type: boolean, NotNull: true, Comment: "Whether staff acted for the account"},
		otherwise: boolValue(false),
	},
	{
		Column: schema.Column{Name: "sudo_account_email", Type: shortText, Comment: "Mail address of the staff that acted"},
	},
	{
		Column: schema.Column{Name: "sudo_account_id", Type: identity, Comment: "Id of the staff's account that acted"},
	},
	{
		Column: schema.Column{
			Name: "updated_at", Type: timestamp, NotNull: true, Default: "current_timestamp",
			Comment: "When the stored line last changed",
		},
		fixed: true, ofDatabase: true, rule: "set by the database",
	},
	{
		Column: schema.Column{Name: "user_agent", Type: shortText, Comment: "The client's User-Agent"},
		from:   slices.Concat(knownAll("user_agent.original", "http.user_agent"), requestHeader("user-agent")),
	},
	{
		Column: schema.Column{
			Name: "x_crunchy_headers", Type: schema.Type{Kind: schema.TextArray, Width: 200},
			Comment: "Captured request headers with a configured prefix, as name: value",
		},
		read: (*reading).selectedHeaders,
		rule: "see `headers::prefixes`; sorted by name",
	},
	{
		Column: schema.Column{Name: "service_name", Type: shortText, Comment: "The service that answered"},
		from:   knownAll("service.name"), ofResource: true,
	},
	{
		Column: schema.Column{Name: "service_version", Type: shortText, Comment: "The service's version"},
		from:   knownAll("service.version"), ofResource: true,
	},
	{
		Column: schema.Column{Name: "deployment_environment", Type: shortText, Comment: "Where the service runs, such as production"},
		from:   knownAll("deployment.environment.name", "deployment.environment"), ofResource: true,
	},
	{
		Column: schema.Column{
			Name: "trace_id", Type: schema.Type{Kind: schema.Text, Width: 32},
			Comment: "The trace's id in hex, as a trace viewer takes it",
		},
		read: func(r *reading) Value { return textValue(r.Span.TraceID().String()) }, fixed: true,
	},
	{
		Column: schema.Column{Name: "span_id", Type: schema.Type{Kind: schema.Text, Width: 16}, Comment: "The SERVER span's id in hex"},
		read:   func(r *reading) Value { return textValue(r.Span.SpanID().String()) }, fixed: true,
	},
	{
		Column: schema.Column{
			Name: "adjusted_count", Type: schema.Type{Kind: schema.DoublePrecision}, NotNull: true, Default: "1",
			Comment: "How many requests the line stands for: the inverse of its sampling probability",
		},
		read: (*reading).adjustedCount, fixed: true,
		rule: "from the tracestate, `ot=th:` or the older `ot=p:`",
	},
}

// BuiltIn reports whether there is a built-in column of this name, and whether
// attributes can set it.
func BuiltIn(name string) (builtIn, settable bool) {
	for _, c := range columns {
		if c.Name == name {
			return true, !c.fixed
		}
	}
	return false, false
}

// Columns are the built-in columns of the table, in its order.
func Columns() []schema.Column {
	all := make([]schema.Column, len(columns))
	for i, c := range columns {
		all[i] = c.Column
	}
	return all
}
