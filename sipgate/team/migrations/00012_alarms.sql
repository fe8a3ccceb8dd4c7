-- +goose Up
create table team_alarms (
    account text primary key, -- masterSipId
    ringing_amber integer not null, -- seconds; 0 is never
    ringing_red   integer not null,
    held_amber    integer not null,
    held_red      integer not null,
    talking_amber integer not null,
    talking_red   integer not null
);

-- +goose Down
drop table team_alarms;
