package collapse

// numbering gives values numbers, so that what refers to them needs no pointer. It keeps a
// value for as long as somebody refers to it. The number of the zero value is 0.
type numbering[V comparable] struct {
	numbers map[V]uint32
	values  []referred[V]
	unused  []uint32
}

type referred[V comparable] struct {
	value V
	// references is how many there are.
	references int
}

// refer returns the number of a value, which is kept until it is released as often.
func (n *numbering[V]) refer(v V) uint32 {
	var zero V
	if v == zero {
		return 0
	}
	number, ok := n.numbers[v]
	if !ok {
		number = n.assign(v)
	}
	n.values[number].references++
	return number
}

func (n *numbering[V]) assign(v V) (number uint32) {
	if n.numbers == nil {
		n.numbers = map[V]uint32{}
		n.values = make([]referred[V], 1) // for 0
	}
	if last := len(n.unused) - 1; last >= 0 {
		number, n.unused = n.unused[last], n.unused[:last]
	} else {
		n.values = append(n.values, referred[V]{})
		number = uint32(len(n.values) - 1)
	}
	n.values[number].value, n.numbers[v] = v, number
	return number
}

// value returns the value of a number.
func (n *numbering[V]) value(number uint32) (v V) {
	if number != 0 {
		v = n.values[number].value
	}
	return v
}

// release ends one reference to the value of a number.
func (n *numbering[V]) release(number uint32) {
	if number == 0 {
		return
	}
	r := &n.values[number]
	if r.references--; r.references > 0 {
		return
	}
	delete(n.numbers, r.value)
	*r = referred[V]{}
	n.unused = append(n.unused, number)
}
