import { createClient } from 'npm:@supabase/supabase-js@2';

const admin = createClient(Deno.env.get('SUPABASE_URL')!, Deno.env.get('SUPABASE_SERVICE_ROLE_KEY')!);

Deno.serve(async (req) => {
  const { id } = await req.json();
  const title = await admin.from('marketplace_listings').select('*').eq('id', id).single().then(({ data, error }) =>
    error ? error.code : data.title
  );
  return Response.json({ title });
});
