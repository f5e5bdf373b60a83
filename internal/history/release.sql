-- Whether history holds all that the lines of a partition add up to, which ended at $1: nothing
-- is left to build before that, or it is frozen.
SELECT EXISTS (
    SELECT
    FROM {{.Built}} AS built
    WHERE built.frozen OPERATOR(pg_catalog.>=) $1
        OR built.until OPERATOR(pg_catalog.>=) $1 AND NOT EXISTS (
            SELECT
            FROM {{.Marks}} AS mark
            WHERE mark.at OPERATOR(pg_catalog.<) $1 AND mark.at OPERATOR(pg_catalog.>=) built.frozen AND NOT mark.of_day
        )
);
