package collapse

// schedule holds traces by when they are due. It is coarse: what is due within one tick
// comes in the order in which it was planned. A trace that is due sooner than planned is planned again, so that it can
// stand in more than one tick; only that of its due counts.
type schedule struct {
	ticks map[int64][]*trace
	// first is the earliest tick with a trace.
	first int64
}

// tick is how finely a schedule tells times apart, in nanoseconds.
const tick = 100_000_000

func tickOf(due int64) int64 { return due / tick }

// due returns when the first of the traces is due, never if there is none. It may be up to
// one tick too soon.
func (s *schedule) due() int64 {
	if len(s.ticks) == 0 {
		return never
	}
	return s.first * tick
}

// plan has the trace looked at when it is due, unless it is planned for sooner.
func (s *schedule) plan(t *trace, due int64) {
	if due >= t.due {
		return
	}
	t.due = due
	at := tickOf(due)
	if len(s.ticks) == 0 || at < s.first {
		s.first = at
	}
	if s.ticks == nil {
		s.ticks = map[int64][]*trace{}
	}
	s.ticks[at] = append(s.ticks[at], t)
}

// next returns the first trace that is due by then and takes it out, nil if none is.
func (s *schedule) next(by int64) *trace {
	for len(s.ticks) > 0 && s.first < tickOf(by) {
		traces := s.ticks[s.first]
		for len(traces) > 0 {
			t := traces[0]
			traces = traces[1:]
			if t.due != never && tickOf(t.due) == s.first {
				t.due = never
				s.ticks[s.first] = traces
				return t
			}
		}
		delete(s.ticks, s.first)
		s.advance()
	}
	return nil
}

// advance finds the earliest tick. It is mostly near, and far after a jump of the clock.
func (s *schedule) advance() {
	const near = 16
	for range near {
		s.first++
		if _, ok := s.ticks[s.first]; ok {
			return
		}
	}
	first := int64(never)
	for at := range s.ticks {
		first = min(first, at)
	}
	s.first = first
}
