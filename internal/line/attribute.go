package line

import (
	"slices"
	"strings"

	"canonicallineexporter/internal/convention"
)

// attribute numbers an attribute that columns read. The resolver holds values by this
// number, so it visits each attribute of a span once for all columns.
type attribute int

// Both hold the attributes that columns read: attributes by name, attributeNames by
// number.
var (
	attributes     = map[string]attribute{}
	attributeNames []string
)

// known returns the attribute of this name and numbers it at first sight.
func known(name string) attribute {
	a, ok := attributes[name]
	if !ok {
		a = attribute(len(attributeNames))
		attributes[name] = a
		attributeNames = append(attributeNames, name)
	}
	return a
}

// knownAll returns the attributes of these names.
func knownAll(names ...string) (all []attribute) {
	for _, name := range names {
		all = append(all, known(name))
	}
	return all
}

// These prefixes start the attributes of captured headers.
const (
	requestHeaderPrefix  = "http.request.header."
	responseHeaderPrefix = "http.response.header."
	metadataPrefix       = "rpc.request.metadata."
	oldMetadataPrefix    = "rpc.grpc.request.metadata."
	connectPrefix        = "rpc.connect_rpc.request.metadata."
	grpcWebPrefix        = "rpc.grpc_web.request.metadata."
)

// requestHeaderPrefixes lists the prefixes of request headers: those of HTTP, those of gRPC
// metadata in either generation of the conventions, and otelconnect's.
var requestHeaderPrefixes = []string{requestHeaderPrefix, metadataPrefix, oldMetadataPrefix, connectPrefix, grpcWebPrefix}

// requestHeader returns the attributes that can hold a captured request header.
func requestHeader(name string) (all []attribute) {
	for _, prefix := range requestHeaderPrefixes {
		all = append(all, capturedHeader(prefix, name)...)
	}
	return all
}

// capturedHeader returns the attributes that can hold a captured header: name is spelt
// with hyphens, and old instrumentations spell it with underscores.
func capturedHeader(prefix, name string) []attribute {
	if old := strings.ReplaceAll(name, "-", "_"); old != name {
		return knownAll(prefix+name, prefix+old)
	}
	return knownAll(prefix + name)
}

// ofInnerServers lists, by what they tell, the attributes that are read of a SERVER span inside
// the request's if that one tells nothing of the kind: otelhttp knows no RPC, otelconnect does.
var ofInnerServers = [][]attribute{
	{requestMethodOriginal, requestMethod, httpMethod},
	{urlPath, urlQuery, urlFull, httpTarget, httpURL},
	knownAll("http.response.status_code", "http.status_code"),
	slices.Concat(rpcSystems, rpcStatuses, []attribute{rpcMethod, rpcOriginal, rpcService}),
}

// These attributes feed more than one column, or are read by functions of their own.
var (
	requestMethod         = known("http.request.method")
	requestMethodOriginal = known("http.request.method_original")
	httpMethod            = known("http.method")
	httpRoute             = known("http.route")
	urlPath               = known("url.path")
	urlQuery              = known("url.query")
	httpTarget            = known("http.target")
	urlFull               = known("url.full")
	httpURL               = known("http.url")

	rpcSystems  = knownAll("rpc.system.name", "rpc.system")
	rpcMethod   = known("rpc.method")
	rpcOriginal = known("rpc.method_original")
	rpcService  = known("rpc.service")
	rpcStatuses = knownAll("rpc.response.status_code", "rpc.status_code", "rpc.grpc.status_code", "rpc.grpc_web.status_code",
		"rpc.connect_rpc.error_code", "rpc.jsonrpc.error_code")

	// datadogResource says what was called where Datadog names the span by its kind of work.
	datadogResource = known(convention.DatadogResource)

	functionNames = knownAll("faas.invoked_name", "faas.name")
	// invocation lists the attributes of the invocation of a function, in either generation.
	invocation = knownAll("faas.invocation_id", "faas.execution")

	protocolName    = known("network.protocol.name")
	schemes         = knownAll("url.scheme", "http.scheme")
	upgrade         = capturedHeader(requestHeaderPrefix, "upgrade")
	accept          = capturedHeader(requestHeaderPrefix, "accept")
	responseContent = capturedHeader(responseHeaderPrefix, "content-type")

	errorType     = known("error.type")
	grpcStatus    = known("rpc.grpc.status_code")
	errorFlag     = known(convention.Error)
	responseFlags = known("response_flags")

	exceptionType    = known("exception.type")
	exceptionMessage = known("exception.message")
	// errorMessages hold the message of a failure besides the span's status.
	errorMessages  = knownAll("error.message", "gin.errors", "echo.error", "rpc.jsonrpc.error_message")
	databaseStatus = known("db.response.status_code")

	requestBody = known("http.request.body.content")

	userID    = known("user.id")
	userEmail = known("user.email")
	endUserID = known("enduser.id")
)
