package line

import "strings"

// attribute is an attribute that columns read. Its number is its place in a
// reading, so that attributes are looked at once for all columns.
type attribute int

// The attributes that columns read, by name and by number.
var (
	attributes     = map[string]attribute{}
	attributeNames []string
)

// known is the attribute of this name.
func known(name string) attribute {
	a, ok := attributes[name]
	if !ok {
		a = attribute(len(attributeNames))
		attributes[name] = a
		attributeNames = append(attributeNames, name)
	}
	return a
}

func knownAll(names ...string) (all []attribute) {
	for _, name := range names {
		all = append(all, known(name))
	}
	return all
}

// Prefixes of captured headers: of HTTP requests and responses, and of gRPC
// metadata in either generation.
const (
	requestHeaderPrefix  = "http.request.header."
	responseHeaderPrefix = "http.response.header."
	metadataPrefix       = "rpc.request.metadata."
	oldMetadataPrefix    = "rpc.grpc.request.metadata."
)

// requestHeader are the attributes that can hold a captured header of the
// request.
func requestHeader(name string) (all []attribute) {
	for _, prefix := range []string{requestHeaderPrefix, metadataPrefix, oldMetadataPrefix} {
		all = append(all, capturedHeader(prefix, name)...)
	}
	return all
}

// capturedHeader are the attributes that can hold a captured header. Its name is
// spelt with hyphens; old instrumentations spell it with underscores.
func capturedHeader(prefix, name string) []attribute {
	if old := strings.ReplaceAll(name, "-", "_"); old != name {
		return knownAll(prefix+name, prefix+old)
	}
	return knownAll(prefix + name)
}

// The attributes of more than one column, and those that only rules read.
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
	rpcStatuses = knownAll("rpc.response.status_code", "rpc.status_code", "rpc.grpc.status_code", "rpc.connect_rpc.error_code")

	errorType      = known("error.type")
	databaseStatus = known("db.response.status_code")

	requestBody = known("http.request.body.content")

	userID    = known("user.id")
	userEmail = known("user.email")
	endUserID = known("enduser.id")
)
