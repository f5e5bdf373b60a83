package spool

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// Guard turns panics of a storage into errors: that is how bbolt says that its file
// is damaged. After the first it does nothing more to the storage, for what it would
// acknowledge would be lost with the rest.
type Guard struct {
	storage storage.Client
	// file is where the storage keeps the entries; empty if that is not known.
	file   string
	damage atomic.Pointer[error]
}

// Open opens what a storage extension keeps for an exporter under a name. A file that is
// damaged is an error: file_storage would panic over it, in goroutines of bbolt too, where
// nothing can recover.
func Open(ctx context.Context, extension storage.Extension, id component.ID, name string) (*Guard, error) {
	file := boltFile(extension, id, name)
	if err := checkFile(file); err != nil {
		return nil, err
	}
	g := &Guard{file: file}
	err := g.do(func() (err error) {
		g.storage, err = extension.GetClient(ctx, component.KindExporter, id, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return g, nil
}

// Get reads what is stored at a key.
func (g *Guard) Get(ctx context.Context, key string) ([]byte, error) {
	operation := storage.GetOperation(key)
	err := g.Batch(ctx, operation)
	return operation.Value, err
}

// Batch does all operations or none.
func (g *Guard) Batch(ctx context.Context, operations ...*storage.Operation) error {
	return g.do(func() error { return g.storage.Batch(ctx, operations...) })
}

// Close ends it.
func (g *Guard) Close(ctx context.Context) error {
	return g.do(func() error { return g.storage.Close(ctx) })
}

func (g *Guard) do(use func() error) error {
	if err := g.damage.Load(); err != nil {
		return *err
	}
	err, damage := recovered(use)
	if damage != nil {
		damage = &DamagedError{g.file, damage}
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

// DamagedError is that of a file that is damaged. It names the way out.
type DamagedError struct {
	// File is empty if it is not known.
	File string
	err  error
}

func (e *DamagedError) Error() string {
	file := e.File
	if file == "" {
		file = "the directory of the storage extension"
	}
	return fmt.Sprintf("the file of the storage is damaged (%v): stop the collector, move %s aside and start it again", e.err, file)
}

func (e *DamagedError) Unwrap() error { return e.err }
