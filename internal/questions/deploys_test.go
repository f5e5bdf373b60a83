package questions_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"canonicallineexporter/internal/pgtest"
)

// deployed replaces version 1 by version 2 six hours ago, and has a canary, version 3, beside it for
// the last two hours. Version 2 is slower on one route, fails on another and has an N+1 on a
// third; the canary fails on a fourth, which only it does: all versions fail at night. What
// came before the window is old.
const deployed = `
	SELECT setseed(0.125);
	INSERT INTO canonical_api_line (http_path, request_id, ip, http_method, sudo, created_at, service_name, deployment_environment,
		service_version, http_route, duration, status, statistics)
	SELECT '/', gen_random_uuid(), '192.0.2.1', 'GET', false, at, 'api', env, version, route,
		exp(0.5 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())) * interval '10 ms' * CASE WHEN version = '2' AND route = '/slower' THEN 2 ELSE 1 END,
		CASE
			WHEN version = '2' AND route = '/failing' AND random() < 0.1 THEN 500
			WHEN version = '3' AND route = '/canary' AND random() < 0.3 THEN 500
			WHEN ago > interval '10 hours' AND random() < 0.5 THEN 500
			ELSE 200
		END,
		jsonb_build_object('db_num_queries', CASE WHEN version = '2' AND route = '/more' THEN 12 ELSE 3 END)
	FROM (
		SELECT *, now() - ago AS at,
			CASE
				WHEN env = 'test' THEN '9'
				WHEN ago > interval '6 hours' THEN '1'
				WHEN ago < interval '2 hours' AND random() < 0.25 THEN '3'
				ELSE '2'
			END AS version
		FROM unnest(ARRAY['/same', '/slower', '/failing', '/more', '/canary']) AS route,
			unnest(ARRAY['production', 'test']) AS env,
			LATERAL (SELECT random() * interval '14 hours' AS ago FROM generate_series(1, CASE env WHEN 'test' THEN 50 ELSE 4000 END)) AS line
		UNION ALL
		SELECT '/only', 'production', interval '1 hour' * random(), now() - interval '1 hour' * random(), '2' FROM generate_series(1, 500)
	) AS line`

func TestQuestions_Deploys_NameWhatEachVersionChanged(t *testing.T) {
	t.Parallel()
	d := few(t, "('1 min', '/a', '10 ms', 200, 1, 'x', NULL, NULL)")
	d.Exec(t, deployed)
	require.Equal(t, []string{
		"(3,2,t,failing,/canary)",
		"(2,1,f,\"more queries\",/more)",
		"(2,1,f,slower,/slower)",
	}, pgtest.All[string](t, d, `
		SELECT (service_version, version_before, beside, change, http_route)::text FROM canonical_api_line_deploys()`))
	// In the morning alone, version 1 did not fail.
	require.Equal(t, []string{
		"(3,2,t,failing,/canary)",
		"(2,1,f,failing,/failing)",
		"(2,1,f,\"more queries\",/more)",
		"(2,1,f,slower,/slower)",
	}, pgtest.All[string](t, d, `
		SELECT (service_version, version_before, beside, change, http_route)::text FROM canonical_api_line_deploys('9 hours 30 minutes')`))
	require.Equal(t, []string{"(3,\"none found\",)", "(2,\"none found\",)"}, pgtest.All[string](t, d, `
		SELECT (service_version, change, http_route)::text FROM canonical_api_line_deploys(route => '/same')`))
	require.Empty(t, pgtest.All[string](t, d, "SELECT change FROM canonical_api_line_deploys('1 hour')"), "no version began in the window")
	require.Empty(t, pgtest.All[string](t, d, "SELECT change FROM canonical_api_line_deploys(service => 'other')"))
}

func TestQuestions_Burn_NeedsBothWindowsAndSomeFailures(t *testing.T) {
	t.Parallel()
	d := few(t, "('1 min', '/few', '10 ms', 500, 1, 'x', NULL, NULL)")
	d.Exec(t, `
		INSERT INTO canonical_api_line (http_path, request_id, ip, http_method, sudo, created_at, http_route, duration, status)
		SELECT '/', gen_random_uuid(), '192.0.2.1', 'GET', false, now() - ago, route, '10 ms', CASE WHEN n <= failed THEN 500 ELSE 200 END
		FROM (VALUES
			('/burning', interval '50 min', 0), ('/burning', '1 min', 40), ('/over', '50 min', 40), ('/over', '1 min', 0), ('/fine', '1 min', 0)
		) AS route (route, ago, failed), generate_series(1, 1000) AS n`)
	require.Equal(t, []string{
		"(t,/burning,40.00,20.00,4.00,2.00,1000,2000,40)",
		"(f,/few,1000.00,1000.00,100.00,100.00,1,1,1)",
		"(f,/over,0.00,20.00,0.00,2.00,1000,2000,40)",
		"(f,/fine,0.00,0.00,0.00,0.00,1000,1000,0)",
	}, pgtest.All[string](t, d, `
		SELECT (alert, http_route, burn_fast, burn_slow, percent_failed_fast, percent_failed_slow, requests_fast, requests_slow, failed_slow)::text
		FROM canonical_api_line_burn()`))
	require.Equal(t, []string{"/burning"}, pgtest.All[string](t, d,
		"SELECT http_route FROM canonical_api_line_burn(0.99, threshold => 1.5) WHERE alert"))
}

func TestAlerting_Rule_NamesTheBurningRoute(t *testing.T) {
	t.Parallel()
	rules, err := os.ReadFile("../../dashboards/provisioning/alerting/error-budget.yaml")
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Rules []struct {
				Condition string
				Data      []struct {
					RefID string `yaml:"refId"`
					Model struct {
						RawSQL     string `yaml:"rawSql"`
						Expression string
					}
				}
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(rules, &file))
	rule := file.Groups[0].Rules[0]
	require.Equal(t, rule.Condition, rule.Data[1].RefID)
	require.Equal(t, rule.Data[0].RefID, rule.Data[1].Model.Expression)

	d := few(t, strings.TrimPrefix(strings.Repeat(",('1 min', '/burning', '10 ms', 500, 1, 'x', NULL, NULL),('1 min', '/fine', '10 ms', 200, 1, 'x', NULL, NULL)", 10), ","))
	require.Equal(t, []map[string]any{
		{"service": "", "method": "GET", "route": "/burning", "burn": 1000.0}, {"service": "", "method": "GET", "route": "/fine", "burn": 0.0},
	}, answer(t, d.Pool, rule.Data[0].Model.RawSQL))
}

func TestQuestions_Burn_OfLongWindows_ComesFromHistory(t *testing.T) {
	t.Parallel()
	d := remember(t, 20_000, 2)
	burn := func(more string) []string {
		return pgtest.All[string](t, d, `
			SELECT (http_route, burn_fast, burn_slow, requests_slow)::text
			FROM canonical_api_line_burn(0.999, '6 hours', '1 day', date_bin('1 minute', now(), 'epoch')) ORDER BY http_route, http_method`+more)
	}
	fromHistory := burn("")
	require.Greater(t, len(fromHistory), 15)
	require.Contains(t, explain(t, d, "ANALYZE", "SELECT * FROM canonical_api_line_burn(0.999, '6 hours', '1 day')"), "Function Scan on canonical_api_line_past")
	d.Exec(t, "DROP TABLE canonical_api_line_built")
	require.Equal(t, burn(""), fromHistory)
}
