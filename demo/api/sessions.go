package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"
)

// session is a login; with sudo it has more rights.
type session struct {
	ID   uuid.UUID `json:"id"`
	Sudo bool      `json:"sudo"`
}

func (a *api) createSession(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Email string `json:"email"`
		Sudo  bool   `json:"sudo"`
	}
	if err := decode(w, r, &body); err != nil {
		return err
	}
	who := accountOf(r.Context())
	if !strings.Contains(body.Email, "@") {
		return invalid("email", "The email is not an address.")
	}
	if body.Email != who.Email {
		return forbidden("session_of_another", "A session is for its own account only.")
	}
	if body.Sudo && !who.Sudo {
		return forbidden("sudo_denied", "This account may not sudo.")
	}
	canonical(r.Context(), attribute.Bool("sudo", body.Sudo))

	created := session{Sudo: body.Sudo}
	err := a.database.QueryRow(r.Context(), `
		INSERT INTO demo_api.sessions (account_id, sudo) VALUES ($1, $2) RETURNING id`, who.ID, body.Sudo).
		Scan(&created.ID)
	if err != nil {
		return fmt.Errorf("create session: %w", err)
	}
	render(w, http.StatusCreated, created)
	return nil
}

// accessToken is a credential, without its secret.
type accessToken struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

// createAccessToken creates one token, however often a client tries with the same
// idempotency key.
func (a *api) createAccessToken(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Name string `json:"name"`
	}
	if err := decode(w, r, &body); err != nil {
		return err
	}
	if body.Name == "" {
		return invalid("name", "A name is required.")
	}
	var key *uuid.UUID
	if header := r.Header.Get("Idempotency-Key"); header != "" {
		parsed, err := uuid.Parse(header)
		if err != nil {
			return invalid("idempotency_key", "The idempotency key is not a UUID.")
		}
		key = &parsed
	}

	created := accessToken{Name: body.Name}
	hash := sha256.Sum256([]byte(rand.Text()))
	err := a.database.QueryRow(r.Context(), `
		INSERT INTO demo_api.access_tokens (account_id, name, secret_hash, idempotency_key)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (account_id, idempotency_key) DO NOTHING
		RETURNING id`, accountOf(r.Context()).ID, body.Name, hash[:], key).
		Scan(&created.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return a.replayAccessToken(r.Context(), w, *key, body.Name)
	}
	if err != nil {
		return fmt.Errorf("create access token: %w", err)
	}
	render(w, http.StatusCreated, created)
	return nil
}

// replayAccessToken repeats the answer to the first request with the key.
func (a *api) replayAccessToken(ctx context.Context, w http.ResponseWriter, key uuid.UUID, name string) error {
	var stored accessToken
	err := a.database.QueryRow(ctx, `
		SELECT id, name FROM demo_api.access_tokens WHERE account_id = $1 AND idempotency_key = $2`,
		accountOf(ctx).ID, key).
		Scan(&stored.ID, &stored.Name)
	if err != nil {
		return fmt.Errorf("replay access token: %w", err)
	}
	if stored.Name != name {
		return conflict("idempotency_key_reused", "The idempotency key was used for another request.")
	}
	canonical(ctx, attribute.Bool("idempotency_replay", true))
	render(w, http.StatusCreated, stored)
	return nil
}
