-- A range of 32 pages holds some 500 lines of half a kilobyte, and its bloom filter room for
-- 720 values, of which one range in a thousand is read in vain: at 14 bits for each, six filters
-- just fill a page.
-- Summaries come from the maintainer alone. Autosummarize would leave them to autovacuum,
-- which may be minutes behind.
CREATE INDEX {{if .Concurrently}}CONCURRENTLY {{end}}{{identifier .Index.Name}} ON {{.Partition}}
{{- if .Exact}} ({{identifier .Column}});
{{- else}} USING brin (
    {{identifier .Column}} {{.OperatorClass}} (n_distinct_per_range = 720, false_positive_rate = 0.001)
) WITH (pages_per_range = 32, autosummarize = off);
{{- end}}
