// The wire to the gateway (Protocols/ScreenPop/ScreenPop.md). Independent of the page: it reports states and messages.
import { Backoff } from "./common.js";

const VERSION = 1;
/** How long a gateway may take from the opening of the socket to its `welcome`. */
const WELCOME_MILLISECONDS = 10_000;
/** The heartbeat, until the welcome gives it. */
const DEFAULT_HEARTBEAT_SECONDS = 15;
/** Reasons for which another attempt with the same hello cannot help. */
const FINAL_REFUSALS = new Set(["token", "agent", "version"]);

export class DeskConnection {
    #socket = null;
    #backoff = new Backoff();
    #timer = 0;
    #watch = 0;
    #heardAt = 0;
    #silenceLimit = WELCOME_MILLISECONDS;
    #hello;
    #onState;
    #onMessage;

    /** `onState({name: "connecting" | "connected" | "lost" | "refused", …})`; `onMessage(object)` after the welcome. */
    constructor({ token, agent, onState, onMessage }) {
        this.#hello = { type: "hello", token, agent, version: VERSION };
        this.#onState = onState;
        this.#onMessage = onMessage;
        this.#watch = setInterval(() => this.#checkSilence(), 1000);
        this.open();
    }

    open() {
        clearTimeout(this.#timer);
        this.#drop();
        const scheme = location.protocol === "https:" ? "wss:" : "ws:";
        const socket = new WebSocket(`${scheme}//${location.host}/v1/desk`);
        this.#socket = socket;
        this.#heardAt = performance.now();
        this.#silenceLimit = WELCOME_MILLISECONDS;
        this.#onState({ name: "connecting" });
        socket.onopen = () => socket.send(JSON.stringify(this.#hello));
        socket.onmessage = (event) => this.#receive(event.data);
        socket.onclose = () => this.#lose();
    }

    send(message) {
        if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
    }

    close() {
        clearInterval(this.#watch);
        clearTimeout(this.#timer);
        this.#drop();
    }

    #receive(data) {
        this.#heardAt = performance.now();
        const message = parsed(data);
        if (message === null) return;
        switch (message.type) {
            case "welcome": {
                const heartbeat = Number.isFinite(message.heartbeatSeconds) && message.heartbeatSeconds > 0 ? message.heartbeatSeconds : DEFAULT_HEARTBEAT_SECONDS;
                // Two missed heartbeats and some slack for a busy network.
                this.#silenceLimit = heartbeat * 2000 + 5000;
                this.#backoff.reset();
                this.#onState({ name: "connected", welcome: message });
                break;
            }
            case "refused":
                // Other reasons (too late, too long) are accidents: the gateway closes and we reconnect.
                if (!FINAL_REFUSALS.has(message.reason)) break;
                this.close();
                this.#onState({ name: "refused", reason: message.reason, message: message.message });
                break;
            default:
                this.#onMessage(message);
        }
    }

    /** A dead Wi-Fi closes no connection: without this the page would look alive for minutes. */
    #checkSilence() {
        if (this.#socket && performance.now() - this.#heardAt > this.#silenceLimit) this.#lose();
    }

    #lose() {
        if (!this.#socket) return;
        this.#drop();
        const delay = this.#backoff.next();
        this.#timer = setTimeout(() => this.open(), delay);
        this.#onState({ name: "lost", retryAt: performance.now() + delay });
    }

    #drop() {
        const socket = this.#socket;
        if (!socket) return;
        this.#socket = null;
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close();
    }
}

function parsed(data) {
    if (typeof data !== "string") return null;
    try {
        const message = JSON.parse(data);
        return message !== null && typeof message === "object" && typeof message.type === "string" ? message : null;
    } catch {
        return null; // not our protocol: losing one line is better than a page that stops
    }
}
