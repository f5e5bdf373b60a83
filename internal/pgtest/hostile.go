package pgtest

import "testing"

// hostile is a schema that has, under the name of almost every built-in function, one with
// the same parameters that fails, and operators that fit better than the built-in ones.
const hostile = `
CREATE SCHEMA hostile;
DO $hostile$
DECLARE
    f record;
BEGIN
    FOR f IN
        SELECT proname, pg_get_function_identity_arguments(oid) AS arguments, pg_get_function_result(oid) AS result
        FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f'
    LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION hostile.%I(%s) RETURNS %s LANGUAGE plpgsql AS $$ BEGIN RAISE ''hostile function''; END $$',
                f.proname, f.arguments, f.result);
        EXCEPTION WHEN OTHERS THEN
            NULL; -- not every type has values
        END;
    END LOOP;
END
$hostile$;
CREATE FUNCTION hostile.obj_description(oid, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE ''hostile''; END';
CREATE FUNCTION hostile.equal(oid, regclass) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''hostile operator''; END';
CREATE FUNCTION hostile.equal(oid, regproc) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''hostile operator''; END';
CREATE FUNCTION hostile.equal(oid, regnamespace) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''hostile operator''; END';
CREATE FUNCTION hostile.field(jsonb, jsonb) RETURNS jsonb LANGUAGE plpgsql AS 'BEGIN RAISE ''hostile operator''; END';
CREATE OPERATOR hostile.= (LEFTARG = oid, RIGHTARG = regclass, FUNCTION = hostile.equal);
CREATE OPERATOR hostile.= (LEFTARG = oid, RIGHTARG = regproc, FUNCTION = hostile.equal);
CREATE OPERATOR hostile.= (LEFTARG = oid, RIGHTARG = regnamespace, FUNCTION = hostile.equal);
CREATE OPERATOR hostile.-> (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = hostile.field);
`

// HostilePath is the search_path in which the schema that AddHostileSchema makes comes first,
// before the built-in functions.
const HostilePath = "hostile, pg_catalog, public"

// AddHostileSchema makes the schema hostile, in which built-in functions fail.
func (d *Database) AddHostileSchema(t testing.TB) {
	t.Helper()
	d.Exec(t, hostile)
}
