package line

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/request"
)

func TestMapper_Layout_IsEveryColumnButUpdatedAt(t *testing.T) {
	t.Parallel()
	require.Len(t, Columns(), 39)
	var want []string
	for _, c := range Columns() {
		if c.Name != "updated_at" {
			want = append(want, c.Name)
		}
	}
	require.Equal(t, want, names(NewMapper(config).Layout()))
}

// names returns the names of the columns.
func names(layout []copyrow.Column) []string {
	all := make([]string, len(layout))
	for i, c := range layout {
		all[i] = c.Name
	}
	return all
}

func TestMapper_Columns_OfTheConfiguration(t *testing.T) {
	t.Parallel()
	cfg := config
	cfg.Columns = map[string]Source{
		"account_id": {From: []string{"app.account", "enduser.id"}},
		"status":     {From: []string{"app.status"}},
	}
	keys := []string{"app.account", "enduser.id", "app.status", "user.id", "enduser.id", "user.email", "enduser.id", "http.route"}
	for name, source := range userColumns(t) {
		cfg.Columns[name] = source
		keys = append(keys, source.From...)
	}
	mapper := NewMapper(cfg)
	require.Len(t, mapper.Columns(), len(columns)+len(userTypes))
	require.ElementsMatch(t, keys, mapper.DescendantKeys())

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

	got := decode(t, encode(mapper, req), 0)
	require.Equal(t, id, got["account_id"])
	require.EqualValues(t, 418, got["status"])
	require.Equal(t, "https://REDACTED@h/", got["own text"])
	require.Equal(t, "ab…", got["own varchar(3)"])
	require.Equal(t, true, got["own boolean"])
	require.EqualValues(t, 8, got["own integer"])
	require.EqualValues(t, int64(1)<<40, got["own bigint"])
	require.InDelta(t, 0.5, got["own double precision"], 0)
	require.Equal(t, id, got["own uuid"])
	require.Nil(t, got["own inet"], "only INTERNAL descendants are read")
	require.Equal(t, attrs{"a": []any{1.0}, "token": "REDACTED"}, got["own jsonb"])
	require.Equal(t, time.Date(2023, 5, 12, 13, 14, 15, 0, time.UTC), got["own timestamptz"])
}

func TestMapper_AttributePrefix_StartsTheAttributes(t *testing.T) {
	t.Parallel()
	other := config
	other.AttributePrefix = "acme.line"
	got := decode(t, encode(NewMapper(other), newRequest(t, attrs{
		"acme.line.http_path": "/a", "canonical.http_path": "/b", "acme.line.statistics.n": 1, "canonical.statistics.m": 1,
	})), 0)
	require.Equal(t, "/a", got["http_path"])
	require.Equal(t, attrs{"n": 1.0}, got["statistics"])
}

func TestMapper_AnIDCanBeText(t *testing.T) {
	t.Parallel()
	cfg := config
	cfg.Columns = map[string]Source{
		"account_id": {Type: copyrow.Type{Kind: copyrow.Text}},
		"account":    {Type: copyrow.Type{Kind: copyrow.Text}, From: []string{"canonical.account_id", "user.id"}},
	}
	m := NewMapper(cfg)
	for id, want := range map[any]string{"acct_1MZ": "acct_1MZ", 1234: "1234", "c667b5d4-064a-1e5f-39f8-736c05428488": "c667b5d4-064a-1e5f-39f8-736c05428488"} {
		for _, key := range []string{"canonical.account_id", "user.id"} {
			got := decode(t, encode(m, newRequest(t, attrs{key: id})), 0)
			require.Equal(t, want, got["account_id"])
			require.Equal(t, want, got["account"])
		}
	}
	for _, c := range m.Columns() {
		if c.Name == "account_id" {
			require.Equal(t, copyrow.Text, c.Type.Kind)
		}
	}
	require.True(t, HoldsID("account_id"))
	for _, name := range []string{"id", "request_id", "status", "account"} {
		require.False(t, HoldsID(name), name)
	}
}
