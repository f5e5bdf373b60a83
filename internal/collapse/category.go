package collapse

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/convention"
	"canonicallineexporter/internal/request"
	"canonicallineexporter/internal/sanitize"
)

// facts are the attributes that decide what a span does, in either generation of
// the conventions (https://opentelemetry.io/docs/specs/semconv/).
type facts struct {
	database, http, rpc, messaging bool
	// prepare says that a statement was only prepared.
	prepare bool
	// jdbc says that Micrometer watched a data source.
	jdbc                                         bool
	system, summary, text, operation, collection string
	// resource is what Datadog says that the span was about.
	resource string
	messages int64
	// What follows tells why the span failed.
	errorType, databaseCode, rpcCode, httpStatus string
	exception                                    request.Exception
	// graphQL says that the span executes a part of a GraphQL request, whose errors are answered.
	graphQL bool
	// failed says that Zipkin's tag says so, message is what that or another attribute says.
	failed  bool
	message string
}

// note keeps the attribute if it is one of them. It reports whether nothing but the category
// depends on it.
func (f *facts) note(key string, v pcommon.Value) bool {
	switch key {
	case "db.system.name", "db.system":
		f.database, f.system = true, textOf(v)
	case "db.query.summary":
		f.summary = textOf(v)
	case "db.query.text", "db.statement":
		f.database = true
		f.noteText(v)
	case "db.collection.name", "db.sql.table", "db.mongodb.collection", "db.cassandra.table", "aws.dynamodb.table_names":
		f.collection = textOf(v)
		return false
	case "jdbc.datasource.name", "jdbc.datasource.driver", "jdbc.datasource.pool":
		f.jdbc = true
	case "db.operation.name", "db.operation":
		f.operation = textOf(v)
	case "pgx.prepare_stmt.name":
		f.prepare = true
	case "http.request.method", "http.method":
		f.http = true
	case "rpc.system.name", "rpc.system", "rpc.method", "rpc.service", "grpc.path":
		f.rpc = true
	case "messaging.system":
		f.messaging = true
	case "messaging.destination.name", "messaging.destination":
		f.messaging = true
		return false
	case "messaging.batch.message_count":
		f.messages = countOf(v)
	default:
		f.http = f.http || strings.HasPrefix(key, "http.") || key == "url.full"
		f.graphQL = f.graphQL || strings.HasPrefix(key, "graphql.")
		f.noteFailure(key, v)
		return false
	}
	return true
}

// noteText keeps the text of a query. A document has the name of its command first.
func (f *facts) noteText(v pcommon.Value) {
	if v.Type() == pcommon.ValueTypeMap {
		f.operation = cmp.Or(f.operation, textOf(v))
		return
	}
	f.text = textOf(v)
}

// noteFailure keeps what tells why a span failed. Columns may read it too.
func (f *facts) noteFailure(key string, v pcommon.Value) {
	switch key {
	case "error.type":
		f.errorType = textOf(v)
	case "db.response.status_code":
		f.databaseCode = textOf(v)
	case "rpc.response.status_code", "rpc.status_code", "rpc.grpc.status_code", "rpc.grpc_web.status_code", "rpc.connect_rpc.error_code":
		f.rpc, f.rpcCode = true, request.RPCCode(textOf(v))
	case "http.response.status_code", "http.status_code":
		if f.httpStatus = textOf(v); f.httpStatus < "4" {
			f.httpStatus = "" // no failure
		}
	case convention.DatadogResource:
		f.resource = textOf(v)
	case convention.Error:
		var message string
		f.failed, message = convention.ReadError(textOf(v))
		f.message = cmp.Or(f.message, message)
	case "error.message":
		f.message = textOf(v)
	case "exception.type":
		f.exception.Type = textOf(v)
	case "exception.message":
		f.exception.Message = textOf(v)
	}
}

// code returns what tells failures of one kind from others, empty if nothing does.
func (f *facts) code() string {
	if f.errorType != "" && f.errorType != "_OTHER" {
		return f.errorType
	}
	if f.rpcCode == "OK" {
		f.rpcCode = ""
	}
	return cmp.Or(f.databaseCode, f.rpcCode, f.httpStatus)
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
	n, _ := strconv.ParseFloat(strings.TrimSpace(textOf(v)), 64)
	if n >= 1 && n <= math.MaxInt32 {
		return int64(n)
	}
	return 0
}

// readResource takes the statement from what Datadog says that a call to a database was about.
func (f *facts) readResource() {
	if f.resource == "" || f.text != "" || !f.database {
		return
	}
	if _, ok := sanitize.Statement(f.system, f.resource); ok {
		f.text = f.resource
	}
}

// holds reports whether the span is Micrometer's of a connection, which lasts for as long as
// the application keeps it, whatever that does.
func (f *facts) holds(name string) bool {
	return f.jdbc && !f.database && name == "connection"
}

// category is what the span counts as. A database or a message broker is often
// called over HTTP or RPC, and RPC over HTTP: the more special one counts.
func (f *facts) category(kind ptrace.SpanKind, name string) category {
	client := kind == ptrace.SpanKindClient
	switch {
	case f.database || f.jdbc:
		return f.databaseCategory(client, name)
	case kind == ptrace.SpanKindProducer:
		return message
	case !client:
		return other
	case f.messaging:
		return message
	case f.rpc:
		return rpcCall
	case f.http:
		return httpCall
	default:
		return otherCall
	}
}

// databaseCategory tells queries, which have a text or an operation or begin or end a
// transaction, from waits for a connection, such as pool.acquire, pg-pool.connect or
// getConnection, and from the rest of a client's time at a database.
func (f *facts) databaseCategory(client bool, name string) category {
	if !f.prepare {
		if f.summary != "" || f.text != "" || f.operation != "" || isTransaction(name) {
			return query
		}
		name = strings.ToLower(name)
		if strings.Contains(name, "connect") || strings.Contains(name, "acquire") {
			return acquire
		}
	}
	if client {
		return databaseTime
	}
	return other
}

// isTransaction reports whether a span that says nothing else begins or ends a transaction by
// its name, such as sql.conn.begin_tx, sql.tx.commit or PDO::rollBack.
func isTransaction(name string) bool {
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return -1
	}, name)
	if strings.HasSuffix(name, "starttransaction") {
		return true
	}
	name = strings.TrimSuffix(strings.TrimSuffix(name, "tx"), "transaction")
	for _, verb := range []string{"begin", "commit", "rollback"} {
		if strings.HasSuffix(name, verb) {
			return true
		}
	}
	return false
}

// statement tells a query from others, without literals: the summary, else the text, else the
// operation with its collection. It is empty if only the first word of SQL is known, which
// very different statements share.
func (f *facts) statement() string {
	if isStatement(f.summary) {
		return sanitize.Truncate(f.summary, sanitize.MaxStatement)
	}
	if normal, ok := sanitize.Statement(f.system, f.text); ok {
		if strings.Contains(normal, " ") {
			return normal
		}
		return ""
	}
	// In a command that is not SQL, arguments cannot be told from the rest.
	if f.operation != "" && f.collection != "" && names(f.operation) && names(f.collection) {
		return sanitize.Truncate(f.operation+" "+f.collection, sanitize.MaxStatement)
	}
	if sanitize.IsCommandStore(f.system) {
		if command := sanitize.Command(f.text); command != "" && strings.Contains(strings.TrimSpace(f.text), " ") {
			return command + " ?"
		}
	}
	if isStatement(f.operation) {
		return sanitize.Truncate(f.operation, sanitize.MaxStatement)
	}
	return ""
}

// isStatement reports whether a summary or an operation tells statements apart.
func isStatement(s string) bool {
	return s != "" && names(s) && !slices.Contains(verbs, strings.ToUpper(s))
}

// names reports whether a text consists of names. One with a value in it may hold a secret.
func names(s string) bool { return !strings.ContainsAny(s, "'{=") }

// verbs are words with which SQL begins.
var verbs = []string{
	"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "UPSERT", "WITH", "CALL", "EXEC", "EXECUTE", "BEGIN", "START",
	"COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET", "SHOW", "EXPLAIN", "CREATE", "ALTER", "DROP", "TRUNCATE",
}
