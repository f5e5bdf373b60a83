UPDATE {{.Built}} SET until = $1, frozen = $2, partitions = $3, ends = $4;
