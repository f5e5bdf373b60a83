// Package canonicallineexporter is an OpenTelemetry Collector traces exporter
// that keeps one canonical line per request in a range-partitioned Postgres
// table.
//
// Data flows one way:
//
//	exporter → collapse → line → queue → store
//
// Maintenance of the table runs next to it. exporter.go wires the parts together, and
// queue.go defines the requests in the sending queue.
package canonicallineexporter

//go:generate make --no-print-directory generate
