-- What belongs to history belongs to the owner of the lines; the sequence follows its table.
ALTER TABLE {{.Table.Hours}} OWNER TO {{identifier .Owner}};
ALTER TABLE {{.Table.Days}} OWNER TO {{identifier .Owner}};
ALTER TABLE {{.Table.Marks}} OWNER TO {{identifier .Owner}};
ALTER TABLE {{.Table.Built}} OWNER TO {{identifier .Owner}};
ALTER FUNCTION {{.Table.Fence}}() OWNER TO {{identifier .Owner}};
