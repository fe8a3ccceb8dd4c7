-- +goose Up
create table database_upgrades (
    at      bigint primary key, -- Unix milliseconds
    program text not null       -- the version that changed the tables: "v1.2.3"
);

-- +goose Down
drop table database_upgrades;
