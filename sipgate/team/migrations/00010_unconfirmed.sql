-- +goose Up
alter table people add column unconfirmed boolean not null default false; -- sipgate has not said yet who this is

-- +goose Down
alter table people drop column unconfirmed;
