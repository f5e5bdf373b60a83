package line

import (
	"net/netip"
	"strings"
)

// unknownAddress stands for a client without a usable address.
var unknownAddress = netip.IPv4Unspecified()

// parseAddress reads an IP address as instrumentations write it: alone, with a
// port, in brackets, mapped into IPv6, with a zone. Host names and socket paths
// are none.
func parseAddress(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	// inet has no zones, and an operator looks for 127.0.0.1, not ::ffff:127.0.0.1.
	return addr.Unmap().WithZone(""), true
}
