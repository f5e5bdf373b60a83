package line

import (
	"net/netip"
	"strings"

	"canonicallineexporter/internal/copyrow"
)

// forwardedHeaders lists the headers in which proxies say who sent a request.
var forwardedHeaders = [][]attribute{
	requestHeader("forwarded"), requestHeader("x-forwarded-for"), requestHeader("x-real-ip"),
}

// clientAddresses lists the attributes in which an instrumentation says so.
var clientAddresses = knownAll("client.address", "http.client_ip", "network.peer.address",
	"net.sock.peer.addr", "net.peer.ip", "net.peer.name")

// address returns the client's address: the one that the outermost trusted proxy saw, else
// the instrumentation's.
func (r *resolver) address() copyrow.Value {
	if r.cfg.TrustedProxies > 0 {
		for _, header := range forwardedHeaders {
			if text := r.ofServer(header...); text != "" {
				if addr, ok := forwardedFor(text, r.cfg.TrustedProxies); ok {
					return copyrow.InetValue(addr)
				}
			}
		}
	}
	for _, a := range clientAddresses {
		if v := r.lookUp(a, copyrow.Inet, false, false); !v.IsNull() {
			return v
		}
	}
	return copyrow.Null
}

// forwardedFor returns the address in a list of proxies' entries
// (https://www.rfc-editor.org/rfc/rfc7239) that the outermost of so many trusted proxies
// added. Each adds its own on the right, so what is further left can be forged. If the list
// is shorter, its first entry is the one. ok is false if that is no address.
func forwardedFor(list string, trusted int) (addr netip.Addr, ok bool) {
	for trusted > 0 && list != "" {
		comma := strings.LastIndexByte(list, ',')
		entry := strings.TrimSpace(list[comma+1:])
		list = list[:max(comma, 0)]
		if entry != "" {
			addr, ok = parseAddress(entryAddress(entry))
			trusted--
		}
	}
	return addr, ok
}

// entryAddress returns the address of an entry, which is the value of "for" if the entry has
// parameters.
func entryAddress(entry string) string {
	if !strings.Contains(entry, "=") {
		return strings.Trim(entry, `"`)
	}
	for parameter := range strings.SplitSeq(entry, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if strings.EqualFold(strings.TrimSpace(name), "for") {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}
