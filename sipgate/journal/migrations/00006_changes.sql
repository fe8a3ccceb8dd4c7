-- +goose Up
create table journal_changes (
	account    text   not null,
	entry_id   text   not null, -- of sipgate's history, or of a channel's event
	number     text   not null, -- of the other side, in E.164; '' if it has none
	note       text,            -- null: not changed
	starred    boolean,
	archived   boolean,
	seen       boolean,
	changed_at bigint not null,
	primary key (account, entry_id)
);

create index journal_changes_age on journal_changes (changed_at);

-- +goose Down
drop table journal_changes;
