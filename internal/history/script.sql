-- Creates the history of the table. Its owner runs this script after schema/table.sql where the
-- exporter must not run DDL (database::create_schema: false):
--
--   psql "$DATABASE_URL" -1 -v ON_ERROR_STOP=1 -f schema/history.sql
--
-- For the table lines in the schema metrics:
--
--   sed 's/"public"\."canonical_api_line/"metrics"."lines/g' schema/history.sql | psql …
--
-- A collector whose role may SELECT, INSERT, UPDATE and DELETE in these tables, and has SELECT
-- and UPDATE on the sequence, then keeps history. Each other writer needs INSERT and SELECT on
-- the marks, and SELECT on the sequence. Generated from internal/history/: edit that.

{{template "create.sql" .}}
-- Rows are kept until you remove them: these partitions take all times. Create others instead,
-- by ranges of "at", to be able to drop old ones.
CREATE TABLE IF NOT EXISTS {{.AllHours}} PARTITION OF {{.Table.Hours}} DEFAULT;
CREATE TABLE IF NOT EXISTS {{.AllDays}} PARTITION OF {{.Table.Days}} DEFAULT;

{{template "begin_state.sql" .Table}}
