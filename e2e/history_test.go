package e2e

import (
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// differences counts the rows of hours that are not what lines add up to, of those that are built
// and not frozen; NULL while some of them have to be built again.
const differences = `
	WITH state AS (SELECT * FROM canonical_api_line_built),
	kept AS (
		SELECT at, service_name, deployment_environment, http_method, http_route, lines, requests, failed, busy, slowest, (SELECT sum(n) FROM unnest(buckets) AS n) + zero AS counted
		FROM canonical_api_line_hours, state
		WHERE at >= state.frozen AND at < state.until AND NOT other
	),
	added AS (
		SELECT date_bin('1 hour', created_at, 'epoch') AS at, service_name, deployment_environment, http_method, http_route, count(*) AS lines,
			sum(adjusted_count::numeric) AS requests,
			coalesce(sum(adjusted_count::numeric) FILTER (WHERE status >= 500 OR status < 400 AND api_error_code IS NOT NULL), 0) AS failed,
			sum(extract(epoch FROM duration) * adjusted_count::numeric) AS busy, max(duration) AS slowest, sum(adjusted_count::numeric) AS counted
		FROM canonical_api_line, state
		WHERE created_at >= state.frozen AND created_at < state.until
		GROUP BY 1, 2, 3, 4, 5
	)
	SELECT CASE WHEN NOT EXISTS (SELECT FROM canonical_api_line_marks, state WHERE NOT of_day AND at < until AND at >= frozen)
		AND (SELECT until FROM state) > now() - interval '1 hour'
	THEN (SELECT count(*) FROM (SELECT * FROM kept EXCEPT ALL SELECT * FROM added) AS more)
		+ (SELECT count(*) FROM (SELECT * FROM added EXCEPT ALL SELECT * FROM kept) AS fewer) END,
	(SELECT count(*) FROM kept)`

// requireHistory waits until history has all hours, then compares it with the lines. Where the clock
// of Postgres can be set, the present hour has ended, too.
func (w *world) requireHistory() {
	if w.has[faketime] {
		w.setClock(time.Hour)
		defer w.setClock(0)
	}
	var different *int64
	var rows int64
	require.Eventually(w.t, func() bool {
		conn, err := pgx.Connect(w.ctx, w.server.URL("lines"))
		if err != nil {
			return false
		}
		defer conn.Close(w.ctx)
		return conn.QueryRow(w.ctx, differences).Scan(&different, &rows) == nil && different != nil
	}, 2*time.Minute, 100*time.Millisecond, "history stays behind")
	require.Zero(w.t, *different, "rows of history are not what lines add up to")
	w.t.Logf("history has %d rows that equal the lines", rows)
}
