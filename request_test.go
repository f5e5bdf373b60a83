package canonicallineexporter

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/collapse"
	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/store"
)

// requestOf encodes the requests of an export as the exporter does.
func requestOf(t testing.TB, td ptrace.Traces) *request {
	t.Helper()
	mapper := line.NewMapper(line.Config{AttributePrefix: "canonical"})
	e := &lineExporter{mapper: mapper, layout: mapper.Layout()}
	export := collapse.New(collapse.Config{}).Resolve(td, started)
	defer export.Release()
	encoder := mapper.Encoder()
	defer encoder.Release()
	req, _ := e.encode(encoder, export.Requests)
	if req == nil {
		return &request{store.Batch{Layout: e.layout}}
	}
	return req
}

// rows are the rows of requests, one after another.
func rows(t testing.TB, all ...xexporterhelper.Request) []byte {
	t.Helper()
	var joined []byte
	for _, r := range all {
		require.NoError(t, r.(*request).Validate())
		joined = append(joined, r.(*request).Rows...)
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

func TestRequestsMergeByLines(t *testing.T) {
	t.Parallel()
	want := rows(t, requestOf(t, requests(0, 7)), requestOf(t, requests(7, 5)))
	for maxSize, sizes := range map[int][]int{0: {12}, 12: {12}, 100: {12}, 5: {5, 5, 2}, 4: {4, 4, 4}, 1: {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}} {
		got, err := requestOf(t, requests(0, 7)).MergeSplit(t.Context(), maxSize, exporterhelper.RequestSizerTypeItems, requestOf(t, requests(7, 5)))
		require.NoError(t, err)
		require.Equal(t, sizes, counts(got), maxSize)
		require.Equal(t, want, rows(t, got...), maxSize)
	}
}

func TestRequestsSplitByBytes(t *testing.T) {
	t.Parallel()
	whole := requestOf(t, requests(0, 20))
	one := whole.Ends[0]
	for _, maxSize := range []int{one * 6, one*6 + 1, one - 1, 1} {
		got, err := requestOf(t, requests(0, 20)).MergeSplit(t.Context(), maxSize, exporterhelper.RequestSizerTypeBytes, nil)
		require.NoError(t, err)
		require.Equal(t, whole.Rows, rows(t, got...))
		for _, r := range got {
			require.True(t, r.BytesSize() <= maxSize || r.ItemsCount() == 1)
		}
	}
}

func TestMergingLeavesTheQueuesOtherRequestsAlone(t *testing.T) {
	t.Parallel()
	whole := requestOf(t, requests(0, 10))
	want := slices.Clone(whole.Rows)
	parts, err := whole.MergeSplit(t.Context(), 5, exporterhelper.RequestSizerTypeItems, nil)
	require.NoError(t, err)
	_, err = parts[0].MergeSplit(t.Context(), 0, exporterhelper.RequestSizerTypeItems, requestOf(t, requests(10, 3)))
	require.NoError(t, err)
	require.Equal(t, want, whole.Rows)
}

func TestLinesOfAnotherLayoutKeepToThemselves(t *testing.T) {
	t.Parallel()
	older := requestOf(t, requests(0, 3))
	older.Layout = slices.Clone(older.Layout)
	older.Layout[1].Name = "renamed"
	got, err := older.MergeSplit(t.Context(), 2, exporterhelper.RequestSizerTypeItems, requestOf(t, requests(3, 1)))
	require.NoError(t, err)
	require.Equal(t, []int{2, 1, 1}, counts(got))
	require.Equal(t, "renamed", got[0].(*request).Layout[1].Name)
	require.NotEqual(t, "renamed", got[2].(*request).Layout[1].Name)
}

func TestRequestsComeBackFromTheDiskAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, want := range []*request{requestOf(t, requests(0, 1)), requestOf(t, requests(0, 1000)), {store.Batch{}}} {
		buf, err := encoding{}.Marshal(t.Context(), want)
		require.NoError(t, err)
		got, err := unmarshal(slices.Clone(buf))
		require.NoError(t, err)
		require.True(t, store.SameLayout(want.Batch, got.Batch))
		require.Equal(t, want.Ends, got.Ends)
		require.Equal(t, want.ItemsCount(), got.ItemsCount())
		require.True(t, slices.Equal(want.Rows, got.Rows))
		clear(buf)
		require.NoError(t, got.Validate(), "the storage's memory is not kept")
	}
}

func TestAnyDamageOnDiskIsFound(t *testing.T) {
	t.Parallel()
	good, err := encoding{}.Marshal(t.Context(), requestOf(t, requests(0, 3)))
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, 2))
	for range 2_000 {
		bad := slices.Clone(good)
		if random.IntN(2) == 0 {
			bad[random.IntN(len(bad))] ^= byte(1 + random.IntN(255))
		} else {
			bad = bad[:random.IntN(len(bad))]
		}
		_, err := unmarshal(bad)
		require.ErrorIs(t, err, errCorrupted)
	}
}

// FuzzUnmarshal seals the input with a right checksum, so that what is behind
// it is reached.
func FuzzUnmarshal(f *testing.F) {
	for _, n := range []int{0, 1, 3} {
		buf, err := encoding{}.Marshal(f.Context(), requestOf(f, requests(0, n)))
		require.NoError(f, err)
		f.Add(buf[len(encodingMagic) : len(buf)-4])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := unmarshal(seal(append([]byte(encodingMagic), body...)))
		if err == nil {
			require.NoError(t, r.Validate())
		}
	})
}
