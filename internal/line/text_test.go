package line

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestTextsOfALineFitTheirColumns(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("/€", 1000)
	got := readAttributes(t, attrs{
		"url.path": long, "url.query": long + long, "http.route": "\xff\x00", "canonical.sso_provider": long,
		"http.request.header.x-crunchy-a": long,
	})
	require.Equal(t, long[:99*4]+"/…", got["http_path"])
	require.Equal(t, long[:999*4]+"/…", got["query_string"].(string)[:999*4+4])
	require.Equal(t, "\uFFFD\uFFFD", got["http_route"])
	require.Equal(t, long[:99*4]+"/…", got["sso_provider"])
	require.Equal(t, 200, utf8.RuneCountInString(got["x_crunchy_headers"].([]string)[0]))
}

func TestSecretThatIsCutOffIsRedactedFirst(t *testing.T) {
	t.Parallel()
	query := strings.Repeat("a", 1990) + "=&token=s3cr3t"
	got := readAttributes(t, attrs{"url.query": query})["query_string"]
	require.Equal(t, strings.Repeat("a", 1990)+"=&token=R…", got)
}
