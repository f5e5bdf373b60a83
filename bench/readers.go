package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensiontest"

	"canonicallineexporter/internal/oteltest"
	"canonicallineexporter/page"
)

const (
	readersName = "exporter by 100, page with 20 readers"
	// readers is how many browsers load the page, each once a second.
	readers = 20
)

// readerCases returns the case in which browsers load the overview of the last day, each of them every
// second, while the exporter writes. The lines are too young for history to answer.
func (b *bench) readerCases() []benchCase {
	return []benchCase{{
		name: readersName, against: exporterName(100, sentDescendants),
		run: func(ctx context.Context) (int, time.Duration, error) {
			lines := b.linesWith(sentDescendants)
			e, err := b.startExporter(ctx, 100)
			if err != nil {
				return 0, 0, err
			}
			served, address, err := b.startPage(ctx)
			if err != nil {
				return 0, 0, err
			}
			defer served.Shutdown(ctx) //nolint:errcheck // it holds nothing
			stop := b.read(ctx, address+"/?window=24h")
			took, err := consumeAll(ctx, e, newWorkload(lines, sentDescendants))
			loads := stop()
			if err != nil {
				return 0, 0, err
			}
			b.notes[readersName] = fmt.Sprintf("%d loads of the page", loads)
			return lines, took, b.stored(ctx, lines)
		},
	}}
}

// startPage serves the page on a free port, and returns its address.
func (b *bench) startPage(ctx context.Context) (extension.Extension, string, error) {
	port, err := oteltest.FreePort()
	if err != nil {
		return nil, "", err
	}
	factory := page.NewFactory()
	cfg := factory.CreateDefaultConfig().(*page.Config)
	cfg.HTTP.NetAddr.Endpoint = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	cfg.Database.URL = configopaque.String(b.url)
	served, err := factory.Create(ctx, extensiontest.NewNopSettings(factory.Type()), cfg)
	if err != nil {
		return nil, "", fmt.Errorf("create the page: %w", err)
	}
	if err := served.Start(ctx, componenttest.NewNopHost()); err != nil {
		return nil, "", fmt.Errorf("start the page: %w", err)
	}
	return served, "http://" + cfg.HTTP.NetAddr.Endpoint, nil
}

// read loads an address with all readers, each of them every second, until the function that it
// returns is called. That one returns how often it was loaded.
func (b *bench) read(ctx context.Context, address string) (stop func() int) {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	loads := make([]int, readers)
	for i := range readers {
		group.Go(func() {
			second := time.NewTicker(time.Second)
			defer second.Stop()
			for {
				if load(ctx, address) == nil {
					loads[i]++
				}
				select {
				case <-ctx.Done():
					return
				case <-second.C:
				}
			}
		})
	}
	return func() (sum int) {
		cancel()
		group.Wait()
		for _, n := range loads {
			sum += n
		}
		return sum
	}
}

func load(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("load the page: status %d", response.StatusCode)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}
