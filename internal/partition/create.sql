-- PARTITION OF would take ACCESS EXCLUSIVE on the parent and queue every write
-- behind one long SELECT; ATTACH of a table made beforehand takes SHARE UPDATE
-- EXCLUSIVE. The parent's indexes are copied with LIKE, so that ATTACH adopts
-- them, and the empty table makes its check of the bounds instant. An identity
-- column is numbered by the parent; Postgres 17 refuses a second one.
CREATE TABLE {{.Partition}} (LIKE {{.Table}} INCLUDING ALL EXCLUDING IDENTITY)
    {{- with .Parameters}} WITH ({{.}}){{end}}
    {{- with .Tablespace}} TABLESPACE {{identifier .}}{{end}};
ALTER TABLE {{.Table}} ATTACH PARTITION {{.Partition}}
    FOR VALUES FROM ('{{.From}}') TO ('{{.To}}');
