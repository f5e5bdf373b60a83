package line

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestColumns_XCrunchyHeaders_AreSortedByName(t *testing.T) {
	t.Parallel()
	const name = "http.request.header."
	cases{
		"none":               {attrs{name + "x-other": "a", "x-crunchy-team": "a"}, nil},
		"of any shape":       {attrs{name + "x-crunchy-b": []any{"1", "2"}, name + "x_crunchy_a": "3"}, []string{"x-crunchy-a: 3", "x-crunchy-b: 1, 2"}},
		"by name":            {attrs{name + "x-crunchy-a": "1", name + "x-crunchy-a-b": "2"}, []string{"x-crunchy-a: 1", "x-crunchy-a-b: 2"}},
		"in any case":        {attrs{name + "X-Crunchy-A": "B"}, []string{"x-crunchy-a: B"}},
		"both spellings":     {attrs{name + "x-crunchy-a": []any{"1"}, name + "x_crunchy_a": "1"}, []string{"x-crunchy-a: 1"}},
		"not the response's": {attrs{"http.response.header.x-crunchy-a": "1"}, nil},
		"cut and cleaned":    {attrs{name + "x-crunchy-a": "\x00\xff"}, []string{"x-crunchy-a: ��"}},
		"by the application": {attrs{"canonical.x_crunchy_headers": []any{"b", "a"}}, []string{"b", "a"}},
		"set to one":         {attrs{"canonical.x_crunchy_headers": "a"}, []string{"a"}},
	}.run(t, "x_crunchy_headers")
}

func TestColumns_XCrunchyHeaders_HoldNoCredential(t *testing.T) {
	t.Parallel()
	greedy := config
	greedy.HeaderPrefixes = []string{""}
	batch := encode(NewMapper(greedy), newRequest(t, attrs{
		"http.request.header.authorization":       []any{"Bearer s3cr3t"},
		"http.request.header.proxy_authorization": "Basic s3cr3t",
		"http.request.header.cookie":              "session=s3cr3t",
		"http.request.header.accept":              "*/*",
	}))
	require.Equal(t, []string{"accept: */*"}, decode(t, batch, 0)["x_crunchy_headers"])
}

func TestMapper_HeaderPrefixes_IgnoreCase(t *testing.T) {
	t.Parallel()
	upper := config
	upper.HeaderPrefixes = []string{"X-Team", "X-Crunchy-"}
	batch := encode(NewMapper(upper), newRequest(t, attrs{"http.request.header.x-team-id": "1"}))
	require.Equal(t, []string{"x-team-id: 1"}, decode(t, batch, 0)["x_crunchy_headers"])
}
