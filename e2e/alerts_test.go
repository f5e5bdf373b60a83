package e2e

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// monitored starts a collector with the production example, changed so that little time
// passes, and with the settings.
func monitored(t *testing.T, url, queueDirectory string, settings ...string) collector {
	t.Helper()
	args := []string{"--config=../examples/production.yaml"}
	for _, setting := range append([]string{
		"sending_queue::batch::flush_timeout=50ms", "partitions::check_interval=500ms",
		"retry_on_failure::initial_interval=50ms", "retry_on_failure::max_interval=100ms",
	}, settings...) {
		if !strings.HasPrefix(setting, "--") {
			setting = "--set=exporters::canonical_line::" + setting
		}
		args = append(args, setting)
	}
	c := launch(t, collectorBinary, args, "DATABASE_URL="+url, "QUEUE_DIRECTORY="+queueDirectory)
	require.NoError(t, c.AwaitReady())
	return c
}

// awaitMetric waits until the series that begin with prefix add up to what is wanted.
func (c collector) awaitMetric(t *testing.T, prefix string, wanted func(sum float64) bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		text, err := c.ReadMetrics(t.Context())
		if err != nil {
			return false
		}
		sum, found := 0.0, false
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, prefix) {
				continue
			}
			value, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(line, ' '):]), 64)
			require.NoError(t, err)
			sum, found = sum+value, true
		}
		return found && wanted(sum)
	}, time.Minute, 20*time.Millisecond, prefix)
}

func is(want float64) func(float64) bool { return func(sum float64) bool { return sum == want } }

func over(limit float64) func(float64) bool { return func(sum float64) bool { return sum > limit } }

// ended is an export of one request, numbered n, that ended at a time.
func ended(n int, at time.Time) ptrace.Traces {
	td := numbered(n)
	span := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(at.Add(-time.Millisecond)))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(at))
	return td
}

// settled waits until the exporter has partitions and the database is known to answer.
func (c collector) settled(t *testing.T) {
	t.Helper()
	c.awaitMetric(t, "otelcol_canonical_line_partition_last_success", over(0))
	c.awaitMetric(t, "otelcol_canonical_line_database_up", is(1))
	c.awaitMetric(t, "otelcol_canonical_line_failing", is(0))
}

func TestAlerts_Incidents_FireAndFallSilent(t *testing.T) {
	t.Parallel()
	for name, play := range incidents {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newTimeline()
			play(t, l)
			l.replay(t)
		})
	}
}

func TestAlerts_Rules_PassPromtoolsTests(t *testing.T) {
	t.Parallel()
	runPromtool(t, "check", "rules", "../deploy/prometheus/rules.yaml")
	runPromtool(t, "test", "rules", "../deploy/prometheus/rules_test.yaml")
}

// Every rule has a test of promtool's, an incident and a place in the documentation.
func TestAlerts_EveryRule_HasAnIncident(t *testing.T) {
	t.Parallel()
	read := func(file string) string {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		return string(text)
	}
	tests, plays, documentation := read("../deploy/prometheus/rules_test.yaml"), read("incidents_test.go"), read("../docs/operations.md")
	rules := regexp.MustCompile(`(?m)^ +- alert: (\w+)$`).FindAllStringSubmatch(read("../deploy/prometheus/rules.yaml"), -1)
	require.NotEmpty(t, rules)
	for _, rule := range rules {
		require.Contains(t, tests, "alertname: "+rule[1]+"\n")
		require.Contains(t, plays, `"`+rule[1]+`"`)
		require.Contains(t, documentation, "`"+rule[1]+"`")
	}
}
