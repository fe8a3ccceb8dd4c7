-- +goose Up
create table journal_rows (
	account  text   not null, -- sipgate's masterSipId
	row_id   text   not null, -- our own name of the call
	into_row text   not null, -- the row that it became a part of, '' if it is one itself
	ended_at bigint not null, -- 0 as long as the call lasts
	heard_at bigint not null, -- when the board last told of it: retention counts from here
	state    text   not null, -- what is known of the call, JSON: the next comparison starts from it
	primary key (account, row_id)
);

create index journal_rows_heard on journal_rows (heard_at);
create index journal_rows_open on journal_rows (account, ended_at);

create table journal_entries (
	account text    not null,
	row_id  text    not null,
	n       bigint  not null, -- their order, from 1
	at      bigint  not null,
	about   boolean not null, -- at is when it was noticed
	kind    text    not null,
	who     text    not null,
	detail  text    not null,
	primary key (account, row_id, n)
);

create table journal_calls (
	account text   not null,
	call_id text   not null, -- sipgate's
	row_id  text   not null,
	seen_at bigint not null, -- when the row had it first
	primary key (account, call_id)
);

create index journal_calls_row on journal_calls (account, row_id);

-- +goose Down
drop table journal_calls;
drop table journal_entries;
drop table journal_rows;
