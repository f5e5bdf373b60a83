package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
)

// BenchmarkOnCitus_Write writes batches of lines that are new, and again, to a plain table and to
// distributed ones.
func BenchmarkOnCitus_Write(b *testing.B) {
	for nodes, start := range map[string]func() *pgtest.Database{
		"plain":       func() *pgtest.Database { return pgtest.Shared(b).NewDatabase(b) },
		"one_node":    func() *pgtest.Database { return citusOf(b, 0) },
		"three_nodes": func() *pgtest.Database { return citusOf(b, 2) },
	} {
		b.Run(nodes, func(b *testing.B) {
			s := setupOn(b, start(), nil, partition.Config{Interval: partition.Day, CreateAhead: 72 * time.Hour})
			s.write(b, batchOf(b, span{id: 1}))
			for name, lines := range map[string]int{"by_100": 100, "by_10000": 10_000} {
				spans := make([]span, lines)
				id := uint64(1)
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						b.StopTimer()
						for i := range spans {
							id++
							spans[i] = span{id: id, ago: time.Duration(id) * time.Millisecond, descendants: 3}
						}
						batch := batchOf(b, spans...)
						s.store.repeated.Store(false)
						b.StartTimer()
						s.write(b, batch)
					}
					b.ReportMetric(float64(lines*b.N)/b.Elapsed().Seconds(), "lines/s")
				})
				again := batchOf(b, spans...)
				b.Run(name+"_again", func(b *testing.B) {
					for b.Loop() {
						s.write(b, again)
					}
					b.ReportMetric(float64(lines*b.N)/b.Elapsed().Seconds(), "lines/s")
				})
			}
		})
	}
}

// citusOf returns a database on a Citus of its own.
func citusOf(b *testing.B, workers int) *pgtest.Database {
	b.Helper()
	pgtest.RequireCitus(b)
	cluster, err := pgtest.StartCitus(workers)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, cluster.Stop()) })
	return cluster.NewDatabase(b)
}
