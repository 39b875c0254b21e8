-- A small reference table: it may stand on every machine.
CREATE TABLE programs (
    id text COLLATE "C" NOT NULL,
    rules jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT "PK_programs" PRIMARY KEY (id)
);

CREATE TABLE accounts (
    id text COLLATE "C" NOT NULL,
    program_id text COLLATE "C",
    balance bigint NOT NULL,
    lifetime bigint NOT NULL,
    entries bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT "PK_accounts" PRIMARY KEY (id),
    CONSTRAINT accounts_balance CHECK (balance BETWEEN 0 AND 9007199254740991),
    CONSTRAINT accounts_lifetime CHECK (lifetime BETWEEN 0 AND 9007199254740991),
    CONSTRAINT accounts_entries CHECK (entries >= 0)
);

CREATE TABLE account_progress (
    account_id text COLLATE "C" NOT NULL,
    program_id text COLLATE "C" NOT NULL,
    last_earned_on date NOT NULL,
    streak_days integer NOT NULL,
    day_points bigint NOT NULL,
    month_points bigint NOT NULL,
    CONSTRAINT "PK_account_progress" PRIMARY KEY (account_id, program_id),
    CONSTRAINT account_progress_points CHECK (streak_days >= 1 AND day_points >= 0 AND month_points >= day_points)
);

CREATE TABLE entries (
    account_id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    id uuid NOT NULL,
    kind smallint NOT NULL,
    points bigint NOT NULL,
    balance_after bigint NOT NULL,
    reason text COLLATE "C",
    program_id text COLLATE "C",
    earned_on date,
    breakdown jsonb,
    transfer_id uuid,
    created_at timestamp with time zone NOT NULL,
    idempotency_key text COLLATE "C",
    payload_hash bytea,
    CONSTRAINT "PK_entries" PRIMARY KEY (account_id, sequence),
    CONSTRAINT entries_balance_after CHECK (balance_after BETWEEN 0 AND 9007199254740991),
    CONSTRAINT entries_program CHECK ((program_id IS NULL) = (earned_on IS NULL) AND (program_id IS NULL) = (breakdown IS NULL))
);

CREATE UNIQUE INDEX entries_idempotency_key ON entries (account_id, kind, idempotency_key) WHERE idempotency_key IS NOT NULL;
