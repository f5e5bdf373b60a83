package questions_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"

	"canonicallineexporter/internal/pgtest"
)

// dashboard holds the parts of Grafana's format that contain SQL.
type dashboard struct {
	Templating struct {
		List []struct{ Name, Type, Query, AllValue string }
	}
	Panels []struct {
		Title       string
		Targets     []struct{ Format, RawSQL string }
		FieldConfig struct {
			Overrides []struct {
				Matcher    struct{ Options string }
				Properties []struct {
					ID    string
					Value json.RawMessage
				}
			}
		}
	}
}

func readDashboard(t testing.TB) dashboard {
	t.Helper()
	text, err := os.ReadFile("../../dashboards/canonical-lines.json")
	require.NoError(t, err)
	var d dashboard
	require.NoError(t, json.Unmarshal(text, &d))
	require.Greater(t, len(d.Panels), 10)
	return d
}

// selection holds the selected values of the dashboard's variables; no value means "All".
type selection map[string][]string

// expand replaces the macros and variables of a query as Grafana does: time macros become
// literals, an interval has Grafana's units, and the values of a variable become a list of
// quoted ones, except that "All" is the variable's unquoted allValue.
func (d dashboard) expand(sql string, from, to time.Time, interval string, selected selection) string {
	replace := []string{
		"$__timeFrom()", "'" + from.UTC().Format(time.RFC3339Nano) + "'",
		"$__timeTo()", "'" + to.UTC().Format(time.RFC3339Nano) + "'",
		"$__interval", interval,
	}
	for _, variable := range d.Templating.List {
		values := selected[variable.Name]
		if variable.Type == "textbox" {
			values = append(values, variable.Query)[:1]
		}
		var quoted []string
		for _, value := range values {
			quoted = append(quoted, "'"+strings.ReplaceAll(value, "'", "''")+"'")
		}
		if len(quoted) == 0 {
			quoted = []string{variable.AllValue}
		}
		replace = append(replace, "${"+variable.Name+":sqlstring}", strings.Join(quoted, ","), "${"+variable.Name+":raw}", strings.Join(values, ","))
	}
	return strings.NewReplacer(replace...).Replace(sql)
}

func TestDashboard_EveryPanelHasData(t *testing.T) {
	t.Parallel()
	d := ask(t, 50_000)
	d.Exec(t, "UPDATE canonical_api_line SET duration = duration * 2 WHERE created_at > now() - interval '3 hours'")
	board, now := readDashboard(t), time.Now()
	trace := pgtest.One[string](t, d, "SELECT trace_id FROM canonical_api_line ORDER BY created_at DESC LIMIT 1")
	for _, selected := range []selection{
		{"trace": {trace}},
		{"trace": {trace}, "service": {"api"}, "method": {"GET"}, "route": {"/clusters/{cluster_id}/roles/{role_name}"}},
	} {
		for _, panel := range board.Panels {
			for _, target := range panel.Targets {
				sql := board.expand(target.RawSQL, now.Add(-11*time.Hour), now, "10m", selected)
				require.NotContains(t, sql, "$", panel.Title)
				rows := answer(t, d.Pool, sql)
				require.NotEmpty(t, rows, "%s:\n%s", panel.Title, sql)
				if target.Format == "time_series" {
					require.IsType(t, time.Time{}, rows[0]["time"], panel.Title)
				}
			}
		}
	}
}

// The windows cross a change of clocks in New York.
func TestDashboard_PanelsAndVariables_EqualThePlainModel(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 3, 20, 15, 17, 20, 0, time.UTC)
	all := samples(end)
	d, board := store(t, all), readDashboard(t)
	for _, zone := range []string{"UTC", "America/New_York"} {
		cfg := d.Pool.Config()
		cfg.ConnConfig.RuntimeParams["timezone"] = zone
		pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		for _, window := range []window{
			{from: end.Add(-5 * time.Minute), to: end, step: 10 * time.Second, interval: "10s"},
			{from: end.Add(-24 * time.Hour), to: end.Add(-3 * time.Millisecond), step: 2 * time.Minute, interval: "2m"},
			{from: end.Add(-30 * 24 * time.Hour), to: end, step: time.Hour, interval: "1h"},
			{from: end.Add(time.Hour), to: end.Add(2 * time.Hour), step: time.Minute, interval: "1m"},
		} {
			window.all = all
			for _, selected := range []selection{
				{}, {"service": {`it's "web"`, "api"}, "route": {"/clusters/{id}", "/it's"}}, {"method": {"POST"}, "service": {"api"}},
			} {
				window.keep = func(s sample) bool {
					return has(selected["service"], s.service) && has(selected["method"], s.method) && has(selected["route"], s.route)
				}
				expand := func(sql string) string {
					return board.expand(sql, window.from, window.to, window.interval, selected)
				}
				for _, panel := range board.Panels {
					if compute := answers[panel.Title]; compute != nil {
						sql := expand(panel.Targets[0].RawSQL)
						requireRows(t, compute(window), query(t, pool, sql), zone+": "+panel.Title+"\n"+sql)
					} else {
						require.Equal(t, "What happened in $trace?", panel.Title)
					}
				}
				requireVariables(t, board, window, selected, func(sql string) []map[string]any { return query(t, pool, expand(sql)) })
			}
		}
	}
}

func has(selected []string, value string) bool {
	return len(selected) == 0 || slices.Contains(selected, value)
}

// requireVariables fails unless each variable lists the values in the window, among the lines
// that the variables before it select.
func requireVariables(t *testing.T, board dashboard, w window, selected selection, query func(string) []map[string]any) {
	t.Helper()
	columns := map[string]func(sample) string{
		"service": func(s sample) string { return s.service }, "method": func(s sample) string { return s.method }, "route": func(s sample) string { return s.route },
	}
	var before []string
	for _, variable := range board.Templating.List {
		if variable.Type != "query" {
			continue
		}
		inWindow := w
		inWindow.keep = func(s sample) bool {
			return !slices.ContainsFunc(before, func(name string) bool { return !has(selected[name], columns[name](s)) })
		}
		values := groups(inWindow.lines(), columns[variable.Name])
		delete(values, "")
		var listed []string
		for _, row := range query(variable.Query) {
			for _, value := range row {
				listed = append(listed, value.(string))
			}
		}
		require.Equal(t, slices.Sorted(maps.Keys(values)), listed, variable.Name)
		before = append(before, variable.Name)
	}
	require.Equal(t, []string{"service", "method", "route"}, before)
}

func query(t *testing.T, pool *pgxpool.Pool, sql string) []row {
	t.Helper()
	rows, err := pool.Query(t.Context(), sql)
	require.NoError(t, err, sql)
	answers, err := pgx.CollectRows(rows, pgx.RowToMap)
	require.NoError(t, err, sql)
	for _, answer := range answers {
		for name, value := range answer {
			switch value := value.(type) {
			case time.Time:
				answer[name] = value.UTC()
			case int32:
				answer[name] = float64(value)
			case int64:
				answer[name] = float64(value)
			case pgtype.Numeric:
				number, err := value.Float64Value()
				require.NoError(t, err)
				answer[name] = number.Float64
			}
		}
	}
	return answers
}

// requireRows compares rows in any order, except that a series is in order of time.
func requireRows(t *testing.T, want, got []row, message string) {
	t.Helper()
	require.True(t, slices.IsSortedFunc(got, func(a, b row) int {
		earlier, _ := a["time"].(time.Time)
		later, _ := b["time"].(time.Time)
		return earlier.Compare(later)
	}), message)
	name := func(r row) string {
		var names []string
		for _, column := range slices.Sorted(maps.Keys(r)) {
			switch r[column].(type) {
			case string, time.Time, bool:
				names = append(names, fmt.Sprint(column, "=", r[column]))
			}
		}
		return strings.Join(names, " ")
	}
	byName := func(a, b row) int { return strings.Compare(name(a), name(b)) }
	slices.SortFunc(want, byName)
	slices.SortFunc(got, byName)
	require.Len(t, got, len(want), message)
	for i := range want {
		require.Len(t, got[i], len(want[i]), message)
		for column, value := range want[i] {
			about := fmt.Sprintf("%s of %s\n%s", column, name(want[i]), message)
			switch value := value.(type) {
			case near:
				require.Equal(t, value == 0, got[i][column] == 0.0, about)
				require.InDelta(t, float64(value), got[i][column], 0.00501*min(1, float64(value))+1e-12, about)
			case tenth:
				require.InDelta(t, float64(value), got[i][column], 0.0501, about)
			case float64:
				require.InDelta(t, value, got[i][column], 2e-6*max(1, value), about)
			default:
				require.Equal(t, value, got[i][column], about)
			}
		}
	}
}

// A panel names the service in its title or in each row.
func TestDashboard_EveryPanelNamesTheService(t *testing.T) {
	t.Parallel()
	for _, panel := range readDashboard(t).Panels {
		if !strings.Contains(panel.Title, "$service") {
			require.Contains(t, panel.Targets[0].RawSQL, "service_name", panel.Title)
		}
	}
}

func TestDashboard_EachLineLinksToItsTrace(t *testing.T) {
	t.Parallel()
	for _, panel := range readDashboard(t).Panels {
		if !strings.Contains(panel.Targets[0].RawSQL, "trace_id") {
			continue
		}
		var links []string
		for _, override := range panel.FieldConfig.Overrides {
			for _, property := range override.Properties {
				if override.Matcher.Options == "trace_id" && property.ID == "links" {
					var list []struct{ URL string }
					require.NoError(t, json.Unmarshal(property.Value, &list))
					for _, link := range list {
						links = append(links, link.URL)
					}
				}
			}
		}
		require.Len(t, links, 2, panel.Title)
		require.Contains(t, links[0], "/d/canonical-lines?${__url_time_range}&")
		require.Contains(t, links[0], "&var-trace=${__value.raw}&viewPanel=14")
		panes, err := url.QueryUnescape(strings.TrimPrefix(links[1], "/explore?schemaVersion=1&panes="))
		require.NoError(t, err)
		require.True(t, json.Valid([]byte(panes)), panes)
		require.Contains(t, panes, `"query":"${__value.raw}"`)
		return
	}
	require.Fail(t, "no panel shows a trace")
}

// Grafana accepts these faults silently and then shows the dashboard wrong: panels that
// share an id, overlap or exceed its 24 columns, a fixed data source and a fixed time.
func TestDashboard_CanBeImported(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../dashboards/canonical-lines.json")
	require.NoError(t, err)
	type source struct{ Type, UID string }
	var board struct {
		ID            *int
		UID, Title    string
		SchemaVersion int
		Time          struct{ From, To string }
		Panels        []struct {
			ID         int
			Title      string
			Datasource source
			GridPos    struct{ X, Y, W, H int }
			Targets    []struct {
				RefID      string
				Datasource source
			}
		}
	}
	require.NoError(t, json.Unmarshal(text, &board))
	require.Nil(t, board.ID)
	require.NotEmpty(t, board.UID)
	require.NotEmpty(t, board.Title)
	require.Positive(t, board.SchemaVersion)
	require.Equal(t, "now", board.Time.To)
	variable := source{"grafana-postgresql-datasource", "${datasource}"}
	ids, cells := map[int]bool{}, map[[2]int]string{}
	for _, panel := range board.Panels {
		require.False(t, ids[panel.ID], panel.Title)
		ids[panel.ID] = true
		require.NotEmpty(t, panel.Title)
		require.Equal(t, variable, panel.Datasource, panel.Title)
		require.LessOrEqual(t, panel.GridPos.X+panel.GridPos.W, 24, panel.Title)
		for x := range panel.GridPos.W {
			for y := range panel.GridPos.H {
				cell := [2]int{panel.GridPos.X + x, panel.GridPos.Y + y}
				require.Empty(t, cells[cell], "%s overlaps", panel.Title)
				cells[cell] = panel.Title
			}
		}
		references := map[string]bool{}
		for _, target := range panel.Targets {
			require.Equal(t, variable, target.Datasource, panel.Title)
			require.False(t, references[target.RefID], panel.Title)
			references[target.RefID] = true
		}
	}
}

func TestProvisioning_FilesAreYAML(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../dashboards/provisioning/*/*.yaml")
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		document, err := confmap.NewRetrievedFromYAML(text)
		require.NoError(t, err, file)
		conf, err := document.AsConf()
		require.NoError(t, err, file)
		require.Equal(t, 1, conf.Get("apiVersion"), file)
	}
}
