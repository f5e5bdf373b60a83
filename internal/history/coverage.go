package history

import (
	"slices"
	"time"

	"canonicallineexporter/internal/partition"
)

// state says how far history is built, and from which partitions.
type state struct {
	// until is the end of the built hours. Those with a mark have to be built again.
	until time.Time
	// frozen is the end of the hours that nothing changes any more: a partition that held lines
	// of them is gone. It never falls.
	frozen time.Time
	// partitions maps the oid of each partition whose lines history may hold to its end. A
	// partition that is dropped and made anew has another oid, so its lines do not replace the
	// rows of those that went.
	partitions map[uint32]time.Time
}

// endless is the end of a DEFAULT partition.
var endless = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// settle returns the state after the partitions that are gone: those that were dropped, and
// those that are detached and whose hours are built to the last mark.
func (s state) settle(catalog partition.Catalog, marked []time.Time, now time.Time) state {
	next := state{until: s.until, frozen: s.frozen, partitions: map[uint32]time.Time{}}
	// Hours that a wrong clock had end are built again once they have ended.
	if present := partition.Hour.Floor(now); next.until.After(present) {
		next.until = present
	}
	for oid, end := range s.partitions {
		if !slices.ContainsFunc(catalog, func(p partition.Partition) bool { return p.OID == oid }) {
			next.freeze(earlier(ceil(end), next.until))
		}
	}
	for _, p := range catalog { // in the order of time
		end := s.partitions[p.OID]
		switch {
		case p.Default:
			next.partitions[p.OID] = endless
		case p.Attached && p.To.After(next.frozen) && !p.From.After(now):
			next.partitions[p.OID] = p.To
		case !p.Attached && !next.completes(ceil(p.To), marked):
			next.partitions[p.OID] = p.To
		case !p.Attached && !end.IsZero():
			next.freeze(ceil(p.To))
		}
	}
	return next
}

// completes reports whether all hours before end are built to the last mark, as far as they are
// not frozen.
func (s state) completes(end time.Time, marked []time.Time) bool {
	return !end.After(s.frozen) || !end.After(s.until) && !slices.ContainsFunc(marked, func(hour time.Time) bool {
		return hour.Before(end) && !hour.Before(s.frozen)
	})
}

func (s *state) freeze(end time.Time) {
	if end.After(s.frozen) {
		s.frozen = end
	}
}

// sources returns what holds lines of an hour besides the table: the partitions that are
// detached but not frozen. ok is false if one is being detached, so that its lines cannot be
// read for now.
func (s state) sources(catalog partition.Catalog, hour time.Time) (detached []partition.Partition, ok bool) {
	span := partition.Range{From: hour, To: hour.Add(time.Hour)}
	for _, p := range catalog {
		if _, known := s.partitions[p.OID]; !known || !overlap(p.Range, span) {
			continue
		}
		if p.Pending {
			return nil, false
		}
		if !p.Attached {
			detached = append(detached, p)
		}
	}
	return detached, true
}

// next returns the first hour from hour on that a partition covers, at most end.
func (s state) next(catalog partition.Catalog, hour, end time.Time) time.Time {
	first := end
	for _, p := range catalog {
		if _, known := s.partitions[p.OID]; !known {
			continue
		}
		hours := hoursOf(p.Range)
		switch {
		case p.Default || hours.Contains(hour):
			return hour
		case hours.From.After(hour) && hours.From.Before(first):
			first = hours.From
		}
	}
	return first
}

func overlap(a, b partition.Range) bool { return a.From.Before(b.To) && b.From.Before(a.To) }

// hoursOf returns the hours that share an instant with a range.
func hoursOf(r partition.Range) partition.Range {
	return partition.Range{From: partition.Hour.Floor(r.From), To: ceil(r.To)}
}

// ceil returns the start of the first hour that does not begin before t.
func ceil(t time.Time) time.Time {
	floor := partition.Hour.Floor(t)
	if floor.Equal(t) {
		return floor
	}
	return partition.Hour.Next(floor)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
