package questions_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

// sample is a line as the plain Go below the dashboard's test sees it. Empty text is NULL.
type sample struct {
	at                                           time.Time
	duration                                     time.Duration
	service, method, route                       string
	status                                       int
	requests                                     float64
	code, cause                                  string
	account, email, ip, agent                    string
	trace                                        string
	statement                                    string
	queries, repeat, own, database, waiting, out float64
}

func (s sample) failed() bool { return s.status >= 500 || s.status < 400 && s.code != "" }

func (s sample) error() string {
	if s.code != "" {
		return s.code
	}
	return s.cause
}

// samples returns lines of the 60 days before end, some at the very bounds of windows and
// steps, with hours in which nothing happens.
func samples(end time.Time) []sample {
	random := rand.New(rand.NewPCG(1, 2)) // the same lines each time
	var all []sample
	add := func(ago time.Duration) {
		n := len(all)
		route := random.IntN(5)
		s := sample{
			at:       end.Add(-ago),
			duration: time.Duration(100 * math.Exp(8+2*random.NormFloat64())).Truncate(time.Microsecond),
			service:  []string{"api", `it's "web"`, "", "api"}[random.IntN(4)],
			method:   []string{"GET", "GET", "POST", "DELETE", "GET"}[route],
			route:    []string{"/clusters/{id}", "/it's", "/metrics", "", `/a\b`}[route],
			status:   200,
			requests: []float64{1, 1, 1, 10}[random.IntN(4)],
			ip:       fmt.Sprintf("192.0.2.%d", random.IntN(5)),
			agent:    []string{"curl", "cli", ""}[random.IntN(3)],
			trace:    fmt.Sprintf("%032x", n+1),
			queries:  float64(random.IntN(20)),
			own:      float64(random.IntN(1000)) / 1000,
			database: float64(random.IntN(1000)) / 1000,
			waiting:  float64(random.IntN(100)) / 1000,
			out:      float64(random.IntN(100)) / 1000,
		}
		if account := random.IntN(6); account > 0 {
			s.account, s.email = fmt.Sprintf("00000000-0000-0000-0000-%012d", account), fmt.Sprintf("user%d@example.com", account)
		}
		if random.IntN(3) == 0 {
			s.repeat, s.statement = float64(random.IntN(30)), fmt.Sprintf("SELECT '%d'", route)
		}
		if random.IntN(6) == 0 {
			kind := random.IntN(3)
			s.status = []int{404, 500, 200}[kind]
			s.code = []string{"", "", "BAD_INPUT"}[kind]
			s.cause = fmt.Sprintf("cause %d", route)
			if kind == 0 {
				s.status += route
			}
		}
		all = append(all, s)
	}
	for range 1000 {
		add(time.Duration(random.Int64N(int64(5 * time.Minute))).Truncate(time.Microsecond))
		add(time.Duration(random.Int64N(int64(24 * time.Hour))).Truncate(time.Microsecond))
		add(time.Duration(random.Int64N(int64(60 * 24 * time.Hour))).Truncate(time.Microsecond))
	}
	for _, window := range []time.Duration{0, 5 * time.Minute, 24 * time.Hour, 30 * 24 * time.Hour, 20 * time.Second} {
		add(window - time.Microsecond)
		add(window)
		add(window + time.Microsecond)
	}
	return slices.DeleteFunc(all, func(s sample) bool { // an outage
		return s.at.After(end.Add(-7*time.Hour)) && s.at.Before(end.Add(-5*time.Hour))
	})
}

// store returns a database with the questions and the samples, in partitions of a day.
func store(t *testing.T, all []sample) *pgtest.Database {
	t.Helper()
	d := pgtest.New(t)
	require.NoError(t, table.Apply(t.Context(), d.Pool, lines, line.Columns()))
	d.Exec(t, `
		DO $$
		BEGIN
			FOR day IN 0..69 LOOP
				EXECUTE format('CREATE TABLE %I PARTITION OF canonical_api_line FOR VALUES FROM (%L) TO (%L)', 'day_' || day,
					(timestamp '2026-01-15' + day * interval '1 day') AT TIME ZONE 'UTC',
					(timestamp '2026-01-15' + (day + 1) * interval '1 day') AT TIME ZONE 'UTC');
			END LOOP;
		END $$`)
	applyQuestions(t, d.Pool)
	orNULL := func(text string) any {
		if text == "" {
			return nil
		}
		return text
	}
	_, err := d.Pool.CopyFrom(t.Context(), pgx.Identifier{lines.Name}, []string{
		"http_path", "request_id", "sudo", "created_at", "duration", "service_name", "http_method", "http_route", "status", "adjusted_count",
		"api_error_code", "api_error_cause", "account_id", "account_email", "ip", "user_agent", "trace_id", "statistics",
	}, pgx.CopyFromSlice(len(all), func(i int) ([]any, error) {
		s := all[i]
		statistics := map[string]any{
			"db_num_queries": s.queries, "self_duration": s.own, "db_duration": s.database, "db_acquire_duration": s.waiting, "http_duration": s.out,
		}
		if s.statement != "" {
			statistics["db_max_repeat"], statistics["db_max_repeat_query"] = s.repeat, s.statement
		}
		return []any{
			"/", s.trace, false, s.at, s.duration, orNULL(s.service), s.method, orNULL(s.route), s.status, s.requests,
			orNULL(s.code), orNULL(s.cause), orNULL(s.account), orNULL(s.email), s.ip, orNULL(s.agent), s.trace, statistics,
		}, nil
	}))
	require.NoError(t, err)
	d.Exec(t, "ANALYZE canonical_api_line")
	return d
}
