-- A booking's status: 0 held, 1 confirmed, 2 cancelled, 3 expired.

CREATE TABLE events (
    id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    capacity integer NOT NULL,
    booked integer NOT NULL,
    held integer NOT NULL,
    max_per_buyer integer,
    seated boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT "PK_events" PRIMARY KEY (id),
    CONSTRAINT events_places CHECK (booked >= 0 AND held >= 0 AND booked + held <= capacity)
);

CREATE TABLE bookings (
    event_id uuid NOT NULL,
    id uuid NOT NULL,
    buyer_id text COLLATE "C" NOT NULL,
    quantity integer NOT NULL,
    seats text[],
    status smallint NOT NULL,
    hold_expires_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    idempotency_key text COLLATE "C",
    payload_hash bytea,
    confirm_idempotency_key text COLLATE "C",
    CONSTRAINT "PK_bookings" PRIMARY KEY (event_id, id),
    CONSTRAINT bookings_places CHECK (quantity >= 1 AND (seats IS NULL OR cardinality(seats) = quantity)),
    CONSTRAINT bookings_hold CHECK (status IN (1, 2) OR hold_expires_at IS NOT NULL)
);

CREATE UNIQUE INDEX bookings_idempotency_key ON bookings (event_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- Holds whose time is over, the oldest first: what a booking frees, and what a look at the event adds up.
CREATE INDEX bookings_holds ON bookings (event_id, hold_expires_at) INCLUDE (id, quantity) WHERE status = 0;

-- What the lists show, and what counts towards a buyer's limit.
CREATE INDEX bookings_live ON bookings (event_id, id) WHERE status IN (0, 1);
CREATE INDEX bookings_live_by_buyer ON bookings (event_id, buyer_id, id) WHERE status IN (0, 1);

CREATE TABLE seats (
    event_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    position integer NOT NULL,
    booking_id uuid,
    held_until timestamp with time zone,
    CONSTRAINT "PK_seats" PRIMARY KEY (event_id, name),
    CONSTRAINT seats_hold CHECK (held_until IS NULL OR booking_id IS NOT NULL)
);

CREATE UNIQUE INDEX seats_by_position ON seats (event_id, position);
