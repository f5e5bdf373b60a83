package copyrow

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUnmarshal_ReturnsTheMarshaledBatch(t *testing.T) {
	t.Parallel()
	amended := batchOf("curl", "", "wget")
	amended.Versions = []uint32{0, 7, Mark}
	for _, want := range []Batch{batchOf("curl"), batchOf(make([]string, 1000)...), amended, {}} {
		buf := want.Marshal()
		got, err := Unmarshal(buf)
		require.NoError(t, err)
		require.True(t, SameLayout(want, got))
		require.Equal(t, want.Ends, got.Ends)
		require.Equal(t, want.Versions, got.Versions)
		require.True(t, slices.Equal(want.Rows, got.Rows))
		clear(buf)
		require.NoError(t, got.Validate(), "the batch does not share memory with buf")
	}
}

func TestUnmarshal_DetectsAnyDamage(t *testing.T) {
	t.Parallel()
	good := batchOf("curl", "", "wget").Marshal()
	random := rand.New(rand.NewPCG(1, 2))
	for range 2_000 {
		bad := slices.Clone(good)
		if random.IntN(2) == 0 {
			bad[random.IntN(len(bad))] ^= byte(1 + random.IntN(255))
		} else {
			bad = bad[:random.IntN(len(bad))]
		}
		_, err := Unmarshal(bad)
		require.ErrorIs(t, err, ErrCorrupted)
	}
}

// Each file of testdata/queue holds a batch in one of the forms that a queue on disk has had,
// as the code that wrote that form left it. A new form gets a file here.
func TestUnmarshal_ReadsEveryFormThereHasBeen(t *testing.T) {
	t.Parallel()
	spans := []string{
		"c8619e3f79b10b66", "2598107a1bc26d4c", "cf8c17db23566b9e", "7280ddba6b18e8d3",
		"0cdbf368c155048d", "3a2a47c6b251a69f", "b3615fddcc39e0e7", "67022acf332a1b05",
	}
	forms := map[string][]uint32{firstMagic: nil, diskMagic: {8: 3, 9: Mark}}
	files, err := filepath.Glob("../../testdata/queue/*.batch")
	require.NoError(t, err)
	for _, file := range files {
		buf, err := os.ReadFile(file)
		require.NoError(t, err)
		versions, ok := forms[string(buf[:len(diskMagic)])]
		require.True(t, ok, file)
		delete(forms, string(buf[:len(diskMagic)]))

		got, err := Unmarshal(buf)
		require.NoError(t, err, file)
		require.Equal(t, versions, got.Versions, file)
		rows, size := Measure(buf)
		require.EqualValues(t, got.Len(), rows, file)
		require.EqualValues(t, len(got.Rows), size, file)
		var found []string
		for i := range got.Len() {
			if got.Version(i) == 0 {
				require.Equal(t, epoch.Truncate(time.Second), got.Time(i, Index(got.Layout, "created_at")).UTC(), file)
				found = append(found, string(got.Value(i, Index(got.Layout, "span_id"))))
			}
		}
		require.ElementsMatch(t, spans, found, file)
	}
	require.Empty(t, forms, "forms without a file")
}

// FuzzUnmarshal adds a valid checksum to the input, so that Unmarshal reads on.
func FuzzUnmarshal(f *testing.F) {
	for _, b := range []Batch{{}, batchOf("curl"), batchOf("", "", "wget")} {
		buf := b.Marshal()
		f.Add(buf[len(diskMagic) : len(buf)-4])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if b, err := Unmarshal(seal(append([]byte(diskMagic), body...))); err == nil {
			require.NoError(t, b.Validate())
		}
	})
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 7} {
		b := batchOf(make([]string, n)...)
		rows, size := Measure(b.Marshal())
		require.EqualValues(t, b.Len(), rows)
		require.EqualValues(t, len(b.Rows), size)
	}
	for _, bad := range [][]byte{nil, []byte("CLR"), []byte("CLR\x01\xff"), []byte("CLR\x01\x00\x05")} {
		rows, size := Measure(bad)
		require.Zero(t, rows+size)
	}
}

func TestSameLayoutOnDisk(t *testing.T) {
	t.Parallel()
	a, b := batchOf("a"), batchOf("b", "c")
	other := Batch{Layout: a.Layout[1:]}
	require.True(t, SameLayoutOnDisk(a.Marshal(), b.Marshal()))
	require.False(t, SameLayoutOnDisk(a.Marshal(), other.Marshal()))
	require.False(t, SameLayoutOnDisk(nil, nil))
}
