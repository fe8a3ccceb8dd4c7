-- +goose Up
create table journal_past (
	account  text    not null,
	entry_id text    not null, -- of sipgate's history
	row_id   text    not null, -- the call that it is about
	sure     boolean not null, -- sipgate says so; else by parties and time only
	primary key (account, entry_id)
);

create index journal_past_row on journal_past (account, row_id);

-- +goose Down
drop table journal_past;
