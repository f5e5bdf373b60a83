-- Without CASCADE: what somebody built on the table keeps it.
DROP TABLE {{.Partition}};
