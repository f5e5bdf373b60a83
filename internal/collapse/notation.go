package collapse

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"unique"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// bits returns a number whose lowest bit is the last of the flags.
func bits(flags ...bool) (n uint64) {
	for _, flag := range flags {
		n <<= 1
		if flag {
			n |= 1
		}
	}
	return n
}

func (s *saver) write(b []byte) { _, _ = s.Write(b) }

func (s *saver) number(n uint64) { s.write(binary.AppendUvarint(s.AvailableBuffer(), n)) }

func (s *saver) bytes(b []byte) {
	s.number(uint64(len(b)))
	s.write(b)
}

// times writes a start and an end, which are mostly close to each other.
func (s *saver) times(start, end pcommon.Timestamp) {
	s.number(uint64(start))
	s.write(binary.AppendVarint(s.AvailableBuffer(), int64(end-start)))
}

// text writes the number of a text, and the text itself where it comes first.
func (s *saver) text(h unique.Handle[string]) {
	text := ""
	if h != (unique.Handle[string]{}) {
		text = h.Value()
	} else {
		h = unique.Make("")
	}
	number, known := s.texts[h]
	if !known {
		number = uint64(len(s.texts))
		s.texts[h] = number
	}
	s.number(number)
	if !known {
		s.bytes([]byte(text))
	}
}

// process writes the number of a process, and the process itself where it comes first.
func (s *saver) process(p process) {
	number, known := s.processes[p]
	if !known {
		number = uint64(len(s.processes))
		s.processes[p] = number
	}
	s.number(number)
	if !known {
		s.number(p.service)
		s.number(p.instance)
		s.number(bits(p.global))
	}
}

func (l *loader) number() uint64 {
	if l.err != nil {
		return 0
	}
	n, err := binary.ReadUvarint(l)
	if err != nil {
		l.fail(fmt.Errorf("read it: %w", err))
		return 0
	}
	return n
}

func (l *loader) number32() uint32 {
	n := l.number()
	if n > math.MaxInt32 {
		l.fail(errDamaged)
		return 0
	}
	return uint32(n)
}

func (l *loader) count() int { return int(l.number32()) }

// time reads a time in nanoseconds by which something is decided. After a clock was set back
// it would be far away.
func (l *loader) time() int64 { return int64(l.number()) - l.setBack }

func (l *loader) times() (start, end pcommon.Timestamp) {
	start = pcommon.Timestamp(l.number())
	if l.err != nil {
		return 0, 0
	}
	length, err := binary.ReadVarint(l)
	if err != nil {
		l.fail(fmt.Errorf("read it: %w", err))
	}
	return start, start + pcommon.Timestamp(length)
}

// flags reads a number into flags, the last first, and returns what is left of it.
func (l *loader) flags(flags ...*bool) uint64 {
	n := l.number()
	for i := len(flags) - 1; i >= 0; i-- {
		*flags[i] = n&1 == 1
		n >>= 1
	}
	return n
}

func (l *loader) bytes() []byte {
	n := int64(l.count())
	var b bytes.Buffer // grows with what is there
	if l.err == nil {
		if _, err := io.CopyN(&b, l, n); err != nil {
			l.fail(fmt.Errorf("read it: %w", err))
		}
	}
	return b.Bytes()
}

func (l *loader) spanID() (id pcommon.SpanID) {
	l.fill(id[:])
	return id
}

func (l *loader) traceID() (id pcommon.TraceID) {
	l.fill(id[:])
	return id
}

func (l *loader) fill(b []byte) {
	if l.err != nil {
		return
	}
	if _, err := io.ReadFull(l, b); err != nil {
		l.fail(fmt.Errorf("read it: %w", err))
	}
}

func (l *loader) text() unique.Handle[string] {
	n := l.number()
	if n == uint64(len(l.texts)) {
		l.texts = append(l.texts, unique.Make(string(l.bytes())))
	}
	if l.err != nil || n >= uint64(len(l.texts)) {
		l.fail(errDamaged)
		return unique.Make("")
	}
	return l.texts[n]
}

func (l *loader) process() (p process) {
	n := l.number()
	if n == uint64(len(l.processes)) {
		p.service, p.instance = l.number(), l.number()
		l.flags(&p.global)
		l.processes = append(l.processes, p)
	}
	if l.err != nil || n >= uint64(len(l.processes)) {
		l.fail(errDamaged)
		return process{}
	}
	return l.processes[n]
}
