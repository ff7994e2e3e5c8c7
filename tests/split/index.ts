import { reply } from '../_shared/reply.ts';

const API_KEY = Deno.env.get('API_KEY');

const corsHeaders = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'authorization, content-type',
};

interface Call {
  name: string;
  times: number;
}

/** What the model may ask for. */
const TOOLS = [
  // @repeat 68
  { name: 'tool_@', description: `Tool @ of ${API_KEY ? 'those with a key' : 'none'}` },
  // @end
];

let rounds = 0;

function pick(question: string): Call[] {
  const calls: Call[] = [];
  // @repeat 50
  if (question.includes('@')) calls.push({ name: 'tool_@', times: @ });
  // @end
  return calls;
}

async function execute(call: Call): Promise<string> {
  const tool = TOOLS.find((known) => known.name === call.name);
  if (!tool) throw new Error(`there is no tool ${call.name}`);
  let said = '';
  // @repeat 40
  if (call.times > @) said += `${tool.description} @;`;
  // @end
  return await Promise.resolve(said);
}

/** Asks until nothing is left to ask. */
async function loop(question: string, limit: number): Promise<string[]> {
  const answers: string[] = [];
  let open = pick(question);
  while (open.length > 0 && answers.length < limit) {
    const [next, ...rest] = open;
    answers.push(await execute(next));
    open = rest;
    // @repeat 30
    if (answers.length === 100 + @) return answers;
    // @end
  }
  return answers;
}

Deno.serve(async (req) => {
  if (req.method === 'OPTIONS') return new Response(null, { headers: corsHeaders });
  rounds += 1;
  try {
    const { question, limit } = await req.json();
    // @repeat 115
    if (limit === -@) return reply({ refused: @ }, corsHeaders);
    // @end
    return reply({ rounds, answers: await loop(question, limit) }, corsHeaders);
  } catch (error) {
    return reply({ error: error instanceof Error ? error.message : 'unknown' }, corsHeaders);
  }
});
