// A Redis of the tests' own, and a REST front before it that speaks as Upstash's does: a command, or a pipeline of them, as
// JSON; texts in Base64 where the client asks for that.

/** A real Redis server on a port of its own. */
export interface Server {
  port: number;
  /** Lets it hang: it keeps its connections and answers nothing. */
  pause(): void;
  resume(): void;
  /** Asks it something. */
  command(...words: unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts the Redis that REDIS_SERVER names. */
export async function startRedis(): Promise<Server> {
  const listener = Deno.listen({ hostname: '127.0.0.1', port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const program = Deno.env.get('REDIS_SERVER') ?? 'redis-server';
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = new Deno.Command(program, { args, stdout: 'null', stderr: 'null' }).spawn();
  for (let attempt = 0; ; attempt += 1) {
    try {
      const connection = await Deno.connect({ hostname: '127.0.0.1', port });
      connection.close();
      break;
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return {
    port,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    async command(...words) {
      const [answer] = await ask(port, [words], false);
      if (answer === undefined || 'error' in answer) throw new Error(answer?.error);
      return answer.result;
    },
    async stop() {
      try {
        child.kill('SIGCONT');
        child.kill('SIGKILL');
      } catch {
        // It is gone.
      }
      await child.status;
    },
  };
}

/** The front before the Redis at `port`, with the headers that it wants. */
export function startFront(port: number, token: string): { url: string; stop(): Promise<void> } {
  const front = Deno.serve({ hostname: '127.0.0.1', port: 0, onListen: () => {} }, async (req) => {
    if (req.headers.get('authorization') !== `Bearer ${token}`) return Response.json({ error: 'Unauthorized' }, { status: 401 });
    const inBase64 = req.headers.get('upstash-encoding') === 'base64';
    const body = await req.json();
    const isPipeline = new URL(req.url).pathname === '/pipeline';
    const answers = await ask(port, isPipeline ? body : [body], inBase64);
    return isPipeline ? Response.json(answers) : Response.json(answers[0], { status: 'error' in answers[0]! ? 400 : 200 });
  });
  const { port: own } = front.addr;
  return { url: `http://127.0.0.1:${own}`, stop: () => front.shutdown() };
}

type Answer = { result: unknown } | { error: string };

async function ask(port: number, commands: unknown[][], inBase64: boolean): Promise<Answer[]> {
  const connection = await Deno.connect({ hostname: '127.0.0.1', port });
  try {
    const encoder = new TextEncoder();
    const words = (command: unknown[]) => command.map((word) => encoder.encode(typeof word === 'object' ? JSON.stringify(word) : String(word)));
    const parts: Uint8Array[] = [];
    for (const command of commands.map(words)) {
      parts.push(encoder.encode(`*${command.length}\r\n`));
      for (const word of command) parts.push(encoder.encode(`$${word.length}\r\n`), word, encoder.encode('\r\n'));
    }
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    const reader = new Reader(connection, inBase64);
    const answers: Answer[] = [];
    for (const _ of commands) answers.push(await reader.answer());
    return answers;
  } finally {
    connection.close();
  }
}

/** Reads answers of the Redis protocol, version 2. */
class Reader {
  private buffer = new Uint8Array(0);

  constructor(private readonly connection: Deno.Conn, private readonly inBase64: boolean) {}

  async answer(): Promise<Answer> {
    const value = await this.value();
    return value instanceof Error ? { error: value.message } : { result: value };
  }

  private async value(): Promise<unknown> {
    const line = new TextDecoder().decode(await this.until('\r\n'));
    const rest = line.slice(1);
    switch (line[0]) {
      case '+':
        return this.text(new TextEncoder().encode(rest), rest === 'OK');
      case '-':
        return new Error(rest);
      case ':':
        return Number(rest);
      case '$':
        return rest === '-1' ? null : this.text(await this.take(Number(rest)), false);
      case '*': {
        if (rest === '-1') return null;
        const items: unknown[] = [];
        for (let index = 0; index < Number(rest); index += 1) items.push(await this.value());
        return items;
      }
      default:
        throw new Error(`unknown answer ${line}`);
    }
  }

  private text(bytes: Uint8Array, plain: boolean): string {
    return this.inBase64 && !plain ? btoa(String.fromCharCode(...bytes)) : new TextDecoder().decode(bytes);
  }

  private async take(length: number): Promise<Uint8Array> {
    while (this.buffer.length < length + 2) await this.more();
    const taken = this.buffer.slice(0, length);
    this.buffer = this.buffer.slice(length + 2);
    return taken;
  }

  private async until(end: string): Promise<Uint8Array> {
    for (;;) {
      for (let at = 0; at + 1 < this.buffer.length; at += 1) {
        if (this.buffer[at] === end.charCodeAt(0) && this.buffer[at + 1] === end.charCodeAt(1)) {
          const line = this.buffer.slice(0, at);
          this.buffer = this.buffer.slice(at + 2);
          return line;
        }
      }
      await this.more();
    }
  }

  private async more(): Promise<void> {
    const chunk = new Uint8Array(65_536);
    const length = await this.connection.read(chunk);
    if (length === null) throw new Error('Redis closed the connection');
    const joined = new Uint8Array(this.buffer.length + length);
    joined.set(this.buffer);
    joined.set(chunk.subarray(0, length), this.buffer.length);
    this.buffer = joined;
  }
}
