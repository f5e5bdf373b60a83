package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"

	"github.com/google/uuid"
)

// visitor is a customer with a client.
type visitor struct {
	account   int
	address   string
	agent     string
	requestID uuid.UUID
	// traceParent is the remote parent span of the request, if any. The collector never
	// sees that span.
	traceParent string
}

func newVisitor(random *rand.Rand, account int) visitor {
	agents := []string{
		"crunchy-cli/3.4.1", "curl/8.9.1", "python-requests/2.32.3", "Terraform/1.9.5",
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
	}
	// These ranges are reserved for documentation.
	networks := []string{"192.0.2.", "198.51.100.", "203.0.113.", "2001:db8::"}
	traceParent := ""
	if random.IntN(3) == 0 {
		traceParent = fmt.Sprintf("00-%016x%016x-%016x-01", random.Uint64(), random.Uint64(), random.Uint64())
	}
	return visitor{
		account:     account,
		address:     fmt.Sprintf("%s%d", networks[random.IntN(len(networks))], account),
		agent:       agents[account%len(agents)],
		requestID:   randomID(random),
		traceParent: traceParent,
	}
}

func (v visitor) get(path string) call { return v.call(http.MethodGet, path) }

func (v visitor) post(path string, body any) call {
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	c := v.call(http.MethodPost, path)
	c.body = string(encoded)
	c.header.Set("Content-Type", "application/json")
	return c
}

func (v visitor) call(method, path string) call {
	header := http.Header{
		"Authorization":    {fmt.Sprintf("Bearer demo-token-%d", v.account)},
		"User-Agent":       {v.agent},
		"X-Forwarded-For":  {v.address},
		"X-Request-Id":     {v.requestID.String()},
		"X-Crunchy-Client": {v.agent},
	}
	if v.traceParent != "" {
		header.Set("Traceparent", v.traceParent)
	}
	return call{method: method, path: path, header: header}
}
