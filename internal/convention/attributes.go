// Package convention says what attributes mean that follow conventions before and beside
// OpenTelemetry's: those of Zipkin, OpenTracing, Datadog, Micrometer and Envoy.
package convention

import (
	"slices"
	"strconv"
	"strings"
)

// Attribute is an attribute of another convention.
type Attribute struct {
	// Name is its name, Means that of OpenTelemetry's attribute.
	Name, Means string
	// With names an attribute that has to be on the same span, because Name alone can mean
	// anything; empty: none.
	With string
	// By says whose convention it is.
	By string
}

// DatadogResource is the attribute in which Datadog's receiver keeps what a span was about: a
// route or a statement. The span's name only says what kind of work it was, as mysql.query.
const DatadogResource = "dd.span.Resource"

// Outcome is on every span that Micrometer makes of an HTTP request.
const Outcome = "outcome"

// Attributes lists the attributes. One that OpenTelemetry's own contradicts does not count.
var Attributes = []Attribute{
	{Name: "http.path", Means: "url.path", By: "Zipkin"},
	{Name: "peer.ipv4", Means: "network.peer.address", By: "Zipkin, OpenTracing"},
	{Name: "peer.ipv6", Means: "network.peer.address", By: "Zipkin, OpenTracing"},
	{Name: "rpc.error_code", Means: "rpc.response.status_code", By: "Zipkin (Brave)"},
	{Name: "sql.query", Means: "db.query.text", By: "Zipkin (Brave), Datadog"},
	{Name: "cassandra.query", Means: "db.query.text", By: "Zipkin (Brave)"},
	{Name: "redis.command", Means: "db.operation.name", By: "Zipkin (Brave)"},
	{Name: "mongodb.command", Means: "db.operation.name", By: "Zipkin (Brave)"},
	{Name: "mongodb.collection", Means: "db.collection.name", By: "Zipkin (Brave)"},
	{Name: "kafka.topic", Means: "messaging.destination.name", By: "Zipkin (Brave)"},

	{Name: "db.type", Means: "db.system", By: "OpenTracing"},
	{Name: "message_bus.destination", Means: "messaging.destination.name", By: "OpenTracing"},
	{Name: "error.kind", Means: "exception.type", By: "OpenTracing"},
	{Name: "error.object", Means: "exception.message", By: "OpenTracing"},

	{Name: "http.useragent", Means: "user_agent.original", By: "Datadog"},
	{Name: "network.client.ip", Means: "client.address", By: "Datadog"},
	{Name: "usr.id", Means: "user.id", By: "Datadog"},
	{Name: "usr.email", Means: "user.email", By: "Datadog"},
	{Name: "error.msg", Means: "error.message", By: "Datadog"},
	{Name: "redis.raw_command", Means: "db.query.text", By: "Datadog"},

	{Name: "next.route", Means: "http.route", By: "Next.js"},

	{Name: "method", Means: "http.request.method", With: Outcome, By: "Micrometer"},
	{Name: "uri", Means: "http.route", With: Outcome, By: "Micrometer"},
	{Name: "status", Means: "http.response.status_code", With: Outcome, By: "Micrometer"},
	{Name: "exception", Means: "error.type", With: Outcome, By: "Micrometer"},
	{Name: "jdbc.query[0]", Means: "db.query.text", By: "Micrometer"},
	{Name: "r2dbc.query[0]", Means: "db.query.text", By: "Micrometer"},

	{Name: "peer.address", Means: "network.peer.address", By: "Envoy, OpenTracing"},
	{Name: "user_agent", Means: "user_agent.original", By: "Envoy"},
	{Name: "guid:x-request-id", Means: "http.request.header.x-request-id", By: "Envoy"},
	{Name: "grpc.status_code", Means: "rpc.grpc.status_code", By: "Envoy, Zipkin (Brave)"},
	{Name: "grpc.path", Means: "url.path", By: "Envoy"},
}

var byName = func() map[string]Attribute {
	all := make(map[string]Attribute, len(Attributes))
	for _, a := range Attributes {
		all[a.Name] = a
	}
	return all
}()

// Of returns the attribute of this name. It reports whether there is one.
func Of(name string) (Attribute, bool) {
	a, ok := byName[name]
	return a, ok
}

// placeholders are values that Micrometer writes where there is none.
var placeholders = []string{"", "none", "unknown", "not_found", "redirection", "root"}

// Says reports whether the value tells anything.
func (a Attribute) Says(value string) bool {
	return a.With == "" || !slices.Contains(placeholders, strings.ToLower(value))
}

// Error is the attribute by which Zipkin, OpenTracing, Datadog and Envoy say that a span
// failed.
const Error = "error"

// ReadError reports what a value of Error says: whether the span failed, and why if it says
// so. An empty value says nothing.
func ReadError(value string) (failed bool, message string) {
	if value == "" {
		return false, ""
	}
	if failed, err := strconv.ParseBool(value); err == nil {
		return failed, ""
	}
	return true, value
}
