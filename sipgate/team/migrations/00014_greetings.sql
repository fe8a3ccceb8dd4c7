-- +goose Up
create table team_greetings (
    account text not null, -- masterSipId
    number text not null, -- of the account: +4922147101
    greeting text not null,
    primary key (account, number)
);

-- +goose Down
drop table team_greetings;
