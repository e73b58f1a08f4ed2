-- What: a way to find entries of which somebody must hear by when they were. Why: alerts are a view over a few types of the ledger,
--       looked at whenever somebody looks at anything, and most entries are of none of them.
--       Back: 0022_alerts.down.sql drops it; alerts are the same, found slower.

create index event_alerting on event (tenant_id, at, event_id)
 where type in ('bound.reached', 'idempotency.collided', 'scanner.detected');
