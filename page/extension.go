package page

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.uber.org/zap"

	"canonicallineexporter/internal/table"
)

// page is the extension. Its handlers are safe for concurrent use.
type page struct {
	cfg       *Config
	telemetry component.TelemetrySettings
	asker     *asker
	store     *store
	show      map[string]bool

	server *http.Server
	served chan struct{}
}

func newPage(cfg *Config, telemetry component.TelemetrySettings) (*page, error) {
	name, err := table.ParseName(cfg.Table)
	if err != nil {
		return nil, fmt.Errorf("`table` %w", err)
	}
	p := &page{cfg: cfg, telemetry: telemetry, store: newStore(cfg, name), show: map[string]bool{}}
	p.asker = newAsker(p.answer)
	for _, column := range private {
		p.show[column] = false
	}
	for _, column := range cfg.Show {
		p.show[column] = true
	}
	return p, nil
}

// Start listens. It returns an error if the address cannot be used, but not if the database is
// away: the page then says so.
func (p *page) Start(ctx context.Context, host component.Host) error {
	if err := p.store.open(func(err error) { report(host, err) }); err != nil {
		return err
	}
	listener, err := p.cfg.HTTP.ToListener(ctx)
	if err != nil {
		p.store.close()
		return fmt.Errorf("listen for readers: %w", err)
	}
	p.server, err = p.cfg.HTTP.ToServer(ctx, host.GetExtensions(), p.telemetry, p.handler())
	if err != nil {
		p.store.close()
		return errors.Join(fmt.Errorf("serve the page: %w", err), listener.Close())
	}
	p.served = make(chan struct{})
	go func() {
		defer close(p.served)
		if err := p.server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(fmt.Errorf("serve the page: %w", err)))
		}
	}()
	p.telemetry.Logger.Info("the page is served", zap.Stringer("address", listener.Addr()))
	return nil
}

// report makes an error of the database the component's status; nil is none.
func report(host component.Host, err error) {
	if err == nil {
		componentstatus.ReportStatus(host, componentstatus.NewEvent(componentstatus.StatusOK))
		return
	}
	componentstatus.ReportStatus(host, componentstatus.NewRecoverableErrorEvent(err))
}

// Shutdown closes connections at once: a reader waits for nothing that cannot be asked again.
func (p *page) Shutdown(context.Context) error {
	if p.server == nil {
		return nil
	}
	err := p.server.Close()
	<-p.served
	p.store.close()
	return err
}

// answer asks the database, and hides what readers must not see.
func (p *page) answer(ctx context.Context, c call) (*answer, error) {
	a, err := p.store.ask(ctx, c)
	if err == nil {
		p.hide(a)
	}
	return a, err
}
