-- SQL of a person runs as a role of its own for each workspace, which logs in and owns nothing. Row security shows such
-- a role the rows of its workspace; all others see what they saw before. The roles are made when they are first needed,
-- by `sql_roles`, which only the owner reads.

CREATE TABLE sql_roles (
    role TEXT COLLATE "C" PRIMARY KEY,
    workspace TEXT COLLATE "C",
    password TEXT NOT NULL
);

-- The workspace that the role of this connection may see; null for one that may see all. It cannot be changed by SQL:
-- neither a setting nor SET ROLE moves session_user. A role of this name that is not known sees nothing.
CREATE FUNCTION sql_sees() RETURNS TEXT LANGUAGE sql STABLE SECURITY DEFINER SET search_path = longpole, pg_temp AS $$
    SELECT CASE
        WHEN session_user NOT LIKE 'longpole\_sql\_%' THEN NULL
        WHEN EXISTS (SELECT FROM longpole.sql_roles WHERE role = session_user AND workspace IS NULL) THEN NULL
        ELSE coalesce((SELECT workspace FROM longpole.sql_roles WHERE role = session_user), '')
    END
$$;

DO $$
DECLARE
    one TEXT;
BEGIN
    FOREACH one IN ARRAY ARRAY[
        'executions', 'steps', 'events', 'decisions', 'scores', 'bodies', 'agents', 'processes', 'findings'
    ] LOOP
        EXECUTE format('ALTER TABLE longpole.%I ENABLE ROW LEVEL SECURITY', one);
        EXECUTE format(
            'CREATE POLICY of_workspace ON longpole.%I USING '
            '((SELECT longpole.sql_sees()) IS NULL OR workspace = (SELECT longpole.sql_sees()))', one
        );
    END LOOP;
END
$$;

-- Makes the role of a workspace, or of all where that is null, if it is not there; gives its name and its password.
-- Roles are of the whole cluster, so the name has the database in it.
CREATE FUNCTION sql_role(seen TEXT, secret TEXT) RETURNS TABLE (role TEXT, password TEXT) LANGUAGE plpgsql AS $$
DECLARE
    name TEXT := 'longpole_sql_' || left(md5(current_database() || coalesce('/' || seen, '')), 20);
BEGIN
    IF NOT EXISTS (SELECT FROM longpole.sql_roles known WHERE known.role = name)
        OR NOT EXISTS (SELECT FROM pg_roles there WHERE there.rolname = name)
    THEN
        PERFORM pg_advisory_xact_lock(1819242352, 2);
        IF NOT EXISTS (SELECT FROM pg_roles there WHERE there.rolname = name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT CONNECTION LIMIT 4', name);
        END IF;
        IF NOT EXISTS (SELECT FROM longpole.sql_roles known WHERE known.role = name) THEN
            INSERT INTO longpole.sql_roles VALUES (name, seen, secret);
        END IF;
        EXECUTE format(
            'ALTER ROLE %I PASSWORD %L', name, (SELECT known.password FROM longpole.sql_roles known WHERE known.role = name)
        );
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), name);
        EXECUTE format('GRANT USAGE ON SCHEMA longpole TO %I', name);
        EXECUTE format(
            'GRANT SELECT ON longpole.executions, longpole.steps, longpole.events, longpole.decisions, longpole.scores, '
            'longpole.bodies, longpole.agents, longpole.processes, longpole.findings TO %I', name
        );
    END IF;
    RETURN QUERY SELECT known.role, known.password FROM longpole.sql_roles known WHERE known.role = name;
END
$$;

REVOKE ALL ON FUNCTION sql_role(TEXT, TEXT) FROM PUBLIC;
