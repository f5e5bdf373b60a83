// Package rollup holds the SQL that makes rows of history out of lines, and of other rows: how
// much, how long, and how durations are distributed. History is built with it, and questions
// add lines at the edges of their window with it, so that both count alike.
//
// A distribution is an exponential histogram of scale 4
// (https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram), over
// microseconds: the bucket i holds the durations above base^i and up to base^(i+1), where base
// is 2^(1/16). The middle of a bucket is at most 2.2 % from any duration in it.
package rollup

import "embed"

// Files holds the templates. Their operators and functions are those of the search_path, which
// has to be pg_catalog. What they are executed with has Sums.
//
//go:embed *.sql
var Files embed.FS

// Sums lists the columns that are added up, all numeric. Times are in seconds. Each counts
// requests, of which a line can stand for several.
var Sums = []string{
	"requests", "refused", "failed", "instant", "slow", "busy", "queries", "own", "database", "waiting", "outgoing",
}
