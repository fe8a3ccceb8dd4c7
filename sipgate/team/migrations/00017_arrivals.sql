-- +goose Up
create table team_arrivals (
    account text not null, -- masterSipId
    channel text not null, -- id of one of its channels, or empty: of the account
    last bigint not null, -- when its last push event came, Unix milliseconds
    primary key (account, channel)
);

-- +goose Down
drop table team_arrivals;
