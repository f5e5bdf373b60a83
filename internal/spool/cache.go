package spool

// maxCache bounds what is kept of entries that were put, in bytes.
const maxCache = 4 << 20

// cache holds entries that need not be read from the storage: those put of late,
// and those read ahead. An entry that was looked for in vain is nil.
type cache struct {
	values map[uint64][]byte
	bytes  int
	// ahead is how many entries are read next.
	ahead int
}

func newCache() cache { return cache{values: map[uint64][]byte{}, ahead: 16} }

// keep holds an entry that was put, if there is room.
func (c *cache) keep(key uint64, value []byte) {
	if c.bytes+len(value) <= maxCache {
		c.add(key, value)
	}
}

func (c *cache) add(key uint64, value []byte) {
	c.values[key] = value
	c.bytes += len(value)
}

func (c *cache) has(key uint64) bool {
	_, ok := c.values[key]
	return ok
}

func (c *cache) remove(key uint64) {
	c.bytes -= len(c.values[key])
	delete(c.values, key)
}
