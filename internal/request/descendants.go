package request

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Descendants summarises the spans below a SERVER span, down to the next SERVER spans.
type Descendants struct {
	// Cost adds up their counts and durations.
	Cost Cost
	// Attributes holds the attributes that columns and statistics read. Those of the
	// descendant that ended last come first.
	Attributes []Attribute
	// Failures holds the failures along the failing path, the one nearest to the SERVER span
	// first. The path goes from each span to its failing child that ended last.
	Failures []Failure
	// Recorded is the last exception that a log record says the SERVER span had.
	Recorded Recorded
}

// Recorded is an exception in a log record.
type Recorded struct {
	Exception
	// Count is how many there are.
	Count int
	// Handled says that it may be why the request failed, but not that the request did.
	Handled bool
}

// Attribute is an attribute of a descendant.
type Attribute struct {
	Key   string
	Value pcommon.Value
	// Internal says that the descendant is an INTERNAL span. Spans of other kinds describe
	// the other side of a call: otelpgx sets user.name to the database role.
	Internal bool
	// Server says that it is the SERVER span of another instrumentation of the same request.
	Server bool
	// Ended is when the descendant ended.
	Ended pcommon.Timestamp
}

// Cost counts the work of a request's descendants.
type Cost struct {
	// Spans counts the descendants, SpanErrors the ones with the status Error.
	Spans, SpanErrors int
	// Exceptions counts what the descendants recorded as events, or in log records where a span
	// has no event. LogRecords counts log records with values of the application.
	Exceptions, LogRecords int
	// Queries counts calls to databases, Acquires waits for a connection to a database,
	// HTTP, RPC and Other outgoing requests. If calls nest, only the outermost counts. The
	// duration of Queries includes what else a client does at a database, such as reading rows.
	Queries, Acquires, HTTP, RPC, Other Calls
	// Messages counts the messages sent, in calls that took MessagingDuration.
	Messages          int
	MessagingDuration time.Duration
	// MaxRepeatQuery is the statement that ran most often, MaxRepeat how often it ran.
	MaxRepeat      int
	MaxRepeatQuery string
	// Self is the time during which no CLIENT or PRODUCER descendant ran.
	Self time.Duration
	// Incomplete says that descendants were evicted before the request ended.
	Incomplete bool
}

// Calls counts calls of one kind.
type Calls struct {
	Count, Errors int
	// Duration is the sum of their durations, including calls in parallel.
	Duration time.Duration
}

// Add counts a call of this duration.
func (c *Calls) Add(duration time.Duration, failed bool) {
	c.Count++
	c.Duration += duration
	if failed {
		c.Errors++
	}
}
