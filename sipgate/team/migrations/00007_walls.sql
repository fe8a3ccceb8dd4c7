-- +goose Up
create table team_wall (
	id         text   primary key,
	account    text   not null, -- sipgate's masterSipId
	token      bytea  not null, -- SHA-256 of what is in the link
	name       text   not null, -- where the screen hangs
	names      boolean not null, -- names of contacts are shown
	by_user    text   not null, -- who made the link
	by_name    text   not null, -- as it was then
	created_at bigint not null,
	used_at    bigint not null  -- 0 before the first time
);

create unique index team_wall_token on team_wall (token);
create index team_wall_account on team_wall (account, created_at);

-- +goose Down
drop table team_wall;
