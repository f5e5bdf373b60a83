-- Called IMMUTABLE, so that the planner asks and then plans one way to answer, not two. Whether there
-- is a history changes once: a plan that was made before goes on counting lines.
{{.Create}} FUNCTION {{.Function "kept"}}() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(pg_catalog.has_table_privilege(pg_catalog.to_regclass({{literal .Table.Built.String}})::oid, 'SELECT'), false);
END;
COMMENT ON FUNCTION {{.Function "kept"}} IS
'Is there a history, for longer windows to be answered from?{{.Mark}}';
