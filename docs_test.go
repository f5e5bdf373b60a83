package canonicallineexporter

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	fenced     = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	link       = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading    = regexp.MustCompile(`(?m)^#+ +(.+?) *$`)
	linkText   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	unanchored = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	inline     = regexp.MustCompile("`(make [^`]+)`")
	target     = regexp.MustCompile(`(?m)^make ([a-z][a-z-]*)`)
	targets    = regexp.MustCompile(`(?m)^\.PHONY: (.+)$`)
)

// documents are the Markdown files of the project and their texts.
func documents(t *testing.T) map[string]string {
	documents := map[string]string{}
	require.NoError(t, filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == "build" || strings.HasPrefix(name, ".") && name != "." && name != ".github") {
			return fs.SkipDir
		}
		if filepath.Ext(file) == ".md" {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			documents[file] = string(text)
		}
		return nil
	}))
	require.Contains(t, documents, "README.md")
	return documents
}

// anchors are the headings of a text as GitHub links to them.
func anchors(text string) map[string]bool {
	anchors := map[string]bool{}
	for _, h := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		title := linkText.ReplaceAllString(h[1], "$1")
		title = unanchored.ReplaceAllString(strings.ToLower(title), "")
		anchors[strings.ReplaceAll(title, " ", "-")] = true
	}
	return anchors
}

func TestDocumentation_LinksResolve(t *testing.T) {
	t.Parallel()
	documents := documents(t)
	for file, text := range documents {
		for _, l := range link.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			if strings.Contains(l[1], "://") || strings.HasPrefix(l[1], "mailto:") {
				continue
			}
			path, anchor, _ := strings.Cut(l[1], "#")
			linked := file
			if path != "" {
				linked = filepath.Join(filepath.Dir(file), path)
				_, err := os.Stat(linked)
				require.NoError(t, err, "%s: %s", file, l[1])
			}
			if anchor != "" {
				require.True(t, anchors(documents[linked])[anchor], "%s: no heading for %s", file, l[1])
			}
		}
	}
}

func TestDocumentation_MakeTargetsExist(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile("Makefile")
	require.NoError(t, err)
	known := map[string]bool{}
	for _, phony := range targets.FindAllStringSubmatch(string(makefile), -1) {
		for name := range strings.FieldsSeq(phony[1]) {
			known[name] = true
		}
	}
	for file, text := range documents(t) {
		commands := fenced.FindAllString(text, -1)
		for _, code := range inline.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			commands = append(commands, strings.Join(strings.Fields(code[1]), " "))
		}
		for _, command := range target.FindAllStringSubmatch(strings.Join(commands, "\n"), -1) {
			require.True(t, known[command[1]], "%s: make %s", file, command[1])
		}
	}
}

func TestOperations_ListsEveryMetric(t *testing.T) {
	t.Parallel()
	documents := documents(t)
	metrics := regexp.MustCompile(`(?m)^### (otelcol_\w+)$`).FindAllStringSubmatch(documents["documentation.md"], -1)
	require.NotEmpty(t, metrics)
	for _, metric := range metrics {
		require.Contains(t, documents["docs/operations.md"], "**`"+metric[1]+"`**")
	}
}

func TestDocumentation_NamesExistingTests(t *testing.T) {
	t.Parallel()
	var sources strings.Builder
	require.NoError(t, filepath.WalkDir(".", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		source, err := os.ReadFile(file)
		sources.Write(source)
		return err
	}))
	for _, document := range []string{"docs/guarantees.md", "docs/postgres.md"} {
		named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(documents(t)[document], -1)
		require.Greater(t, len(named), 20)
		for _, name := range named {
			require.Contains(t, sources.String(), "\nfunc "+name[1]+"(")
		}
	}
}
