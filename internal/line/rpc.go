package line

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"canonicallineexporter/internal/request"
)

// call says what the attributes of the RPC conventions hold.
type call struct {
	// rpc says that the request is an RPC; the other fields are empty otherwise.
	rpc bool
	// path is /package.Service/Method; route equals it if the service knows the method.
	path, route string
	// code is the name of the google.rpc.Code, or another system's code; empty: unknown.
	code string
	// status is the HTTP status that code stands for; 0: unknown.
	status int64
}

// rpcStatus holds the HTTP status of each google.rpc.Code
// (https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto).
var rpcStatus = map[string]int64{
	"OK": 200, "CANCELLED": 499, "UNKNOWN": 500, "INVALID_ARGUMENT": 400, "DEADLINE_EXCEEDED": 504, "NOT_FOUND": 404,
	"ALREADY_EXISTS": 409, "PERMISSION_DENIED": 403, "RESOURCE_EXHAUSTED": 429, "FAILED_PRECONDITION": 400,
	"ABORTED": 409, "OUT_OF_RANGE": 400, "UNIMPLEMENTED": 501, "INTERNAL": 500, "UNAVAILABLE": 503, "DATA_LOSS": 500,
	"UNAUTHENTICATED": 401,
}

// twirpStatus holds the HTTP status of Twirp's codes that gRPC does not have
// (https://twitchtv.github.io/twirp/docs/errors.html).
var twirpStatus = map[string]int64{"bad_route": 404, "malformed": 400, "dataloss": 500}

// readCall returns the call from the attributes of either generation of the RPC
// conventions (https://opentelemetry.io/docs/specs/semconv/rpc/). A span can have HTTP
// attributes too.
func (r *resolver) readCall() (c call) {
	method, service := r.ofServer(rpcMethod), r.ofServer(rpcService)
	if method == "" && service == "" && r.ofServer(rpcSystems...) == "" {
		if r.server.text(grpcStatus) == "" {
			return call{}
		}
		method = r.target.path // a proxy knows no more of a gRPC call
	}
	c.rpc = true
	c.code, c.status = r.readCode()
	unknown := method == "_OTHER"
	if original := r.ofServer(rpcOriginal); unknown && original != "" {
		method = original
	}
	method = fullMethod(service, method)
	if method == "" {
		method = r.Span.Name()
	}
	c.path, _ = request.SplitTarget(method)
	if !unknown {
		c.route = c.path
	}
	return c
}

// readCode returns the code of an RPC and its HTTP status, 0 if the status is unknown.
func (r *resolver) readCode() (code string, status int64) {
	for _, a := range rpcStatuses {
		text := r.ofServer(a)
		if code = request.RPCCode(text); code != "" {
			return code, rpcStatus[code]
		}
		if status = cmp.Or(jsonRPCStatus(text), twirpStatus[text]); status != 0 {
			return text, status
		}
	}
	// Some instrumentations give the code of a failure only there.
	code = request.RPCCode(r.ofServer(errorType))
	return code, rpcStatus[code]
}

// jsonRPCStatus returns the HTTP status of a JSON-RPC error code, which is negative
// (https://www.jsonrpc.org/specification#error_object); 0 if text is none.
func jsonRPCStatus(text string) int64 {
	code, err := strconv.Atoi(text)
	switch {
	case err != nil || code >= 0:
		return 0
	case code == -32601:
		return http.StatusNotFound
	case code == -32700, code == -32600, code == -32602:
		return http.StatusBadRequest
	default:
		return http.StatusInternalServerError
	}
}

// fullMethod returns a method with its service. Some instrumentations put the full path
// into one of them, and WCF names a service, and an action, by its URI.
func fullMethod(service, method string) string {
	if strings.Contains(method, "://") {
		method, _ = request.SplitTarget(method)
		return method
	}
	if strings.Contains(service, "/") {
		service, _ = request.SplitTarget(service)
		service = strings.TrimSuffix(service, "/")
		if method = strings.TrimPrefix(method, "/"); method == "" || strings.HasSuffix(service, "/"+method) {
			return service
		}
		return service + "/" + method
	}
	switch {
	case strings.Contains(method, "/"), service == "":
		return method
	case method == "":
		return service
	default:
		return service + "/" + method
	}
}
