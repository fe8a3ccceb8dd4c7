-- +goose Up
create table grants (
	account        text   not null, -- sipgate's masterSipId
	user_id        text   not null, -- "w0"; repeats in every account
	generation     bigint not null, -- grows with every change of sealed
	sealed         bytea  not null, -- the refresh token, encrypted
	refresh_intent bigint,          -- when a refresh was begun whose result is not stored yet
	dead_since     bigint,          -- when the grant was found to be worthless
	stored_at      bigint not null,
	primary key (account, user_id)
);

create table grant_keys (
	version bigint primary key,     -- the first byte of everything sealed with the key
	sealed  bytea not null          -- a constant, by which a wrong key is noticed at once
);

-- +goose Down
drop table grant_keys;
drop table grants;
