-- +goose Up
create table people_choices (
	account    text    not null, -- sipgate's masterSipId
	user_id    text    not null,
	lang       text    not null, -- "de", "en", or "": as the browser says
	theme      text    not null, -- "light", "dark", or "": as the system has it
	keys       boolean not null, -- single keys do something on the board
	only_mine  boolean not null, -- the board shows calls of this person only
	sound      boolean not null,
	volume     bigint  not null, -- percent
	notify     boolean not null, -- desktop notifications
	rings_all  boolean not null, -- for the calls of others, too
	quiet      boolean not null, -- quiet hours are kept
	quiet_from bigint  not null, -- minutes of the day
	quiet_to   bigint  not null,
	quiet_days bigint  not null, -- bit 0 is Monday
	grace      bigint  not null, -- seconds before a hang-up is sent
	device     text    not null, -- for new calls: sipgate's id, or ""
	number     text    not null, -- to show for them, or ""
	primary key (account, user_id)
);

-- +goose Down
drop table people_choices;
