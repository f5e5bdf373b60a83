package line

import (
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// call is an RPC.
type call struct {
	rpc bool
	// path is /package.Service/Method, route the same if the service knows the
	// method.
	path, route string
	// code is the name of its google.rpc.Code, empty if unknown.
	code string
}

// rpcCodes are the HTTP statuses of google.rpc.Code
// (https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto).
var rpcCodes = map[string]int64{
	"OK": 200, "CANCELLED": 499, "UNKNOWN": 500, "INVALID_ARGUMENT": 400, "DEADLINE_EXCEEDED": 504, "NOT_FOUND": 404,
	"ALREADY_EXISTS": 409, "PERMISSION_DENIED": 403, "RESOURCE_EXHAUSTED": 429, "FAILED_PRECONDITION": 400,
	"ABORTED": 409, "OUT_OF_RANGE": 400, "UNIMPLEMENTED": 501, "INTERNAL": 500, "UNAVAILABLE": 503, "DATA_LOSS": 500,
	"UNAUTHENTICATED": 401,
}

// rpcCodeNames are the names of the codes by number.
var rpcCodeNames = []string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
	"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
	"INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

// readCall reads the attributes of either generation of the RPC conventions
// (https://opentelemetry.io/docs/specs/semconv/rpc/). A span can have those of
// HTTP beside them.
func (r *resolver) readCall() (c call) {
	method, service := r.ofServer(rpcMethod), r.ofServer(rpcService)
	if method == "" && service == "" && r.ofServer(rpcSystems...) == "" {
		return call{}
	}
	c.rpc = true
	for _, a := range rpcStatuses {
		if v := r.server.values[a]; v != (pcommon.Value{}) && c.code == "" {
			c.code = codeName(textOf(v))
		}
	}
	unknown := method == "_OTHER"
	if original := r.ofServer(rpcOriginal); unknown && original != "" {
		method = original
	}
	switch {
	case strings.Contains(method, "/"), service == "":
		// The method is the full one, or all there is.
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
	c.path = "/" + strings.TrimPrefix(method, "/")
	if !unknown {
		c.route = c.path
	}
	return c
}

// ofServer is the first of the attributes on the SERVER span that is not empty.
func (r *resolver) ofServer(from ...attribute) string {
	for _, a := range from {
		if v := r.server.values[a]; v != (pcommon.Value{}) {
			if s := textOf(v); s != "" {
				return s
			}
		}
	}
	return ""
}

// codeName reads a code's number or name, of which Go, Connect and others spell
// one differently.
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
