-- Undoes 0022_alerts.up.sql.
drop index event_alerting;
