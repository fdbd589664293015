// The last two hours, requested once a minute: the stream gives the present, this the past.
import { instant, objects } from "./common.js";

const EVERY_MILLISECONDS = 60_000;
const PATIENCE_MILLISECONDS = 15_000;

export class WallboardHistory {
    /** The last answer: `{at, stepSeconds, queues}`; null before the first. */
    latest = null;
    #token;
    #onNews;
    #timer = 0;
    #isClosed = false;

    /** `onNews()` after each answer. A failed request is repeated a minute later; `isOld` shows that it failed. */
    constructor({ token, onNews }) {
        this.#token = token;
        this.#onNews = onNews;
    }

    close() {
        this.#isClosed = true;
        clearTimeout(this.#timer);
    }

    /** Whether the answers of two minutes are missing at `now`, by the gateway's clock. */
    isOld(now) {
        return this.latest !== null && now - this.latest.at > 2.5 * EVERY_MILLISECONDS;
    }

    async ask() {
        clearTimeout(this.#timer);
        if (this.#isClosed) return;
        this.#timer = setTimeout(() => this.ask(), EVERY_MILLISECONDS);
        const answer = await this.#fetched();
        if (this.#isClosed || answer === null) return;
        const at = instant(answer.at);
        if (at === null) return;
        const stepSeconds = Number.isFinite(answer.stepSeconds) && answer.stepSeconds > 0 ? answer.stepSeconds : 300;
        this.latest = { at, stepSeconds, queues: objects(answer.queues) };
        this.#onNews();
    }

    async #fetched() {
        try {
            const headers = { Accept: "application/json", ...(this.#token ? { Authorization: `Bearer ${this.#token}` } : {}) };
            const response = await fetch("/v1/wallboard/history", { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) });
            const answer = response.ok ? await response.json() : null;
            return answer !== null && typeof answer === "object" ? answer : null;
        } catch {
            return null; // the stream shows already that the gateway is unreachable
        }
    }
}
