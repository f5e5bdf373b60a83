package canonicallineexporter

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"

	"canonicallineexporter/internal/oteltest"
	"canonicallineexporter/internal/pgtest"
)

// recipe is a heading of docs/recipes.md and the configuration below it.
var recipe = regexp.MustCompile("(?s)\n## ([^\n]+)\n.*?```yaml\n(.*?)```")

func TestRecipes_DoWhatTheySay(t *testing.T) {
	t.Parallel()
	want := map[string][]string{
		"Health checks":        {"shop GET /items/{id}"},
		"Mesh sidecars":        {"shop GET /items/{id}"},
		"GraphQL":              {"graph POST Basket", "graph GET /healthz"},
		"Kong":                 {"shop GET /items/{id}"},
		"The collector itself": {"shop GET /items/{id}"},
		"Long connections":     {"chat GET /rooms/{id}"},
	}
	recipes := recipe.FindAllStringSubmatch(documents(t)["docs/recipes.md"], -1)
	require.Len(t, recipes, len(want))
	for _, r := range recipes {
		title, text := r[1], r[2]
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			retrieved, err := confmap.NewRetrievedFromYAML([]byte(text))
			require.NoError(t, err)
			conf, err := retrieved.AsConf()
			require.NoError(t, err)
			conf, err = conf.Sub("exporters::canonical_line")
			require.NoError(t, err)
			d := pgtest.New(t)
			b := setup(t, d.URL, func(cfg *Config) {
				require.NoError(t, conf.Unmarshal(cfg))
				require.NoError(t, cfg.Validate())
			})
			name := strings.ReplaceAll(strings.ToLower(title), " ", "-") + ".jsonl"
			for _, td := range oteltest.ReadExports(t, filepath.Join("testdata", "recipes", name)) {
				require.NoError(t, b.ConsumeTraces(t.Context(), td))
			}
			b.flush(t)
			require.Equal(t, want[title], pgtest.All[string](t, d,
				"SELECT concat_ws(' ', service_name, http_method, http_route) FROM canonical_api_line ORDER BY created_at"))
			require.Zero(t, b.sum(t, "otelcol_canonical_line_spans_evicted"))
		})
	}
}
