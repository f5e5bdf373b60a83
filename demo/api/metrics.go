package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"
)

// point is one measurement.
type point struct {
	ClusterID uuid.UUID `json:"cluster_id"`
	Name      string    `json:"name"`
	Value     float64   `json:"value"`
}

func (a *api) createMetrics(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Points []point `json:"points"`
	}
	if err := decode(w, r, &body); err != nil {
		return err
	}
	if len(body.Points) == 0 {
		return invalid("points", "At least one point is required.")
	}
	clusters := make([]uuid.UUID, len(body.Points))
	names := make([]string, len(body.Points))
	values := make([]float64, len(body.Points))
	for i, p := range body.Points {
		clusters[i], names[i], values[i] = p.ClusterID, p.Name, p.Value
	}
	if _, err := a.database.Exec(r.Context(), `
		INSERT INTO demo_api.metrics (cluster_id, name, value)
		SELECT * FROM unnest($1::uuid[], $2::text[], $3::float8[])`, clusters, names, values); err != nil {
		return fmt.Errorf("create metrics: %w", err)
	}
	canonical(r.Context(), attribute.Int("statistics.points_received", len(body.Points)))
	render(w, http.StatusAccepted, map[string]int{"accepted": len(body.Points)})
	return nil
}

// bucket is the mean of the measurements in one part of a view's window.
type bucket struct {
	At   time.Time `json:"at"`
	Mean float64   `json:"mean"`
}

// viewWindow is how far a metric view looks back.
const viewWindow = time.Minute

// showMetricView divides by the period that the client asks for, without checking for 0,
// so that some lines show a panic.
func (a *api) showMetricView(w http.ResponseWriter, r *http.Request) error {
	period, err := time.ParseDuration(r.URL.Query().Get("period"))
	if err != nil {
		return invalid("period", "The period is not a duration.")
	}
	count := int(viewWindow / period)
	rows, _ := a.database.Query(r.Context(), `
		SELECT date_bin($2, recorded_at, 'epoch') AS at, avg(value) AS mean
		FROM demo_api.metrics
		WHERE name = $1 AND recorded_at > now() - $3::interval
		GROUP BY 1 ORDER BY 1 DESC LIMIT $4`, r.PathValue("name"), period, viewWindow, count)
	buckets, err := pgx.CollectRows(rows, pgx.RowToStructByName[bucket])
	if err != nil {
		return fmt.Errorf("show metric view: %w", err)
	}
	return renderList(w, r, buckets)
}

func (a *api) showHealthCheck(w http.ResponseWriter, r *http.Request) error {
	var healthy bool
	err := a.database.QueryRow(r.Context(), `
		SELECT healthy FROM demo_api.health_checks WHERE name = $1`, r.PathValue("name")).Scan(&healthy)
	if errors.Is(err, pgx.ErrNoRows) {
		return notFound("health_check")
	}
	if err != nil {
		return fmt.Errorf("show health check: %w", err)
	}
	render(w, http.StatusOK, map[string]bool{"healthy": healthy})
	return nil
}
