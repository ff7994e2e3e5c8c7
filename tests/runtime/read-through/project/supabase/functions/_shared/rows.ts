import type { createClient } from 'npm:@supabase/supabase-js@2';

type Client = ReturnType<typeof createClient>;

export async function profileOf(db: Client, id: string) {
  const { data } = await db.from('profiles').select('*').eq('id', id).maybeSingle();
  return data;
}

export async function titleOf(db: Client, id: string) {
  const { data, error } = await db.from('marketplace_listings').select('*').eq('id', id).single();
  return error ? error.code : data.title;
}

export async function card(db: Client, profile: string, listing: string) {
  const [found, title] = await Promise.all([profileOf(db, profile), titleOf(db, listing)]);
  return `${found?.name ?? 'nobody'}: ${title}`;
}
