-- PARTITION OF would take ACCESS EXCLUSIVE on the parent and queue every write behind one
-- long SELECT. ATTACH of an existing table takes SHARE UPDATE EXCLUSIVE. LIKE copies the
-- parent's indexes, so ATTACH adopts them. The new table is empty, so the check of its
-- bounds is instant. The parent numbers an identity column; Postgres 17 refuses a second
-- one on the partition.
CREATE TABLE {{.Partition}} (LIKE {{.Table}} INCLUDING ALL EXCLUDING IDENTITY)
    {{- with .AccessMethod}} USING {{identifier .}}{{end}}
    {{- with .Parameters}} WITH ({{.}}){{end}}
    {{- with .Tablespace}} TABLESPACE {{identifier .}}{{end}};
