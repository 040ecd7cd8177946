-- Up Migration
create schema if not exists log;
