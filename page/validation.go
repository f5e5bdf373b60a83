package page

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/config/confignet"

	"canonicallineexporter/internal/table"
)

// Validate returns every fault, each with its key. It quotes no secret.
func (c *Config) Validate() error {
	var faults []error
	refuse := func(key string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("`%s` %w", key, err))
		}
	}
	refuse("endpoint", c.checkEndpoint())
	if c.Database.URL == "" && c.Database.Host == "" {
		refuse("database::url", errors.New("is required unless `database::host` is set"))
	}
	found := c.Database.connection().Check()
	for _, key := range slices.Sorted(maps.Keys(found)) {
		refuse("database::"+key, found[key])
	}
	_, err := table.ParseName(c.Table)
	refuse("table", err)
	if c.Timeout <= 0 {
		refuse("timeout", errors.New("must be positive"))
	}
	refuse("trace_url", checkTraceURL(c.TraceURL))
	for _, column := range c.Show {
		if !slices.Contains(private, column) {
			refuse("show", fmt.Errorf("must name columns that are hidden (%s), and %q is none", strings.Join(private, ", "), column))
		}
	}
	return errors.Join(faults...)
}

// checkEndpoint refuses an address that others can reach without TLS or without authentication.
func (c *Config) checkEndpoint() error {
	if c.HTTP.NetAddr.Endpoint == "" {
		return errors.New("must not be empty")
	}
	if c.Insecure || c.loopback() || c.HTTP.TLS.HasValue() && c.authenticates() {
		return nil
	}
	return errors.New("can be reached from other machines: set `tls` and `auth`, or `insecure: true`")
}

// authenticates reports whether readers have to say who they are, by an extension or by a
// certificate.
func (c *Config) authenticates() bool {
	return c.HTTP.Auth.HasValue() || c.HTTP.TLS.HasValue() && c.HTTP.TLS.Get().ClientCAFile != ""
}

// loopback reports whether only this machine can reach the endpoint.
func (c *Config) loopback() bool {
	if c.HTTP.NetAddr.Transport == confignet.TransportTypeUnix {
		return true
	}
	host, _, err := net.SplitHostPort(c.HTTP.NetAddr.Endpoint)
	return err == nil && isLoopback(host)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// traceID stands for a trace's ID in Config.TraceURL.
const traceID = "{trace_id}"

// checkTraceURL refuses what is no address of a page. A line only ever fills in a trace's ID.
func checkTraceURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(strings.ReplaceAll(text, traceID, "0"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || !strings.Contains(text, traceID) {
		return errors.New("must be an http or https URL with {trace_id} in it")
	}
	return nil
}
