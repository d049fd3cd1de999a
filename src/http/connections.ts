import type { IncomingMessage } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Logger } from '../log.ts';

/** Milliseconds since the process began. `performance` would load a megabyte of its own at first use. */
const monotonicNow = () => process.uptime() * 1000;

/** The default limit of connections of one process. */
export const MOST_CONNECTIONS = 10_000;
/** How long a client may leave an answer unread, in milliseconds. */
export const WRITE_TIMEOUT = 15_000;

export interface ConnectionLimits {
  /** The most connections; any more are closed at once. */
  readonly most: number;
  /** How long a client may read nothing of an answer, in milliseconds. */
  readonly writeTimeout: number;
}

/** How often connections are checked, in milliseconds. */
const LOOK = 1_000;
/** When this part of all places is taken, idle connections are closed after so many milliseconds. */
const CROWDED = 0.9;
const LONGEST_REST = 10_000;

/** The state of a connection. */
interface Place {
  /** The request that has not fully arrived; null for none. */
  arriving: { readonly complete: boolean } | null;
  /** Whether bytes have arrived that are not a request yet. */
  isBegun: boolean;
  /** Requests that are being handled, and streams. */
  busy: number;
  /** Bytes that had arrived with the newest request, and at the last check. */
  read: number;
  seen: number;
  /** How many bytes of answers the client had read at the last check while more were waiting, and since when. */
  taken: number;
  stuckAt: number | null;
  restingAt: number;
}

/**
 * Limits the connections. A connection is unfinished while a request has begun and not fully arrived, or an answer is
 * not read. At most half of all places are for unfinished connections: when one more comes, the one that has been
 * unfinished longest is closed. So slow clients cannot take the places of others. Requests that are being handled and
 * streams do not count as unfinished.
 */
export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #log: Logger;
  readonly #places = new Map<Socket, Place>();
  /** Oldest first. */
  readonly #unfinished = new Set<Socket>();
  #timer: NodeJS.Timeout | null = null;
  #refused = 0;
  #cut = 0;

  constructor(server: Server, limits: ConnectionLimits, log: Logger) {
    this.#limits = limits;
    this.#log = log;
    server.maxConnections = limits.most;
    // In a cluster, a full worker would pass the connection to the next one, which would do the same, endlessly.
    Object.assign(server, { dropMaxConnection: true });
    server.on('drop', () => void this.#refused++);
    server.on('listening', () => {
      this.#timer ??= setInterval(() => this.#look(), LOOK).unref();
    });
    server.on('close', () => {
      clearInterval(this.#timer ?? undefined);
      this.#tell();
    });
  }

  /** A connection on which requests may come. */
  add(socket: Socket): void {
    this.#places.set(socket, {
      arriving: null,
      isBegun: false,
      busy: 0,
      read: 0,
      seen: 0,
      taken: 0,
      stuckAt: null,
      restingAt: monotonicNow(),
    });
    socket.once('close', () => {
      this.#places.delete(socket);
      this.#unfinished.delete(socket);
    });
    // Read now, because it is gone once the client has left.
    void socket.remoteAddress;
  }

  /** The head of a request has arrived. Returns a function to call when it is answered or its stream has ended. */
  begin(request: IncomingMessage, hasBody: boolean): () => void {
    const { socket } = request;
    const place = this.#places.get(socket);
    if (place === undefined) return () => {};
    place.busy++;
    place.isBegun = false;
    place.read = socket.bytesRead;
    place.arriving = hasBody && !request.complete ? request : null;
    if (place.arriving === null) this.#unfinished.delete(socket);
    else if (!this.#unfinished.has(socket)) {
      this.#unfinished.add(socket);
      this.#makeRoom();
    }
    return () => void place.busy--;
  }

  /** The body of a request has arrived. */
  arrived({ socket }: IncomingMessage): void {
    const place = this.#places.get(socket);
    if (place === undefined) return;
    place.arriving = null;
    place.read = socket.bytesRead;
    this.#unfinished.delete(socket);
  }

  #makeRoom(): void {
    const room = Math.max(1, Math.floor(this.#limits.most / 2));
    for (const socket of this.#unfinished) {
      if (this.#unfinished.size <= room) return;
      this.#cutOff(socket);
    }
  }

  #cutOff(socket: Socket): void {
    this.#cut++;
    // At once, not at its event: the next connection is counted before that.
    this.#unfinished.delete(socket);
    socket.destroy();
  }

  #look(): void {
    const now = monotonicNow();
    let tooMany = this.#places.size - CROWDED * this.#limits.most;
    for (const [socket, place] of this.#places) {
      const isWaiting = socket.writableLength > 0;
      if (isWaiting && this.#isStuck(socket, place, now)) {
        this.#cutOff(socket);
        continue;
      }
      if (!isWaiting) place.stuckAt = null;
      const isArriving = this.#isArriving(socket, place);
      if (isWaiting || isArriving) this.#unfinished.add(socket);
      else this.#unfinished.delete(socket);
      const isResting = !isWaiting && !isArriving && place.busy === 0;
      if (!isResting || place.seen !== socket.bytesRead) place.restingAt = now;
      else if (tooMany > 0 && now - place.restingAt > LONGEST_REST) {
        this.#cutOff(socket);
        tooMany--;
      }
      place.seen = socket.bytesRead;
    }
    this.#makeRoom();
    this.#tell();
  }

  /** Whether the client has read nothing of a waiting answer for too long. */
  #isStuck(socket: Socket, place: Place, now: number): boolean {
    const taken = socket.bytesWritten - socket.writableLength;
    if (place.stuckAt === null || taken !== place.taken) {
      place.stuckAt = now;
      place.taken = taken;
    }
    return now - place.stuckAt > this.#limits.writeTimeout;
  }

  /** Whether a request has begun to arrive. */
  #isArriving(socket: Socket, place: Place): boolean {
    if (place.arriving !== null) {
      if (!place.arriving.complete) return true;
      place.arriving = null;
      place.read = socket.bytesRead;
    }
    if (place.busy === 0 && socket.bytesRead !== place.read) place.isBegun = true;
    return place.isBegun;
  }

  /** At most once a second. */
  #tell(): void {
    const [refused, cut] = [this.#refused, this.#cut];
    if (refused === 0 && cut === 0) return;
    this.#refused = 0;
    this.#cut = 0;
    this.#log.warn({ refused, cut, open: this.#places.size }, 'connections were closed');
  }
}
