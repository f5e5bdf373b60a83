package request

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestLastException_SkipsOtherEvents(t *testing.T) {
	t.Parallel()
	span := ptrace.NewSpan()
	add := func(name, kind string) {
		event := span.Events().AppendEmpty()
		event.SetName(name)
		event.Attributes().PutStr("exception.type", kind)
	}
	add("message", "Other")
	_, ok := LastException(span)
	require.False(t, ok)

	add("exception", "Handled")
	add("exception", "ValueError")
	add("message", "Other")
	exception, ok := LastException(span)
	require.True(t, ok)
	require.Equal(t, Exception{Type: "ValueError"}, exception)
}
