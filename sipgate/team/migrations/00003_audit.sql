-- +goose Up
create table audit (
	id         bigint primary key, -- grows with time; microseconds, so that it counts nothing
	account    text   not null,
	by_user    text   not null,    -- who acted
	by_name    text   not null,    -- as it was then
	through    text   not null,    -- the user whose access carried it
	deed       text   not null,
	call_id    text   not null,    -- the row on the board, '' for deeds on no call
	parties    text   not null,
	parameters text   not null,    -- keypad digits as a count only
	address    text   not null,    -- from which the request came
	outcome    text   not null,
	status     bigint not null,    -- sipgate's, 0 if it gave none
	begun_at   bigint not null,
	took_ms    bigint not null
);

create index audit_account on audit (account, id);
create index audit_call on audit (account, call_id, id);
create index audit_begun on audit (begun_at);

-- +goose Down
drop table audit;
