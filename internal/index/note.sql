COMMENT ON COLUMN {{.Partition}}.{{identifier .Column}} IS {{literal .Note}};
