// Package line makes canonical lines: it reads the values of the columns out of a request
// and encodes them as a row.
//
// columns.go is the table of columns. It says what each one is called, its type and where
// its value comes from.
package line

import (
	"slices"
	"strings"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/sanitize"
	"canonicallineexporter/internal/table"
)

// column is one row of the column table, the one place that says what a column is
// called, its type, what it holds and where that comes from. DDL, mapping, encoding and
// documentation follow it.
type column struct {
	table.Column
	// from names the attributes that feed the column; the first that holds a value of
	// its type wins.
	from []attribute
	// descendants: INTERNAL descendants are asked as well.
	descendants bool
	// ofResource: the SERVER span is not asked.
	ofResource bool
	// parse, where set, makes the value of the text of an attribute of from; NULL passes
	// the attribute over.
	parse func(r *resolver, from attribute, text string) copyrow.Value
	// read, where set, finds the value where that takes more than one attribute.
	read func(*resolver) copyrow.Value
	// explain is read for a column that only failed requests have.
	explain func(*resolver) copyrow.Value
	// otherwise is the value if there is no other.
	otherwise copyrow.Value
	// redact, where set, takes the secrets out of the column's text, whoever set it.
	redact func(sanitize.Sanitizer, string) string
	// fixed columns can be set neither by the application nor by the user's sources.
	fixed bool
	// ofDatabase: the database fills it.
	ofDatabase bool
	// rule is what the documentation says beside the sources.
	rule string

	// A mapper adds the attribute by which the application sets the column, and the
	// user's sources.
	override attribute
	own      []attribute
	// absent is the field of a line for which no source holds anything.
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

// columns are the 33 columns of "Fast as a Service" in its order, then those of
// this exporter.
var columns = []column{
	{
		Column: table.Column{
			Name: "id", Type: identity, NotNull: true, Default: "gen_ulid()",
			Comment: "The line's id: sorts by time like a ULID and is the same for the same span",
		},
		read:  func(r *resolver) copyrow.Value { return copyrow.UUIDValue(r.ID(r.createdAt)) },
		fixed: true, rule: "milliseconds of created_at, the end of the trace id, the span id",
	},
	{
		Column: table.Column{Name: "account_email", Type: shortText, Comment: "Mail address of the account that made the request"},
		from:   []attribute{userEmail, endUserID}, descendants: true,
		parse: parseEmail,
		rule:  "`enduser.id` only if it has the shape of an address",
	},
	{
		Column: table.Column{Name: "account_id", Type: identity, Comment: "Id of the account that made the request"},
		from:   []attribute{userID, endUserID}, descendants: true,
	},
	{
		Column:  table.Column{Name: "api_error_code", Type: shortText, Comment: "What went wrong, as the API calls it"},
		from:    []attribute{errorType},
		explain: (*resolver).errorCode,
		rule:    "only of a failure; then the type of the exception that decided it, the RPC's code, `db.response.status_code`",
	},
	{
		Column:  table.Column{Name: "api_error_internal_code", Type: shortText, Comment: "What went wrong, as the code calls it"},
		explain: (*resolver).errorInternalCode,
		rule:    "only of a failure: the type of the exception that decided it",
	},
	{
		Column:  table.Column{Name: "api_error_cause", Type: longText, Comment: "The error that the failure goes back to"},
		explain: (*resolver).errorCause,
		redact:  sanitize.Sanitizer.Message,
		rule:    "only of a failure: type and message of the deepest exception on the failing path",
	},
	{
		Column:  table.Column{Name: "api_error_message", Type: longText, Comment: "The error's message"},
		explain: (*resolver).errorMessage,
		redact:  sanitize.Sanitizer.Message,
		rule:    "only of a failure: the SERVER span's status message, then the message of the exception that decided it",
	},
	{
		Column: table.Column{Name: "auth_internal_name", Type: shortText, Comment: "Name of the internal client that made the request"},
	},
	{
		Column: table.Column{Name: "auth_type", Type: shortText, Comment: "How the request authenticated, such as bearer"},
		from:   authorization,
		parse:  parseScheme,
		rule:   "the scheme alone, if it is a known one",
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
		rule: "the span's; 0 when its times are reversed or missing",
	},
	{
		Column: table.Column{
			Name: "http_method", Type: copyrow.Type{Kind: copyrow.Text, Width: 20}, NotNull: true,
			Comment: "The request's method as sent",
		},
		from: []attribute{requestMethod, httpMethod},
		read: (*resolver).method,
		rule: "`_OTHER` is `http.request.method_original`; then the first word of the span's name; of an RPC `POST`",
	},
	{
		Column: table.Column{Name: "http_path", Type: shortText, NotNull: true, Comment: "The request's path; empty: unknown"},
		from:   []attribute{urlPath, httpTarget, urlFull, httpURL},
		read:   (*resolver).readPath,
		rule:   "without the query string; of an RPC `/package.Service/Method`",
	},
	{
		Column: table.Column{Name: "http_path_original", Type: shortText, Comment: "The path before a proxy rewrote it, where it differs"},
		from:   slices.Concat(originalPaths...),
		parse:  parseOriginalPath,
		rule:   "the path part, unless it is http_path",
	},
	{
		Column: table.Column{Name: "http_route", Type: shortText, Comment: "The pattern that matched; NULL: none"},
		from:   []attribute{httpRoute},
		read:   (*resolver).route,
		rule:   "then the span's name without its method if a path is left; NULL of a 404 whose route is `/` or the path itself; of an RPC the path",
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
		from: knownAll("client.address", "http.client_ip", "network.peer.address",
			"net.sock.peer.addr", "net.peer.ip", "net.peer.name"),
		otherwise: copyrow.InetValue(unknownAddress),
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
		Column: table.Column{Name: "request_id", Type: identity, NotNull: true, Comment: "The request's id, else that of its trace"},
		from: slices.Concat(capturedHeader(requestHeaderPrefix, "x-request-id"), capturedHeader(responseHeaderPrefix, "x-request-id"),
			knownAll("request.id"), capturedHeader(metadataPrefix, "x-request-id"), capturedHeader(oldMetadataPrefix, "x-request-id")),
		read: (*resolver).requestID,
		rule: "then the trace id",
	},
	{
		Column: table.Column{Name: "request_payload", Type: document, Comment: "The request's body, without secrets"},
		from:   []attribute{requestBody},
		read:   (*resolver).payload, fixed: true,
		rule: "only with `request_payload::capture`; what is no JSON, or was cut, is a JSON string",
	},
	{
		Column: table.Column{
			Name: "request_payload_capture_disabled", Type: boolean, NotNull: true, Default: "false",
			Comment: "Whether request_payload is NULL because bodies are not captured",
		},
		read: func(r *resolver) copyrow.Value { return copyrow.BooleanValue(!r.cfg.CapturePayload) },
	},
	{
		Column: table.Column{Name: "sentry_event_id", Type: shortText, Comment: "Id of the Sentry event about the request"},
		from:   knownAll("sentry.event_id"),
	},
	{
		Column: table.Column{Name: "sso_provider", Type: shortText, Comment: "Who vouched for the account"},
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
		rule: "an RPC's code in HTTP's terms comes first; then 500 if the SERVER span recorded an exception",
	},
	{
		Column:    table.Column{Name: "sudo", Type: boolean, NotNull: true, Comment: "Whether staff acted for the account"},
		otherwise: copyrow.BooleanValue(false),
	},
	{
		Column: table.Column{Name: "sudo_account_email", Type: shortText, Comment: "Mail address of the staff that acted"},
	},
	{
		Column: table.Column{Name: "sudo_account_id", Type: identity, Comment: "Id of the staff's account that acted"},
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
		from:   slices.Concat(knownAll("user_agent.original", "http.user_agent"), requestHeader("user-agent")),
	},
	{
		Column: table.Column{
			Name: "x_crunchy_headers", Type: copyrow.Type{Kind: copyrow.TextArray, Width: 200},
			Comment: "Captured request headers with a configured prefix, as name: value",
		},
		read: (*resolver).selectedHeaders,
		rule: "see `headers::prefixes`; sorted by name",
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
			Comment: "The trace's id in hex, as a trace viewer takes it",
		},
		read: func(r *resolver) copyrow.Value { return copyrow.TextValue(r.Span.TraceID().String()) }, fixed: true,
	},
	{
		Column: table.Column{Name: "span_id", Type: copyrow.Type{Kind: copyrow.Text, Width: 16}, Comment: "The SERVER span's id in hex"},
		read:   func(r *resolver) copyrow.Value { return copyrow.TextValue(r.Span.SpanID().String()) }, fixed: true,
	},
	{
		Column: table.Column{
			Name: "adjusted_count", Type: copyrow.Type{Kind: copyrow.DoublePrecision}, NotNull: true, Default: "1",
			Comment: "How many requests the line stands for: the inverse of its sampling probability",
		},
		read: (*resolver).adjustedCount, fixed: true,
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
func Columns() []table.Column {
	all := make([]table.Column, len(columns))
	for i, c := range columns {
		all[i] = c.Column
	}
	return all
}
