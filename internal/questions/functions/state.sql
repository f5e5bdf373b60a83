-- It is PL/pgSQL because only that lets the tables of history be missing until it is called.
{{.Create}} FUNCTION {{.Function "state"}}() RETURNS TABLE (
    newest timestamptz,
    oldest timestamptz,
    newest_age interval,
    partitions_until timestamptz,
    history_until timestamptz,
    history_hours_waiting bigint
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $answer$
#variable_conflict use_column
BEGIN
    SELECT max(created_at), min(created_at) INTO newest, oldest FROM {{.Table}};
    newest_age := now() - newest;
    SELECT max(placed.until) INTO partitions_until FROM {{.Function "partitions"}}() AS placed WHERE placed.until < 'infinity';
    IF {{.Function "kept"}}() THEN
        SELECT state.until INTO history_until FROM {{.Table.Built}} AS state;
        SELECT count(DISTINCT mark.at) INTO history_hours_waiting FROM {{.Table.Marks}} AS mark WHERE NOT mark.of_day;
    END IF;
    RETURN NEXT;
END
$answer$;
COMMENT ON FUNCTION {{.Function "state"}} IS
'Is the table well? The newest and the oldest line, until when there are partitions, until when history is built, and how many of its hours have to be built again.{{.Mark}}';
