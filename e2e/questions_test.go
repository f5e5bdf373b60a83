package e2e

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/oteltest"
	"canonicallineexporter/internal/pgtest"
)

// countedLine is what the questions of this test read of a line.
type countedLine struct {
	Service, Method, Route string
	Status                 int
	Seconds, Requests      float64
	Code, Cause, Account   string
	At                     time.Time
	// Queries is a number; the others are seconds.
	Queries, Own, Database, Waiting, HTTP, RPC, Messaging, Other float64
}

const countedLines = `
	SELECT
		coalesce(service_name, ''), http_method, coalesce(http_route, ''), status,
		extract(epoch FROM duration)::float8, adjusted_count, coalesce(api_error_code, ''),
		coalesce(api_error_cause, api_error_message, api_error_internal_code, api_error_code, ''),
		coalesce(account_id::text, account_email, ''), created_at,
		coalesce((statistics ->> 'db_num_queries')::float8, 0), coalesce((statistics ->> 'self_duration')::float8, 0),
		coalesce((statistics ->> 'db_duration')::float8, 0), coalesce((statistics ->> 'db_acquire_duration')::float8, 0),
		coalesce((statistics ->> 'http_duration')::float8, 0), coalesce((statistics ->> 'rpc_duration')::float8, 0),
		coalesce((statistics ->> 'messaging_duration')::float8, 0), coalesce((statistics ->> 'other_duration')::float8, 0)
	FROM canonical_api_line`

// failed is what the questions call a failure.
func (l countedLine) failed() bool {
	return l.Status >= 500 || l.Status < 400 && l.Code != ""
}

func (l countedLine) key() string { return l.Service + "|" + l.Method + "|" + l.Route }

// step is the width of the steps that the rate is asked in.
const step = 30 * 24 * time.Hour

// counted are the questions, each with the SQL that makes a key and numbers of a row of its
// answer, and the plain count of the same. Numbers that are missing are -1.
var counted = []struct {
	name, sql string
	key       func(countedLine) string
	count     func(group, all []countedLine) []float64
}{
	{
		"speed", `
			SELECT concat_ws('|', coalesce(service_name, ''), http_method, coalesce(http_route, '')), ARRAY[
				requests, lines, extract(epoch FROM p50), extract(epoch FROM p95), extract(epoch FROM p99), extract(epoch FROM slowest),
				percent_instant, percent_fast, percent_slow, percent_failed]::float8[]
			FROM canonical_api_line_speed('1000 years', '2050-01-01', exact => true)`,
		countedLine.key,
		func(group, _ []countedLine) []float64 {
			instant := requests(group, func(l countedLine) bool { return l.Seconds < 0.1 })
			slow := requests(group, func(l countedLine) bool { return l.Seconds >= 1 })
			all := requests(group, anyLine)
			return []float64{
				math.Round(all), float64(len(group)), percentile(group, 0.5), percentile(group, 0.95), percentile(group, 0.99), percentile(group, 1),
				percent(instant, all), percent(all-instant-slow, all), percent(slow, all), percent(requests(group, countedLine.failed), all),
			}
		},
	},
	{
		"errors", `
			SELECT concat_ws('|', coalesce(service_name, ''), http_method, coalesce(http_route, ''), status, coalesce(error_code, ''), coalesce(error_cause, '')),
				ARRAY[requests, accounts, extract(epoch FROM first_at), extract(epoch FROM last_at)]::float8[]
			FROM canonical_api_line_errors('1000 years', '2050-01-01')`,
		func(l countedLine) string {
			if l.Status < 400 && l.Code == "" {
				return ""
			}
			return fmt.Sprintf("%s|%d|%s|%s", l.key(), l.Status, l.Code, l.Cause)
		},
		func(group, _ []countedLine) []float64 {
			accounts := map[string]struct{}{}
			first, last := group[0].At, group[0].At
			for _, l := range group {
				if l.Account != "" {
					accounts[l.Account] = struct{}{}
				}
				if l.At.Before(first) {
					first = l.At
				}
				if l.At.After(last) {
					last = l.At
				}
			}
			return []float64{math.Round(requests(group, anyLine)), float64(len(accounts)), float64(first.UnixMicro()) / 1e6, float64(last.UnixMicro()) / 1e6}
		},
	},
	{
		"costs", `
			SELECT concat_ws('|', coalesce(service_name, ''), http_method, coalesce(http_route, '')), ARRAY[
				requests, queries, coalesce(queries_each, -1), extract(epoch FROM busy), coalesce(percent_busy, -1), coalesce(percent_own, -1),
				coalesce(percent_database, -1), coalesce(percent_waiting, -1), coalesce(percent_outgoing, -1)]::float8[]
			FROM canonical_api_line_costs('1000 years', '2050-01-01', exact => true)`,
		countedLine.key,
		func(group, all []countedLine) []float64 {
			sum := func(of []countedLine, get func(countedLine) float64) (total float64) {
				for _, l := range of {
					total += get(l) * l.Requests
				}
				return total
			}
			seconds := func(l countedLine) float64 { return l.Seconds }
			busy, queries := sum(group, seconds), sum(group, func(l countedLine) float64 { return l.Queries })
			return []float64{
				math.Round(requests(group, anyLine)), math.Round(queries), math.Round(10*queries/requests(group, anyLine)) / 10, busy,
				percent(busy, sum(all, seconds)),
				percent(sum(group, func(l countedLine) float64 { return l.Own }), busy),
				percent(sum(group, func(l countedLine) float64 { return l.Database }), busy),
				percent(sum(group, func(l countedLine) float64 { return l.Waiting }), busy),
				percent(sum(group, func(l countedLine) float64 { return l.HTTP + l.RPC + l.Messaging + l.Other }), busy),
			}
		},
	},
	{
		"rate", `
			SELECT extract(epoch FROM at)::bigint::text, ARRAY[
				requests, per_second, percent_refused, percent_failed, lines, extract(epoch FROM p50), extract(epoch FROM p95), extract(epoch FROM p99)]::float8[]
			FROM canonical_api_line_rate('1000 years', '2050-01-01', step => '30 days', exact => true)
			WHERE lines > 0`,
		func(l countedLine) string {
			at := l.At.Unix()
			width := int64(step / time.Second)
			return strconv.FormatInt(at-((at%width)+width)%width, 10)
		},
		func(group, _ []countedLine) []float64 {
			all := requests(group, anyLine)
			return []float64{
				math.Round(all), rounded(all / step.Seconds()),
				percent(requests(group, func(l countedLine) bool { return l.Status >= 400 && l.Status < 500 }), all),
				percent(requests(group, countedLine.failed), all),
				float64(len(group)), percentile(group, 0.5), percentile(group, 0.95), percentile(group, 0.99),
			}
		},
	},
}

func anyLine(countedLine) bool { return true }

// requests counts the requests that the lines stand for.
func requests(lines []countedLine, which func(countedLine) bool) (n float64) {
	for _, l := range lines {
		if which(l) {
			n += l.Requests
		}
	}
	return n
}

// percentile returns how long so many of the lines took at most, in seconds, between the two
// that are nearest.
func percentile(lines []countedLine, p float64) float64 {
	seconds := make([]float64, len(lines))
	for i, l := range lines {
		seconds[i] = l.Seconds
	}
	slices.Sort(seconds)
	place := p * float64(len(seconds)-1)
	below, above := seconds[int(math.Floor(place))], seconds[int(math.Ceil(place))]
	return below + (above-below)*(place-math.Floor(place))
}

// percent returns a share, -1 of nothing.
func percent(part, whole float64) float64 {
	if whole == 0 {
		return -1
	}
	return rounded(100 * part / whole)
}

// rounded has two decimals and three digits at least, as answers have.
func rounded(x float64) float64 {
	scale := math.Pow(10, digits(x))
	return math.Round(x*scale) / scale
}

func digits(x float64) float64 {
	if x == 0 {
		return 2
	}
	return max(2, 2-math.Floor(math.Log10(math.Abs(x))))
}

// sendAllRecordings sends every recorded and every made-up export there is, each file's traces
// apart from those of others. It returns how many lines they make.
func sendAllRecordings(t *testing.T, c collector) (lines int) {
	t.Helper()
	export := overGRPC(t, c)
	var files []string
	for _, folder := range []string{"captures", "cases", "shapes", "traps"} {
		found, err := filepath.Glob("../testdata/" + folder + "/*.jsonl")
		require.NoError(t, err)
		require.NotEmpty(t, found, folder)
		files = append(files, found...)
	}
	for n, file := range files {
		golden, err := os.ReadFile("../testdata/golden/" + filepath.Base(file))
		require.NoError(t, err)
		lines += bytes.Count(golden, []byte("\n"))
		for _, td := range oteltest.ReadExports(t, file) {
			for _, rs := range td.ResourceSpans().All() {
				for _, ss := range rs.ScopeSpans().All() {
					for _, s := range ss.Spans().All() {
						id := s.TraceID()
						id[0] ^= byte(n + 1)
						s.SetTraceID(id)
					}
				}
			}
			require.NoError(t, export(t.Context(), td))
		}
	}
	return lines
}

// TestCollector_Questions_AgreeWithAPlainCount asks about everything on file at once: sampled
// requests and whole ones, of every language, over HTTP and RPC.
func TestCollector_Questions_AgreeWithAPlainCount(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	c := start(t, settings{databaseURL: d.URL, flushTimeout: 10 * time.Millisecond})
	sent := sendAllRecordings(t, c)
	d.Await(t, fmt.Sprintf("SELECT count(*) >= %d FROM canonical_api_line", sent))
	c.terminate(t)

	rows, err := d.Pool.Query(t.Context(), countedLines)
	require.NoError(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowToStructByPos[countedLine])
	require.NoError(t, err)
	require.Len(t, lines, sent)
	require.True(t, slices.ContainsFunc(lines, func(l countedLine) bool { return l.Requests != 1 }), "some were sampled")
	slices.SortFunc(lines, func(a, b countedLine) int { return cmp.Compare(a.key(), b.key()) })

	for _, question := range counted {
		t.Run(question.name, func(t *testing.T) {
			t.Parallel()
			groups := map[string][]countedLine{}
			for _, l := range lines {
				if key := question.key(l); key != "" {
					groups[key] = append(groups[key], l)
				}
			}
			rows, err := d.Pool.Query(t.Context(), question.sql)
			require.NoError(t, err)
			var key string
			var got []float64
			answered := 0
			_, err = pgx.ForEachRow(rows, []any{&key, &got}, func() error {
				answered++
				require.Contains(t, groups, key)
				want := question.count(groups[key], lines)
				require.Len(t, got, len(want))
				for i := range want {
					// An answer is rounded to its last digit, a duration to a microsecond.
					require.InDelta(t, want[i], got[i], max(math.Pow(10, -digits(want[i])), 1.1e-6), "number %d of %s", i+1, key)
				}
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, len(groups), answered)
		})
	}
}
