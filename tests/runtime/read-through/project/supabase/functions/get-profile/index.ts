import { createClient } from 'npm:@supabase/supabase-js@2';

Deno.serve(async (req) => {
  const supabase = createClient(Deno.env.get('SUPABASE_URL')!, Deno.env.get('SUPABASE_ANON_KEY')!, {
    global: { headers: { Authorization: req.headers.get('Authorization') ?? '' } },
  });
  const { data: { user } } = await supabase.auth.getUser();
  if (!user) return new Response('Unauthorized', { status: 401 });

  const { id } = await req.json();
  const [{ data: profile }, { data: listings }] = await Promise.all([
    supabase.from('profiles').select('id, name').eq('id', id).maybeSingle(),
    supabase.from('marketplace_listings').select('id'),
  ]);
  return Response.json({ name: profile?.name ?? null, listings: listings?.length ?? 0 });
});
