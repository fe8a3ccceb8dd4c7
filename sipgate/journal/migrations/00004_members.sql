-- +goose Up
create table journal_members (
	account   text not null,
	row_id    text not null,
	member_id text not null, -- of a user of the account who was part of the call: "w0"
	primary key (account, row_id, member_id)
);

-- +goose Down
drop table journal_members;
