-- +goose Up
alter table announcements add column notes text not null default '';

-- +goose Down
alter table announcements drop column notes;
