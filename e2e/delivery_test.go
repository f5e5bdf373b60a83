package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

const hour = time.Hour

func TestCollector_OTLP_EveryProtocolFillsTheTable(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"grpc", "http/protobuf", "http/json"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			d := pgtest.New(t)
			exports, spans := captures(t)
			const tuples = "SELECT md5(string_agg(l::text || xmin, ',' ORDER BY id)) FROM canonical_api_line l"
			var first string
			for delivery := range 2 {
				c := start(t, settings{databaseURL: d.URL, flushTimeout: 100 * time.Millisecond})
				deliver := protocols(t, c)[protocol]
				for _, td := range exports {
					require.NoError(t, deliver(t.Context(), td))
				}
				c.terminate(t)
				require.Equal(t, spans, pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line"))
				rows := pgtest.One[string](t, d, tuples)
				if delivery == 0 {
					first = rows
				}
				require.Equal(t, first, rows, "the second delivery changes no row")
			}
		})
	}
}

func TestCollector_Termination_WritesQueuedLines(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	c := start(t, settings{databaseURL: d.URL, flushTimeout: hour})
	deliver := overGRPC(t, c)
	for n := range 42 {
		require.NoError(t, deliver(t.Context(), numbered(n)))
	}
	c.terminate(t)
	require.EqualValues(t, 42, pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line"))
}

// Killed while two batches are being written and half of one waits, and again
// while the database lets nobody in.
func TestCollector_Kill_LosesNoAcknowledgedLine(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	s := settings{databaseURL: d.URL, flushTimeout: hour, queueDirectory: t.TempDir()}
	acknowledged := 0
	run := func(n int) collector {
		c := start(t, s)
		deliver := overGRPC(t, c)
		for range n {
			require.NoError(t, deliver(t.Context(), numbered(acknowledged)))
			acknowledged++
		}
		return c
	}

	run(250).Kill()
	d.Close(t)
	c := run(130)
	c.awaitStatus(t, "StatusRecoverableError")
	c.Kill()
	d.Open(t)
	s.flushTimeout = 100 * time.Millisecond
	c = run(20)
	d.Await(t, "SELECT count(*) >= 400 FROM canonical_api_line")
	c.terminate(t)

	require.Equal(t, 400, acknowledged)
	require.Empty(t, pgtest.All[int64](t, d, `
		SELECT n FROM generate_series(0, 399) AS n
		WHERE (SELECT count(*) FROM canonical_api_line WHERE span_id = '01' || lpad(to_hex(n), 14, '0')) <> 1`))
}
