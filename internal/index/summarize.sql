-- Summarises the ranges of the index $1 that begin from page $2 on, up to page $3, each of $4
-- pages. One that is summarised costs some microseconds. Each call takes its lock, which no
-- writer or reader waits for, and gives it back.
SELECT COALESCE(pg_catalog.sum(pg_catalog.brin_summarize_range($1::pg_catalog.oid::pg_catalog.regclass, page)), 0)
FROM pg_catalog.generate_series($2::bigint, $3::bigint, $4::bigint) AS pages (page);
