package main

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMix_Seed(t *testing.T) {
	t.Parallel()

	one, same := newMix(rand.New(rand.NewPCG(1, 1))), newMix(rand.New(rand.NewPCG(1, 1)))
	methods := map[string]int{}
	for range 2000 {
		next := one.next()
		require.Equal(t, next, same.next())
		methods[next.method]++
	}
	require.Greater(t, methods[http.MethodPost], 800)
	require.Greater(t, methods[http.MethodGet], 800)
	require.Positive(t, methods[http.MethodDelete])
}

func TestClient_Outcome(t *testing.T) {
	t.Parallel()

	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
			return
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(server.Close)
	c := newClient(server.URL, 2)
	go func() {
		defer close(c.calls)
		c.calls <- call{method: http.MethodGet, path: "/fast", header: http.Header{}}
		c.calls <- call{method: http.MethodGet, path: "/slow", header: http.Header{}, patience: 100 * time.Millisecond}
		c.calls <- call{method: http.MethodGet, path: "/fast", header: http.Header{}}
	}()
	c.serve()

	require.Equal(t, map[int]int{http.StatusTeapot: 2}, c.outcome.byStatus)
	require.Equal(t, 1, c.outcome.hungUp)
	require.NoError(t, c.outcome.lastError)
	require.Equal(t, "requests      3\n418           2\nhung_up       1\n", c.outcome.String())
}

func TestClient_Failed(t *testing.T) {
	t.Parallel()

	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c := newClient(server.URL, 1)
	go func() {
		defer close(c.calls)
		c.calls <- call{method: http.MethodGet, path: "/", header: http.Header{}, patience: time.Second}
	}()
	c.serve()

	require.Equal(t, 1, c.outcome.failed)
	require.Error(t, c.outcome.lastError)
}

func TestCheckLoopback(t *testing.T) {
	t.Parallel()

	for target, ok := range map[string]bool{
		"http://127.0.0.1:8080":  true,
		"http://[::1]:8080":      true,
		"http://localhost:8080":  true,
		"http://192.0.2.1:8080":  false,
		"http://example.com":     false,
		"http://127.0.0.1.nip:1": false,
	} {
		require.Equal(t, ok, checkLoopback(target) == nil, target)
	}
}
