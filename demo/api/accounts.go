package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"
)

// account is a customer.
type account struct {
	ID    uuid.UUID `json:"id"`
	Email string    `json:"email"`
	Sudo  bool      `json:"sudo"`
	Plan  string    `json:"plan"`
}

// enterprise is the plan of accounts that see more.
const enterprise = "enterprise"

type accountKey struct{}

// accountOf returns the account of an authenticated request.
func accountOf(ctx context.Context) account { return ctx.Value(accountKey{}).(account) }

// authenticated refuses requests without a valid token.
func (a *api) authenticated(next handlerFunc) handlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			return unauthorized("A bearer token is required.")
		}
		canonical(r.Context(), attribute.String("auth_type", "bearer"))
		who, err := a.authenticate(r.Context(), token)
		if err != nil {
			return err
		}
		return next(w, r.WithContext(context.WithValue(r.Context(), accountKey{}, who)))
	}
}

// authenticate finds the account of a token and puts it into the request's line.
func (a *api) authenticate(ctx context.Context, token string) (account, error) {
	hash := sha256.Sum256([]byte(token))
	var who account
	var tokenName string
	err := a.database.QueryRow(ctx, `
		SELECT accounts.id, accounts.email, accounts.sudo, accounts.plan, access_tokens.name
		FROM demo_api.access_tokens
		JOIN demo_api.accounts ON accounts.id = access_tokens.account_id
		WHERE access_tokens.secret_hash = $1`, hash[:]).
		Scan(&who.ID, &who.Email, &who.Sudo, &who.Plan, &tokenName)
	if errors.Is(err, pgx.ErrNoRows) {
		return account{}, unauthorized("The token is not valid.")
	}
	if err != nil {
		return account{}, fmt.Errorf("find token: %w", err)
	}
	canonical(ctx,
		attribute.String("account_id", who.ID.String()),
		attribute.String("account_email", who.Email),
		attribute.String("statistics.plan", who.Plan),
		attribute.String("auth_internal_name", tokenName))
	return who, nil
}

func (a *api) showAccount(w http.ResponseWriter, r *http.Request) error {
	render(w, http.StatusOK, accountOf(r.Context()))
	return nil
}

// team is a group of clusters.
type team struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

func (a *api) listTeams(w http.ResponseWriter, r *http.Request) error {
	rows, _ := a.database.Query(r.Context(), `
		SELECT id, name FROM demo_api.teams WHERE account_id = $1 ORDER BY name`, accountOf(r.Context()).ID)
	teams, err := pgx.CollectRows(rows, pgx.RowToStructByName[team])
	if err != nil {
		return fmt.Errorf("list teams: %w", err)
	}
	return renderList(w, r, teams)
}
