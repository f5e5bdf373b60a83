-- A range of 64 pages holds some 1,000 lines of half a kilobyte, and its bloom filter room for
-- 1,450 values, of which one range in a thousand is read in vain: at 14 bits for each, three
-- filters just fill a page.
-- Summaries come from the maintainer alone. Autosummarize would leave them to autovacuum,
-- which may be minutes behind. The pages of a distributed table are on other nodes, where autovacuum
-- summarises them.
CREATE INDEX {{if .Concurrently}}CONCURRENTLY {{end}}{{identifier .Index.Name}} ON {{.Partition}}
{{- if .Exact}} ({{identifier .Column}});
{{- else}} USING brin (
    {{identifier .Column}} {{.OperatorClass}} (n_distinct_per_range = 1450, false_positive_rate = 0.001)
) WITH (pages_per_range = 64, autosummarize = {{if .Distributed}}on{{else}}off{{end}});
{{- end}}
