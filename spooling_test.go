package canonicallineexporter

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"canonicallineexporter/internal/store"
)

// bundleOf frames entries as the spool does.
func bundleOf(entries ...[]byte) (bundle []byte) {
	for _, entry := range entries {
		bundle = append(binary.AppendUvarint(bundle, uint64(len(entry))), entry...)
	}
	return bundle
}

func TestEncoding_Unmarshal_MergesABundleAndCountsWhatIsCorrupt(t *testing.T) {
	t.Parallel()
	first, second := requestOf(t, requests(0, 3)), requestOf(t, requests(3, 4))
	bad := marshal(requestOf(t, requests(7, 1)))
	bad[len(bad)-10]++
	corrupted := 0
	_, got, err := encoding{func() { corrupted++ }}.Unmarshal(bundleOf(marshal(first), bad, marshal(second)))
	require.NoError(t, err)
	require.Equal(t, 7, got.ItemsCount())
	require.Equal(t, rows(t, first, second), rows(t, got))
	require.Equal(t, 1, corrupted)
}

// An entry that was refused, or went out with another, is no damage.
func TestEncoding_Unmarshal_TakesAnAbsentEntryForNoCorruptOne(t *testing.T) {
	t.Parallel()
	for _, absent := range [][]byte{nil, {}} {
		_, got, err := encoding{func() { t.Error("counted as corrupt") }}.Unmarshal(absent)
		require.NoError(t, err)
		require.Zero(t, got.ItemsCount())
		parts, err := got.MergeSplit(t.Context(), 10, exporterhelper.RequestSizerTypeItems, nil)
		require.NoError(t, err)
		require.Empty(t, parts)
	}
}

func TestUnread_MergeSplit_KeepsApart(t *testing.T) {
	t.Parallel()
	_, u, err := encoding{}.Unmarshal([]byte{0, 0, 0, 0, 0, 0, 0, 0, 5})
	require.NoError(t, err)
	require.Equal(t, &unread{ticket: 5}, u)
	before, err := requestOf(t, requests(0, 3)).MergeSplit(t.Context(), 2, exporterhelper.RequestSizerTypeItems, u)
	require.NoError(t, err)
	require.Equal(t, []int{2, 1, 0}, counts(before))
	after, err := u.MergeSplit(t.Context(), 2, exporterhelper.RequestSizerTypeItems, requestOf(t, requests(0, 3)))
	require.NoError(t, err)
	require.Equal(t, []int{0, 2, 1}, counts(after))
}

func TestMeasureEntry_IsWhatTheQueueCounts(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 7} {
		req := requestOf(t, requests(0, n))
		items, size := measureEntry(marshal(req))
		require.EqualValues(t, req.ItemsCount(), items)
		require.EqualValues(t, req.BytesSize(), size)
	}
	for _, bad := range [][]byte{nil, []byte("CLR"), []byte("CLR\x01\xff"), []byte("CLR\x01\x00\x05")} {
		items, size := measureEntry(bad)
		require.Zero(t, items+size)
	}
}

func TestAlikeEntries_HaveOneLayout(t *testing.T) {
	t.Parallel()
	a, b := requestOf(t, requests(0, 1)), requestOf(t, requests(1, 3))
	other := &request{store.Batch{Layout: a.Layout[1:]}}
	require.True(t, alikeEntries(marshal(a), marshal(b)))
	require.False(t, alikeEntries(marshal(a), marshal(other)))
	require.False(t, alikeEntries(nil, nil))
}
