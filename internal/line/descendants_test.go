package line

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/internal/request"
)

// below is an attribute of a descendant that ended so long before the request.
func below(t *testing.T, key string, value any, internal bool, before time.Duration) request.Attribute {
	t.Helper()
	v := pcommon.NewValueEmpty()
	require.NoError(t, v.FromRaw(value))
	return request.Attribute{Key: key, Value: v, Internal: internal, Ended: pcommon.NewTimestampFromTime(arrival.Add(-before))}
}

func TestDescendantsSpeakForTheRequest(t *testing.T) {
	t.Parallel()
	req := newRequest(t, attrs{"canonical.sso_provider": "server"})
	req.Descendants.Attributes = []request.Attribute{
		below(t, "canonical.auth_internal_name", "last", false, 1),
		below(t, "canonical.sso_provider", "descendant", true, 2),
		below(t, "user.id", "7b0b3b3e-0000-4000-8000-000000000001", false, 3),
		below(t, "user.email", "role@example.com", false, 3),
		below(t, "user.email", "alice@example.com", true, 4),
		below(t, "canonical.auth_internal_name", "first", true, 5),
	}
	got := read(t, req)
	require.Equal(t, "last", got["auth_internal_name"])
	require.Equal(t, "server", got["sso_provider"])
	require.Equal(t, "alice@example.com", got["account_email"])
	require.Nil(t, got["account_id"], "of a CLIENT span")
}

func TestTheCauseIsTheDeepestException(t *testing.T) {
	t.Parallel()
	req := newRequest(t, attrs{"http.response.status_code": 500})
	req.Descendants.Exceptions = []request.Exception{{Type: "TypeError", Message: "kaboom"}, {Type: "", Message: "no such table"}}
	got := read(t, req)
	require.Equal(t, "TypeError", got["api_error_code"])
	require.Equal(t, "TypeError", got["api_error_internal_code"])
	require.Equal(t, "kaboom", got["api_error_message"])
	require.Equal(t, "no such table", got["api_error_cause"])

	handled := newRequest(t, attrs{"http.response.status_code": 200})
	handled.Descendants = req.Descendants
	require.Nil(t, read(t, handled)["api_error_cause"])
}

func TestStatisticsLeaveOutWhatIsZero(t *testing.T) {
	t.Parallel()
	req := newRequest(t, nil)
	req.Descendants.Cost = request.Cost{
		Spans: 5, SpanErrors: 1,
		Queries:  request.Calls{Count: 3, Errors: 1, Duration: 1500 * time.Microsecond},
		Acquires: request.Calls{Count: 1, Duration: 10},
		HTTP:     request.Calls{Count: 1, Duration: time.Second},
		Messages: 7, MessagingDuration: time.Millisecond,
		MaxRepeat: 2, MaxRepeatQuery: "SELECT ?\x00",
		Self: 250 * time.Millisecond, Incomplete: true,
	}
	require.Equal(t, attrs{
		"spans": 5.0, "span_errors": 1.0, "db_num_queries": 3.0, "db_num_errors": 1.0, "db_duration": 0.0015,
		"db_num_acquires": 1.0, "db_acquire_duration": 1e-8, "http_num_requests": 1.0, "http_duration": 1.0,
		"messaging_num_messages": 7.0, "messaging_duration": 0.001,
		"db_max_repeat": 2.0, "db_max_repeat_query": "SELECT ?\uFFFD", "self_duration": 0.25, "incomplete": true,
	}, read(t, req)["statistics"])
}

func TestNumbersOfTheApplicationAddUp(t *testing.T) {
	t.Parallel()
	req := newRequest(t, attrs{
		"canonical.statistics.rows": 1, "canonical.statistics.seconds": 0.5, "canonical.statistics.shard": "server",
		"canonical.statistics.huge": int64(math.MaxInt64), "canonical.statistics.spans": 99, "canonical.statistics.db_num_queries": 99,
	})
	req.Descendants.Cost = request.Cost{Spans: 3, Queries: request.Calls{Count: 2}}
	req.Descendants.Attributes = []request.Attribute{
		below(t, "canonical.statistics.phase", "after", true, -time.Second),
		below(t, "canonical.statistics.shard", "before", true, time.Second),
		below(t, "canonical.statistics.rows", 2, false, time.Second),
		below(t, "canonical.statistics.seconds", 1, false, time.Second),
		below(t, "canonical.statistics.huge", 1, false, time.Second),
		below(t, "canonical.statistics.phase", "before", true, 2*time.Second),
	}
	require.Equal(t, attrs{
		"rows": 3.0, "seconds": 1.5, "shard": "server", "phase": "after", "huge": math.Pow(2, 63), "spans": 3.0, "db_num_queries": 2.0,
	}, read(t, req)["statistics"])
}
