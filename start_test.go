package canonicallineexporter

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

// Exporters that start at once on a new database have a schema, a function and catalogues in
// common, of which nobody has to hear.
func TestExporter_FirstStarts_FailNowhere(t *testing.T) {
	t.Parallel()
	for round := range 3 {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			t.Parallel()
			d := pgtest.New(t)
			bundles := make([]*bundle, 4)
			for n := range bundles {
				bundles[n] = setup(t, d.URL, func(cfg *Config) { cfg.Table = fmt.Sprintf("metrics.lines_%d", n/2) })
			}
			for _, b := range bundles {
				require.Eventually(t, func() bool {
					metric, err := b.telemetry.GetMetric("otelcol_canonical_line_partition_last_success")
					return err == nil && metric.Name != ""
				}, time.Minute, 10*time.Millisecond)
				require.Zero(t, b.logs.FilterMessageSnippet("failing").Len())
				require.Zero(t, b.logs.FilterMessageSnippet("wait for the next round").Len())
			}
		})
	}
}
