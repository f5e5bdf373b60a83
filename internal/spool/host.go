package spool

import (
	"context"
	"fmt"
	"maps"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// Host returns host with the storage extension of that id replaced by one that
// gives exporterhelper the spool.
func (s *Spool) Host(host component.Host, id component.ID) component.Host {
	return spoolHost{host, id, s}
}

type spoolHost struct {
	component.Host
	id    component.ID
	spool *Spool
}

// GetExtensions returns the host's extensions. Without a storage at the id it leaves
// the complaint to exporterhelper.
func (h spoolHost) GetExtensions() map[component.ID]component.Component {
	extensions := maps.Clone(h.Host.GetExtensions())
	if real, ok := extensions[h.id].(storage.Extension); ok {
		extensions[h.id] = spoolExtension{real, h.spool}
	}
	return extensions
}

// Report has statuses reach the host.
func (h spoolHost) Report(event *componentstatus.Event) { componentstatus.ReportStatus(h.Host, event) }

type spoolExtension struct {
	storage.Extension
	spool *Spool
}

// GetClient opens the spool on a client of the extension, which is always an exporter's.
func (e spoolExtension) GetClient(ctx context.Context, _ component.Kind, id component.ID, name string) (storage.Client, error) {
	g, err := Open(ctx, e.Extension, id, name)
	if err != nil {
		return nil, fmt.Errorf("open the storage of the sending queue: %w", err)
	}
	if err := e.spool.open(ctx, g); err != nil {
		_ = g.Close(ctx)
		return nil, fmt.Errorf("read the sending queue: %w", err)
	}
	return client{e.spool}, nil
}
