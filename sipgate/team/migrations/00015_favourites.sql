-- +goose Up
create table favourite_colleagues (
    account text not null, -- masterSipId
    user_id text not null, -- of the member who has marked
    colleague text not null, -- user of the account: w3
    primary key (account, user_id, colleague)
);

-- +goose Down
drop table favourite_colleagues;
