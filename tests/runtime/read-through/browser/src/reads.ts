import type { createClient } from 'npm:@supabase/supabase-js@2';

type Client = ReturnType<typeof createClient>;

export const readsOf = (supabase: Client) => ({
  /** As a `queryFn` has it. */
  listing: async (id: string) => {
    const { data, error } = await supabase.from('marketplace_listings').select('*').eq('id', id).single();
    if (error) throw new Error(error.code);
    return data.title;
  },
  profile: async (id: string) => {
    const { data } = await supabase.from('profiles').select('id, name').eq('id', id).maybeSingle();
    return data?.name ?? null;
  },
});
