// The form before the desk: an access code and the agent. The list of agents is a convenience; typing always works.
import { byId, clean, h, setText } from "./common.js";

/** The gateway does not accept the access code. */
const REFUSED = "signIn.listRefused";

export class SignIn {
    #text;
    #enter;
    /** The list for the token in the field: {token, agents} or {token, fault}. */
    #list = null;
    /** Whether the list for the token in the field is still awaited. */
    #looking = null;
    /** What is wrong with the input, in the current language; null: nothing. */
    #fault = null;

    constructor(text, enter) {
        this.#text = text;
        this.#enter = enter;
        byId("token").onchange = () => {
            this.#fault = null;
            this.#look();
        };
        byId("sign-in-form").onsubmit = (event) => {
            event.preventDefault();
            this.#submit();
        };
    }

    get #agentField() {
        return byId("agent-list").hidden ? byId("agent-text") : byId("agent-list");
    }

    /** The browser's own words would be in the browser's language, and would cover the reason. */
    async #submit() {
        const token = byId("token").value.trim();
        if (!token) return this.#refuse("signIn.tokenMissing", byId("token"));
        const agent = this.#agentField.value.trim();
        if (agent) return this.#enter(token, agent);
        // Enter right after the code: check first whether it is right.
        if (this.#list?.token === token) await this.#looking;
        else await this.#look();
        if (byId("token").value.trim() !== token || byId("sign-in").hidden) return;
        if (this.#list?.fault === REFUSED) this.#refuse(REFUSED, byId("token"));
        else this.#refuse("signIn.agentMissing", this.#agentField);
    }

    #refuse(key, field) {
        this.#fault = () => this.#text.t(key);
        this.render();
        field.focus();
        field.select?.();
    }

    open(fault = null, token = "") {
        this.#fault = fault;
        if (token) byId("token").value = token;
        byId("sign-in").hidden = false;
        this.render();
        if (byId("token").value) this.#look();
        (byId("token").value ? byId("agent-text") : byId("token")).focus();
    }

    close() {
        byId("sign-in").hidden = true;
        byId("token").value = "";
        this.#list = null;
    }

    #look() {
        return (this.#looking = this.#ask());
    }

    async #ask() {
        const token = byId("token").value.trim();
        this.#list = { token, fault: token ? "signIn.listLoading" : "signIn.agentHint" };
        this.render();
        if (!token) return;
        const list = await agents(token);
        if (byId("token").value.trim() !== token) return; // an answer to an earlier request
        this.#list = { token, ...list };
        this.render();
    }

    render() {
        const text = this.#text;
        // A refused code is said once, where faults are: with the agent nothing is wrong.
        const isRefused = this.#list?.fault === REFUSED;
        const fault = this.#fault?.() ?? (isRefused ? text.t(REFUSED) : "");
        setText(byId("sign-in-fault"), fault);
        byId("sign-in-fault").hidden = !fault;
        const listed = this.#list?.agents ?? [];
        const list = byId("agent-list");
        const chosen = list.value;
        list.replaceChildren(
            h("option", { value: "" }, text.t("signIn.choose")),
            ...listed.map((agent) => h("option", { value: agent.interface }, agent.name === agent.interface ? agent.name : `${agent.name} · ${agent.interface}`)));
        if (listed.some((agent) => agent.interface === chosen)) list.value = chosen;
        // Only one of the two fields takes part in the form.
        // A user whose keyboard focus is already in the one moves to the other, not to the page's beginning.
        const hadFocus = [list, byId("agent-text")].includes(document.activeElement);
        list.hidden = list.disabled = listed.length === 0;
        byId("agent-text").hidden = byId("agent-text").disabled = listed.length > 0;
        if (hadFocus) (listed.length > 0 ? list : byId("agent-text")).focus();
        byId("agent-label").htmlFor = listed.length > 0 ? "agent-list" : "agent-text";
        setText(byId("agent-hint"), listed.length > 0 ? "" : text.t(isRefused ? "signIn.agentHint" : this.#list?.fault ?? "signIn.agentHint"));
    }
}

/** {agents: [{interface, name, otherNames}]}, or {fault} with the key of a text. */
export async function agents(token) {
    let response;
    try {
        // Without a code it is the session's cookie that opens the list.
        const headers = token ? { Authorization: `Bearer ${token}` } : {};
        response = await fetch("/v1/agents", { headers, cache: "no-store" });
    } catch {
        return { fault: "signIn.listUnavailable" }; // no network, or a token that cannot stand in a header
    }
    if (response.status === 401 || response.status === 403) return { fault: REFUSED };
    if (!response.ok) return { fault: "signIn.listUnavailable" };
    const body = await response.json().catch(() => null);
    const listed = (Array.isArray(body?.agents) ? body.agents : [])
        .filter((agent) => typeof agent?.interface === "string" && agent.interface !== "")
        .map((agent) => ({
            interface: agent.interface, name: clean(agent.name, 80) || agent.interface,
            otherNames: Array.isArray(agent.otherNames) ? agent.otherNames : [],
        }))
        .sort((a, b) => a.name.localeCompare(b.name, "it"));
    return listed.length > 0 ? { agents: listed } : { fault: "signIn.listEmpty" };
}
