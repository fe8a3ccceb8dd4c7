-- +goose Up
create table people (
	account   text    not null, -- sipgate's masterSipId
	user_id   text    not null, -- "w0"; repeats in every account
	name      text    not null,
	role      text    not null, -- "viewer", "agent", "lead", "admin"
	shares    boolean not null, -- the team sees this person's calls
	lendable  boolean not null, -- leads may act on this person's calls
	removed   boolean not null,
	joined_at bigint  not null,
	seen_at   bigint  not null,
	primary key (account, user_id)
);

create table people_owner (
	one     bigint primary key,  -- 1: there is one owner
	account text not null        -- the first account that signed in
);

-- +goose Down
drop table people_owner;
drop table people;
