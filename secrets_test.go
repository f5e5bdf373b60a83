package canonicallineexporter

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/oteltest"
	"canonicallineexporter/internal/pgtest"
)

// planted is when the planted requests began.
var planted = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// storePlantings stores a request for each planting and returns an expression over each
// row, in the order of the plantings.
func storePlantings(t *testing.T, plantings []oteltest.Planting, expression string) []string {
	t.Helper()
	d := pgtest.New(t)
	b := setup(t, d.URL, func(cfg *Config) { cfg.RequestPayload.Capture = true })
	for n, p := range plantings {
		require.NoError(t, b.ConsumeTraces(t.Context(), p.Request(t, n, planted)))
	}
	b.flush(t)
	stored := pgtest.All[string](t, d, "SELECT "+expression+" FROM canonical_api_line l ORDER BY trace_id")
	require.Len(t, stored, len(plantings))
	for _, entry := range b.logs.All() {
		require.NotContains(t, entry.Message, "hunter2")
	}
	return stored
}

// TestExporter_Rows_HoldNoSecret plants secrets wherever a span can carry one, in every
// spelling on file.
func TestExporter_Rows_HoldNoSecret(t *testing.T) {
	t.Parallel()
	plantings := oteltest.ReadPlantings(t, "planted.txt")
	require.GreaterOrEqual(t, len(plantings), 300)
	for n, row := range storePlantings(t, plantings, "to_jsonb(l)::text") {
		require.NotEmpty(t, plantings[n].Secrets, plantings[n].Line)
		for _, secret := range plantings[n].Secrets {
			assert.NotContains(t, row, secret, "line %s", plantings[n].Line)
		}
	}
}

// columnsOf names the column that holds what a place does.
var columnsOf = map[string]string{
	"name": "http_route", "route": "http_route", "path": "http_path", "query": "query_string",
	"header": "array_to_string(x_crunchy_headers, ', ')", "message": "api_error_message", "cause": "api_error_cause",
	"statement": "statistics ->> 'db_max_repeat_query'", "payload": "request_payload::text",
}

// TestExporter_Rows_KeepWhatIsNoSecret stores what resembles secrets and is none.
func TestExporter_Rows_KeepWhatIsNoSecret(t *testing.T) {
	t.Parallel()
	plantings := oteltest.ReadPlantings(t, "harmless.txt")
	byPlace := map[string][]oteltest.Planting{}
	for _, p := range plantings {
		require.Contains(t, columnsOf, p.Place, p.Line)
		byPlace[p.Place] = append(byPlace[p.Place], p)
	}
	for place, plantings := range byPlace {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			for n, got := range storePlantings(t, plantings, "coalesce("+columnsOf[place]+", '')") {
				want := plantings[n].Text
				if place == "path" || place == "statement" || place == "name" && strings.Contains(want, " ") {
					_, want, _ = strings.Cut(want, " ")
				}
				assert.Equal(t, want, got, "line %s", plantings[n].Line)
			}
		})
	}
}
