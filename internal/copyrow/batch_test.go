package copyrow

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// layout is the layout of the batches in these tests.
var layout = []Column{
	{"created_at", Type{Kind: Timestamp}}, {"id", Type{Kind: UUID}}, {"user_agent", Type{Kind: Text, Width: 200}},
}

var epoch = time.Date(2023, 5, 12, 13, 14, 15, 123_456_000, time.UTC)

// batchOf returns a batch with a row for each user agent.
func batchOf(agents ...string) Batch {
	b := Batch{Layout: layout}
	for i, agent := range agents {
		b.Rows = AppendRowStart(b.Rows, len(layout))
		for _, v := range []Value{
			TimestampValue(epoch.Add(time.Duration(i) * time.Second)), UUIDValue([16]byte{15: byte(i)}), TextValue(agent),
		} {
			b.Rows = AppendField(b.Rows, &v)
		}
		b.Ends = append(b.Ends, len(b.Rows))
	}
	return b
}

func TestBatch_Append_RestoresSlices(t *testing.T) {
	t.Parallel()
	whole := batchOf("", "a long one", "curl")
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

func TestBatch_Pick_ReturnsRowsInTheirOrder(t *testing.T) {
	t.Parallel()
	whole := batchOf("", "a long one", "curl")
	require.Nil(t, whole.Pick([]int{1}).Versions)
	whole.Versions = []uint32{0, 7, Mark}
	picked := whole.Pick([]int{2, 0})
	require.NoError(t, picked.Validate())
	require.Equal(t, []uint32{Mark, 0}, picked.Versions)
	require.Equal(t, "curl", string(picked.Value(0, 2)))
	require.Equal(t, whole.Slice(0, 1).Rows, picked.Slice(1, 2).Rows)
	require.Zero(t, whole.Pick(nil).Len())
}

func TestBatch_Versions_StayWithTheirRows(t *testing.T) {
	t.Parallel()
	whole := batchOf("a", "b", "c", "d")
	whole.Versions = []uint32{0, 4, Mark, 0}
	agents := func(b Batch) (agents []string) {
		for i := range b.Len() {
			agents = append(agents, fmt.Sprint(string(b.Value(i, Index(b.Layout, "user_agent"))), b.Version(i)))
		}
		return agents
	}
	require.Equal(t, []string{"b4", "c4294967295"}, agents(whole.Slice(1, 3)))

	joined := Batch{Layout: layout}
	joined.Append(batchOf("first"))
	require.Nil(t, joined.Versions, "all are the first")
	joined.Append(whole.Slice(1, 2))
	joined.Append(batchOf("last"))
	require.NoError(t, joined.Validate())
	require.Equal(t, []string{"first0", "b4", "last0"}, agents(joined))

	// Neither shares the versions of the whole.
	part := whole.Slice(0, 1)
	part.Append(joined.Slice(2, 3))
	require.Equal(t, []string{"a0", "last0"}, agents(part))
	require.Equal(t, []uint32{0, 4, Mark, 0}, whole.Versions)

	projected := whole.Project(func(c Column) bool { return c.Name == "user_agent" })
	require.NoError(t, projected.Validate())
	require.Equal(t, agents(whole), agents(projected))
}

func TestBatch_Append_DoesNotOverwriteTheNeighbourOfASlice(t *testing.T) {
	t.Parallel()
	whole := batchOf("", "")
	want := slices.Clone(whole.Rows)
	first, other := whole.Slice(0, 1), batchOf("other")
	first.Append(other)
	require.Equal(t, want, whole.Rows)
}

func TestBatch_Project_KeepsValuesInOrder(t *testing.T) {
	t.Parallel()
	whole := batchOf("curl", "")
	keep := []string{"created_at", "user_agent"}
	got := whole.Project(func(c Column) bool { return slices.Contains(keep, c.Name) })
	require.NoError(t, got.Validate())
	require.Len(t, got.Layout, 2)
	require.Equal(t, "curl", string(got.Value(0, 1)))
	require.Nil(t, got.Value(1, 1))
	require.Equal(t, whole.Time(1, 0), got.Time(1, 0))
	require.Equal(t, epoch, got.Time(0, 0).UTC())
}

func TestBatch_Validate_RefusesMalformedRows(t *testing.T) {
	t.Parallel()
	good := batchOf("", "")
	for name, spoil := range map[string]func(*Batch){
		"cut":           func(b *Batch) { b.Rows = b.Rows[:len(b.Rows)-1] },
		"longer":        func(b *Batch) { b.Rows = append(slices.Clone(b.Rows), 0) },
		"other columns": func(b *Batch) { b.Layout = b.Layout[1:] },
		"field length":  func(b *Batch) { b.Rows[2] = 0x7f },
		"negative":      func(b *Batch) { b.Rows[2] = 0x80 },
		"ends":          func(b *Batch) { b.Ends[0]++ },
		"versions":      func(b *Batch) { b.Versions = []uint32{1} },
		"backwards":     func(b *Batch) { b.Ends[0], b.Ends[1] = b.Ends[1], b.Ends[0] },
	} {
		bad := Batch{Layout: good.Layout, Rows: slices.Clone(good.Rows), Ends: slices.Clone(good.Ends)}
		spoil(&bad)
		require.Error(t, bad.Validate(), name)
	}
}
