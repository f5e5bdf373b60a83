INSERT INTO {{.Marks}} (at, of_day)
SELECT $1, true
WHERE NOT EXISTS (SELECT FROM {{.Marks}} WHERE at = $1 AND of_day);
