package spool

import (
	"context"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// client is the storage as exporterhelper sees it.
type client struct{ *Spool }

var _ storage.Client = client{}

// Get returns the queue's metadata, which says that nothing is dispatched.
func (c client) Get(ctx context.Context, key string) ([]byte, error) {
	operation := storage.GetOperation(key)
	err := c.Batch(ctx, operation)
	return operation.Value, err
}

// Set is as Batch.
func (c client) Set(ctx context.Context, key string, value []byte) error {
	return c.Batch(ctx, storage.SetOperation(key, value))
}

// Delete is as Batch.
func (c client) Delete(ctx context.Context, key string) error {
	return c.Batch(ctx, storage.DeleteOperation(key))
}

// Batch does for tickets what exporterhelper asks for. Only an entry that cannot be
// stored is an error: exporterhelper would take one of reading or deleting for a bad
// entry.
func (c client) Batch(ctx context.Context, operations ...*storage.Operation) error {
	for _, operation := range operations {
		switch {
		case operation.Key == metadataKey:
			if err := c.metadata(operation); err != nil {
				return err
			}
		case operation.Type == storage.Set:
			if err := c.take(ctx, operation.Value); err != nil {
				return err
			}
		case operation.Type == storage.Get:
			ticket := parseKey(operation.Key)
			bundle, err := c.Read(ctx, ticket)
			if err != nil {
				bundle = unread(ticket)
			}
			operation.Value = bundle
		case operation.Type == storage.Delete:
			c.finish(parseKey(operation.Key))
		}
	}
	return nil
}

// take takes an entry that is stored already, or stores it.
func (c client) take(ctx context.Context, value []byte) error {
	if key, ok := ctx.Value(storedKey{}).(uint64); ok {
		c.accept(key)
		return nil
	}
	stored, err := c.put(value)
	if err != nil {
		c.forgo()
		return err
	}
	c.accept(stored.key)
	return nil
}

// metadata gives exporterhelper the metadata, or takes note of it.
func (c client) metadata(operation *storage.Operation) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if operation.Type == storage.Get {
		operation.Value = c.queue.marshal()
		return nil
	}
	m, err := parseMetadata(operation.Value)
	c.queue = m
	return err
}

// Close deletes what is finished and closes the storage.
func (c client) Close(ctx context.Context) error {
	c.close()
	return c.storage.Close(ctx)
}
