package collapse

import (
	"hash/maphash"
	"sync/atomic"
	"unique"

	"canonicallineexporter/internal/sanitize"
)

// statementCache spares the statements that a service runs over and over from
// being normalized each time. It is lossy: a text takes the place of another of
// the same hash, and one that needs more than sanitize.MaxStatement bytes is not kept. It is
// safe for concurrent use.
type statementCache struct {
	seed  maphash.Seed
	slots [1 << 12]atomic.Pointer[cachedStatement]
}

type cachedStatement struct {
	system, summary, text, operation, collection string
	statement                                    unique.Handle[string]
}

func newStatementCache() *statementCache { return &statementCache{seed: maphash.MakeSeed()} }

// of is the interned statement of a query.
func (c *statementCache) of(f *facts) unique.Handle[string] {
	if len(f.system)+len(f.summary)+len(f.text)+len(f.operation)+len(f.collection) > sanitize.MaxStatement {
		return unique.Make(f.statement())
	}
	text := f.text
	if f.summary != "" {
		text = f.summary
	}
	slot := &c.slots[maphash.String(c.seed, text)%uint64(len(c.slots))]
	if s := slot.Load(); s != nil &&
		s.text == f.text && s.summary == f.summary && s.system == f.system && s.operation == f.operation &&
		s.collection == f.collection {
		return s.statement
	}
	s := &cachedStatement{f.system, f.summary, f.text, f.operation, f.collection, unique.Make(f.statement())}
	slot.Store(s)
	return s.statement
}
