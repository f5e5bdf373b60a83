package canonicallineexporter

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
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
	first, second := queuedOf(t, requests(0, 3)), queuedOf(t, requests(3, 4))
	bad := queuedOf(t, requests(7, 1)).Marshal()
	bad[len(bad)-10]++
	corrupted := 0
	_, got, err := encoding{func() { corrupted++ }}.Unmarshal(bundleOf(first.Marshal(), bad, second.Marshal()))
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
	before, err := queuedOf(t, requests(0, 3)).MergeSplit(t.Context(), 2, exporterhelper.RequestSizerTypeItems, u)
	require.NoError(t, err)
	require.Equal(t, []int{2, 1, 0}, counts(before))
	after, err := u.MergeSplit(t.Context(), 2, exporterhelper.RequestSizerTypeItems, queuedOf(t, requests(0, 3)))
	require.NoError(t, err)
	require.Equal(t, []int{0, 2, 1}, counts(after))
}
