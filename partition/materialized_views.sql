-- {{ old }}: materialized views read from the partitioned table. Until this is done they show what was there before the cutover.
{%- import "macros.sql" as m %}
set statement_timeout = 0;
set lock_timeout = '3s';
{{ m.materialized_views(home) }}
reset lock_timeout;
reset statement_timeout;
