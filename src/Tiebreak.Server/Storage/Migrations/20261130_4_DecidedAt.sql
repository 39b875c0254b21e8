-- The time of the last decision that was written, on the rows that decisions lock. The next one is made no earlier, also
-- when the database's clock was set back. A row from before has none, and goes by when it was made.

ALTER TABLE invites ADD COLUMN decided_at timestamp with time zone;
ALTER TABLE events ADD COLUMN decided_at timestamp with time zone;
ALTER TABLE accounts ADD COLUMN decided_at timestamp with time zone;
