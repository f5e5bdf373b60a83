package canonicallineexporter

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"canonicallineexporter/internal/copyrow"
)

// BenchmarkMergeSplit fills a batch of 10,000 lines from requests of so many.
func BenchmarkMergeSplit(b *testing.B) {
	for _, size := range []int{1, 100, 512} {
		b.Run(fmt.Sprintf("requests_of_%d", size), func(b *testing.B) {
			const batch = 10_000
			part := queuedOf(b, requests(0, size))
			b.ReportAllocs()
			b.SetBytes(int64(len(part.Rows) * batch / size))
			for b.Loop() {
				whole := &queued{Batch: part.Slice(0, part.Len())}
				for whole.Len() < batch {
					if _, err := whole.MergeSplit(b.Context(), 0, exporterhelper.RequestSizerTypeItems, part); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkEncoding writes requests as a persistent queue holds them, and reads
// them back.
func BenchmarkEncoding(b *testing.B) {
	for _, size := range []int{1, 100, 10_000} {
		req := queuedOf(b, requests(0, size))
		buf, err := encoding{}.Marshal(b.Context(), req)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("marshal_%d", size), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(buf)))
			b.ReportMetric(float64(len(buf))/float64(size), "bytes/line")
			for b.Loop() {
				if _, err := (encoding{}).Marshal(b.Context(), req); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("unmarshal_%d", size), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(buf)))
			for b.Loop() {
				if _, err := copyrow.Unmarshal(buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
