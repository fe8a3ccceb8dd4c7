-- +goose Up
alter table announcements add column plays bigint not null default 0;
alter table announcements add column played_by text not null default '';
alter table announcements add column loudness bigint not null default 0;
alter table announcements add column source_loudness bigint not null default 0;
alter table announcements add column wave text not null default '';
alter table announcement_links add column played_by text not null default '';
alter table announcement_links add column fetched bigint not null default 0;

-- +goose Down
alter table announcement_links drop column fetched;
alter table announcement_links drop column played_by;
alter table announcements drop column wave;
alter table announcements drop column source_loudness;
alter table announcements drop column loudness;
alter table announcements drop column played_by;
alter table announcements drop column plays;
