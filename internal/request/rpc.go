package request

import (
	"slices"
	"strconv"
	"strings"
)

// rpcCodes holds the names of google.rpc.Code by number
// (https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto).
var rpcCodes = []string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
	"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
	"INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

// RPCCode returns the name of the code that s gives by number or by name, empty if s
// is not a code. It accepts names in lower case, which Connect uses, in one word, as
// NotFound, Python's StatusCode.NOT_FOUND, and Go's CANCELED.
func RPCCode(s string) string {
	if n, err := strconv.Atoi(s); err == nil {
		if n < 0 || n >= len(rpcCodes) {
			return ""
		}
		return rpcCodes[n]
	}
	name := strings.ReplaceAll(strings.ToUpper(strings.TrimPrefix(s, "StatusCode.")), "_", "")
	if name == "CANCELED" {
		name = "CANCELLED"
	}
	i := slices.IndexFunc(rpcCodes, func(code string) bool { return strings.ReplaceAll(code, "_", "") == name })
	if i < 0 {
		return ""
	}
	return rpcCodes[i]
}
