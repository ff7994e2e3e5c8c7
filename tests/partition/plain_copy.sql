-- The usual plan: a partitioned twin, a lock, a copy, two renames. With a list of columns, as `select *` fails on a generated one.
create table public.crm_events_new (like public.crm_events including defaults including generated including constraints)
  partition by range (ts);
alter table public.crm_events_new add primary key (id, ts);
create index on public.crm_events_new (ts desc);
create table public.crm_events_default partition of public.crm_events_new default;
do $$
declare first timestamptz := date_trunc('month', now() at time zone 'UTC') at time zone 'UTC';
begin
  for n in 0..3 loop
    execute format('create table public.crm_events_p%s partition of public.crm_events_new for values from (%L) to (%L)',
                   n, first + make_interval(months => n), first + make_interval(months => n + 1));
  end loop;
end $$;
begin;
lock table public.crm_events in access exclusive mode;
insert into public.crm_events_new (id, no, tenant_id, customer_id, kind, "Mixed case", payload, ts, touched)
  select id, no, tenant_id, customer_id, kind, "Mixed case", payload, ts, touched from public.crm_events;
alter table public.crm_events rename to crm_events_old;
alter table public.crm_events_new rename to crm_events;
alter table public.crm_events enable row level security;
create policy "tenants see their own" on public.crm_events for select to authenticated using (tenant_id = public.tenant());
commit;
