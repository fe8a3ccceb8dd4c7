-- +goose Up
create table team_zone (
    account text primary key, -- masterSipId
    zone    text not null     -- of the time zone database: "Europe/Berlin"
);

-- +goose Down
drop table team_zone;
