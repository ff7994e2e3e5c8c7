// What a log line said before must be in the record after, and nothing else may have happened.

/** What is wrong with a run after the fix, in words; `null` if nothing is. */
export function complaint(before, after) {
  const [had, has] = [evaluated(before.trace), evaluated(after.trace)];
  if (had.join('\n') !== has.join('\n')) {
    const first = had.findIndex((event, index) => event !== has[index]);
    const at = first < 0 ? had.length : first;
    return `evaluates ${has[at] ?? 'nothing'} instead of ${had[at] ?? 'nothing'} as number ${at}`;
  }
  if (before.records.length !== after.records.length) {
    return `${after.records.length} records instead of ${before.records.length}`;
  }
  for (const [index, said] of before.records.entries()) {
    const record = after.records[index];
    if (said.level !== record.level) return `record ${index} has the level ${record.level} instead of ${said.level}`;
    const text = record.shown.join(' ');
    const lost = wanted(said).filter((part) => !text.includes(part));
    if (lost.length > 0) return `record ${index} lacks ${lost.join(', ')}: ${text}`;
  }
  return null;
}

/** What must be told again: the token of each value, and each word of each text. */
function wanted({ shown, args }) {
  const values = styles(args).map((isStyle, index) => (isStyle ? '' : shown[index + 1]));
  const texts = [args === '' ? shown[0] : args.replace(/%[sdifjoOc]/g, ' '), ...(shown.length > 1 ? values : [])];
  const rest = shown.slice(1 + styles(args).length);
  return [...texts, ...rest].join(' ').match(/⟦[^⟧]*⟧|[\p{L}\p{N}]+/gu) ?? [];
}

/** For each directive of a format whether its argument is only about colours. */
function styles(format) {
  return [...format.matchAll(/%([sdifjoOc])/g)].map(([, directive]) => directive === 'c');
}

/** The events without a second read of the same member in one go: a variable may be told in two places. */
function evaluated(trace) {
  return trace.filter((event, index) => !event.startsWith('get ') || !trace.slice(0, index).includes(event));
}
