package line

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/request"
)

// failure returns what a line says about a failure: the code, the internal code, the
// message and the cause.
func failure(row map[string]any) [4]any {
	return [4]any{row["api_error_code"], row["api_error_internal_code"], row["api_error_message"], row["api_error_cause"]}
}

func TestColumns_Failure_IsExplained(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		attributes  attrs
		code        ptrace.StatusCode
		description string
		exceptions  [][2]string
		want        [4]any
	}{
		"nothing known": {
			attributes: attrs{"http.response.status_code": 500},
		},
		"error.type alone": {
			attributes: attrs{"http.response.status_code": 404, "error.type": "404"},
			want:       [4]any{"404", nil, nil, nil},
		},
		"an exception": {
			attributes: attrs{"http.response.status_code": 500},
			exceptions: [][2]string{{"ValueError", "bad"}},
			want:       [4]any{"ValueError", "ValueError", "bad", "ValueError: bad"},
		},
		"error.type and the span's message come first": {
			attributes: attrs{"http.response.status_code": 500, "error.type": "conflict"}, code: ptrace.StatusCodeError,
			description: "it broke", exceptions: [][2]string{{"ValueError", "bad"}},
			want: [4]any{"conflict", "ValueError", "it broke", "ValueError: bad"},
		},
		"the last exception decides": {
			attributes: attrs{"http.response.status_code": 500},
			exceptions: [][2]string{{"Handled", "earlier"}, {"ValueError", "bad"}},
			want:       [4]any{"ValueError", "ValueError", "bad", "ValueError: bad"},
		},
		"the same exception twice": {
			attributes: attrs{"http.response.status_code": 500},
			exceptions: [][2]string{{"ValueError", "bad"}, {"ValueError", "bad"}},
			want:       [4]any{"ValueError", "ValueError", "bad", "ValueError: bad"},
		},
		"error.type that repeats the status": {
			attributes: attrs{"http.response.status_code": 500, "error.type": "500"},
			exceptions: [][2]string{{"ValueError", "bad"}},
			want:       [4]any{"ValueError", "ValueError", "bad", "ValueError: bad"},
		},
		"an exception in attributes": {
			attributes: attrs{"http.response.status_code": 500, "exception.type": "ValueError", "exception.message": "bad"},
			want:       [4]any{"ValueError", "ValueError", "bad", "ValueError: bad"},
		},
		"gin's list": {
			attributes:  attrs{"http.response.status_code": 400},
			description: "Error #01: no such item\nError #02: gave up\n",
			want:        [4]any{nil, nil, "no such item; gave up", nil},
		},
		"gin's older list": {
			attributes: attrs{"http.response.status_code": 400, "gin.errors": "Error #01: no such item\n"},
			want:       [4]any{nil, nil, "no such item", nil},
		},
		"GraphQL's": {
			attributes: attrs{"http.response.status_code": 200}, code: ptrace.StatusCodeError,
			want: [4]any{"_OTHER", nil, nil, nil},
		},
		"an exception without a message": {
			attributes: attrs{"http.response.status_code": 500}, exceptions: [][2]string{{"ValueError", ""}},
			want: [4]any{"ValueError", "ValueError", nil, "ValueError"},
		},
		"an exception without a type": {
			attributes: attrs{"http.response.status_code": 500}, exceptions: [][2]string{{"", "bad"}},
			want: [4]any{nil, nil, "bad", "bad"},
		},
		"a panic without a status": {
			exceptions: [][2]string{{"*errors.errorString", "boom"}},
			want:       [4]any{"*errors.errorString", "*errors.errorString", "boom", "*errors.errorString: boom"},
		},
		"no status at all": {
			attributes: attrs{"error.type": "timeout"},
			want:       [4]any{"timeout", nil, nil, nil},
		},
		"an error beside a 200": {
			attributes: attrs{"http.response.status_code": 200, "error.type": "timeout"}, code: ptrace.StatusCodeError,
			exceptions: [][2]string{{"Timeout", "late"}},
			want:       [4]any{"timeout", "Timeout", "late", "Timeout: late"},
		},
		"a handled exception beside a 200": {
			attributes: attrs{"http.response.status_code": 200, "error.type": "timeout"},
			exceptions: [][2]string{{"Timeout", "late"}},
		},
		"a handled exception beside a 302 of the older kind": {
			attributes: attrs{"http.status_code": "302"}, exceptions: [][2]string{{"Timeout", "late"}},
		},
		"a status by the application": {
			attributes: attrs{"http.response.status_code": 200, "canonical.status": 409, "error.type": "conflict"},
			want:       [4]any{"conflict", nil, nil, nil},
		},
		"all by the application": {
			attributes: attrs{
				"http.response.status_code": 200, "canonical.api_error_code": "a", "canonical.api_error_internal_code": "b",
				"canonical.api_error_message": "c", "canonical.api_error_cause": "d",
			},
			exceptions: [][2]string{{"Timeout", "late"}},
			want:       [4]any{"a", "b", "c", "d"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := newRequest(t, tt.attributes)
			req.Span.Status().SetCode(tt.code)
			req.Span.Status().SetMessage(tt.description)
			for _, e := range tt.exceptions {
				addException(req.Span, e[0], e[1])
			}
			require.Equal(t, tt.want, failure(read(t, req)))
		})
	}
}

func TestColumns_APIErrorCause_IsTheDeepestException(t *testing.T) {
	t.Parallel()
	req := newRequest(t, attrs{"http.response.status_code": 500})
	req.Descendants.Failures = []request.Failure{
		{Exception: request.Exception{Type: "TypeError", Message: "kaboom"}}, {Exception: request.Exception{Message: "no such table"}},
	}
	got := read(t, req)
	require.Equal(t, "TypeError", got["api_error_code"])
	require.Equal(t, "TypeError", got["api_error_internal_code"])
	require.Equal(t, "kaboom", got["api_error_message"])
	require.Equal(t, "no such table", got["api_error_cause"])

	handled := newRequest(t, attrs{"http.response.status_code": 200})
	handled.Descendants = req.Descendants
	require.Nil(t, read(t, handled)["api_error_cause"])
}

func TestColumns_Failure_IsExplainedByTheFailingPath(t *testing.T) {
	t.Parallel()
	explain := func(own attrs, failures ...request.Failure) [4]any {
		req := newRequest(t, own)
		req.Descendants.Failures = failures
		return failure(read(t, req))
	}
	of := func(kind, message, code string) request.Failure {
		return request.Failure{Exception: request.Exception{Type: kind, Message: message}, Code: code}
	}
	bad := attrs{"http.response.status_code": 502}
	require.Equal(t, [4]any{"*net.OpError", nil, "refused", "*net.OpError: refused"}, explain(bad, of("", "refused", "*net.OpError")))
	require.Equal(t, [4]any{"UNAVAILABLE", nil, nil, "UNAVAILABLE"}, explain(bad, of("", "", "UNAVAILABLE")))
	require.Equal(t, [4]any{"42P01", nil, nil, "42P01"},
		explain(attrs{"http.response.status_code": 502, "error.type": "502"}, of("", "", "42P01")), "it tells more than the status")
	require.Equal(t, [4]any{"TypeError", "TypeError", "kaboom", "42P01: no such table"},
		explain(bad, of("TypeError", "kaboom", ""), of("", "no such table", "42P01")))
	require.Equal(t, [4]any{"TypeError", "TypeError", "kaboom", "TypeError: kaboom"},
		explain(bad, of("TypeError", "kaboom", ""), of("", "", "500")), "the deeper one says less")
	require.Equal(t, [4]any{"42P01", "42P01", "no such table", "42P01: no such table"},
		explain(bad, of("42P01", "no such table", ""), of("", "no such table", "")), "the deeper one repeats it")
	require.Equal(t, [4]any{"503", nil, nil, "503"}, explain(bad, of("", "", "503")))
	require.Equal(t, [4]any{nil, nil, nil, nil}, explain(bad, of("", "", "502")), "it only repeats the status")
	for _, message := range []string{"HTTP 502", "502", "Bad Gateway", "502 Bad Gateway"} {
		own := attrs{"http.response.status_code": 502, "error.message": message}
		require.Equal(t, [4]any{nil, nil, message, nil}, explain(own), "nothing says more")
		require.Equal(t, [4]any{nil, nil, "refused", "refused"}, explain(own, of("", "refused", "")), message)
	}
	told := of("GraphQLError", "no such user", "")
	told.Answered = true
	require.Equal(t, [4]any{"GraphQLError", "GraphQLError", "no such user", "GraphQLError: no such user"}, explain(attrs{"http.response.status_code": 200}, told))
	require.Equal(t, [4]any{"_OTHER", nil, "no", "no"}, explain(attrs{"http.response.status_code": 200}, request.Failure{Exception: request.Exception{Message: "no"}, Answered: true}))
	require.Equal(t, [4]any{nil, nil, nil, nil}, explain(attrs{"http.response.status_code": 200}, of("", "refused", "*net.OpError")))
	require.Equal(t, [4]any{nil, nil, "login failed for https://REDACTED@db.test", "login failed for https://REDACTED@db.test"},
		explain(bad, of("", "login failed for https://u:p@db.test", "")), "it is redacted")
}
