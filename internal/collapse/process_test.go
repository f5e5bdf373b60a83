package collapse

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

func TestProcess_Is(t *testing.T) {
	t.Parallel()
	const id = "627cc493-f310-47de-96bd-71410b7dec09"
	for name, tt := range map[string]struct {
		a, b map[string]any
		want bool
	}{
		"one service":              {map[string]any{"service.name": "a"}, map[string]any{"service.name": "a"}, true},
		"two services":             {map[string]any{"service.name": "a"}, map[string]any{"service.name": "b"}, false},
		"two services of one host": {map[string]any{"service.name": "a", "host.name": "h"}, map[string]any{"service.name": "b", "host.name": "h"}, false},
		"sidecar and service": {
			map[string]any{"service.name": "a", "k8s.pod.uid": "p", "process.pid": 1}, map[string]any{"service.name": "envoy", "k8s.pod.uid": "p"}, false,
		},
		"two replicas": {
			map[string]any{"service.name": "a", "service.instance.id": "a-1"}, map[string]any{"service.name": "a", "service.instance.id": "a-2"}, false,
		},
		"two services on hosts of one name": {
			map[string]any{"service.name": "a", "service.instance.id": "1"}, map[string]any{"service.name": "b", "service.instance.id": "1"}, false,
		},
		"two names of one process": {
			map[string]any{"service.name": "a", "host.name": "h", "process.pid": 7}, map[string]any{"service.name": "a-db", "host.name": "h", "process.pid": 7}, true,
		},
		"two names of one instance": {
			map[string]any{"service.name": "a", "service.instance.id": id}, map[string]any{"service.name": "a-db", "service.instance.id": id}, true,
		},
		"pid 1 of two containers": {
			map[string]any{"service.name": "a", "container.id": "x", "process.pid": 1}, map[string]any{"service.name": "b", "container.id": "y", "process.pid": 1}, false,
		},
		"one says more": {map[string]any{"service.name": "a", "service.instance.id": id}, map[string]any{"service.name": "a"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			of := func(attributes map[string]any) process {
				resource := pcommon.NewResource()
				require.NoError(t, resource.Attributes().FromRaw(attributes))
				return processOf(resource)
			}
			require.Equal(t, tt.want, of(tt.a).is(of(tt.b)))
			require.Equal(t, tt.want, of(tt.b).is(of(tt.a)))
		})
	}
}
