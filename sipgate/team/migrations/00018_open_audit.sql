-- +goose Up
-- Whoever takes a team on looks for its entries in progress, among those of years.
create index audit_open on audit (account) where outcome in ('begun', 'waiting');

-- +goose Down
drop index audit_open;
