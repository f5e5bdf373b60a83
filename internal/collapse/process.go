package collapse

import (
	"github.com/cespare/xxhash/v2"
	"github.com/google/uuid"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// process tells processes apart by their resources, as far as those say. It holds hashes:
// two processes are the same by chance once in 2^64.
type process struct {
	// service is what the process calls itself.
	service uint64
	// instance tells the instances of a service apart, 0 if nothing does. It is unique
	// across services if global says so.
	instance uint64
	global   bool
}

// hostKeys names the attributes within which a process id is unique
// (https://opentelemetry.io/docs/specs/semconv/resource/).
var hostKeys = []string{"container.id", "k8s.pod.uid", "k8s.pod.name", "host.id", "host.name"}

// processOf returns the process of a resource.
func processOf(resource pcommon.Resource) (p process) {
	value := func(key string) string {
		v, ok := resource.Attributes().Get(key)
		if !ok {
			return ""
		}
		return v.AsString()
	}
	p.service = hashOf(value("service.namespace"), value("service.name"))
	id, pid := value("service.instance.id"), value("process.pid")
	if _, err := uuid.Parse(id); err == nil {
		p.instance, p.global = hashOf(id), true
		return p
	}
	for _, key := range hostKeys {
		if host := value(key); pid != "" && host != "" {
			p.instance, p.global = hashOf(pid, key, host), true
			return p
		}
	}
	if container := value("container.id"); container != "" {
		p.instance, p.global = hashOf(container), true
	} else if id != "" {
		p.instance = hashOf(id)
	}
	return p
}

// hashOf returns a hash that is the same in every run of the collector, since what is kept of
// spans can outlive it.
func hashOf(parts ...string) uint64 {
	var h xxhash.Digest
	h.Reset()
	for _, part := range parts {
		_, _ = h.WriteString(part)
		_, _ = h.WriteString("\x00")
	}
	return h.Sum64()
}

// is reports whether p and q are one process. One process can name several services, as
// with Datadog, so another name alone does not tell processes apart if the instance is the
// same one. Neither does an instance tell services apart that it is not unique across.
func (p process) is(q process) bool {
	if p.service == q.service {
		return p.instance == q.instance || p.instance == 0 || q.instance == 0
	}
	return p.global && q.global && p.instance == q.instance
}
