package index

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/database"
)

// progress says how much of a sparse index is summarised.
type progress struct {
	// file is that of the index: it has another once it is made anew.
	file   uint32
	ranges int64
}

// tail is how many pages at the end of a partition are left alone while lines come for it:
// writers extend a table by up to 512 pages before they fill them, and each line that comes
// for a range with a summary has to change that. Questions read these 4 MB whole.
const tail = 512

// rangesAtOnce is how many ranges one transaction summarises, in a tenth of a second or less.
const rangesAtOnce = 128

// full returns how many ranges of an index are full, or as full as they get.
func (l leaf) full(x existing) int64 {
	pages := l.Pages - tail
	if l.over() {
		pages = l.Pages
	}
	return max(pages, 0) / x.RangePages
}

// summarize summarises the ranges of all leaves that are full. It leaves a table that
// somebody has locked to the next round.
func (m *Maintainer) summarize(ctx context.Context, leaves []leaf) error {
	known := m.summarized
	m.summarized = map[uint32]progress{}
	for _, l := range leaves {
		for _, c := range l.Columns {
			if x, ok := c.own(false); ok && known[x.OID].file == x.File {
				m.summarized[x.OID] = known[x.OID]
			}
		}
	}
	var failures []error
	for _, l := range leaves {
		for _, c := range l.Columns {
			x, ok := c.own(false)
			if !ok || !x.Valid || l.Busy || !l.Owned {
				continue
			}
			err := m.summarizeIndex(ctx, l, x)
			if err != nil && !database.Busy(err) {
				failures = append(failures, fmt.Errorf("summarize index of column %s of %s: %w", c.Name, l.Name, err))
			}
		}
	}
	return errors.Join(failures...)
}

// summarizeIndex summarises the ranges of one index that are full.
func (m *Maintainer) summarizeIndex(ctx context.Context, l leaf, x existing) error {
	done, full := m.summarized[x.OID], l.full(x)
	// A summary covers more of a partition whose time is over, unless that was emptied.
	if done.ranges > full {
		done.ranges = 0
	}
	done.file = x.File
	for ctx.Err() == nil && done.ranges < full {
		until := min(done.ranges+rangesAtOnce, full)
		err := pgx.BeginFunc(ctx, m.pool, func(tx pgx.Tx) error {
			if err := limitWaits(ctx, tx); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, statements.Render("summarize.sql", nil),
				x.OID, done.ranges*x.RangePages, until*x.RangePages-1, x.RangePages)
			return err
		})
		if err != nil {
			return err
		}
		done.ranges = until
		m.summarized[x.OID] = done
	}
	return nil
}
