-- +goose Up
alter table people_choices add column density text not null default ''; -- '', compact or comfortable

-- +goose Down
alter table people_choices drop column density;
