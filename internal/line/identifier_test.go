package line

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func TestParseIDReadsThreeSpellings(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"01563e3a-b5d3-d676-4c61-efb99302bd5b":   "01563e3a-b5d3-d676-4c61-efb99302bd5b",
		"01563E3A-B5D3-D676-4C61-EFB99302BD5B":   "01563e3a-b5d3-d676-4c61-efb99302bd5b",
		" 01563e3a-b5d3-d676-4c61-efb99302bd5b ": "01563e3a-b5d3-d676-4c61-efb99302bd5b", //nolint:gocritic // the spaces are what is tested
		"01563e3ab5d3d6764c61efb99302bd5b":       "01563e3a-b5d3-d676-4c61-efb99302bd5b",
		"01563E3AB5D3D6764C61EFB99302BD5B":       "01563e3a-b5d3-d676-4c61-efb99302bd5b",
		"01ARZ3NDEKTSV4RRFFQ69G5FAV":             "01563e3a-b5d3-d676-4c61-efb99302bd5b",
		"01arz3ndektsv4rrffq69g5fav":             "01563e3a-b5d3-d676-4c61-efb99302bd5b",
		`"01563e3a-b5d3-d676-4c61-efb99302bd5b"`: "01563e3a-b5d3-d676-4c61-efb99302bd5b",
		`"01ARZ3NDEKTSV4RRFFQ69G5FAV"`:           "01563e3a-b5d3-d676-4c61-efb99302bd5b",
		"00000000-0000-0000-0000-000000000000":   "00000000-0000-0000-0000-000000000000",
		"7ZZZZZZZZZZZZZZZZZZZZZZZZZ":             "ffffffff-ffff-ffff-ffff-ffffffffffff",
	} {
		id, ok := parseID(s)
		require.True(t, ok, s)
		require.Equal(t, want, uuid.UUID(id).String(), s)
	}
}

func TestParseIDRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "42", "acme", "01563e3a-b5d3-d676-4c61-efb99302bd5", "01563e3a-b5d3-d676-4c61-efb99302bd5bb",
		"01563e3a-b5d3-d676-4c61-efb99302bd5g", "01563e3ab5d3d6764c61efb99302bd5g", "01563e3ab5d3d6764c61efb99302bd5",
		"01563e3a-b5d3-d676-4c61-efb99302bd5b, 01563e3a-b5d3-d676-4c61-efb99302bd5b",
		"x01563e3a-b5d3-d676-4c61-efb99302bd5bx",
		"81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAU", "0\u0131ARZ3NDEKTSV4RRFFQ69G5FA", "\x00\xff",
	} {
		_, ok := parseID(s)
		require.False(t, ok, s)
	}
}
