package request

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestLastException_SkipsOtherEvents(t *testing.T) {
	t.Parallel()
	span := ptrace.NewSpan()
	add := func(name, key, kind string) {
		event := span.Events().AppendEmpty()
		event.SetName(name)
		event.Attributes().PutStr(key, kind)
	}
	add("message", "message.type", "Other")
	_, ok := LastException(span)
	require.False(t, ok)

	add("exception", "exception.type", "Handled")
	add("exception", "exception.type", "ValueError")
	add("message", "message.type", "Other")
	exception, ok := LastException(span)
	require.True(t, ok)
	require.Equal(t, Exception{Type: "ValueError"}, exception)
}

func TestLastException_KnowsExceptionsByTheirAttributes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		attributes map[string]any
		want       Exception
		ok         bool
	}{
		{"Exception raised", map[string]any{"exception.type": "ValueError", "exception.message": "bad"}, Exception{"ValueError", "bad"}, true},
		{"log", map[string]any{"exception.message": "bad"}, Exception{"", "bad"}, true},
		{"error", map[string]any{"error.kind": "ValueError", "message": "bad"}, Exception{"ValueError", "bad"}, true},
		{"error", map[string]any{"error.object": "bad", "event": "error"}, Exception{"", "bad"}, true},
		{"log", map[string]any{"event": "error", "message": "bad"}, Exception{"", "bad"}, true},
		{"error", map[string]any{"error": "bad"}, Exception{"", "bad"}, true},
		{"exception", nil, Exception{}, true},
		{"log", map[string]any{"message": "fine"}, Exception{}, false},
		{"message", map[string]any{"message.type": "SENT"}, Exception{}, false},
	} {
		event := ptrace.NewSpanEvent()
		event.SetName(tt.name)
		require.NoError(t, event.Attributes().FromRaw(tt.attributes))
		got, ok := readException(event)
		require.Equal(t, tt.ok, ok, tt)
		require.Equal(t, tt.want, got)
	}
}

func TestExplain_PrefersWhatSaysMore(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		exception Exception
		status    string
		want      Exception
	}{
		{Exception{}, "connection refused", Exception{"", "connection refused"}},
		{Exception{"", "PostgreSQL error"}, "no such table", Exception{"", "no such table"}},
		{Exception{"ValueError", ""}, "bad", Exception{"ValueError", "bad"}},
		{Exception{"ValueError", "bad"}, "Error", Exception{"ValueError", "bad"}},
		{Exception{"SqlException", "Exception of type 'SqlException' was thrown."}, "no such table", Exception{"SqlException", "no such table"}},
		{Exception{"error", "PostgreSQL error of type 'error' occurred (code: 42P01)"}, "no such table", Exception{"error", "no such table"}},
		{Exception{"SqlException", "Exception of type 'SqlException' was thrown."}, "", Exception{"SqlException", "Exception of type 'SqlException' was thrown."}},
		{Exception{"", "bad"}, "", Exception{"", "bad"}},
	} {
		require.Equal(t, Failure{Exception: tt.want, Code: "42P01"}, Explain(tt.exception, tt.status, "42P01"))
	}
}
