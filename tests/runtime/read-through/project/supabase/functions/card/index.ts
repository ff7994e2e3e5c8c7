import { createClient } from 'npm:@supabase/supabase-js@2';
import { card, titleOf } from '../_shared/rows.ts';

Deno.serve(async (req) => {
  const supabase = createClient(Deno.env.get('SUPABASE_URL')!, Deno.env.get('SUPABASE_ANON_KEY')!, {
    global: { headers: { Authorization: req.headers.get('Authorization') ?? '' } },
  });
  const { data: { user } } = await supabase.auth.getUser();
  if (!user) return new Response('Unauthorized', { status: 401 });

  const { id, listing } = await req.json();
  if (id === undefined) return Response.json(await titleOf(supabase, listing));
  return Response.json(await card(supabase, id, listing));
});
