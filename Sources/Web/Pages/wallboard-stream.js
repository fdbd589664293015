// The wire of the wallboard (Protocols/Wallboard/Wallboard.md): a snapshot, then changes without a gap. Independent of the page.
import { Backoff } from "./common.js";

/** Heartbeats come every 15 s: two may be late; when the third is missing, the gateway is gone. */
const SILENCE_MILLISECONDS = 40_000;

export class WallboardStream {
    /** How many times the numbering had a gap; for tests and diagnosis. */
    gaps = 0;
    #source = null;
    #seq = null;
    /** Where the stream resumes; null when only a whole snapshot helps. */
    #lastEventId = null;
    #heardAt = 0;
    #timer = 0;
    #backoff = new Backoff();
    #token;
    #onMessage;
    #onLost;

    /** `onMessage(message)` in order; `onLost(why)`: `gap`, `silence`, `connection` or `refused`. Tries again unless refused. */
    constructor({ token, onMessage, onLost }) {
        this.#token = token;
        this.#onMessage = onMessage;
        this.#onLost = onLost;
        this.watch = setInterval(() => {
            if (this.#source && performance.now() - this.#heardAt > SILENCE_MILLISECONDS) this.#again("silence");
        }, 1000);
        this.#open();
    }

    get #address() {
        const query = new URLSearchParams();
        if (this.#token) query.set("token", this.#token);
        if (this.#lastEventId) query.set("resume", this.#lastEventId);
        return query.toString() ? `/v1/wallboard?${query}` : "/v1/wallboard";
    }

    close() {
        clearInterval(this.watch);
        clearTimeout(this.#timer);
        this.#source?.close();
        this.#source = null;
    }

    #open() {
        if (!this.#lastEventId) this.#seq = null;
        this.#heardAt = performance.now();
        const source = new EventSource(this.#address);
        this.#source = source;
        source.onmessage = (event) => this.#receive(event);
        source.onerror = () => {
            if (this.#source !== source) return;
            // CLOSED means an answer that is not a stream; the event does not say which.
            if (source.readyState === EventSource.CLOSED) this.#askWhy();
            else this.#again("connection");
        };
    }

    #receive({ data, lastEventId }) {
        this.#heardAt = performance.now();
        let message;
        try {
            message = JSON.parse(data);
        } catch {
            return this.#again("gap"); // a message was missed
        }
        if (message === null || typeof message !== "object" || !Number.isInteger(message.seq)) return this.#again("gap");
        switch (message.type) {
            case "snapshot":
                this.#seq = message.seq;
                break;
            case "change":
                if (this.#seq === null || message.seq !== this.#seq + 1) return this.#again("gap");
                this.#seq = message.seq;
                break;
            case "heartbeat":
                if (this.#seq === null || message.seq !== this.#seq) return this.#again("gap");
                this.#backoff.reset(); // only a working stream may reconnect quickly
                break;
            default:
                return; // an unknown message of a newer gateway
        }
        this.#lastEventId = lastEventId || null;
        this.#onMessage(message);
    }

    /** The browser would reconnect by itself; we want our own pace, and a whole snapshot where numbers are missing. */
    #again(why) {
        this.#source?.close();
        this.#source = null;
        if (why === "gap") {
            this.gaps += 1;
            this.#lastEventId = null;
        }
        const delay = this.#backoff.next();
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#open(), delay);
        this.#onLost(why, performance.now() + delay);
    }

    async #askWhy() {
        this.#source.close();
        this.#source = null;
        const abort = new AbortController();
        const response = await fetch(this.#address, { signal: abort.signal, headers: { Accept: "text/event-stream" }, cache: "no-store" }).catch(() => null);
        abort.abort();
        if (response?.status === 401 || response?.status === 403) {
            this.close();
            this.#onLost("refused", null);
        } else {
            this.#again("connection");
        }
    }
}
