// The live door: one WebSocket for the whole tab, shared by all who want to hear; none while the tab is hidden or nobody
// wants to hear anything.

import type { LiveEvent } from "./views.gen";

/** `off`: nobody wants to hear. `polling`: the door is shut or gone, and pages ask by themselves. */
export type LiveState = "off" | "connecting" | "live" | "reconnecting" | "polling";

/** What to hear of; absent means all. `execution` is the top one of a tree. */
export interface Wish {
  readonly workspace?: string;
  readonly agent?: string;
  readonly execution?: string;
  readonly kinds?: readonly LiveEvent["kind"][];
  /** Only to know that something has happened: no events come. */
  readonly brief?: boolean;
}

/** Gets what has happened. With `isGap` something was missed: ask again for what is on screen. */
export type Hear = (events: readonly LiveEvent[], isGap: boolean) => void;

interface Subscription {
  readonly name: string;
  readonly wish: Wish;
  readonly hear: Hear;
  seq: string | null;
}

interface Frame {
  readonly type: string;
  readonly subscription?: string;
  readonly seq?: string;
  readonly resumed?: boolean | null;
  readonly lost?: number;
  readonly events?: readonly LiveEvent[];
}

const SHUT = 4403;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 15_000;
/** From so many failures in a row on, pages ask by themselves. */
const FAILURES_TO_POLL = 3;
/** So long the connection outlives its last subscription: from one page to the next. */
const LINGER_MS = 1_000;

class LiveConnection {
  private socket: WebSocket | null = null;
  private state: LiveState = "off";
  private failures = 0;
  private hasBeenLive = false;
  private isShut = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private count = 0;
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly watchers = new Set<() => void>();

  constructor() {
    if (typeof document !== "undefined") {
      document.addEventListener("visibilitychange", () => this.look());
      window.addEventListener("online", () => this.look());
    }
  }

  /** Hear of something until the returned function is called. */
  subscribe(wish: Wish, hear: Hear): () => void {
    this.count += 1;
    const subscription = { name: `s${this.count}`, wish, hear, seq: null };
    this.subscriptions.set(subscription.name, subscription);
    if (this.state === "live") this.ask(subscription);
    this.look();
    return () => {
      this.subscriptions.delete(subscription.name);
      if (this.state === "live") this.say({ type: "unsubscribe", subscription: subscription.name });
      setTimeout(() => this.look(), LINGER_MS);
    };
  }

  readonly current = (): LiveState => this.state;

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  /** Never again until the page is loaded anew. */
  end(): void {
    this.isShut = true;
    this.close();
  }

  /** Open or close, whatever is right now. */
  private look(): void {
    const isWanted = this.subscriptions.size > 0 && !document.hidden;
    if (!isWanted) this.close();
    else if (!this.isShut && this.socket === null && this.timer === undefined) this.open();
  }

  private open(): void {
    this.timer = undefined;
    this.become(this.hasBeenLive ? "reconnecting" : "connecting");
    const { protocol, host } = window.location;
    const socket = new WebSocket(`${protocol === "https:" ? "wss" : "ws"}://${host}/api/live`);
    this.socket = socket;
    socket.onopen = () => {
      this.failures = 0;
      this.hasBeenLive = true;
      this.become("live");
      for (const subscription of this.subscriptions.values()) this.ask(subscription);
    };
    socket.onmessage = ({ data }) => this.take(JSON.parse(data as string) as Frame);
    socket.onclose = ({ code }) => {
      if (this.socket === socket) this.lost(code === SHUT);
    };
  }

  private lost(isShut: boolean): void {
    this.socket = null;
    this.isShut = isShut;
    this.failures += 1;
    const isGone = isShut || this.failures >= FAILURES_TO_POLL;
    this.become(isGone ? "polling" : this.hasBeenLive ? "reconnecting" : "connecting");
    if (isShut) return;
    const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.failures - 1));
    this.timer = setTimeout(() => {
      this.timer = undefined;
      const before = this.state;
      this.look();
      if (before === "polling" && this.socket !== null) this.become("polling"); // until it is open
    }, wait);
  }

  private close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    if (this.subscriptions.size === 0) this.hasBeenLive = false;
    this.become(this.isShut && this.subscriptions.size > 0 ? "polling" : "off");
  }

  private ask({ name, wish, seq }: Subscription): void {
    const { workspace, agent, execution, kinds, brief } = wish;
    this.say({
      type: "subscribe",
      subscription: name,
      ...(workspace ? { workspace } : {}),
      ...(agent ? { agent } : {}),
      ...(execution ? { execution } : {}),
      ...(kinds ? { kinds } : {}),
      ...(brief ? { brief } : {}),
      ...(seq ? { after: seq } : {}),
      trees: false,
    });
  }

  private say(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private take(frame: Frame): void {
    const subscription = this.subscriptions.get(frame.subscription ?? "");
    if (!subscription) return;
    if (frame.type === "subscribed") {
      // What happened before this moment is not told, unless the server went on where this page was.
      if (!frame.resumed) subscription.hear([], true);
      if (frame.resumed !== true) subscription.seq = frame.seq ?? null;
    } else if (frame.type === "events") {
      subscription.seq = frame.seq ?? subscription.seq;
      subscription.hear(frame.events ?? [], (frame.lost ?? 0) > 0);
    }
  }

  private become(state: LiveState): void {
    if (this.state === state) return;
    this.state = state;
    for (const watcher of this.watchers) watcher();
  }
}

/** The connection of this tab. */
export const live = new LiveConnection();
