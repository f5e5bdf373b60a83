package page

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"

	"canonicallineexporter/page/internal/metadata"
)

// NewFactory returns the factory of the canonical_line_page extension.
func NewFactory() extension.Factory {
	return extension.NewFactory(metadata.Type, createDefaultConfig, create, metadata.ExtensionStability)
}

func create(_ context.Context, set extension.Settings, config component.Config) (extension.Extension, error) {
	return newPage(config.(*Config), set.TelemetrySettings)
}
