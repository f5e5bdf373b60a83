-- Stores the staged lines that the table takes, and tells which it refuses: the body of a DO
-- statement, so that it takes one round trip however many lines are refused. It stores a
-- part of the lines at a time, smaller after a refusal and larger after a success.
#variable_conflict use_column
<<isolation>>
DECLARE
    lines pg_catalog.tid[];
    next int := 1;
    size int;
    part pg_catalog.tid[];
    affected bigint;
    written bigint := 0;
    code pg_catalog.text;
    message pg_catalog.text;
    of_table pg_catalog.text;
    of_column pg_catalog.text;
    of_constraint pg_catalog.text;
    refusal pg_catalog.jsonb;
    refused pg_catalog.jsonb[] := '{}';
BEGIN
    SELECT pg_catalog.array_agg(richest.ctid ORDER BY richest.created_at, richest.id)
    INTO isolation.lines
    FROM (
        SELECT DISTINCT ON (created_at, id) ctid, created_at, id
        FROM {{.Staging}} AS staged
        ORDER BY created_at, id{{if .ByStatistics}}, {{template "by counts" "staged"}}{{end}}
    ) AS richest;
    isolation.size := pg_catalog.cardinality(isolation.lines);
    WHILE isolation.next OPERATOR(pg_catalog.<=) pg_catalog.cardinality(isolation.lines) LOOP
        isolation.part := isolation.lines[isolation.next : isolation.next OPERATOR(pg_catalog.+) isolation.size OPERATOR(pg_catalog.-) 1];
        BEGIN
            {{- if .Key.Arbiter}}
            INSERT INTO {{.Table}} AS stored ({{identifiers .Staged}})
            SELECT {{identifiers .Staged}}
            FROM {{.Staging}} AS staged
            WHERE staged.ctid OPERATOR(pg_catalog.=) ANY (isolation.part)
            ORDER BY created_at, id
            ON CONFLICT ({{identifiers .Key.Columns}})
            {{- if .Merged}} DO UPDATE {{template "set" .}}
            WHERE {{template "changes" .}}
            {{- else}} DO NOTHING
            {{- end}};
            GET DIAGNOSTICS affected = ROW_COUNT;
            {{- else}}
            affected := 0;
            {{- if .Merged}}
            UPDATE {{.Table}} AS stored {{template "set" .}}
            FROM {{.Staging}} AS EXCLUDED
            WHERE EXCLUDED.ctid OPERATOR(pg_catalog.=) ANY (isolation.part)
                AND stored.created_at OPERATOR(pg_catalog.=) EXCLUDED.created_at
                AND stored.id OPERATOR(pg_catalog.=) EXCLUDED.id
                AND {{template "changes" .}};
            GET DIAGNOSTICS affected = ROW_COUNT;
            {{- end}}
            isolation.written := isolation.written OPERATOR(pg_catalog.+) affected;
            INSERT INTO {{.Table}} ({{identifiers .Names}})
            SELECT {{identifiers .Names}}
            FROM {{.Staging}} AS staged
            WHERE staged.ctid OPERATOR(pg_catalog.=) ANY (isolation.part)
                AND NOT EXISTS (
                    SELECT FROM {{.Table}} AS stored
                    WHERE stored.created_at OPERATOR(pg_catalog.=) staged.created_at
                        AND stored.id OPERATOR(pg_catalog.=) staged.id
                )
            ORDER BY created_at, id;
            GET DIAGNOSTICS affected = ROW_COUNT;
            {{- end}}
            isolation.written := isolation.written OPERATOR(pg_catalog.+) affected;
            isolation.next := isolation.next OPERATOR(pg_catalog.+) pg_catalog.cardinality(isolation.part);
            isolation.size := isolation.size OPERATOR(pg_catalog.*) 2;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS
                code = RETURNED_SQLSTATE,
                message = MESSAGE_TEXT,
                of_table = TABLE_NAME,
                of_column = COLUMN_NAME,
                of_constraint = CONSTRAINT_NAME;
            -- A fault outside the rows ends this, and so does a missing partition, which the
            -- exporter creates.
            IF code OPERATOR(pg_catalog.=) '23514' AND of_constraint OPERATOR(pg_catalog.=) '' AND of_table OPERATOR(pg_catalog.<>) ''
                OR NOT (
                    pg_catalog.left(code, 2) OPERATOR(pg_catalog.=) ANY (ARRAY[{{range $i, $class := .RowClasses}}{{if $i}}, {{end}}{{literal $class}}{{end}}])
                    OR code OPERATOR(pg_catalog.=) '42501' -- a policy of row level security
                    OR pg_catalog.strpos({{literal .OwnClasses}}, pg_catalog.left(code, 1)) OPERATOR(pg_catalog.=) 0
                )
            THEN
                RAISE;
            END IF;
            IF pg_catalog.cardinality(isolation.part) OPERATOR(pg_catalog.>) 1 THEN
                isolation.size := (pg_catalog.cardinality(isolation.part) OPERATOR(pg_catalog.+) 1) OPERATOR(pg_catalog./) 2;
            ELSE
                SELECT pg_catalog.jsonb_build_object('id', id, 'code', code, 'message', pg_catalog.left(message, 500),
                    'column', of_column, 'constraint', of_constraint)
                INTO isolation.refusal
                FROM {{.Staging}}
                WHERE ctid OPERATOR(pg_catalog.=) isolation.part[1];
                -- In this form alone Postgres appends in place.
                refused := pg_catalog.array_append(refused, refusal);
                isolation.next := isolation.next OPERATOR(pg_catalog.+) 1;
            END IF;
        END;
    END LOOP;
    -- DO returns nothing.
    PERFORM pg_catalog.set_config('canonical_line.isolated',
        pg_catalog.jsonb_build_object('written', isolation.written, 'refused', pg_catalog.to_jsonb(isolation.refused))::pg_catalog.text, true);
END isolation
