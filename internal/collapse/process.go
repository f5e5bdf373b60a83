package collapse

import (
	"hash/maphash"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// process tells processes apart by their resources, as far as those say. It is a hash: two
// processes are the same by chance once in 2^64.
type process struct {
	// service is what the resource calls itself, instance what tells instances apart, 0 if
	// nothing does.
	service, instance uint64
}

// instanceKeys names the attributes that tell processes apart, the most telling first
// (https://opentelemetry.io/docs/specs/semconv/resource/).
var instanceKeys = []string{
	"service.instance.id", "process.pid", "container.id", "k8s.pod.uid", "k8s.pod.name", "host.id", "host.name",
}

var processSeed = maphash.MakeSeed()

// processOf returns the process of a resource. One process can name several services, as
// with Datadog, so that a difference in the name alone is none where the instance is the
// same.
func processOf(resource pcommon.Resource) process {
	var p process
	var h maphash.Hash
	h.SetSeed(processSeed)
	found := false
	for _, key := range instanceKeys {
		if v, ok := resource.Attributes().Get(key); ok {
			found = true
			_, _ = h.WriteString(key)
			_, _ = h.WriteString(v.AsString())
			_ = h.WriteByte(0)
		}
	}
	if found {
		p.instance = h.Sum64()
	}
	for _, key := range []string{"service.namespace", "service.name"} {
		if v, ok := resource.Attributes().Get(key); ok {
			p.service = p.service*31 + maphash.String(processSeed, v.AsString())
		}
	}
	return p
}

// is reports whether p and q are one process: of the same instance where both say which
// they are, else of the same service.
func (p process) is(q process) bool {
	if p.instance != 0 && q.instance != 0 {
		return p.instance == q.instance
	}
	return p.service == q.service
}
