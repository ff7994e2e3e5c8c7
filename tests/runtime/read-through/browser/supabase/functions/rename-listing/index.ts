import { createClient } from 'npm:@supabase/supabase-js@2';

const admin = createClient(Deno.env.get('SUPABASE_URL')!, Deno.env.get('SUPABASE_SERVICE_ROLE_KEY')!);

Deno.serve(async (req) => {
  const { id, title } = await req.json();
  const { error } = await admin.from('marketplace_listings').update({ title }).eq('id', id);
  return Response.json({ error });
});
