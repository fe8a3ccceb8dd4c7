-- +goose Up
create table cluster_nodes (
    id       text        primary key, -- new at each start
    address  text        not null,    -- at which the other nodes reach it
    version  text        not null,
    started  timestamptz not null,    -- all times by the database's clock
    since    timestamptz not null,    -- the lease has not run out since then
    expires  timestamptz not null,    -- when the lease runs out
    lease_ms bigint      not null,    -- how long it is
    draining boolean     not null,    -- gives up its homes and takes no more
    fenced   boolean     not null     -- can never renew its lease again: its homes are free
);

create table cluster_homes (
    team    text   primary key,
    node    text   not null, -- '' if the team is at home nowhere
    fence   bigint not null, -- grows with every change of node
    claimed timestamptz not null
);
create index cluster_homes_node on cluster_homes (node);

-- +goose Down
drop table cluster_homes;
drop table cluster_nodes;
