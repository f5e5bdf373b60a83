package store

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/table"
)

// History is built from lines, an hour at a time, and built again for every mark. Whoever writes
// lines of an hour that history may hold marks it in the same transaction: see docs/history.md.

// beforeFence returns what makes COPY fail if history may hold hours of the lines, of which the
// first has this time. It differs from batch to batch, so it is no template.
func (s *batchSQL) beforeFence(first time.Time) string {
	sql := strings.Replace(s.fence, "$first", first.UTC().Format(time.RFC3339Nano), 1)
	return strings.Replace(sql, "$hour", strconv.FormatInt(first.Unix()/3600, 10), 1)
}

// markHours returns the statement that marks the hours of the lines.
func (s *batchSQL) markHours(batch copyrow.Batch) string {
	createdAt := copyrow.Index(batch.Layout, "created_at")
	var hours []string
	for i := range batch.Len() {
		if hour := batch.Time(i, createdAt).UTC().Truncate(time.Hour).Format(time.RFC3339); !slices.Contains(hours, hour) {
			hours = append(hours, hour)
		}
	}
	return statements.Render("mark_hours.sql", struct {
		Table table.Name
		Hours []string
	}{s.table, hours})
}
