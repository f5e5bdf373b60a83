package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// cluster is a customer's Postgres.
type cluster struct {
	ID        uuid.UUID `json:"id"`
	Name      string    `json:"name"`
	Protected bool      `json:"protected"`
	Roles     int       `json:"roles,omitempty" db:"-"`
}

// role is a user of a cluster.
type role struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

func (a *api) listClusters(w http.ResponseWriter, r *http.Request) error {
	rows, _ := a.database.Query(r.Context(), `
		SELECT clusters.id, clusters.name, clusters.protected
		FROM demo_api.clusters
		JOIN demo_api.teams ON teams.id = clusters.team_id
		WHERE teams.account_id = $1 AND clusters.deleted_at IS NULL
		ORDER BY clusters.name`, accountOf(r.Context()).ID)
	clusters, err := pgx.CollectRows(rows, pgx.RowToStructByName[cluster])
	if err != nil {
		return fmt.Errorf("list clusters: %w", err)
	}
	if a.countsRoles && accountOf(r.Context()).Plan == enterprise {
		if err := a.countRoles(r.Context(), clusters); err != nil {
			return err
		}
	}
	return renderList(w, r, clusters)
}

// countRoles runs a query for each cluster, so that the demo has a deploy that made a route
// slower for some accounts.
func (a *api) countRoles(ctx context.Context, clusters []cluster) error {
	for i := range clusters {
		if err := a.database.QueryRow(ctx, `
			SELECT count(*) FROM demo_api.roles WHERE cluster_id = $1`, clusters[i].ID).Scan(&clusters[i].Roles); err != nil {
			return fmt.Errorf("count roles: %w", err)
		}
	}
	return nil
}

func (a *api) showCluster(w http.ResponseWriter, r *http.Request) error {
	found, err := a.findCluster(r)
	if err != nil {
		return err
	}
	render(w, http.StatusOK, found)
	return nil
}

func (a *api) deleteCluster(w http.ResponseWriter, r *http.Request) error {
	found, err := a.findCluster(r)
	if err != nil {
		return err
	}
	if found.Protected {
		return conflict("cluster_protected", "The cluster is protected from deletion.")
	}
	if _, err := a.database.Exec(r.Context(), `
		UPDATE demo_api.clusters SET deleted_at = now() WHERE id = $1`, found.ID); err != nil {
		return fmt.Errorf("delete cluster: %w", err)
	}
	render(w, http.StatusOK, found)
	return nil
}

// listDatabases is slow because it has to ask the cluster's own machine.
func (a *api) listDatabases(w http.ResponseWriter, r *http.Request) error {
	found, err := a.findCluster(r)
	if err != nil {
		return err
	}
	databases, err := a.agent.databases(r.Context(), found.Name)
	if err != nil {
		return unavailable(err)
	}
	return renderList(w, r, databases)
}

// listRoles makes the classic N+1 mistake: one query for the list, then one for each of
// its entries.
func (a *api) listRoles(w http.ResponseWriter, r *http.Request) error {
	found, err := a.findCluster(r)
	if err != nil {
		return err
	}
	rows, _ := a.database.Query(r.Context(), `
		SELECT id FROM demo_api.roles WHERE cluster_id = $1 ORDER BY name`, found.ID)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fmt.Errorf("list roles: %w", err)
	}
	roles := make([]role, 0, len(ids))
	for _, id := range ids {
		entry, err := a.findRole(r.Context(), id)
		if err != nil {
			return err
		}
		roles = append(roles, entry)
	}
	return renderList(w, r, roles)
}

func (a *api) findRole(ctx context.Context, id uuid.UUID) (role, error) {
	rows, _ := a.database.Query(ctx, `SELECT id, name FROM demo_api.roles WHERE id = $1`, id)
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[role])
	if err != nil {
		return role{}, fmt.Errorf("find role: %w", err)
	}
	return found, nil
}

// findCluster returns the cluster named in the path if the account may see it.
func (a *api) findCluster(r *http.Request) (cluster, error) {
	id, err := pathID(r, "cluster_id", "cluster")
	if err != nil {
		return cluster{}, err
	}
	var found cluster
	var owner uuid.UUID
	err = a.database.QueryRow(r.Context(), `
		SELECT clusters.id, clusters.name, clusters.protected, teams.account_id
		FROM demo_api.clusters
		JOIN demo_api.teams ON teams.id = clusters.team_id
		WHERE clusters.id = $1 AND clusters.deleted_at IS NULL`, id).
		Scan(&found.ID, &found.Name, &found.Protected, &owner)
	if errors.Is(err, pgx.ErrNoRows) {
		return cluster{}, notFound("cluster")
	}
	if err != nil {
		return cluster{}, fmt.Errorf("find cluster: %w", err)
	}
	if owner != accountOf(r.Context()).ID {
		return cluster{}, forbidden("cluster_of_another", "The cluster belongs to another account.")
	}
	return found, nil
}
