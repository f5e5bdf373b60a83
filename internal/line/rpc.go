package line

import (
	"strconv"
	"strings"
)

// call says what the attributes of the RPC conventions hold.
type call struct {
	// rpc says that the request is an RPC; the other fields are empty otherwise.
	rpc bool
	// path is /package.Service/Method; route equals it if the service knows the method.
	path, route string
	// code is the name of the google.rpc.Code; empty: unknown.
	code string
}

// rpcCodes holds the HTTP status of each google.rpc.Code
// (https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto).
var rpcCodes = map[string]int64{
	"OK": 200, "CANCELLED": 499, "UNKNOWN": 500, "INVALID_ARGUMENT": 400, "DEADLINE_EXCEEDED": 504, "NOT_FOUND": 404,
	"ALREADY_EXISTS": 409, "PERMISSION_DENIED": 403, "RESOURCE_EXHAUSTED": 429, "FAILED_PRECONDITION": 400,
	"ABORTED": 409, "OUT_OF_RANGE": 400, "UNIMPLEMENTED": 501, "INTERNAL": 500, "UNAVAILABLE": 503, "DATA_LOSS": 500,
	"UNAUTHENTICATED": 401,
}

// rpcCodeNames holds the names of the codes by number.
var rpcCodeNames = []string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
	"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
	"INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

// readCall returns the call from the attributes of either generation of the RPC
// conventions (https://opentelemetry.io/docs/specs/semconv/rpc/). A span can have HTTP
// attributes too.
func (r *resolver) readCall() (c call) {
	method, service := r.ofServer(rpcMethod), r.ofServer(rpcService)
	if method == "" && service == "" && r.ofServer(rpcSystems...) == "" {
		return call{}
	}
	c.rpc = true
	for _, a := range rpcStatuses {
		if c.code = codeName(r.ofServer(a)); c.code != "" {
			break
		}
	}
	unknown := method == "_OTHER"
	if original := r.ofServer(rpcOriginal); unknown && original != "" {
		method = original
	}
	switch {
	case strings.Contains(method, "/"), service == "":
		// The method includes its service, or no service is known.
	case strings.Contains(service, "/"):
		method = service
	case method == "":
		method = service
	default:
		method = service + "/" + method
	}
	if method == "" {
		method = r.Span.Name()
	}
	c.path, _ = splitTarget(method)
	if !unknown {
		c.route = c.path
	}
	return c
}

// codeName returns the name of the code that s gives by number or by name, empty if s
// is not a code. It accepts names in lower case, which Connect uses, and Go's CANCELED.
func codeName(s string) string {
	if n, err := strconv.Atoi(s); err == nil {
		if n < 0 || n >= len(rpcCodeNames) {
			return ""
		}
		return rpcCodeNames[n]
	}
	name := strings.ToUpper(s)
	if name == "CANCELED" {
		name = "CANCELLED"
	}
	if _, ok := rpcCodes[name]; !ok {
		return ""
	}
	return name
}
