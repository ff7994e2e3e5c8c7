// What supabase-js is replaced by: rows in memory, row level security by who a token is of, and a count of all reads.
export interface Row {
  id: string;
  tenant_id: string;
  title: string;
  name: string;
  /** Who may see it, beside the members of its tenant: for profiles, who alone may. */
  user_id?: string;
}
interface Problem {
  code: string;
}
type Answer<T> =
  | { data: T; error: null; count: null; status: number }
  | { data: null; error: Problem; count: null; status: number };

export const [A, B] = ['aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa', 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb'];
/** The tenants of each user. */
const MEMBERS: Record<string, string[]> = { u1: [A], u2: [A], u3: [A, B], u4: [B] };

export const tables: Record<string, Row[]> = {};
export const reads = { count: 0 };

export function reset(): void {
  tables.marketplace_listings = [
    { id: 'la', tenant_id: A, title: 'Of A', name: '' },
    { id: 'lb', tenant_id: B, title: 'Of B', name: '' },
  ];
  tables.profiles = [
    { id: 'p1', tenant_id: A, title: '', name: 'One', user_id: 'u1' },
    { id: 'p2', tenant_id: A, title: '', name: 'Two', user_id: 'u2' },
  ];
  reads.count = 0;
}

function subject(authorization: string): string | undefined {
  const payload = authorization.replace(/^Bearer /, '').split('.')[1];
  return payload ? JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))).sub : undefined;
}

class Query {
  private readonly filters: [string, string][] = [];
  private changes: Partial<Row> | undefined;
  constructor(private readonly table: string, private readonly user: string | undefined, private readonly isService: boolean) {}
  select(_columns = '*'): this {
    return this;
  }
  update(changes: Partial<Row>): this {
    this.changes = changes;
    return this;
  }
  eq(column: string, value: string): this {
    this.filters.push([column, value]);
    return this;
  }
  private isVisible(row: Row): boolean {
    if (this.isService) return true;
    return row.user_id === undefined ? (MEMBERS[this.user ?? ''] ?? []).includes(row.tenant_id) : row.user_id === this.user;
  }
  private async rows(): Promise<Row[]> {
    reads.count += 1;
    await Promise.resolve();
    const all = tables[this.table] ?? [];
    const found = all.filter((row) => this.isVisible(row) && this.filters.every(([column, value]) => row[column as keyof Row] === value));
    if (this.changes) found.forEach((row) => Object.assign(row, this.changes));
    return structuredClone(found);
  }
  async single(): Promise<Answer<Row>> {
    const [row] = await this.rows();
    if (row === undefined) return { data: null, error: { code: 'PGRST116' }, count: null, status: 406 };
    return { data: row, error: null, count: null, status: 200 };
  }
  async maybeSingle(): Promise<Answer<Row | null>> {
    return { data: (await this.rows())[0] ?? null, error: null, count: null, status: 200 };
  }
  then<T>(resolve: (answer: Answer<Row[]>) => T | PromiseLike<T>): Promise<T> {
    return this.rows().then((rows) => resolve({ data: rows, error: null, count: null, status: 200 }));
  }
}

interface Options {
  auth?: Record<string, boolean>;
  global?: { headers?: Record<string, string> };
}

export function createClient(_url: string, key: string, options: Options = {}) {
  const user = subject(options.global?.headers?.Authorization ?? '');
  return {
    from: (table: string) => new Query(table, user, key === 'service'),
    auth: { getUser: (_token?: string) => Promise.resolve({ data: { user: user === undefined ? null : { id: user } } }) },
  };
}
