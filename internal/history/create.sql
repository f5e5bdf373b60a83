-- The hours of a table of lines, and the days that they add up to. There is no key: a builder
-- replaces all rows of an hour or of a day at once, and the partitions are small.
CREATE TABLE IF NOT EXISTS {{.Table.Hours}} (
{{template "columns"}}
) PARTITION BY RANGE (at);
CREATE TABLE IF NOT EXISTS {{.Table.Days}} (
{{template "columns"}}
) PARTITION BY RANGE (at);
COMMENT ON TABLE {{.Table.Hours}} IS 'What the lines of each hour add up to: see docs/history.md.';
COMMENT ON TABLE {{.Table.Days}} IS 'What the hours of each day add up to: see docs/history.md.';
COMMENT ON COLUMN {{.Table.Hours}}.other IS 'All series beyond the largest, history::max_series of them, in one row.';
COMMENT ON COLUMN {{.Table.Hours}}.requests IS 'Lines, each as often as its adjusted_count says. So are the other numbers, except lines and slowest.';
COMMENT ON COLUMN {{.Table.Hours}}.busy IS 'The durations, in seconds. So are own, database, waiting and outgoing.';
COMMENT ON COLUMN {{.Table.Hours}}.zero IS 'Requests with a duration of 0.';
COMMENT ON COLUMN {{.Table.Hours}}.first IS 'The number i of the first of the buckets. The bucket i holds durations above 2^(i/16) and up to 2^((i+1)/16) microseconds.';

-- Marks say which hours and days have to be rebuilt. Without any unique key, writers do not
-- wait for each other.
CREATE TABLE IF NOT EXISTS {{.Table.Marks}} (
    at timestamptz NOT NULL,
    of_day boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE {{.Table.Marks}} IS 'The hours, and the days, of which history has to be rebuilt. Whoever changes lines by hand adds their hours.';

-- How far history is built. It has one row, which is locked by whoever builds.
CREATE TABLE IF NOT EXISTS {{.Table.Built}} (
    until timestamptz NOT NULL,
    frozen timestamptz NOT NULL,
    partitions oid[] NOT NULL DEFAULT '{}',
    ends timestamptz[] NOT NULL DEFAULT '{}'
);
COMMENT ON COLUMN {{.Table.Built}}.until IS 'Hours before this are built.';
COMMENT ON COLUMN {{.Table.Built}}.frozen IS 'Hours before this are not rebuilt, because their lines are gone.';
COMMENT ON COLUMN {{.Table.Built}}.partitions IS 'The partitions whose lines history may hold, by oid.';
COMMENT ON COLUMN {{.Table.Built}}.ends IS 'The upper bounds of those partitions.';

-- The hour, counted from 1970, before which writers leave marks. It is a sequence because its
-- value is seen at once.
CREATE SEQUENCE IF NOT EXISTS {{.Table.Fence}} OWNED BY {{.Table.Marks}}.at;
COMMENT ON SEQUENCE {{.Table.Fence}} IS 'Writers mark hours before this one, which is counted from 1970.';

-- Called STABLE, since COPY inserts rows one by one where a volatile function looks at them. COPY
-- calls it once, and depends on the value of that moment alone.
CREATE OR REPLACE FUNCTION {{.Table.Fence}}() RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS {{literal (print "BEGIN RETURN pg_catalog.pg_sequence_last_value(" (literal .Table.Fence.String) "::pg_catalog.regclass); END")}};
COMMENT ON FUNCTION {{.Table.Fence}}() IS 'The value of the sequence of this name; NULL before it has one.';
{{define "columns" -}}
    at timestamptz NOT NULL,
    service_name text,
    deployment_environment text,
    http_method text,
    http_route text,
    other boolean NOT NULL,
    lines bigint NOT NULL,
    requests numeric NOT NULL,
    refused numeric NOT NULL,
    failed numeric NOT NULL,
    instant numeric NOT NULL,
    slow numeric NOT NULL,
    busy numeric NOT NULL,
    slowest interval,
    queries numeric NOT NULL,
    own numeric NOT NULL,
    database numeric NOT NULL,
    waiting numeric NOT NULL,
    outgoing numeric NOT NULL,
    zero numeric NOT NULL,
    first integer,
    buckets numeric[]
{{- end}}
