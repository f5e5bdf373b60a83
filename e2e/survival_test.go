package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/pgtest"
)

// ranAt returns an export of spans that ran at a time.
func ranAt(at time.Time, td ptrace.Traces) ptrace.Traces {
	for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(at))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(time.Millisecond)))
	}
	return td
}

// queriesAndMarks says of each line how many queries it has and whether it may be short.
const queriesAndMarks = "SELECT COALESCE(statistics->>'db_num_queries', 'none') || COALESCE(' ' || (statistics->>'incomplete'), '') " +
	"FROM canonical_api_line ORDER BY span_id"

const (
	spansFile = "exporter_canonical_line__spans"
	tookOver  = "took over the spans that the last process stored"
)

// Of one request the SERVER span comes before the restart and its query after it, of the other
// the other way round.
func TestCollector_Termination_SpansOutliveTheProcess(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	s := settings{databaseURL: d.URL, flushTimeout: 10 * time.Millisecond, queueDirectory: t.TempDir()}
	c := start(t, s)
	now := time.Now()
	deliver := overGRPC(t, c)
	require.NoError(t, deliver(t.Context(), ranAt(now, numbered(1))))
	require.NoError(t, deliver(t.Context(), ranAt(now, queryOf(2))))
	c.terminate(t)

	c = start(t, s)
	require.Contains(t, c.Log(), tookOver)
	deliver = overGRPC(t, c)
	require.NoError(t, deliver(t.Context(), ranAt(now, queryOf(1))))
	require.NoError(t, deliver(t.Context(), ranAt(now, numbered(2))))
	d.Await(t, "SELECT count(*) = 2 FROM canonical_api_line WHERE statistics->>'db_num_queries' = '1'")
	c.terminate(t)
	require.Equal(t, []string{"1", "1"}, pgtest.All[string](t, d, queriesAndMarks))
}

// What a start has read is gone, also for the start after a kill.
func TestCollector_KilledAfterRestart_TakesNothingOverTwice(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	s := settings{databaseURL: d.URL, flushTimeout: 10 * time.Millisecond, queueDirectory: t.TempDir()}
	c := start(t, s)
	now := time.Now()
	require.NoError(t, overGRPC(t, c)(t.Context(), ranAt(now, queryOf(1))))
	c.terminate(t)
	c = start(t, s)
	require.Contains(t, c.Log(), tookOver)
	c.Kill()

	c = start(t, s)
	require.NotContains(t, c.Log(), tookOver)
	require.NoError(t, overGRPC(t, c)(t.Context(), ranAt(now, numbered(1))))
	d.Await(t, "SELECT count(*) = 1 FROM canonical_api_line")
	require.Equal(t, []string{"none true"}, pgtest.All[string](t, d, queriesAndMarks))
	c.terminate(t)
}

func TestCollector_DamagedSpans_HoldUpNoStart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		damage func(content []byte) []byte
		says   string
	}{
		// Chunks are the only long pages without a pattern.
		"in a chunk": {func(content []byte) []byte {
			for page := 4096; page+4096 <= len(content); page += 4096 {
				if i := strings.Index(string(content[page:page+4096]), "spans.0"); i >= 0 {
					content[page+i+len("spans.0")+20] ^= 0xff
				}
			}
			return content
		}, "the spans that the last process stored are lost"},
		"its end is missing": {func(content []byte) []byte { return content[:len(content)/2] }, "their file is deleted"},
		"no bbolt file":      {func([]byte) []byte { return []byte(strings.Repeat("garbage ", 4096)) }, "their file is deleted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := pgtest.New(t)
			s := settings{databaseURL: d.URL, flushTimeout: 10 * time.Millisecond, queueDirectory: t.TempDir()}
			c := start(t, s)
			now := time.Now()
			require.NoError(t, overGRPC(t, c)(t.Context(), ranAt(now, queryOf(1))))
			c.terminate(t)
			file := filepath.Join(s.queueDirectory, spansFile)
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(file, tt.damage(content), 0o600))

			c = start(t, s)
			require.Equal(t, 1, strings.Count(c.Log(), tt.says), c.Log())
			require.NoError(t, overGRPC(t, c)(t.Context(), ranAt(now, numbered(1))))
			d.Await(t, "SELECT count(*) = 1 FROM canonical_api_line")
			require.Equal(t, []string{"none true"}, pgtest.All[string](t, d, queriesAndMarks))
			c.terminate(t)

			c = start(t, s)
			require.Contains(t, c.Log(), tookOver, "it is as new")
			c.terminate(t)
		})
	}
}
