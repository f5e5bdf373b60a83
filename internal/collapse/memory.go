package collapse

// memory holds the newest of the keys put into it: at least limit of them, at
// most twice as many. What it forgets first is oldest.
type memory[V any] struct {
	limit            int
	recent, previous map[spanKey]V
}

func (m *memory[V]) put(key spanKey, v V) {
	if m.recent == nil {
		m.recent = map[spanKey]V{}
	}
	m.recent[key] = v
	if len(m.recent) >= m.limit {
		// The map of what is forgotten takes the next keys: it need not grow again.
		m.recent, m.previous = m.previous, m.recent
		clear(m.recent)
	}
}

func (m *memory[V]) get(key spanKey) (V, bool) {
	if v, ok := m.recent[key]; ok {
		return v, true
	}
	v, ok := m.previous[key]
	return v, ok
}

func (m *memory[V]) empty() bool { return len(m.recent) == 0 && len(m.previous) == 0 }
