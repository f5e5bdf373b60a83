package index

import "maps"

// Status holds figures about the indexes of a column in all partitions.
type Status struct {
	// Bytes is the size of the indexes that this exporter made.
	Bytes int64
	// Indexed and Missing are the numbers of partitions with an index that leads with the
	// column, whoever made it, and without.
	Indexed, Missing int64
	// Unsummarized is how many bytes of partitions questions read whole, because their sparse
	// index has no summary of them yet.
	Unsummarized int64
}

// Status returns the figures by column as of the last round. There are none before the first.
func (m *Maintainer) Status() map[string]Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.status)
}

// pageSize is the size of a page in bytes, unless Postgres was built with another.
const pageSize = 8192

// report takes the figures of a round.
func (m *Maintainer) report(leaves []leaf) {
	columns := map[string]Status{}
	for _, c := range m.columns {
		columns[c.Name] = Status{}
	}
	for _, l := range leaves {
		for _, c := range l.Columns {
			status, wanted := columns[c.Name]
			if !wanted {
				continue
			}
			for _, x := range c.Indexes {
				if x.Commented {
					status.Bytes += x.Bytes
				}
			}
			if c.indexed() {
				status.Indexed++
			} else {
				status.Missing++
			}
			if x, ok := c.own(false); ok && x.Valid {
				status.Unsummarized += max(l.Pages-m.summarized[x.OID].ranges*x.RangePages, 0) * pageSize
			}
			columns[c.Name] = status
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status = columns
}
