-- The demo's own tables. They are recreated at every start, so that every run begins
-- with the same data. Ids are MD5 hashes of names, so the traffic generator knows which
-- ones exist without asking.
DROP SCHEMA IF EXISTS demo_api CASCADE;
CREATE SCHEMA demo_api;

CREATE TABLE demo_api.accounts (
    id    uuid PRIMARY KEY,
    email text NOT NULL UNIQUE,
    sudo  boolean NOT NULL DEFAULT false,
    plan  text NOT NULL
);

CREATE TABLE demo_api.access_tokens (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id      uuid NOT NULL REFERENCES demo_api.accounts,
    name            text NOT NULL,
    secret_hash     bytea NOT NULL UNIQUE,
    idempotency_key uuid,
    UNIQUE (account_id, idempotency_key)
);

CREATE TABLE demo_api.sessions (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES demo_api.accounts,
    sudo       boolean NOT NULL
);

CREATE TABLE demo_api.teams (
    id         uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES demo_api.accounts,
    name       text NOT NULL
);
CREATE INDEX ON demo_api.teams (account_id);

CREATE TABLE demo_api.clusters (
    id         uuid PRIMARY KEY,
    team_id    uuid NOT NULL REFERENCES demo_api.teams,
    name       text NOT NULL,
    protected  boolean NOT NULL DEFAULT false,
    deleted_at timestamptz
);
CREATE INDEX ON demo_api.clusters (team_id);

CREATE TABLE demo_api.roles (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    cluster_id uuid NOT NULL REFERENCES demo_api.clusters,
    name       text NOT NULL
);
CREATE INDEX ON demo_api.roles (cluster_id);

CREATE TABLE demo_api.health_checks (
    name    text PRIMARY KEY,
    healthy boolean NOT NULL
);

CREATE TABLE demo_api.metrics (
    cluster_id  uuid NOT NULL,
    name        text NOT NULL,
    value       double precision NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON demo_api.metrics (name, recorded_at);

-- Account 1 may sudo.
INSERT INTO demo_api.accounts (id, email, sudo, plan)
SELECT md5('account-' || n)::uuid, 'user' || n || '@example.com', n = 1, CASE WHEN n % 4 = 1 THEN 'enterprise' ELSE 'hobby' END
FROM generate_series(1, 20) AS n;

INSERT INTO demo_api.access_tokens (account_id, name, secret_hash)
SELECT md5('account-' || n)::uuid, 'laptop-' || n, sha256(convert_to('demo-token-' || n, 'UTF8'))
FROM generate_series(1, 20) AS n;

INSERT INTO demo_api.teams (id, account_id, name)
SELECT md5('team-' || n)::uuid, md5('account-' || (n - 1) % 20 + 1)::uuid, 'team ' || n
FROM generate_series(1, 40) AS n;

-- Every tenth cluster is protected.
INSERT INTO demo_api.clusters (id, team_id, name, protected)
SELECT md5('cluster-' || n)::uuid, md5('team-' || (n - 1) % 40 + 1)::uuid, 'cluster-' || n, n % 10 = 0
FROM generate_series(1, 800) AS n;

-- The clusters that the traffic generator asks for roles have 20 to 43 each.
INSERT INTO demo_api.roles (cluster_id, name)
SELECT md5('cluster-' || n)::uuid, 'role_' || i
FROM generate_series(1, 80) AS n, LATERAL generate_series(1, 20 + n * 7 % 24) AS i;

INSERT INTO demo_api.health_checks (name, healthy)
VALUES ('api', true), ('database', true), ('queue', true), ('agent', true);

ANALYZE demo_api.accounts, demo_api.access_tokens, demo_api.teams, demo_api.clusters, demo_api.roles;
