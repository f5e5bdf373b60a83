package store

import (
	"fmt"
	"testing"
	"time"

	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
)

// BenchmarkOnCitus_Write writes batches of lines that are new, and again, to a plain table and to
// distributed ones.
func BenchmarkOnCitus_Write(b *testing.B) {
	for _, nodes := range []int{0, 1, 3} {
		b.Run(fmt.Sprint(nodes, "_nodes_of_Citus"), func(b *testing.B) {
			s := setupOn(b, pgtest.Nodes(b, nodes), nil, partition.Config{Interval: partition.Day, CreateAhead: 72 * time.Hour})
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
