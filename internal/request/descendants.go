package request

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Descendants is what the spans below a SERVER span, down to those of other
// requests, say about the request.
type Descendants struct {
	// Cost is what they add up to.
	Cost Cost
	// Attributes are those that columns and statistics read, of the descendant
	// that ended last first.
	Attributes []Attribute
	// Exceptions were recorded along the failing path, that nearest to the SERVER
	// span first: from the span to its failing child that ended last, and on down.
	Exceptions []Exception
}

// Attribute is an attribute of a descendant.
type Attribute struct {
	Key   string
	Value pcommon.Value
	// Internal says that the descendant is an INTERNAL span. Those of other kinds
	// speak about what was called: otelpgx sets user.name to the database role.
	Internal bool
	// Ended is when the descendant ended.
	Ended pcommon.Timestamp
}

// Cost is what a request cost in its descendants.
type Cost struct {
	// Spans counts the descendants, SpanErrors those with status Error.
	Spans, SpanErrors int
	// Queries are calls to databases, Acquires the waits for a connection to one.
	// Of calls of one kind that nest, the outermost counts.
	Queries, Acquires, HTTP, RPC Calls
	// Messages counts the messages sent, by calls that took MessagingDuration.
	Messages          int
	MessagingDuration time.Duration
	// MaxRepeat is how often the statement MaxRepeatQuery ran, the one that was
	// repeated most.
	MaxRepeat      int
	MaxRepeatQuery string
	// Self is the time in which no CLIENT or PRODUCER descendant ran.
	Self time.Duration
	// Incomplete says that descendants were forgotten before the request ended.
	Incomplete bool
}

// Calls are calls of one kind.
type Calls struct {
	Count, Errors int
	// Duration is the sum of what each took, parallel ones too.
	Duration time.Duration
}

// Add counts a call.
func (c *Calls) Add(duration time.Duration, failed bool) {
	c.Count++
	c.Duration += duration
	if failed {
		c.Errors++
	}
}
