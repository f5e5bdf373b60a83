package main

import (
	"net/http"
	"strings"

	"github.com/google/uuid"
)

// createQuery runs a customer's query on the customer's cluster, through its agent.
func (a *api) createQuery(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		ClusterID uuid.UUID `json:"cluster_id"`
		SQL       string    `json:"sql"`
	}
	if err := decode(w, r, &body); err != nil {
		return err
	}
	if !strings.HasPrefix(strings.ToUpper(strings.TrimSpace(body.SQL)), "SELECT") {
		return invalid("sql", "Only SELECT may be run.")
	}
	rows, err := a.agent.query(r.Context(), body.ClusterID, body.SQL)
	if err != nil {
		return unavailable(err)
	}
	return renderList(w, r, rows)
}
