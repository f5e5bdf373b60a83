package history

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
)

var (
	schedules = flag.Int("schedules", 2, "how many schedules TestMaintainer_AnySchedule_EqualsARecomputation has")
	seed      = flag.Uint64("seed", 1, "the first of them; 0: others each time")
)

// ever remembers each line as it was stored last, also when its partition is gone.
const ever = `
	CREATE TABLE ever (created_at timestamptz, id uuid, http_route text, duration interval, status int, adjusted_count float8, statistics jsonb,
		PRIMARY KEY (created_at, id));
	CREATE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO ever VALUES (NEW.created_at, NEW.id, NEW.http_route, NEW.duration, NEW.status, NEW.adjusted_count, NEW.statistics)
		ON CONFLICT (created_at, id) DO UPDATE SET (http_route, duration, status, adjusted_count, statistics)
			= (EXCLUDED.http_route, EXCLUDED.duration, EXCLUDED.status, EXCLUDED.adjusted_count, EXCLUDED.statistics);
		RETURN NULL;
	END $$;
	CREATE TRIGGER remember AFTER INSERT OR UPDATE ON canonical_api_line FOR EACH ROW EXECUTE FUNCTION remember()`

// stored is a line in the table ever.
type stored struct {
	at       time.Time
	route    string
	duration time.Duration
	status   int
	count    float64
}

// recompute adds lines up to rows for spans of time, by a plain model.
func recompute(all []stored, floor func(time.Time) time.Time) []row {
	service := "api"
	type key struct {
		at    time.Time
		route string
	}
	groups := map[key][]stored{}
	for _, s := range all {
		k := key{floor(s.at), s.route}
		groups[k] = append(groups[k], s)
	}
	var rows []row
	for k, lines := range groups {
		var requests, refused, failed, instant, slow, micros, zero int64
		buckets := map[int]int64{}
		r := row{At: k.at, Service: &service, Route: &k.route, Lines: int64(len(lines)), Queries: "0", Database: "0"}
		for _, s := range lines {
			n := int64(s.count)
			requests += n
			micros += n * s.duration.Microseconds()
			r.Slowest = max(r.Slowest, s.duration)
			if s.status >= 400 && s.status < 500 {
				refused += n
			}
			if s.status >= 500 {
				failed += n
			}
			if s.duration < 100*time.Millisecond {
				instant += n
			}
			if s.duration >= time.Second {
				slow += n
			}
			if s.duration == 0 {
				zero += n
			} else {
				buckets[bucketOf(s.duration)] += n
			}
		}
		text := func(n int64) string { return strconv.FormatInt(n, 10) }
		r.Requests, r.Refused, r.Failed, r.Instant, r.Slow, r.Zero = text(requests), text(refused), text(failed), text(instant), text(slow), text(zero)
		r.Busy = fmt.Sprintf("%d.%06d", micros/1e6, micros%1e6)
		r.Busy = strings.TrimRight(strings.TrimRight(r.Busy, "0"), ".")
		if len(buckets) > 0 {
			var indexes []int
			for i := range buckets {
				indexes = append(indexes, i)
			}
			first := int32(slices.Min(indexes))
			r.First = &first
			for i := slices.Min(indexes); i <= slices.Max(indexes); i++ {
				r.Buckets = append(r.Buckets, text(buckets[i]))
			}
		}
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b row) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(*a.Route, *b.Route)
	})
	return rows
}

// texts makes the rows of a difference short.
func texts(rows []row) []string {
	var texts []string
	for _, r := range rows {
		first := int32(-1 << 31)
		if r.First != nil {
			first = *r.First
		}
		texts = append(texts, fmt.Sprint(r.At.Format(time.RFC3339), *r.Service, *r.Route, r.Other, r.Lines, " ", r.Requests, r.Refused, r.Failed, " ", r.Busy,
			r.Instant, r.Slow, r.Queries, r.Database, r.Slowest, r.Zero, first, r.Buckets))
	}
	return texts
}

// readEver reads the lines that were ever stored before the time.
func (b *bundle) readEver(t testing.TB, before time.Time) []stored {
	t.Helper()
	rows, err := b.Pool.Query(t.Context(), `
		SELECT created_at, http_route, duration, status, adjusted_count FROM ever WHERE created_at < $1`, before)
	require.NoError(t, err)
	defer rows.Close()
	var all []stored
	for rows.Next() {
		var s stored
		require.NoError(t, rows.Scan(&s.at, &s.route, &s.duration, &s.status, &s.count))
		s.at = s.at.UTC()
		all = append(all, s)
	}
	require.NoError(t, rows.Err())
	return all
}

// schedule is a database that several collectors write to and maintain, as a random schedule has
// it.
type schedule struct {
	*testing.T
	*rand.Rand
	collectors []*bundle
	// written are lines that were written, and may come again.
	mu      sync.Mutex
	written []sample
	next    uint64
}

// some returns lines of the last hours, and of the next ones: clocks are apart. Some were written
// before, and some of these have become richer.
func (s *schedule) some(random *rand.Rand) []sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	var samples []sample
	for range 1 + random.IntN(20) {
		if len(s.written) > 0 && random.IntN(3) == 0 {
			i := random.IntN(len(s.written))
			if random.IntN(2) == 0 {
				s.written[i].queries++
				s.written[i].status = []int{200, 404, 500}[random.IntN(3)]
			}
			samples = append(samples, s.written[i])
			continue
		}
		s.next++
		added := sample{
			id: s.next, at: time.Now().Add(2*time.Hour - time.Duration(random.Int64N(int64(14*time.Hour)))).Truncate(time.Microsecond),
			route: []string{"/a", "/b", "/c"}[random.IntN(3)], status: []int{200, 200, 404, 500}[random.IntN(4)],
			duration: time.Duration(random.ExpFloat64()*1e5) * time.Microsecond, oneIn: 1 << random.IntN(3),
		}
		if random.IntN(4) == 0 {
			added.at = time.Now().Truncate(time.Microsecond)
		}
		samples = append(samples, added)
		s.written = append(s.written, added)
	}
	return samples
}

// write tries again whatever the error, as the exporter does: a partition can be retired meanwhile.
func (s *schedule) write(b *bundle, random *rand.Rand) {
	for attempt := 1; ; attempt++ {
		_, err := b.store.Write(s.Context(), batchOf(s, s.some(random)...))
		if err == nil {
			return
		}
		s.Logf("write: %v", err)
		if s.Context().Err() != nil || attempt == 100 {
			s.Errorf("write: %v", err)
			return
		}
	}
}

// maintain runs a round that may be killed at any point.
func (s *schedule) maintain(b *bundle, random *rand.Rand) {
	ctx, cancel := s.Context(), context.CancelFunc(func() {})
	if random.IntN(2) == 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(random.Int64N(int64(200*time.Millisecond))))
	}
	defer cancel()
	if _, err := b.Maintain(ctx, lines); err != nil {
		s.Logf("maintain: %v", err)
	}
}

// retire has the oldest partitions detached, and those dropped that may be.
func (s *schedule) retire(b *bundle, random *rand.Rand) {
	cfg := b.cfg.Lines
	cfg.Retention, cfg.KeepDetached = time.Duration(7+random.IntN(5))*time.Hour, 0
	if err := partition.New(cfg, b.Maintainer.pool, b.logger).Maintain(s.Context(), lines); err != nil {
		s.Logf("retire: %v", err)
	}
}

// run has everything happen at once for a while.
func (s *schedule) run(steps int) {
	var running sync.WaitGroup
	for i, b := range s.collectors {
		for j := range 2 {
			random := rand.New(rand.NewPCG(s.Uint64(), uint64(i*10+j)))
			running.Go(func() {
				for range steps {
					s.write(b, random)
				}
			})
		}
		random := rand.New(rand.NewPCG(s.Uint64(), uint64(i)))
		running.Go(func() {
			for range steps / 4 {
				if random.IntN(4) == 0 {
					s.retire(b, random)
				} else {
					s.maintain(b, random)
				}
			}
		})
	}
	running.Wait()
}

// requireEqual compares history with the lines that were ever stored.
func (s *schedule) requireEqual() {
	s.Helper()
	b := s.collectors[0]
	b.keep(s)
	until := pgtest.One[time.Time](s, b.Database, "SELECT until FROM canonical_api_line_built").UTC()
	require.WithinDuration(s, time.Now(), until, time.Hour+time.Minute)
	hours := b.rows(s, lines.Hours(), until.Add(-48*time.Hour), until)
	require.Equal(s, texts(recompute(b.readEver(s, until), partition.Hour.Floor)), texts(hours))
	today := partition.Day.Floor(until)
	require.Equal(s, texts(recompute(b.readEver(s, today), partition.Day.Floor)), texts(b.rows(s, lines.Days(), until.Add(-72*time.Hour), today)))
	require.Zero(s, pgtest.One[int64](s, b.Database, "SELECT count(*) FROM canonical_api_line_marks WHERE of_day OR at < $1", until))
}

// Writes, amendments, redeliveries, lines of hours that are to come, maintainers that are killed
// in mid-transaction, and partitions that are retired meanwhile.
func TestMaintainer_AnySchedule_EqualsARecomputation(t *testing.T) {
	t.Parallel()
	first := *seed
	if first == 0 {
		first = rand.Uint64N(1_000_000)
	}
	for n := range *schedules {
		t.Run(strconv.FormatUint(first+uint64(n), 10), func(t *testing.T) {
			t.Parallel()
			d := pgtest.New(t)
			hourly := func(cfg *Config) {
				cfg.Lines.Interval = partition.Hour
				if n%2 == 1 {
					cfg.Lines.Interval = partition.Day
				}
			}
			s := &schedule{T: t, Rand: rand.New(rand.NewPCG(first+uint64(n), 0))}
			for range 2 {
				s.collectors = append(s.collectors, join(t, d, hourly))
			}
			d.Exec(t, ever)
			s.collectors[0].keep(t)
			for range 3 {
				s.run(12)
				s.requireEqual()
			}
		})
	}
}
