SELECT NOT EXISTS (SELECT FROM {{.Marks}} WHERE at OPERATOR(pg_catalog.>=) $1 AND at OPERATOR(pg_catalog.<) $2)
    AND EXISTS (SELECT FROM {{.Built}} WHERE until OPERATOR(pg_catalog.>=) $2);
