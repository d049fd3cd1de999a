import { randomBytes } from 'node:crypto';
import { SECOND } from '../core/clock.ts';
import type { StreamAnswer } from '../http/answers.ts';
import type { Faults } from './faults.ts';
import type { Feed, FeedEvent } from './feed.ts';
import { EVERY_MESSAGE, type Inbox } from './inbox.ts';
import type { MovableClock } from './movable-clock.ts';
import type { RecentCertifications } from './recent-certifications.ts';
import type { RequestLog } from './request-log.ts';
import type { Message } from './testing-types.ts';

/** The data of each event. */
export interface EventSources {
  readonly feed: Feed;
  readonly inbox: Inbox;
  readonly recent: RecentCertifications;
  readonly requests: RequestLog;
  readonly faults: Faults;
  readonly clock: MovableClock;
}

/** Most streams at once. */
const MOST_STREAMS = 32;
const HEARTBEAT = 15 * SECOND;
/** How many past requests a new listener receives. */
const REQUESTS_TOLD = 50;
/** When a client reconnects after its connection has ended, in milliseconds. */
const RETRY = 2_000;
/** Ids count from 1 in every run, so ids of another run must be told apart. */
const RUN = randomBytes(4).toString('hex');

const HEADERS = ['Content-Type', 'text/event-stream', 'Cache-Control', 'no-store', 'X-Accel-Buffering', 'no'];

/** The clock as the page needs it; `now` and `ahead` in whole seconds. */
export function describeClock(clock: MovableClock): { now: number; standing: boolean; ahead: number } {
  const [now, ahead] = [clock.now(), clock.ahead].map((time) => Math.floor(time / SECOND)) as [
    number,
    number,
  ];
  return { now, standing: clock.isStanding, ahead };
}

interface Stream {
  readonly address: string;
  readonly end: () => void;
}

/** The open event streams. A new one is always accepted: when there are too many, the oldest one is closed. */
export class EventStreams {
  readonly #sources: EventSources;
  /** Oldest first. */
  readonly #open = new Set<Stream>();

  constructor(sources: EventSources) {
    this.#sources = sources;
  }

  /**
   * `GET /sandbox/events`: first the present state of the sandbox, sent like new events, and then each new event. A
   * `clock` event ends the first part. With a known `Last-Event-ID` only newer messages are sent; otherwise a `reset`
   * comes first.
   */
  answer(address: string, lastEventId: string | undefined): StreamAnswer {
    return {
      headers: HEADERS,
      open: (write, end) => {
        const stream = { address, end };
        this.#makeRoom();
        this.#open.add(stream);
        const tell = (event: FeedEvent, data: unknown) => write(format(event, data));
        write(`retry: ${RETRY}\n\n`);
        tellAll(this.#sources, tell, lastEventId);
        const heartbeat = setInterval(() => write(':\n\n'), HEARTBEAT);
        const leave = this.#sources.feed.subscribe(tell);
        return () => {
          clearInterval(heartbeat);
          leave();
          this.#open.delete(stream);
        };
      },
    };
  }

  /** The client with the most streams loses its oldest one. A page that lost its stream reconnects. */
  #makeRoom(): void {
    if (this.#open.size < MOST_STREAMS) return;
    const held = new Map<string, number>();
    for (const { address } of this.#open) held.set(address, (held.get(address) ?? 0) + 1);
    const most = Math.max(...held.values());
    for (const stream of this.#open) {
      if (held.get(stream.address) !== most) continue;
      this.#open.delete(stream);
      stream.end();
      return;
    }
  }
}

function tellAll(
  { inbox, recent, requests, faults, clock }: EventSources,
  tell: (event: FeedEvent, data: unknown) => void,
  lastEventId = '',
): void {
  const [run, last = ''] = lastEventId.split('-');
  const resumes = run === RUN && inbox.has(last);
  if (!resumes) tell('reset', { what: 'all' });
  for (const row of recent.list()) tell('certification', row);
  for (const message of inbox.list({ ...EVERY_MESSAGE, after: resumes ? last : null }).toReversed())
    tell('message', message);
  for (const request of requests.list().slice(0, REQUESTS_TOLD).toReversed()) tell('request', request);
  tell('faults', faults.rules);
  tell('clock', describeClock(clock));
}

function format(event: FeedEvent, data: unknown): string {
  const id = event === 'message' ? `id: ${RUN}-${(data as Message).id}\n` : '';
  return `event: ${event}\n${id}data: ${JSON.stringify(data)}\n\n`;
}
