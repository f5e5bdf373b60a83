CREATE SCHEMA {{identifier .Table.Schema}};
