package spool

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// guard turns panics of a storage into errors: that is how bbolt says that its file
// is damaged. After the first it does nothing more to the storage, for what it would
// acknowledge would be lost with the rest.
type guard struct {
	storage storage.Client
	// file is where the storage keeps the entries; empty if that is not known.
	file   string
	damage atomic.Pointer[error]
}

// Get reads what is stored at a key.
func (g *guard) Get(ctx context.Context, key string) ([]byte, error) {
	operation := storage.GetOperation(key)
	err := g.Batch(ctx, operation)
	return operation.Value, err
}

// Batch does all operations or none.
func (g *guard) Batch(ctx context.Context, operations ...*storage.Operation) error {
	return g.do(func() error { return g.storage.Batch(ctx, operations...) })
}

// Close ends it.
func (g *guard) Close(ctx context.Context) error {
	return g.do(func() error { return g.storage.Close(ctx) })
}

func (g *guard) do(use func() error) error {
	if err := g.damage.Load(); err != nil {
		return *err
	}
	err, damage := recovered(use)
	if damage != nil {
		damage = damaged(g.file, damage)
		g.damage.Store(&damage)
		return damage
	}
	return err
}

// recovered calls use and returns what it panicked with as damage. Reading a mapped
// file beyond its end is a panic too.
func recovered(use func() error) (err, damage error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			damage = fmt.Errorf("%v", p)
		}
	}()
	return use(), nil
}

// damaged is the error of a damaged file, with the way out.
func damaged(file string, err error) error {
	if file == "" {
		file = "the directory of the storage extension"
	}
	return fmt.Errorf("the file of the sending queue is damaged (%w): stop the collector, move %s aside and start it again", err, file)
}
