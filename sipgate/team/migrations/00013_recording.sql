-- +goose Up
alter table people_choices add column recording text not null default ''; -- '', spoken or silent

-- +goose Down
alter table people_choices drop column recording;
