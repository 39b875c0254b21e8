-- Texts are compared by their bytes ("C"): as written, and in the same order on every database.
-- Every table's shard key leads its primary key and stands in each of its unique constraints.

CREATE TABLE request_keys (
    idempotency_key text COLLATE "C" NOT NULL,
    route text COLLATE "C" NOT NULL,
    payload_hash bytea NOT NULL,
    record_id text COLLATE "C" NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT "PK_request_keys" PRIMARY KEY (idempotency_key, route)
);

CREATE TABLE groups (
    id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT "PK_groups" PRIMARY KEY (id)
);

CREATE TABLE invites (
    code text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    group_id uuid NOT NULL,
    max_uses integer NOT NULL,
    uses integer NOT NULL,
    departures integer NOT NULL,
    is_active boolean NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT "PK_invites" PRIMARY KEY (code, generation),
    CONSTRAINT invites_uses CHECK (uses >= 0 AND uses <= max_uses),
    CONSTRAINT invites_departures CHECK (departures >= 0 AND departures <= uses),
    CONSTRAINT invites_active CHECK (NOT is_active OR (uses < max_uses AND revoked_at IS NULL))
);

CREATE UNIQUE INDEX invites_active_code ON invites (code) WHERE is_active;
CREATE INDEX invites_by_group ON invites (group_id, created_at, code);

CREATE TABLE invite_uses (
    code text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    number integer NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    group_id uuid NOT NULL,
    accepted_at timestamp with time zone NOT NULL,
    idempotency_key text COLLATE "C",
    payload_hash bytea,
    CONSTRAINT "PK_invite_uses" PRIMARY KEY (code, generation, number)
);

CREATE UNIQUE INDEX invite_uses_idempotency_key ON invite_uses (code, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE memberships (
    user_id text COLLATE "C" NOT NULL,
    group_id uuid NOT NULL,
    code text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    joined_at timestamp with time zone NOT NULL,
    CONSTRAINT "PK_memberships" PRIMARY KEY (user_id)
);

CREATE INDEX memberships_by_group ON memberships (group_id, joined_at, user_id);
