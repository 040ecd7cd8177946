-- Up Migration
-- A month of a group by days, of each province and ('*') of the whole: line n holds the sums of its n-th day, in the order of the columns of
-- "point". Members are those of the day itself (`epoch` 0001-01-01), or of a later day on which one came or went.
create table group_figure.sheet (
  group_no text not null,
  month_end date not null,
  province text not null,
  epoch date not null,
  -- the last day's line by itself: most questions are about the ends of months
  closing text,
  lines text[] not null,
  primary key (group_no, month_end, province, epoch)
);
comment on table group_figure.sheet is '集团综合用电: sums of a group''s members on each day of a month';

-- Which months are kept, by their last day; `point` holds the sums of that day in columns. Both are made again.
truncate group_figure.point, group_figure.kept, group_figure.standing;
alter table group_figure.kept drop column whole;
create unique index on group_figure.kept (group_no, on_date);
