package page

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.uber.org/zap/zaptest"

	"canonicallineexporter/internal/history"
	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/oteltest"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/questions"
	"canonicallineexporter/internal/table"
)

var linesTable = table.Name{Schema: "public", Name: "canonical_api_line"}

// created returns a database with the table, its partitions and its questions.
func created(t testing.TB) *pgtest.Database {
	t.Helper()
	d := pgtest.New(t)
	require.NoError(t, table.Apply(t.Context(), d.Pool, linesTable, line.Columns()))
	d.Exec(t, `DO $$ BEGIN FOR ago IN -1..3 LOOP
		EXECUTE format('CREATE TABLE day_%s PARTITION OF canonical_api_line FOR VALUES FROM (%L) TO (%L)', ago + 1,
			(current_date - ago)::timestamp AT TIME ZONE 'UTC', (current_date - ago + 1)::timestamp AT TIME ZONE 'UTC');
	END LOOP; END $$`)
	applied, err := questions.Apply(t.Context(), d.Pool, linesTable)
	require.NoError(t, err)
	require.Empty(t, applied.Failed)
	return d
}

// filled returns a database with so many lines of the last day.
func filled(t testing.TB, n int) *pgtest.Database {
	t.Helper()
	d := created(t)
	insert, err := os.ReadFile("../internal/questions/testdata/lines.sql")
	require.NoError(t, err)
	d.Exec(t, string(insert), n, time.Now(), "24 hours", 1, n)
	d.Exec(t, `UPDATE canonical_api_line SET service_version = '1.1.0', duration = duration * 3
		WHERE created_at > now() - interval '8 hours' AND http_route = '/clusters'`)
	d.Exec(t, "UPDATE canonical_api_line SET service_version = '1.1.0' WHERE created_at > now() - interval '8 hours'")
	d.Exec(t, "VACUUM ANALYZE canonical_api_line")
	return d
}

// keep builds the history of the lines.
func keep(t testing.TB, d *pgtest.Database) {
	t.Helper()
	m := history.New(history.Config{
		Hours: 35 * day, Days: 1000 * day, MaxSeries: 2000, CreateSchema: true,
		Lines: partition.Config{Interval: partition.Day, Retention: 14 * day, CheckInterval: time.Hour},
	}, d.Pool, zaptest.NewLogger(t))
	for more := true; more; {
		var err error
		more, err = m.Maintain(t.Context(), linesTable)
		require.NoError(t, err)
	}
}

// site is a page that is served.
type site struct {
	*page
	url string
}

// serve serves the page of a database until the test ends.
func serve(t testing.TB, databaseURL string, change func(*Config)) *site {
	t.Helper()
	port, err := oteltest.FreePort()
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	cfg.HTTP.NetAddr.Endpoint = "127.0.0.1:" + strconv.Itoa(port)
	cfg.Database.URL = configopaque.String(databaseURL)
	if change != nil {
		change(cfg)
	}
	require.NoError(t, cfg.Validate())
	p, err := newPage(cfg, componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, p.Shutdown(context.WithoutCancel(t.Context()))) })
	return &site{p, "http://" + cfg.HTTP.NetAddr.Endpoint}
}

// get returns the status, the headers and the body of a path.
func (s *site) get(t testing.TB, path string) (int, http.Header, string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(s.url + path)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, response.Header, string(body)
}

// answers returns the answers of a view as its JSON has them.
func (s *site) answers(t testing.TB, path string) []answerJSON {
	t.Helper()
	status, _, body := s.get(t, path)
	require.Equal(t, http.StatusOK, status, body)
	var said struct{ Answers []answerJSON }
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&said))
	require.NotEmpty(t, said.Answers)
	return said.Answers
}

// paths are one address of every view, about two times.
func paths(t testing.TB, d *pgtest.Database, form string) []string {
	t.Helper()
	now := time.Now().UTC()
	window := "from=" + now.Add(-25*time.Hour).Truncate(time.Hour).Format(time.RFC3339) + "&to=" + now.Format(time.RFC3339)
	chosen := "&since=" + now.Add(-7*time.Hour).Format(time.RFC3339) + "&until=" + now.Format(time.RFC3339) + "&slower=10ms&faster=500ms"
	request := pgtest.One[string](t, d, "SELECT request_id::text FROM canonical_api_line WHERE http_route = '/teams' ORDER BY created_at LIMIT 1")
	var all []string
	for _, path := range []string{
		"/index", "/index?service=api&environment=production&status=5xx", "/route?method=GET&route=/clusters", "/selection?route=/clusters", "/selection?route=/clusters" + chosen,
		"/errors", "/changes", "/deploys", "/statements", "/callers", "/history", "/request/" + request, "/search?q=10.0.0.7", "/state",
	} {
		path, query, _ := strings.Cut(path, "?")
		all = append(all, path+form+"?"+window+"&"+query)
	}
	return all
}

// Whatever a view says, the SQL that stands beside it says the same.
func TestPage_EveryAnswer_EqualsItsSQL(t *testing.T) {
	t.Parallel()
	d := filled(t, 4_000)
	keep(t, d)
	s := serve(t, d.URL, func(c *Config) { c.Show = private })
	asked := map[string]bool{}
	for _, path := range paths(t, d, ".json") {
		for _, said := range s.answers(t, path) {
			require.Empty(t, said.Problem, path)
			asked[said.Question] = true
			if said.Question == "state" {
				continue // it has the age of the newest line
			}
			rows, err := d.Pool.Query(t.Context(), said.SQL)
			require.NoError(t, err, said.SQL)
			want, err := readAnswer(call{}, rows, time.Now())
			require.NoError(t, err)
			require.Equal(t, encoded(t, want), string(remarshal(t, said.Rows)), "%s: %s", path, said.SQL)
		}
	}
	for _, name := range []string{
		"overall", "speed", "spread", "rate", "pulse", "trends", "costs", "spent", "changes", "deploys", "errors", "slowest", "n_plus_one", "callers",
		"differences", "history", "compare", "request", "find", "state", "sizes", "window",
	} {
		require.True(t, asked[name], name)
	}
}

func encoded(t testing.TB, a *answer) string {
	t.Helper()
	rows := [][]any{}
	for _, values := range a.rows {
		shown := make([]any, len(values))
		for i, value := range values {
			shown[i] = jsonValue(value)
		}
		rows = append(rows, shown)
	}
	return string(remarshal(t, rows))
}

func remarshal(t testing.TB, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return text
}

func TestPage_EveryView_IsShown(t *testing.T) {
	t.Parallel()
	d := filled(t, 2_000)
	s := serve(t, d.URL, nil)
	for _, path := range paths(t, d, "") {
		status, header, body := s.get(t, path)
		require.Equal(t, http.StatusOK, status, path)
		require.Contains(t, body, "<h1>", path)
		require.NotContains(t, body, `class="problem"`, path)
		require.NotContains(t, body, "user1@example.com", "%s shows a mail address", path)
		require.Regexp(t, "default-src 'none'.*frame-ancestors 'none'", header.Get("Content-Security-Policy"))
		require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
		require.Equal(t, "no-referrer", header.Get("Referrer-Policy"))
		require.Empty(t, header.Get("Set-Cookie"))
	}
	status, _, _ := s.get(t, "/request/00000000-0000-0000-0000-000000000000")
	require.Equal(t, http.StatusNotFound, status)
	status, _, _ = s.get(t, "/nowhere")
	require.Equal(t, http.StatusNotFound, status)
	status, _, body := s.get(t, "/sql/speed")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "CREATE OR REPLACE FUNCTION")
	status, header, body := s.get(t, "/errors.csv")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "text/csv; charset=utf-8", header.Get("Content-Type"))
	require.True(t, strings.HasPrefix(body, "status,service_name,http_method,http_route,"), body)
}

func TestPage_PersonalData_IsHiddenUnlessShown(t *testing.T) {
	t.Parallel()
	d := filled(t, 500)
	d.Exec(t, "UPDATE canonical_api_line SET query_string = 'secret=1', sudo_account_email = 'staff@example.com'")
	for form, secrets := range map[string][]string{
		"": {"example.com", "10.0.", "secret=1"}, ".json": {"example.com", "10.0.", "secret=1"},
	} {
		s := serve(t, d.URL, nil)
		for _, path := range paths(t, d, form) {
			if strings.HasPrefix(path, "/search") {
				continue // it repeats what it was asked for
			}
			_, _, body := s.get(t, path)
			for _, secret := range secrets {
				require.NotContains(t, body, secret, path)
			}
		}
	}
	id := pgtest.One[string](t, d, "SELECT request_id::text FROM canonical_api_line LIMIT 1")
	_, _, body := serve(t, d.URL, func(c *Config) { c.Show = []string{"ip", "account_email"} }).get(t, "/request/"+id)
	require.Contains(t, body, "10.0.")
	require.Regexp(t, `user\d+@example.com`, body)
	require.NotContains(t, body, "secret=1")
	require.NotContains(t, body, "staff@example.com")
}

// The page's role reads these tables and writes nothing, in a transaction of the page or not.
func TestPage_Role_CanWriteNothing(t *testing.T) {
	t.Parallel()
	d := filled(t, 500)
	keep(t, d)
	roles, err := os.ReadFile("../schema/roles.sql")
	require.NoError(t, err)
	d.Exec(t, "SELECT pg_advisory_xact_lock(7318); "+string(roles))
	d.Exec(t, "CREATE TABLE others (secret text)")
	address := strings.Replace(d.URL, "postgres@", "canonical_line_reader@", 1)
	s := serve(t, address, nil)
	for _, path := range paths(t, d, ".json") {
		for _, said := range s.answers(t, path) {
			require.Empty(t, said.Problem, path)
		}
	}
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), "SET default_transaction_read_only = off")
	require.NoError(t, err)
	for _, statement := range []string{
		"DELETE FROM canonical_api_line", "UPDATE canonical_api_line SET status = 1", "TRUNCATE canonical_api_line", "DROP TABLE canonical_api_line",
		"INSERT INTO canonical_api_line_marks VALUES (now())", "SELECT nextval('canonical_api_line_fence')", "CREATE TABLE mine (n int)", "SELECT * FROM others",
	} {
		_, err := conn.Exec(t.Context(), statement)
		require.ErrorContains(t, err, "42501", statement)
	}
}

func TestPage_TwoPages_ServeOneTable(t *testing.T) {
	t.Parallel()
	d := filled(t, 500)
	first, second := serve(t, d.URL, nil), serve(t, d.URL, nil)
	path := paths(t, d, ".json")[0]
	require.Equal(t, first.answers(t, path)[1].Rows, second.answers(t, path)[1].Rows)
}

func TestPage_OnlyReads(t *testing.T) {
	t.Parallel()
	s := serve(t, created(t).URL, func(c *Config) { c.Hosts = []string{"lines.example.com"} })
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		request, err := http.NewRequestWithContext(t.Context(), method, s.url+"/", nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusMethodNotAllowed, response.StatusCode, method)
	}
	// A website whose name leads to this machine cannot read the page.
	for host, want := range map[string]int{"evil.example": http.StatusMisdirectedRequest, "lines.example.com": http.StatusOK, "localhost:8318": http.StatusOK, "[::1]:8318": http.StatusOK} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/state", nil)
		require.NoError(t, err)
		request.Host = host
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, want, response.StatusCode, host)
	}
	http.DefaultClient.CloseIdleConnections()
}

// What pulse says is what overall, spread and rate say, so that a view shows the same from either.
func TestPage_Pulse_EqualsItsParts(t *testing.T) {
	t.Parallel()
	d := filled(t, 3_000)
	d.Exec(t, "UPDATE canonical_api_line SET duration = '0', adjusted_count = 3 WHERE hashtext(id::text) % 50 = 0")
	keep(t, d)
	p := serve(t, d.URL, nil).page
	r := &reading{page: p, ctx: t.Context(), window: window{}.ending(time.Now(), "24h")}
	ask := func(calls ...call) []*result {
		results := r.ask(&view{}, calls...)
		for _, one := range results {
			require.NoError(t, one.err)
		}
		return results
	}
	overall, spread, rate := overTime(ask(r.overTimeCalls(true)...))
	w, step := r.window, interval("step", time.Hour)
	parts := ask(w.ask("overall"), w.ask("spread", step), w.ask("rate", step))
	for i, got := range []*result{overall, spread, rate} {
		want := parts[i].answer
		require.Len(t, got.answer.rows, len(want.rows))
		for n, row := range want.all() {
			for _, column := range want.columns {
				if i == 1 && column == "accuracy" {
					continue
				}
				expected, found := row.value(column), got.answer.all()[n].value(column)
				if d, isDuration := expected.(time.Duration); isDuration {
					require.InDelta(t, float64(d), float64(found.(time.Duration)), 1000, column) // Postgres has microseconds
					continue
				}
				require.Equal(t, expected, found, "%s of row %d", column, n)
			}
		}
	}
}

// The requests of a selection are within its bounds, however few there are.
func TestPage_Selection_ListsOnlyItsRequests(t *testing.T) {
	t.Parallel()
	d := filled(t, 500)
	s := serve(t, d.URL, nil)
	for bounds, condition := range map[string]string{
		"slower=2s": "duration >= '2 s'", "faster=1ms": "duration < '1 ms'", "slower=1s&faster=2s": "duration >= '1 s' AND duration < '2 s'",
	} {
		answers := s.answers(t, "/selection.json?window=24h&"+bounds)
		want := pgtest.One[int](t, d, "SELECT least(20, count(*)) FROM canonical_api_line WHERE "+condition)
		require.Len(t, answers[1].Rows, want, bounds)
	}
}
