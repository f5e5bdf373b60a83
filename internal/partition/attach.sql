-- A statement of its own: Citus sends its nodes the text that holds it.
ALTER TABLE {{.Table}} ATTACH PARTITION {{.Partition}}
    FOR VALUES FROM ('{{.From}}'{{.Further}}) TO ('{{.To}}'{{.Further}});
