package questions_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
)

// dashboard holds the parts of Grafana's format that contain SQL.
type dashboard struct {
	Templating struct {
		List []struct{ Name, Type, Query, AllValue string }
	}
	Panels []struct {
		Title   string
		Targets []struct{ Format, RawSQL string }
	}
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile("../../dashboards/canonical-lines.json")
	require.NoError(t, err)
	var d dashboard
	require.NoError(t, json.Unmarshal(text, &d))
	require.Greater(t, len(d.Panels), 10)
	return d
}

// expand replaces the macros and variables of a query as Grafana does: time macros become
// literals, an interval has Grafana's units, and a variable is quoted, except that "All" is
// the variable's unquoted allValue.
func expand(sql string, to time.Time, variables map[string]string) string {
	replace := []string{
		"$__timeFrom()", "'" + to.Add(-11*time.Hour).UTC().Format(time.RFC3339Nano) + "'",
		"$__timeTo()", "'" + to.UTC().Format(time.RFC3339Nano) + "'",
		"$__interval", "10m",
		"${table:raw}", "canonical_api_line",
	}
	for name, value := range variables {
		replace = append(replace, "${"+name+":sqlstring}", value)
	}
	return strings.NewReplacer(replace...).Replace(sql)
}

func TestDashboard_EveryPanelHasData(t *testing.T) {
	t.Parallel()
	d := ask(t, 50_000)
	d.Exec(t, "UPDATE canonical_api_line SET duration = duration * 2 WHERE created_at > now() - interval '3 hours'")
	board, now := readDashboard(t), time.Now()
	all := map[string]string{}
	for _, variable := range board.Templating.List {
		if variable.Type == "query" {
			all[variable.Name] = variable.AllValue
		}
	}
	require.Equal(t, map[string]string{"service": "NULL", "method": "NULL", "route": "NULL"}, all)
	one := map[string]string{"service": "'api'", "method": "'GET'", "route": "'/clusters/{cluster_id}/roles/{role_name}'"}
	for _, variable := range board.Templating.List {
		if variable.Type == "query" {
			require.NotEmpty(t, answer(t, d, expand(variable.Query, now, all)), variable.Name)
		}
	}
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			for _, variables := range []map[string]string{all, one} {
				sql := expand(target.RawSQL, now, variables)
				require.NotContains(t, sql, "$", panel.Title)
				rows := answer(t, d, sql)
				require.NotEmpty(t, rows, "%s:\n%s", panel.Title, sql)
				if target.Format == "time_series" {
					require.IsType(t, time.Time{}, rows[0]["time"], panel.Title)
				}
			}
		}
	}
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
	require.Len(t, files, 2)
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
