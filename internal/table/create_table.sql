-- Partitioned by the time the request ended, so that old lines go by DROP. The
-- primary key has to contain the partition key; created_at leads it because
-- every question is about a stretch of time.
CREATE TABLE {{.Table}} (
{{- range .Columns}}
    {{identifier .Name}} {{.Type}}{{if .NotNull}} NOT NULL{{end}}{{if .Default}} DEFAULT {{.Default}}{{end}},
{{- end}}
    PRIMARY KEY (created_at, id)
) PARTITION BY RANGE (created_at);
