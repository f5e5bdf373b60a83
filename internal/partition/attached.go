package partition

import (
	"context"

	"canonicallineexporter/internal/table"
)

// Attached lists the partitions of a schema-qualified table that stay attached, in the order
// of their ranges. There are none if the partitions are not ranges of time.
func (m *Maintainer) Attached(ctx context.Context, parent table.Name) (Catalog, error) {
	shape, err := readShape(ctx, m.pool, parent, m.cfg.column())
	if err != nil || !shape.byTime {
		return nil, err
	}
	catalog, err := m.survey(ctx, parent, false)
	if err != nil {
		return nil, err
	}
	var attached Catalog
	for _, p := range catalog {
		if p.Attached && !p.Pending {
			attached = append(attached, p)
		}
	}
	return attached, nil
}
