package store

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/schema"
)

func TestSlicesOfABatchAppendToTheSameBatch(t *testing.T) {
	t.Parallel()
	whole := batchOf(t, span{id: 1}, span{id: 2, with: map[string]any{"http.route": "/long/route"}}, span{id: 3})
	for middle := range 4 {
		joined := Batch{Layout: whole.Layout}
		for _, part := range []Batch{whole.Slice(0, middle), whole.Slice(middle, 3)} {
			require.NoError(t, part.Validate())
			joined.Append(part)
		}
		require.Equal(t, whole.Rows, joined.Rows)
		require.Equal(t, whole.Ends, joined.Ends)
	}
}

func TestAppendingToASliceLeavesItsNeighbourAlone(t *testing.T) {
	t.Parallel()
	whole := batchOf(t, span{id: 1}, span{id: 2})
	want := slices.Clone(whole.Rows)
	first, other := whole.Slice(0, 1), batchOf(t, span{id: 9})
	first.Append(other)
	require.Equal(t, want, whole.Rows)
}

func TestProjectionKeepsTheColumnsOfATable(t *testing.T) {
	t.Parallel()
	whole := batchOf(t, span{id: 1, with: map[string]any{"user_agent.original": "curl"}}, span{id: 2})
	keep := []string{"created_at", "user_agent"}
	got := whole.Project(func(c schema.Column) bool { return slices.Contains(keep, c.Name) })
	require.NoError(t, got.Validate())
	require.Len(t, got.Layout, 2)
	require.Equal(t, "curl", string(got.Value(0, 1)))
	require.Nil(t, got.Value(1, 1))
	require.Equal(t, whole.createdAt(1), got.createdAt(1))
	require.Equal(t, epoch.UTC(), got.createdAt(0).UTC())
}

func TestMalformedRowsAreFound(t *testing.T) {
	t.Parallel()
	good := batchOf(t, span{id: 1}, span{id: 2})
	for name, spoil := range map[string]func(*Batch){
		"cut":           func(b *Batch) { b.Rows = b.Rows[:len(b.Rows)-1] },
		"longer":        func(b *Batch) { b.Rows = append(slices.Clone(b.Rows), 0) },
		"other columns": func(b *Batch) { b.Layout = b.Layout[1:] },
		"field length":  func(b *Batch) { b.Rows[2] = 0x7f },
		"negative":      func(b *Batch) { b.Rows[2] = 0x80 },
		"ends":          func(b *Batch) { b.Ends[0]++ },
		"backwards":     func(b *Batch) { b.Ends[0], b.Ends[1] = b.Ends[1], b.Ends[0] },
	} {
		bad := Batch{Layout: good.Layout, Rows: slices.Clone(good.Rows), Ends: slices.Clone(good.Ends)}
		spoil(&bad)
		require.Error(t, bad.Validate(), name)
	}
}
