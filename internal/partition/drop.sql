-- Without CASCADE, so that the table stays if other objects depend on it.
DROP TABLE {{.Partition}};
