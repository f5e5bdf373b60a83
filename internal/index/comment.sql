COMMENT ON INDEX {{.Index}} IS {{literal .Comment}};
