package main

import (
	"context"
	"fmt"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
)

// client sends exports over a connection of its own.
type client struct{ conn *grpc.ClientConn }

func dial(endpoint string) (*client, error) {
	conn, err := grpc.NewClient(endpoint,
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodecV2(raw{})))
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	return &client{conn}, nil
}

// send sends a marshaled export.
func (c *client) send(ctx context.Context, export []byte) error {
	var response []byte
	if err := c.conn.Invoke(ctx, "/opentelemetry.proto.collector.trace.v1.TraceService/Export", export, &response); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

// deliver sends exports over so many connections, one after another on each.
func deliver(ctx context.Context, endpoint string, exports [][]byte, connections int) error {
	var group sync.WaitGroup
	errs := make([]error, connections)
	for p := range connections {
		group.Go(func() {
			var c *client
			if c, errs[p] = dial(endpoint); errs[p] != nil {
				return
			}
			defer c.conn.Close()
			for i := p; i < len(exports) && errs[p] == nil; i += connections {
				errs[p] = c.send(ctx, exports[i])
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("deliver: %w", err)
		}
	}
	return nil
}

// raw is a codec that passes marshaled messages through.
type raw struct{}

var _ encoding.CodecV2 = raw{}

func (raw) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

func (raw) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

func (raw) Name() string { return "proto" }
