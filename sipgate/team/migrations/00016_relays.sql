-- +goose Up
create table team_relays (
    account text not null, -- masterSipId
    url text not null,
    incoming boolean not null, -- events of incoming calls go there
    outgoing boolean not null,
    was_there boolean not null, -- sipgate sent them there before us
    primary key (account, url)
);
create table team_relay_answers (
    account text primary key -- whose program that was there before us answers sipgate
);

-- +goose Down
drop table team_relays;
drop table team_relay_answers;
