-- +goose Up
alter table journal_rows add column direction text not null default ''; -- 'in', 'out', '' if not known

-- No value inside the JSON can contain these texts: their quotes would be escaped.
update journal_rows set direction = 'in' where state like '%"Direction":"in"%';
update journal_rows set direction = 'out' where state like '%"Direction":"out"%';

-- +goose Down
alter table journal_rows drop column direction;
