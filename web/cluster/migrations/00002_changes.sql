-- +goose Up
create table cluster_changes (
    id     bigserial   primary key,
    source text        not null, -- the table in which something changed
    key    text        not null, -- of what changed there, such as a team
    at     timestamptz not null
);
create index cluster_changes_at on cluster_changes (at);

-- +goose Down
drop table cluster_changes;
