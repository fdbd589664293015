// The wire of the wallboard (Protocols/Wallboard/Wallboard.md): a snapshot, then changes without a gap; after a loss, what was missed. Knows no page.
import { Backoff } from "./common.js";

/** Heartbeats come every 15 s: two may be late, the third means that nobody is there. */
const SILENCE_MILLISECONDS = 40_000;

export class WallboardStream {
    /** How many times the numbering had a hole; for tests and the curious. */
    gaps = 0;
    #source = null;
    #seq = null;
    /** Where the stream goes on; null when only the whole picture helps. */
    #lastEventId = null;
    #heardAt = 0;
    #timer = 0;
    #backoff = new Backoff();
    #token;
    #onMessage;
    #onLost;

    /** `onMessage(message)` for what is in order; `onLost(why)` with `gap`, `silence`, `connection` or `refused`. It goes on trying, unless refused. */
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
            // CLOSED means an answer that is no stream; the event does not say which.
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
            return this.#again("gap"); // something was said that we could not hear
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
                this.#backoff.reset(); // only a stream that lives has earned a quick return
                break;
            default:
                return; // a word of a newer gateway
        }
        this.#lastEventId = lastEventId || null;
        this.#onMessage(message);
    }

    /** The browser would connect again by itself; we want our own pace, and the whole picture where numbers are missing. */
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
