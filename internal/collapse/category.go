package collapse

import (
	"math"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/sanitize"
)

// facts are the attributes that decide what a span does, in either generation of
// the conventions (https://opentelemetry.io/docs/specs/semconv/).
type facts struct {
	database, http, rpc, messaging bool
	// prepare says that a statement was only prepared.
	prepare                          bool
	system, summary, text, operation string
	// collection is what a database keeps the query's objects in: a table, a collection.
	collection string
	messages   int64
}

// note reports whether the attribute is one of them.
func (f *facts) note(key string, v pcommon.Value) bool {
	switch key {
	case "db.system.name", "db.system":
		f.database, f.system = true, textOf(v)
	case "db.query.summary":
		f.summary = textOf(v)
	case "db.query.text", "db.statement":
		f.database, f.text = true, textOf(v)
		if v.Type() == pcommon.ValueTypeMap && f.operation == "" {
			f.operation = f.text
		}
	case "db.operation.name", "db.operation":
		f.operation = textOf(v)
	case "db.collection.name", "db.mongodb.collection", "db.sql.table", "db.cassandra.table":
		f.collection = textOf(v)
	case "pgx.prepare_stmt.name":
		f.prepare = true
	case "http.request.method", "http.method":
		f.http = true
	case "rpc.system.name", "rpc.system", "rpc.method", "rpc.service":
		f.rpc = true
	case "messaging.system":
		f.messaging = true
	case "messaging.batch.message_count":
		f.messages = countOf(v)
	default:
		return false
	}
	return true
}

// textOf returns an attribute as text, whatever its type. A document stands for its first
// key, which names the command in MongoDB.
func textOf(v pcommon.Value) string {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return v.Str()
	case pcommon.ValueTypeMap:
		for key := range v.Map().All() {
			return key
		}
		return ""
	case pcommon.ValueTypeSlice:
		if v.Slice().Len() == 1 {
			return textOf(v.Slice().At(0))
		}
	default:
	}
	return v.AsString()
}

// countOf returns an attribute as a number of messages, 0 if it is none.
func countOf(v pcommon.Value) int64 {
	var n float64
	switch v.Type() {
	case pcommon.ValueTypeInt:
		n = float64(v.Int())
	case pcommon.ValueTypeDouble:
		n = v.Double()
	case pcommon.ValueTypeStr:
		n, _ = strconv.ParseFloat(strings.TrimSpace(v.Str()), 64)
	default:
	}
	if n >= 1 && n <= math.MaxInt32 {
		return int64(n)
	}
	return 0
}

// category is what the span counts as. A database or a message broker is often
// called over HTTP or RPC, and RPC over HTTP: the more special one counts.
func (f *facts) category(kind ptrace.SpanKind, name string) category {
	client := kind == ptrace.SpanKindClient
	switch {
	case f.database:
		return f.databaseCategory(name)
	case f.messaging && (client || kind == ptrace.SpanKindProducer):
		return message
	case f.rpc && client:
		return rpcCall
	case f.http && client:
		return httpCall
	default:
		return other
	}
}

// databaseCategory tells queries, which have a text or an operation, from waits
// for a connection, such as pool.acquire, pg-pool.connect or getConnection.
func (f *facts) databaseCategory(name string) category {
	if f.prepare {
		return other
	}
	if f.summary != "" || f.text != "" || f.operation != "" {
		return query
	}
	name = strings.ToLower(name)
	if strings.Contains(name, "connect") || strings.Contains(name, "acquire") {
		return acquire
	}
	return other
}

// statement tells a query from others, without literals: the summary, else the text of
// SQL, else the operation with its collection. Of a command that is not SQL nothing is
// kept: its arguments cannot be told from the rest.
func (f *facts) statement() string {
	if f.summary != "" {
		return sanitize.Truncate(f.summary, sanitize.MaxStatement)
	}
	if normal, ok := sanitize.Statement(f.system, f.text); ok {
		return normal
	}
	if f.operation != "" && f.collection != "" {
		return sanitize.Truncate(f.operation+" "+f.collection, sanitize.MaxStatement)
	}
	return sanitize.Truncate(f.operation, sanitize.MaxStatement)
}
