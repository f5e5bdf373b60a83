COMMENT ON TABLE {{.Partition}} IS {{literal .Mark}};
