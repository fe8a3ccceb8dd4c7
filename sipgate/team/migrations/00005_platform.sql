-- +goose Up
create table team_platform (
    account  text    primary key, -- masterSipId
    platform text    not null,    -- "classic", "neo", or empty: not known
    found_by text    not null,    -- from what that was concluded
    plus     boolean not null,    -- new calls want numbers with their plus sign
    refused  text    not null,    -- what sipgate refused as not of this platform, separated by spaces
    found    bigint  not null     -- Unix milliseconds
);

-- +goose Down
drop table team_platform;
