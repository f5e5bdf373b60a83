package sanitize

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestClean_ReplacesWhatPostgresRefuses(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"":                   "",
		"plain ä€😀":          "plain ä€😀",
		"\uFFFD":             "\uFFFD",
		"a\x00b":             "a\uFFFDb",
		"\x00\x00":           "\uFFFD\uFFFD",
		"a\xffb":             "a\uFFFDb",
		"a\xff\xfe\xfdb":     "a\uFFFDb",
		"\xc3":               "\uFFFD",
		"\xed\xa0\x80":       "\uFFFD",
		"\xff\x00":           "\uFFFD\uFFFD",
		"\x01\x1f\x7f\u0085": "\x01\x1f\x7f\u0085",
	} {
		require.Equal(t, want, clean(s), "%q", s)
	}
}

func TestFit_CutsAtACharacterAndAddsAnEllipsis(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		s     string
		width int
		want  string
	}{
		{"", 1, ""},
		{"abc", 0, "abc"},
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"abc", 1, "…"},
		{"äöü", 3, "äöü"},
		{"äöüß", 3, "äö…"},
		{"😀😀😀😀", 3, "😀😀…"},
		{strings.Repeat("€", 200), 200, strings.Repeat("€", 200)},
	} {
		require.Equal(t, tt.want, fit(tt.s, tt.width), "%q to %d", tt.s, tt.width)
	}
}

func FuzzCleanAndFit(f *testing.F) {
	for _, seed := range []string{"", "a", "a\x00", "\xff\xfe", "\xed\xa0\x80", "😀\xf0\x9f", "\uFFFD"} {
		f.Add(seed, 3)
	}
	f.Fuzz(func(t *testing.T, s string, width int) {
		cleaned := clean(s)
		require.True(t, utf8.ValidString(cleaned))
		require.NotContains(t, cleaned, "\x00")
		require.Equal(t, cleaned, clean(cleaned))
		if utf8.ValidString(s) {
			require.Equal(t, strings.ReplaceAll(s, "\x00", "\uFFFD"), cleaned)
		}
		if width <= 0 {
			return
		}
		fitted := fit(cleaned, width)
		require.True(t, utf8.ValidString(fitted))
		require.LessOrEqual(t, utf8.RuneCountInString(fitted), width)
		if fitted != cleaned {
			kept, ok := strings.CutSuffix(fitted, "…")
			require.True(t, ok)
			require.True(t, strings.HasPrefix(cleaned, kept))
			require.Equal(t, width, utf8.RuneCountInString(fitted))
		}
	})
}
