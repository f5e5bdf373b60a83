package canonicallineexporter

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/pipeline"

	"canonicallineexporter/internal/metadata"
)

// NewFactory returns the factory of the canonical_line exporter.
func NewFactory() exporter.Factory {
	return exporter.NewFactory(
		metadata.Type,
		createDefaultConfig,
		exporter.WithTraces(createTraces, metadata.TracesStability),
		exporter.WithLogs(createLogs, metadata.LogsStability),
	)
}

func createTraces(ctx context.Context, set exporter.Settings, config component.Config) (exporter.Traces, error) {
	return shared.join(config.(*Config), pipeline.SignalTraces, func() (*lineExporter, error) { return create(ctx, set, config) })
}

func createLogs(ctx context.Context, set exporter.Settings, config component.Config) (exporter.Logs, error) {
	return shared.join(config.(*Config), pipeline.SignalLogs, func() (*lineExporter, error) { return create(ctx, set, config) })
}

func create(ctx context.Context, set exporter.Settings, config component.Config) (*lineExporter, error) {
	cfg := config.(*Config)
	e, err := newLineExporter(cfg, set)
	if err != nil {
		return nil, err
	}
	e.Traces, err = xexporterhelper.NewTracesRequest(ctx, set, queuedFromContext, e.write,
		exporterhelper.WithStart(e.start),
		exporterhelper.WithShutdown(e.shutdown),
		exporterhelper.WithTimeout(cfg.TimeoutConfig),
		exporterhelper.WithRetry(retryConfig(cfg)),
		xexporterhelper.WithQueueBatch(cfg.QueueConfig, queueSettings(e.countCorrupted)),
	)
	return e, err
}
