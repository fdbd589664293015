// The wire of the wallboard (Protocols/Wallboard/Wallboard.md): a snapshot, then changes without a gap. Knows no page.
import { Backoff } from "./common.js";

/** Heartbeats come every 15 s: two may be late, the third means that nobody is there. */
const SILENCE_MILLISECONDS = 40_000;

export class WallboardStream {
    /** How many times the numbering had a hole; for tests and the curious. */
    gaps = 0;
    #source = null;
    #seq = null;
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
        return this.#token ? `/v1/wallboard?token=${encodeURIComponent(this.#token)}` : "/v1/wallboard";
    }

    close() {
        clearInterval(this.watch);
        clearTimeout(this.#timer);
        this.#source?.close();
        this.#source = null;
    }

    #open() {
        this.#seq = null;
        this.#heardAt = performance.now();
        const source = new EventSource(this.#address);
        this.#source = source;
        source.onmessage = (event) => this.#receive(event.data);
        source.onerror = () => {
            if (this.#source !== source) return;
            // CLOSED means an answer that is no stream; the event does not say which.
            if (source.readyState === EventSource.CLOSED) this.#askWhy();
            else this.#again("connection");
        };
    }

    #receive(data) {
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
        this.#onMessage(message);
    }

    /** The browser's own reconnection would resume after the last event; we want the whole picture, and our own pace. */
    #again(why) {
        this.#source?.close();
        this.#source = null;
        if (why === "gap") this.gaps += 1;
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
