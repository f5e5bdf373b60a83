package copyrow

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUnmarshal_ReturnsTheMarshaledBatch(t *testing.T) {
	t.Parallel()
	for _, want := range []Batch{batchOf("curl"), batchOf(make([]string, 1000)...), {}} {
		buf := want.Marshal()
		got, err := Unmarshal(buf)
		require.NoError(t, err)
		require.True(t, SameLayout(want, got))
		require.Equal(t, want.Ends, got.Ends)
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
