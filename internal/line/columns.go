package line

import (
	"strings"

	"canonicallineexporter/schema"
)

// column is one row of the column table: the one place that says what a column
// is called, its type, what it holds and where that comes from. DDL, mapping,
// encoding and documentation follow it.
type column struct {
	schema.Column
	// read finds the column's value in a request, NULL where it has none; nil
	// for a column that the database fills.
	read func(*reading) Value
	// redact, where set, takes the secrets out of the column's text, which the
	// application may have set as well.
	redact func(redactor, string) string
	// fixed columns cannot be set by an attribute of the application.
	fixed bool
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
		read: func(r *reading) Value { return uuidValue(r.id(r.createdAt)) }, fixed: true,
	},
	{
		Column: schema.Column{Name: "account_email", Type: shortText, Comment: "Mail address of the account that made the request"},
		read:   (*reading).accountEmail,
	},
	{
		Column: schema.Column{Name: "account_id", Type: identity, Comment: "Id of the account that made the request"},
		read:   (*reading).accountID,
	},
	{
		Column: schema.Column{Name: "api_error_code", Type: shortText, Comment: "What went wrong, as the API calls it"},
		read:   (*reading).errorCode,
	},
	{
		Column: schema.Column{Name: "api_error_internal_code", Type: shortText, Comment: "What went wrong, as the code calls it"},
		read:   (*reading).errorInternalCode,
	},
	{
		Column: schema.Column{Name: "api_error_cause", Type: longText, Comment: "The error that the failure goes back to"},
		read:   (*reading).errorCause,
	},
	{
		Column: schema.Column{Name: "api_error_message", Type: longText, Comment: "The error's message"},
		read:   (*reading).errorMessage,
	},
	{
		Column: schema.Column{Name: "auth_internal_name", Type: shortText, Comment: "Name of the internal client that made the request"},
		read:   none,
	},
	{
		Column: schema.Column{Name: "auth_type", Type: shortText, Comment: "How the request authenticated, such as bearer"},
		read:   (*reading).authScheme,
	},
	{
		Column: schema.Column{Name: "content_type", Type: shortText, Comment: "Content type of the request"},
		read:   func(r *reading) Value { return textValue(r.header(requestHeader, "content-type")) },
	},
	{
		Column: schema.Column{
			Name: "created_at", Type: timestamp, NotNull: true, Default: "current_timestamp",
			Comment: "When the request ended; the partition key",
		},
		read: func(r *reading) Value { return timestampValue(r.createdAt) }, fixed: true,
	},
	{
		Column: schema.Column{
			Name: "duration", Type: schema.Type{Kind: schema.Interval}, NotNull: true,
			Comment: "How long the request took inside the service",
		},
		read: func(r *reading) Value { return intervalValue(r.duration()) },
	},
	{
		Column: schema.Column{
			Name: "http_method", Type: schema.Type{Kind: schema.Text, Width: 20}, NotNull: true,
			Comment: "The request's method as sent",
		},
		read: (*reading).method,
	},
	{
		Column: schema.Column{Name: "http_path", Type: shortText, NotNull: true, Comment: "The request's path; empty: unknown"},
		read:   (*reading).path,
	},
	{
		Column: schema.Column{Name: "http_path_original", Type: shortText, Comment: "The path before a proxy rewrote it, where it differs"},
		read:   (*reading).originalPath,
	},
	{
		Column: schema.Column{Name: "http_route", Type: shortText, Comment: "The pattern that matched; NULL: none"},
		read:   (*reading).route,
	},
	{
		Column: schema.Column{Name: "idempotency_key", Type: identity, Comment: "The request's Idempotency-Key"},
		read:   (*reading).idempotencyKey,
	},
	{
		Column: schema.Column{
			Name: "idempotency_replay", Type: boolean, NotNull: true, Default: "false",
			Comment: "Whether an earlier response was sent again",
		},
		read: unset,
	},
	{
		Column: schema.Column{
			Name: "ip", Type: schema.Type{Kind: schema.Inet}, NotNull: true,
			Comment: "The client's address; 0.0.0.0: unknown",
		},
		read: (*reading).clientAddress,
	},
	{
		Column: schema.Column{Name: "query_string", Type: longText, Comment: "The query string, without secrets"},
		read:   func(r *reading) Value { return textValue(r.target.query) },
		redact: func(r redactor, s string) string { return r.query(strings.TrimPrefix(s, "?")) },
	},
	{
		Column: schema.Column{Name: "request_id", Type: identity, NotNull: true, Comment: "The request's id, else that of its trace"},
		read:   (*reading).requestID,
	},
	{
		Column: schema.Column{Name: "request_payload", Type: document, Comment: "The request's body, without secrets"},
		read:   none, fixed: true,
	},
	{
		Column: schema.Column{
			Name: "request_payload_capture_disabled", Type: boolean, NotNull: true, Default: "false",
			Comment: "Whether request_payload is NULL because bodies are not captured",
		},
		read: func(*reading) Value { return boolValue(true) },
	},
	{
		Column: schema.Column{Name: "sentry_event_id", Type: shortText, Comment: "Id of the Sentry event about the request"},
		read:   func(r *reading) Value { return textValue(r.first("sentry.event_id")) },
	},
	{
		Column: schema.Column{Name: "sso_provider", Type: shortText, Comment: "Who vouched for the account"},
		read:   none,
	},
	{
		Column: schema.Column{Name: "statistics", Type: document, Comment: "What the request cost: counts, and durations in seconds"},
		read:   (*reading).statistics, fixed: true,
	},
	{
		Column: schema.Column{
			Name: "status", Type: schema.Type{Kind: schema.Integer}, NotNull: true,
			Comment: "The response's status; 0: unknown",
		},
		read: func(r *reading) Value { return integerValue(r.status) },
	},
	{
		Column: schema.Column{Name: "sudo", Type: boolean, NotNull: true, Comment: "Whether staff acted for the account"},
		read:   unset,
	},
	{
		Column: schema.Column{Name: "sudo_account_email", Type: shortText, Comment: "Mail address of the staff that acted"},
		read:   none,
	},
	{
		Column: schema.Column{Name: "sudo_account_id", Type: identity, Comment: "Id of the staff's account that acted"},
		read:   none,
	},
	{
		Column: schema.Column{
			Name: "updated_at", Type: timestamp, NotNull: true, Default: "current_timestamp",
			Comment: "When the stored line last changed",
		},
	},
	{
		Column: schema.Column{Name: "user_agent", Type: shortText, Comment: "The client's User-Agent"},
		read:   (*reading).userAgent,
	},
	{
		Column: schema.Column{
			Name: "x_crunchy_headers", Type: schema.Type{Kind: schema.TextArray, Width: 200},
			Comment: "Captured request headers with a configured prefix, as name: value",
		},
		read: (*reading).selectedHeaders,
	},
	{
		Column: schema.Column{Name: "service_name", Type: shortText, Comment: "The service that answered"},
		read:   resourceText("service.name"),
	},
	{
		Column: schema.Column{Name: "service_version", Type: shortText, Comment: "The service's version"},
		read:   resourceText("service.version"),
	},
	{
		Column: schema.Column{Name: "deployment_environment", Type: shortText, Comment: "Where the service runs, such as production"},
		read:   resourceText("deployment.environment.name", "deployment.environment"),
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
	},
}

// Columns are all columns of the table, in its order.
func Columns() []schema.Column {
	all := make([]schema.Column, len(columns))
	for i, c := range columns {
		all[i] = c.Column
	}
	return all
}

// none reads a column that only the application can set.
func none(*reading) Value { return null }

// unset reads a flag that only the application can set.
func unset(*reading) Value { return boolValue(false) }

// resourceText reads the first of the resource's attributes.
func resourceText(keys ...string) func(*reading) Value {
	return func(r *reading) Value { return textValue(firstOf(r.Resource.Attributes(), keys...)) }
}
