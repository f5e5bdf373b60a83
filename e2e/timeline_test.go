package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// promtool is Prometheus' own tool for rules.
var promtool = built("promtool", "../.tools/promtool")

// timeline is what Prometheus would have scraped, minute by minute, and which alerts are
// expected to fire when. The minutes are Prometheus' and pass as a test says, while the samples
// are the collector's own.
type timeline struct {
	// samples holds one value for each minute, or a run of them, in promtool's notation.
	samples map[string][]string
	latest  map[string]string
	minutes int
	checks  []check
}

// check says which alerts fire at a minute: these and no other.
type check struct {
	Expression string  `json:"expr"`
	At         string  `json:"eval_time"`
	Samples    []alert `json:"exp_samples"`
}

type alert struct {
	Labels string `json:"labels"`
	Value  int    `json:"value"`
}

func newTimeline() *timeline { return &timeline{samples: map[string][]string{}} }

// scrape reads the metrics and has them hold for so many minutes.
func (l *timeline) scrape(t *testing.T, c collector, minutes int) {
	t.Helper()
	text, err := c.ReadMetrics(t.Context())
	require.NoError(t, err)
	now := map[string]string{}
	for line := range strings.Lines(text) {
		if cut := strings.LastIndexByte(line, ' '); strings.HasPrefix(line, "otelcol_") {
			now[line[:cut]] = strings.TrimSpace(line[cut:])
		}
	}
	l.pass(now, minutes)
}

// silence has minutes pass in which nothing is scraped.
func (l *timeline) silence(minutes int) { l.pass(nil, minutes) }

func (l *timeline) pass(now map[string]string, minutes int) {
	for series := range l.latest {
		if _, still := now[series]; !still {
			l.samples[series] = append(l.samples[series], "stale")
			if minutes > 1 {
				l.samples[series] = append(l.samples[series], fmt.Sprintf("_x%d", minutes-1))
			}
		}
	}
	for series, value := range now {
		if _, known := l.samples[series]; !known && l.minutes > 0 {
			l.samples[series] = []string{fmt.Sprintf("_x%d", l.minutes)}
		}
		l.samples[series] = append(l.samples[series], fmt.Sprintf("%s+0x%d", value, minutes-1))
	}
	for series := range l.samples {
		_, before := l.latest[series]
		_, still := now[series]
		if !before && !still {
			l.samples[series] = append(l.samples[series], fmt.Sprintf("_x%d", minutes))
		}
	}
	l.latest, l.minutes = now, l.minutes+minutes
}

// fire says that these alerts fire in the latest minute and no other.
func (l *timeline) fire(names ...string) {
	slices.Sort(names)
	c := check{Expression: `group by (alertname) (ALERTS{alertstate="firing"})`, At: fmt.Sprintf("%dm", l.minutes-1), Samples: []alert{}}
	for _, name := range names {
		c.Samples = append(c.Samples, alert{Labels: fmt.Sprintf("{alertname=%q}", name), Value: 1})
	}
	l.checks = append(l.checks, c)
}

// replay has Prometheus' rules see the timeline.
func (l *timeline) replay(t *testing.T) {
	t.Helper()
	rules, err := filepath.Abs("../deploy/prometheus/rules.yaml")
	require.NoError(t, err)
	type series struct {
		Series string `json:"series"`
		Values string `json:"values"`
	}
	input := []series{}
	for name, values := range l.samples {
		input = append(input, series{name, strings.Join(values, " ")})
	}
	// promtool reads YAML, and JSON is YAML.
	text, err := json.Marshal(map[string]any{
		"rule_files":          []string{rules},
		"evaluation_interval": "1m",
		"tests":               []any{map[string]any{"interval": "1m", "input_series": input, "promql_expr_test": l.checks}},
	})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "timeline.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	runPromtool(t, "test", "rules", file)
}

func runPromtool(t *testing.T, args ...string) {
	t.Helper()
	program, err := promtool()
	require.NoError(t, err)
	said, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	require.NoError(t, err, string(said))
}
