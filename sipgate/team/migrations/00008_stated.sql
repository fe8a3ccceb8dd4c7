-- +goose Up
alter table people add column stated boolean not null default false; -- shares and lendable are this person's own choice

-- Who had switched one of them off has chosen; both on was the preset.
update people set stated = true where not (shares and lendable);

create table team_default (
	account  text    primary key, -- sipgate's masterSipId
	shares   boolean not null,    -- for people who have not chosen
	lendable boolean not null
);

-- +goose Down
drop table team_default;
alter table people drop column stated;
