package sanitize

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStatement_LosesItsLiterals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ system, text, want string }{
		{"postgresql", "SELECT * FROM t WHERE id = $1", "SELECT * FROM t WHERE id = $1"},
		{"postgresql", "SELECT 'it''s', E'a\\'b', 1, -1.5e-3, .5, 0xFF, t1.c2 FROM t1", "SELECT ?, E?, ?, -?, ?, ?, t1.c2 FROM t1"},
		{"postgresql", "  SELECT\n\t1  ,\r\n 2 ", "SELECT ? , ?"},
		{"postgresql", `SELECT "a""b 1" FROM "T 2"`, `SELECT "a""b 1" FROM "T 2"`},
		{"postgresql", "SELECT $$a 'b' 1$$, $x$y$$z$x$, $1", "SELECT ?, ?, $1"},
		{"postgresql", "SELECT 'cut off", "SELECT ?"},
		{"postgresql", "SELECT $$cut off", "SELECT ?"},
		{"postgresql", "SELECT 1 -- don't\nFROM t /* it's */ WHERE a = 'b'", "SELECT ? FROM t WHERE a = ?"},
		{"postgresql", "SELECT a /*traceparent='00-1'*/", "SELECT a"},
		{"postgresql", `SELECT 'C:\' WHERE a = 's3cr3t'`, "SELECT ? WHERE a = ?"},
		{"postgresql", "SELECT a #> '{b}' FROM t", "SELECT a #> ? FROM t"},
		{"postgresql", "SELECT größe FROM t WHERE b = 'ü'", "SELECT größe FROM t WHERE b = ?"},
		{"mysql", `SELECT "s3cr3t", 'it\'s', ` + "`a 1`" + ` FROM t # don't`, "SELECT ?, ?, `a 1` FROM t"},
		{"sqlite", `SELECT "s3cr3t"`, "SELECT ?"},
		{"", `SELECT "s3cr3t"`, "SELECT ?"},
		{"postgresql", "SELECT * FROM t WHERE a IN (1, 2,3) AND b IN ('x') OR c IN ( 4 , 5 )", "SELECT * FROM t WHERE a IN (?) AND b IN (?) OR c IN (?)"},
		{"postgresql", "SELECT a FROM t WHERE id IN (1, 2, 3, 4", "SELECT a FROM t WHERE id IN (?)"},
		{"postgresql", "SELECT a FROM t WHERE id IN ($1, $2,$3) AND b in ($4)", "SELECT a FROM t WHERE id IN (?) AND b in (?)"},
		{"mysql", "SELECT a FROM t WHERE id IN (?, ?) OR id IN (?)", "SELECT a FROM t WHERE id IN (?) OR id IN (?)"},
		{"", "SELECT a FROM t WHERE id IN (:a0, :a1) AND b NOT IN (@p0,@p1) OR c IN (%s, %s)", "SELECT a FROM t WHERE id IN (?) AND b NOT IN (?) OR c IN (?)"},
		{"", "SELECT a FROM t WHERE id IN ($1, $2, ", "SELECT a FROM t WHERE id IN (?)"},
		{"postgresql", "SELECT a FROM t WHERE (a, b) IN (($1, $2), ($3, $4)) OR (a, b) IN ((1, 2))", "SELECT a FROM t WHERE (a, b) IN (?) OR (a, b) IN (?)"},
		{"postgresql", "SELECT a FROM t WHERE id IN (" + strings.Repeat("$12345, ", 500) + "$2) AND b = 1", "SELECT a FROM t WHERE id IN (?) AND b = ?"},
		{"postgresql", `UPDATE t SET a = "s3cr3t" WHERE "b" IN ("s3cr3t") AND t."c" = u."d"`, `UPDATE t SET a = ? WHERE "b" IN (?) AND t."c" = u."d"`},
		{"oracle", `INSERT INTO t ("a", "b") VALUES (1, "s3cr3t")`, `INSERT INTO t ("a", "b") VALUES (?)`},
		{"couchbase", `SELECT * FROM b WHERE a = "s3cr3t"`, "SELECT * FROM b WHERE a = ?"},
		{"aws.dynamodb", `SELECT * FROM "b" WHERE a = 's3cr3t'`, "SELECT * FROM ? WHERE a = ?"},
		{"postgresql", "SELECT a FROM t WHERE (a, b) IN (($1, $2), ($3", "SELECT a FROM t WHERE (a, b) IN (?)"},
		{"", "SELECT a FROM t WHERE id IN (%(a)s, f($1))", "SELECT a FROM t WHERE id IN (%(a)s, f($1))"},
		{"", "SELECT a FROM t WHERE id IN (?1, ?2)", "SELECT a FROM t WHERE id IN (?)"},
		{"", "SELECT min ($1, $2), begin($1, $2)", "SELECT min ($1, $2), begin($1, $2)"},
		{"", "SELECT a FROM t WHERE id IN (SELECT b FROM u)", "SELECT a FROM t WHERE id IN (SELECT b FROM u)"},
		{"", "SELECT a FROM t WHERE id IN ($1, b)", "SELECT a FROM t WHERE id IN ($1, b)"},
		{"mysql", "SELECT f(1, a), g(1, 2)", "SELECT f(?, a), g(?)"},
	} {
		got, ok := Statement(tt.system, tt.text)
		require.True(t, ok)
		require.Equal(t, tt.want, got, tt.text)
	}
}

func TestStatement_RefusesOtherThanSQL(t *testing.T) {
	t.Parallel()
	for system, text := range map[string]string{
		"redis": "SET user:1 s3cr3t", "mongodb": `{"find": "s3cr3t"}`, "": `SELECT 'a\' OR b = 's3cr3t'`,
		"mysql": `SELECT a FROM t WHERE b LIKE 'C:\' AND c = 's3cr3t'`, "neo4j": `MATCH (n {token: "s3cr3t"}) RETURN n`,
		"influxdb": `from(bucket: "s3cr3t")`, "elasticsearch": `{"query": {"match": {"token": "s3cr3t"}}}`,
	} {
		_, ok := Statement(system, text)
		require.False(t, ok, text)
	}
}

func TestStatement_OfASystemOfAnyName(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"select a from t", " (SELECT 1)", "/* a */ -- b\n WITH x AS (SELECT 1) SELECT 2", "INSERT INTO t VALUES (1)", "update t set a = 1",
		"DELETE FROM t", "BEGIN", "begin;", "SET LOCAL a = 1",
	} {
		_, ok := Statement("made-up", text)
		require.True(t, ok, text)
	}
	for _, text := range []string{"SET user:1 s3cr3t", "get user:1", `{"select": 1}`, "selection s3cr3t", "delete user:1", "update s3cr3t", ""} {
		_, ok := Statement("made-up", text)
		require.False(t, ok, text)
	}
	for _, system := range []string{"ioredis", "MongoDB", "geode"} {
		_, ok := Statement(system, "SELECT 1")
		require.False(t, ok, system)
	}
}

func TestCommand_IsTheFirstWord(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"SET user:1 s3cr3t": "SET", " get\n": "get", "user:1": "", "": "", strings.Repeat("a", 33): "",
	} {
		require.Equal(t, want, Command(text), text)
	}
}

func TestStatement_ReadsAtMostMaxStatement(t *testing.T) {
	t.Parallel()
	normal, _ := Statement("", "SELECT '"+strings.Repeat("ü", MaxStatement)+"s3cr3t")
	require.Equal(t, "SELECT ?", normal)
	normal, _ = Statement("", "SELECT "+strings.Repeat("ü", MaxStatement))
	require.LessOrEqual(t, len(normal), MaxStatement)
}

// FuzzStatement looks for a literal that remains, in every dialect.
func FuzzStatement(f *testing.F) {
	f.Add("a, ", " FROM t", "secret")
	f.Add("$$a$$, ", "", "it''s")
	f.Add("a /* b */, ", "/* c */", "d")
	f.Add("x IN (", ", 1)", "Q")
	f.Fuzz(func(t *testing.T, before, after, literal string) {
		const secret = "QZXSECRETQZX"
		// An open quote, bracket or comment in front would swallow the literal's opening quote.
		if strings.ContainsAny(before+after+literal, "'\"`$\\-/*#[{\n") || strings.Contains(before+after, secret) || len(before+literal) > 1000 {
			return
		}
		for system := range dialects {
			text := "SELECT " + before + " '" + literal + secret + "' " + after
			normal, ok := Statement(system, text)
			require.NotContains(t, normal, secret, "%s: %s", system, text)
			if ok {
				again, _ := Statement(system, normal)
				require.Equal(t, normal, again, "%s: %s", system, text)
			}
		}
	})
}

// FuzzStatement_AnyText looks for text that is not SQL, and for what breaks the reader.
func FuzzStatement_AnyText(f *testing.F) {
	for _, seed := range []string{
		"SELECT [it's] FROM t", "SELECT q'[a]'", "SELECT '''a'''", "{\"a\":1}", "SELECT /* /* */", "COPY t FROM STDIN\n1", "INSERT INTO t FORMAT CSV",
		"SELECT f47ac10b-58cc-4372-a567-0e02b2c3d479", "IDENTIFIED BY a", "SELECT q'", "SELECT nq'a", "(((", "SELECT `", "SELECT \"", "SELECT [",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for system := range dialects {
			normal, ok := Statement(system, text)
			require.LessOrEqual(t, len(normal), MaxStatement)
			if !ok {
				require.Empty(t, normal)
				continue
			}
			_, ok = Statement(system, `{"a":1} `+text)
			require.False(t, ok)
		}
	})
}
