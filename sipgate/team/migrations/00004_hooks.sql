-- +goose Up
create table team_hook (
    account  text   primary key, -- masterSipId
    incoming text   not null,    -- addresses that stood at sipgate before ours
    outgoing text   not null,
    kept     bigint not null     -- Unix milliseconds
);

-- +goose Down
drop table team_hook;
