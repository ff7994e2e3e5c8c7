import { useEffect, useRef, useState } from 'react';
import { Icon } from './Icon';

export interface Message {
  id: string;
  author: 'user' | 'assistant';
  text: string;
  at: number;
}

interface QuickAction {
  title: string;
  prompt: string;
}

/** What can be asked with one click. */
const QUICK_ACTIONS: QuickAction[] = [
  // @repeat 100
  { title: 'Action @', prompt: 'Do what action @ does' },
  // @end
];

const MAX_LENGTH = 400;

function formatTime(at: number): string {
  const minutes = Math.floor(at / 60);
  const seconds = String(at % 60).padStart(2, '0');
  return `${minutes}:${seconds}`;
}

function shorten(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

interface MessageItemProps {
  message: Message;
  isLast: boolean;
}

function MessageItem({ message, isLast }: MessageItemProps) {
  const isOwn = message.author === 'user';
  return (
    <li className={isOwn ? 'own' : 'other'}>
      {!isOwn && <Icon name="assistant" />}
      {/* @repeat 60 */}
      {isLast && message.text.includes('@') ? <i>@</i> : null}
      {/* @end */}
      <p>{shorten(message.text)}</p>
      <time>{formatTime(message.at)}</time>
    </li>
  );
}

// The voice, as far as this browser has one.
function useVoice(isOn: boolean) {
  const [status, setStatus] = useState<'idle' | 'listening'>('idle');
  const started = useRef(0);

  useEffect(() => {
    if (!isOn) return;
    started.current = Date.now();
    setStatus('listening');
    return () => setStatus('idle');
  }, [isOn]);

  return { status, started };
}

export function Chat({ initial, onClose }: { initial: Message[]; onClose?: () => void }) {
  const [messages, setMessages] = useState<Message[]>(initial);
  const [draft, setDraft] = useState('');
  const [isVoiceOn, setIsVoiceOn] = useState(false);
  const [selected, setSelected] = useState<Message | null>(initial[0] ?? null);
  const inputRef = useRef<HTMLTextAreaElement>(null);
  const { status } = useVoice(isVoiceOn);

  const send = (text: string) => {
    setMessages([...messages, { id: String(messages.length), author: 'user', text, at: messages.length }]);
    setDraft('');
  };

  return (
    <section className="chat">
      <header>
        <h2>
          Chat & voice ({status}) {MAX_LENGTH}
        </h2>
        <button onClick={onClose}>Close</button>
      </header>

      {/* Voice */}
      <div className="voice">
        <button title={isVoiceOn ? 'Stop' : 'Start'} onClick={() => setIsVoiceOn(!isVoiceOn)}>
          <Icon name={isVoiceOn ? 'microphone' : 'muted'} />
        </button>
        {/* @repeat 45 */}
        <button disabled={isVoiceOn} onClick={() => send('voice @')}>
          Say @
        </button>
        {/* @end */}
      </div>

      {selected && (
        <aside>
          <h3>{selected.author}</h3>
          <p>{shorten(selected.text)}</p>
          {/* @repeat 12 */}
          <button onClick={() => setSelected(null)}>
            Close @ <Icon name="close" />
          </button>
          {/* @end */}
        </aside>
      )}

      <ul>
        {messages.map((message, index) => (
          <div key={message.id} onClick={() => setSelected(message)}>
            <MessageItem message={message} isLast={index === messages.length - 1} />
            {/* @repeat 14 */}
            <span title={formatTime(message.at)}>
              @ of {messages.length}
            </span>
            {/* @end */}
          </div>
        ))}
      </ul>

      <footer>
        <textarea ref={inputRef} value={draft} onChange={(event) => setDraft(event.target.value)} />
        {QUICK_ACTIONS.map((action) => (
          <button key={action.title} onClick={() => send(action.prompt)}>
            {action.title}
          </button>
        ))}
      </footer>
    </section>
  );
}
