// What a query answers keeps its type: that of a row, of a choice between row and error, and none at all.
import { CacheKeys, dataOf, readThrough, readThroughRow } from './read-through.ts';

interface Row {
  title: string;
}
interface Problem {
  code: string;
}
type Answer<T> =
  | { data: T; error: null; count: number | null; status: number }
  | { data: null; error: Problem; count: null; status: number };
declare function one(): PromiseLike<Answer<Row>>;
declare function oneOrNone(): PromiseLike<Answer<Row | null>>;
// deno-lint-ignore no-explicit-any
declare const untyped: any;

export async function titles(): Promise<string[]> {
  const key = CacheKeys.listing('tenant', 1);
  const { data, error, count } = await readThroughRow(key, 60, () => one());
  if (error) throw new Error(error.code);
  const counted: number | null = count;
  const { data: maybe } = await readThroughRow(key, 60, () => oneOrNone());
  // @ts-expect-error: it may be null
  maybe.title;
  const loose = await readThroughRow(key, 60, () => untyped.from('t').single());
  const row = await readThrough(key, 60, () => dataOf(one()));
  // @ts-expect-error: null, if nothing else says that it isn't
  row.title;
  return [data.title, maybe?.title ?? '', loose.data.title, row?.title ?? '', String(counted)];
}
