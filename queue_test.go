package canonicallineexporter

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/collapse"
	"canonicallineexporter/internal/line"
)

// queuedOf encodes the requests of an export as the exporter does.
func queuedOf(t testing.TB, td ptrace.Traces) *queued {
	t.Helper()
	delivery := collapse.New(collapse.Config{MaxPendingSpans: 1_000_000}).Enter(td, started)
	defer delivery.Release()
	encoder := line.NewMapper(line.Config{AttributePrefix: "canonical"}).Encoder()
	batch, _ := encode(encoder, delivery)
	return &queued{Batch: batch}
}

// rows are the rows of requests, one after another.
func rows(t testing.TB, all ...xexporterhelper.Request) []byte {
	t.Helper()
	var joined []byte
	for _, r := range all {
		require.NoError(t, r.(*queued).Validate())
		joined = append(joined, r.(*queued).Rows...)
	}
	return joined
}

func counts(all []xexporterhelper.Request) []int {
	var n []int
	for _, r := range all {
		n = append(n, r.ItemsCount())
	}
	return n
}

func TestQueued_MergeSplit_ByLines(t *testing.T) {
	t.Parallel()
	want := rows(t, queuedOf(t, requests(0, 7)), queuedOf(t, requests(7, 5)))
	for maxSize, sizes := range map[int][]int{0: {12}, 12: {12}, 100: {12}, 5: {5, 5, 2}, 4: {4, 4, 4}, 1: {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}} {
		got, err := queuedOf(t, requests(0, 7)).MergeSplit(t.Context(), maxSize, exporterhelper.RequestSizerTypeItems, queuedOf(t, requests(7, 5)))
		require.NoError(t, err)
		require.Equal(t, sizes, counts(got), maxSize)
		require.Equal(t, want, rows(t, got...), maxSize)
	}
}

func TestQueued_MergeSplit_ByBytes(t *testing.T) {
	t.Parallel()
	whole := queuedOf(t, requests(0, 20))
	one := whole.Ends[0]
	for _, maxSize := range []int{one * 6, one*6 + 1, one - 1, 1} {
		got, err := queuedOf(t, requests(0, 20)).MergeSplit(t.Context(), maxSize, exporterhelper.RequestSizerTypeBytes, nil)
		require.NoError(t, err)
		require.Equal(t, whole.Rows, rows(t, got...))
		for _, r := range got {
			require.True(t, r.BytesSize() <= maxSize || r.ItemsCount() == 1)
		}
	}
}

func TestQueued_MergeSplit_LeavesOtherRequestsAlone(t *testing.T) {
	t.Parallel()
	whole := queuedOf(t, requests(0, 10))
	want := slices.Clone(whole.Rows)
	parts, err := whole.MergeSplit(t.Context(), 5, exporterhelper.RequestSizerTypeItems, nil)
	require.NoError(t, err)
	_, err = parts[0].MergeSplit(t.Context(), 0, exporterhelper.RequestSizerTypeItems, queuedOf(t, requests(10, 3)))
	require.NoError(t, err)
	require.Equal(t, want, whole.Rows)
}

func TestQueued_MergeSplit_KeepsLayoutsApart(t *testing.T) {
	t.Parallel()
	older := queuedOf(t, requests(0, 3))
	older.Layout = slices.Clone(older.Layout)
	older.Layout[1].Name = "renamed"
	got, err := older.MergeSplit(t.Context(), 2, exporterhelper.RequestSizerTypeItems, queuedOf(t, requests(3, 1)))
	require.NoError(t, err)
	require.Equal(t, []int{2, 1, 1}, counts(got))
	require.Equal(t, "renamed", got[0].(*queued).Layout[1].Name)
	require.NotEqual(t, "renamed", got[2].(*queued).Layout[1].Name)
}
