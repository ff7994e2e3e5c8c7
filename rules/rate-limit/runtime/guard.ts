/** `null` for a request within the `limit` of the function `name`, else the answer to it: 429. */
export async function withRateLimit(req: Request, name: string, limit: RateLimit): Promise<Response | null> {
  if (req.method === 'OPTIONS' || isService(req)) return null;
  const verdict = await ask(name, limit, caller(req, limit.perUser === true));
  return verdict.success ? null : tooMany(limit, verdict, [['Access-Control-Allow-Origin', '*']]);
}
