package line

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/request"
	"canonicallineexporter/internal/sanitize"
)

func TestColumnsOfTheUsersOwn(t *testing.T) {
	t.Parallel()
	cfg := config
	cfg.Columns = map[string]Source{
		"account_id": {From: []string{"app.account", "enduser.id"}},
		"status":     {From: []string{"app.status"}},
	}
	types := []string{
		"text", "varchar(3)", "boolean", "integer", "bigint", "double precision", "uuid", "inet", "jsonb", "timestamptz",
	}
	for _, name := range types {
		typ, err := copyrow.ParseType(name)
		require.NoError(t, err)
		require.Equal(t, name, typ.String())
		cfg.Columns["own "+name] = Source{Type: typ, From: []string{"app.missing", "app " + name}}
	}
	mapper := NewMapper(cfg)
	require.Len(t, mapper.Columns(), len(columns)+len(types))
	require.ElementsMatch(t, append([]string{
		"app.account", "enduser.id", "app.status", "user.id", "enduser.id", "user.email", "enduser.id",
	}, ownSources(types)...), mapper.DescendantKeys())

	const id = "c667b5d4-064a-1e5f-39f8-736c05428488"
	req := newRequest(t, attrs{
		"app text": "https://u:s3cr3t@h/", "app varchar(3)": "abcd", "app boolean": "true", "app integer": 7, "canonical.own integer": 8,
		"app.status": "418", "http.response.status_code": 200,
	})
	req.Descendants.Attributes = []request.Attribute{
		below(t, "app bigint", int64(1)<<40, true, 1), below(t, "app double precision", 0.5, true, 1),
		below(t, "app uuid", id, true, 1), below(t, "app inet", "192.0.2.1", false, 1),
		below(t, "app.account", id, true, 1),
	}
	req.Resource.Attributes().PutStr("app jsonb", `{"a": [1], "token": "s3cr3t"}`)
	req.Resource.Attributes().PutStr("app timestamptz", "2023-05-12T13:14:15Z")
	row, _ := appendRow(mapper.Encoder(), nil, req)

	got := map[string]any{}
	all := fields(t, row)
	for i, c := range mapper.Layout() {
		got[c.Name] = decodeField(t, pgtype.NewMap(), c, all[i])
	}
	require.Equal(t, id, got["account_id"])
	require.EqualValues(t, 418, got["status"])
	require.Equal(t, "https://REDACTED@h/", got["own text"])
	require.Equal(t, "ab…", got["own varchar(3)"])
	require.Equal(t, true, got["own boolean"])
	require.EqualValues(t, 8, got["own integer"])
	require.EqualValues(t, int64(1)<<40, got["own bigint"])
	require.InDelta(t, 0.5, got["own double precision"], 0)
	require.Equal(t, id, got["own uuid"])
	require.Nil(t, got["own inet"], "of a CLIENT span")
	require.Equal(t, attrs{"a": []string{"1"}, "token": "REDACTED"}, attrs{"a": []string{"1"}, "token": got["own jsonb"].(attrs)["token"]})
	require.Equal(t, time.Date(2023, 5, 12, 13, 14, 15, 0, time.UTC), got["own timestamptz"])
}

func ownSources(types []string) (sources []string) {
	for _, name := range types {
		sources = append(sources, "app.missing", "app "+name)
	}
	return sources
}

func TestRepairsAreCountedByColumn(t *testing.T) {
	t.Parallel()
	encoder := NewMapper(config).Encoder()
	encoder.Append(newRequest(t, attrs{
		"url.path": "/\x00", "user_agent.original": string(make([]byte, 300)), "canonical.statistics.a": "\xff",
	}))
	got := map[string]sanitize.Repairs{}
	encoder.Repairs(func(column string, repairs sanitize.Repairs) { got[column] = repairs })
	require.Equal(t, map[string]sanitize.Repairs{
		"http_path": {Characters: 1}, "user_agent": {Characters: 1, Length: 1}, "statistics": {Characters: 1},
	}, got)
	encoder.Release()
	encoder.Repairs(func(string, sanitize.Repairs) { require.Fail(t, "released") })
}

func TestResolver_PathOriginal_ComparesWithThePathThatTheUserSources(t *testing.T) {
	t.Parallel()
	cfg := config
	cfg.Columns = map[string]Source{"http_path": {From: []string{"app.path"}}}
	row, _ := appendRow(NewMapper(cfg).Encoder(), nil, newRequest(t, attrs{
		"url.path": "/internal/users", "app.path": "/users", "http.request.header.x-original-uri": "/users?page=2",
	}))
	got := decode(t, row)
	require.Equal(t, "/users", got["http_path"])
	require.Nil(t, got["http_path_original"], "what repeats http_path says nothing")
}
