-- Questions about the server's own work.

-- name: lease
-- Who has a lease, and until when; nobody if there is no row.
SELECT name, holder, asked_ns, until_ns FROM leases WHERE name = $name;
