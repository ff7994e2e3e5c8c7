-- What `phase2 partition` reads of the values of the key column, as one JSON object.
select json_build_object(
  'column', {{ key | literal }},
  'nulls', {% if nullable %}(select count(*) from {{ table }} where {{ key | ident }} is null){% else %}0{% endif %},
  'first_month', to_char(min({{ key | ident }}) filter (where isfinite({{ key | ident }})){{ " at time zone 'UTC'" if zoned else "" }}, 'YYYY-MM'),
  'last_month', to_char(max({{ key | ident }}){{ " at time zone 'UTC'" if zoned else "" }}, 'YYYY-MM'),
  'month_after', to_char(max({{ key | ident }}){{ " at time zone 'UTC'" if zoned else "" }} + interval '1 month', 'YYYY-MM')
)::text
from {{ table }};
