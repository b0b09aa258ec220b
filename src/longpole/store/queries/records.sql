-- Every record of a table.

-- name: every_workspaces
-- All rows of the table workspaces.
SELECT * FROM workspaces ORDER BY workspace;

-- name: every_keys
-- All rows of the table keys.
SELECT * FROM keys ORDER BY key_id;

-- name: every_key_uses
-- All rows of the table key_uses.
SELECT * FROM key_uses ORDER BY key_id;

-- name: every_audit_log
-- All rows of the table audit_log.
SELECT * FROM audit_log ORDER BY entry_id;

-- name: every_saved_views
-- All rows of the table saved_views.
SELECT * FROM saved_views ORDER BY workspace, view_id;

-- name: every_alert_rules
-- All rows of the table alert_rules.
SELECT * FROM alert_rules ORDER BY workspace, rule_id;

-- name: every_alerts
-- All rows of the table alerts.
SELECT * FROM alerts ORDER BY workspace, alert_id;

-- name: every_alert_silences
-- All rows of the table alert_silences.
SELECT * FROM alert_silences ORDER BY workspace, silence_id;

-- name: every_alert_targets
-- All rows of the table alert_targets.
SELECT * FROM alert_targets ORDER BY workspace, target;

-- name: every_alert_deliveries
-- All rows of the table alert_deliveries.
SELECT * FROM alert_deliveries ORDER BY workspace, delivery_id;

-- name: every_webhooks
-- All rows of the table webhooks.
SELECT * FROM webhooks ORDER BY workspace, name;

-- name: every_webhook_deliveries
-- All rows of the table webhook_deliveries.
SELECT * FROM webhook_deliveries ORDER BY workspace, delivery_id;

-- name: every_audit_findings
-- All rows of the table audit_findings.
SELECT * FROM audit_findings ORDER BY workspace, program, fingerprint;

-- name: every_prices
-- All rows of the table prices.
SELECT * FROM prices ORDER BY workspace, provider, model, from_ns;

-- name: every_rollups
-- All rows of the table rollups.
SELECT * FROM rollups ORDER BY window_ns, workspace, kind, agent, name, category, status, version, environment, width_ns;

-- name: every_dead_letters
-- All rows of the table dead_letters.
SELECT * FROM dead_letters ORDER BY letter_id;

-- name: every_ingest_ledger
-- All rows of the table ingest_ledger.
SELECT * FROM ingest_ledger ORDER BY server;

-- name: every_leases
-- All rows of the table leases.
SELECT * FROM leases ORDER BY name;
