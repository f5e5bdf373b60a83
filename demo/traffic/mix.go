package main

import (
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// These match the API's schema.sql: account n owns the clusters n, n+20, n+40 and so on,
// and the clusters up to 80 have roles.
const (
	accounts         = 20
	clustersOf       = 40
	clustersWithRole = 4
)

// mix makes up requests. It is not safe for concurrent use.
type mix struct {
	random *rand.Rand
	shares []share
	total  int
	// lastKey is the last idempotency key, and lastAccount its sender, to be sent again.
	lastKey     uuid.UUID
	lastAccount int
}

// share is a kind of request and its weight, about one in a thousand requests each.
type share struct {
	weight int
	make   func(who visitor) call
}

func newMix(random *rand.Rand) *mix {
	m := &mix{random: random}
	m.shares = []share{
		{430, m.metrics},
		{150, m.metricView},
		{80, func(who visitor) call { return who.get("/clusters") }},
		{70, m.healthCheck},
		{50, func(who visitor) call { return who.get("/teams") }},
		{45, func(who visitor) call { return who.get("/account") }},
		{50, func(who visitor) call { return who.get("/clusters/" + m.cluster(who)) }},
		{25, func(who visitor) call { return who.get("/clusters/" + m.cluster(who) + "/roles") }},
		{20, m.databases},
		{20, m.query},
		{15, m.accessToken},
		{8, m.session},
		{6, m.deletion},
		{30, m.mistake},
	}
	for _, s := range m.shares {
		m.total += s.weight
	}
	return m
}

// next returns the next request.
func (m *mix) next() call {
	// A few accounts send most requests.
	draw := m.random.Float64()
	who := newVisitor(m.random, 1+int(draw*draw*accounts))
	at := m.random.IntN(m.total)
	for _, s := range m.shares {
		if at < s.weight {
			return s.make(who)
		}
		at -= s.weight
	}
	panic("weights do not add up")
}

// cluster returns the id of a cluster of the account that has roles.
func (m *mix) cluster(who visitor) string {
	return clusterID(who.account + accounts*m.random.IntN(clustersWithRole))
}

func (m *mix) metrics(who visitor) call {
	type point struct {
		ClusterID string  `json:"cluster_id"`
		Name      string  `json:"name"`
		Value     float64 `json:"value"`
	}
	points := make([]point, 1+m.random.IntN(20))
	for i := range points {
		points[i] = point{m.cluster(who), m.metricName(), m.random.Float64()}
	}
	c := who.post("/metrics", map[string]any{"points": points})
	c.header.Set("User-Agent", "metrics-agent/1.4.2")
	return c
}

func (m *mix) metricName() string {
	return []string{"cpu-load", "disk-usage", "connections", "cache-hit-ratio"}[m.random.IntN(4)]
}

func (m *mix) metricView(who visitor) call {
	period := []string{"1s", "5s", "10s"}[m.random.IntN(3)]
	return who.get("/metric-views/" + m.metricName() + "?period=" + period)
}

func (m *mix) healthCheck(who visitor) call {
	c := who.get("/health-checks/" + []string{"api", "database", "queue", "agent"}[m.random.IntN(4)])
	c.header.Del("Authorization")
	c.header.Set("User-Agent", "uptime-probe/2.0")
	return c
}

// databases and query are slow, and some clients do not wait.
func (m *mix) databases(who visitor) call {
	c := who.get("/clusters/" + m.cluster(who) + "/databases")
	c.patience = m.patience()
	return c
}

func (m *mix) query(who visitor) call {
	c := who.post("/queries", map[string]string{"cluster_id": m.cluster(who), "sql": "SELECT count(*) FROM orders"})
	c.patience = m.patience()
	return c
}

func (m *mix) patience() time.Duration {
	if m.random.IntN(5) > 0 {
		return 0
	}
	return time.Duration(100+m.random.IntN(100)) * time.Millisecond
}

// accessToken sometimes repeats a request, like a client that missed the answer, or sends
// another body with the same key, like a client with a bug.
func (m *mix) accessToken(who visitor) call {
	name := "laptop"
	draw := m.random.IntN(8)
	if draw > 2 || m.lastAccount == 0 {
		m.lastKey, m.lastAccount = randomID(m.random), who.account
	} else if draw == 2 {
		name = "another one"
	}
	who.account = m.lastAccount
	c := who.post("/access-tokens", map[string]string{"name": name})
	c.header.Set("Idempotency-Key", m.lastKey.String())
	return c
}

func (m *mix) session(who visitor) call {
	body := map[string]any{"email": fmt.Sprintf("user%d@example.com", who.account)}
	switch m.random.IntN(4) {
	case 0:
		// Only account 1 may.
		body["sudo"] = true
	case 1:
		body["email"] = "nobody"
	}
	return who.post("/sessions", body)
}

// deletion deletes one of the clusters that no other request asks for.
func (m *mix) deletion(who visitor) call {
	n := clustersWithRole + m.random.IntN(clustersOf-clustersWithRole)
	return who.call(http.MethodDelete, "/clusters/"+clusterID(who.account+accounts*n))
}

// mistake returns a request that cannot succeed.
func (m *mix) mistake(who visitor) call {
	switch m.random.IntN(8) {
	case 0:
		c := who.get("/clusters")
		c.header.Del("Authorization")
		return c
	case 1:
		c := who.get("/account")
		c.header.Set("Authorization", "Bearer expired")
		return c
	case 2:
		return who.get("/.env")
	case 3:
		return who.get("/clusters/" + randomID(m.random).String())
	case 4:
		return who.get("/clusters/" + clusterID(who.account%accounts+1))
	case 5:
		return who.post("/metrics", map[string]any{"points": []string{}})
	case 6:
		// Makes the handler panic.
		return who.get("/metric-views/" + m.metricName() + "?period=0s")
	default:
		// Makes the database refuse the query.
		return who.get("/metric-views/" + m.metricName() + "?period=-1s")
	}
}

// clusterID returns the id that the API's schema.sql gives cluster n.
func clusterID(n int) string {
	return uuid.UUID(md5.Sum(fmt.Appendf(nil, "cluster-%d", n))).String()
}

// randomID returns a random UUID, determined by the seed.
func randomID(random *rand.Rand) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], random.Uint64())
	binary.BigEndian.PutUint64(id[8:], random.Uint64())
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}
