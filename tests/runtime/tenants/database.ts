// What the demo's client of the database is replaced by: it records, and keeps rows in memory.
export interface Call {
  method: string;
  name: string;
  body: Record<string, unknown>;
}

export const calls: Call[] = [];
export const rows: Record<string, Record<string, unknown>[]> = {};

class Query {
  private filters: [string, unknown][] = [];
  constructor(private table: string) {}
  select() {
    return this;
  }
  eq(column: string, value: unknown) {
    this.filters.push([column, value]);
    return this;
  }
  insert(body: Record<string, unknown>) {
    calls.push({ method: 'insert', name: this.table, body });
    (rows[this.table] ??= []).push(body);
    return Promise.resolve({ data: null, error: null });
  }
  then<T>(resolve: (result: { data: unknown[]; error: null }) => T) {
    calls.push({ method: 'select', name: this.table, body: Object.fromEntries(this.filters) });
    const found = (rows[this.table] ?? []).filter((row) => this.filters.every(([key, value]) => row[key] === value));
    return Promise.resolve({ data: found, error: null as null }).then(resolve);
  }
}

export function createClient() {
  return {
    from: (table: string) => new Query(table),
    rpc(name: string, body: Record<string, unknown>) {
      calls.push({ method: 'rpc', name, body });
      return Promise.resolve({ data: { id: 'o1', total: 1, currency: 'EUR' }, error: null });
    },
    functions: { invoke: () => Promise.resolve({ data: null, error: null }) },
  };
}
export type SupabaseClient = ReturnType<typeof createClient>;
