// Sign in, make the first account, sign out. The session is a cookie that no script can read.
import { Translator, byId, clean, device, instant, setText } from "./common.js";

const text = new Translator({
    it: {
        "title": "Accedi a Centralino",
        "language": "Lingua",
        "lead": "Scrivi il nome e la password che ti ha dato chi amministra il servizio.",
        "lead.setUp": "Non c’è ancora nessun account. Crea quello dell’amministratore con il codice che il gateway ha scritto nel suo registro all’avvio.",
        "code": "Codice del registro",
        "name": "Nome",
        "password": "Password",
        "password.setUp": "Almeno 12 caratteri: per esempio quattro parole che nessuno collega a te.",
        "enter": "Entra",
        "enter.setUp": "Crea e accedi",
        "checking": "Controllo…",
        "missing.code": "Scrivi il codice.",
        "missing.name": "Scrivi il nome.",
        "missing.password": "Scrivi la password.",
        "refused.wrong": "Nome o password errati, oppure account disattivato.",
        "refused.code": "Codice errato o scaduto: riavvia il gateway per averne uno nuovo.",
        "refused.locked": "Troppi tentativi: riprova dopo le {time}.",
        "refused.busy": "Il gateway è occupato: riprova fra qualche secondo.",
        "refused.malformed": "Nome o password troppo lunghi.",
        "refused.weak": "La password è troppo corta o troppo facile: almeno 12 caratteri, che non si ripetano e senza il nome.",
        "refused.name": "Il nome può avere lettere senza accenti, cifre e . - _ @.",
        "refused.notFirst": "Un account esiste già: chiedi all’amministratore di crearne un altro.",
        "refused.other": "Il gateway non accetta la richiesta ({status}).",
        "unreachable": "Il gateway non risponde: riprova.",
        "signedIn": "Hai effettuato l’accesso come {name} ({role}).",
        "pages": "Pagine",
        "desk": "Postazione",
        "wallboard": "Tabellone",
        "signOut": "Esci",
        "signOutAll": "Esci da tutti i dispositivi",
        "role.agent": "operatore",
        "role.supervisor": "supervisore",
        "role.quality": "qualità",
        "role.integrator": "integratore",
        "role.administrator": "amministratore",
        "role.auditor": "revisore",
    },
    en: {
        "title": "Sign in to Centralino",
        "language": "Language",
        "lead": "Type the name and the password that the service’s administrator gave you.",
        "lead.setUp": "There is no account yet. Make the administrator’s with the code that the gateway wrote into its log when it started.",
        "code": "Code from the log",
        "name": "Name",
        "password": "Password",
        "password.setUp": "At least 12 characters: four words, for example, that nobody connects with you.",
        "enter": "Sign in",
        "enter.setUp": "Make it and sign in",
        "checking": "Checking…",
        "missing.code": "Type the code.",
        "missing.name": "Type the name.",
        "missing.password": "Type the password.",
        "refused.wrong": "Wrong name or password, or the account is disabled.",
        "refused.code": "The code is wrong or has expired: restart the gateway for a new one.",
        "refused.locked": "Too many attempts: try again after {time}.",
        "refused.busy": "The gateway is busy: try again in some seconds.",
        "refused.malformed": "The name or the password is too long.",
        "refused.weak": "The password is too short or too easy: at least 12 characters that do not repeat, without the name.",
        "refused.name": "The name may have letters without accents, digits and . - _ @.",
        "refused.notFirst": "There is an account already: ask the administrator for another.",
        "refused.other": "The gateway does not accept the request ({status}).",
        "unreachable": "The gateway does not answer: try again.",
        "signedIn": "You are signed in as {name} ({role}).",
        "pages": "Pages",
        "desk": "Desk",
        "wallboard": "Wallboard",
        "signOut": "Sign out",
        "signOutAll": "Sign out on all devices",
        "role.agent": "agent",
        "role.supervisor": "supervisor",
        "role.quality": "quality",
        "role.integrator": "integrator",
        "role.administrator": "administrator",
        "role.auditor": "auditor",
    },
});

/** Where to go after the sign-in: a page of ours, and nothing else. */
const PAGES = new Set(["/desk", "/wallboard"]);
const WATCHERS = new Set(["supervisor", "quality", "integrator"]);

/** What GET /v1/session said; null: nobody is signed in. */
let signedIn = null;
/** Whether the first account is to be made. */
let isSetUp = false;
let isBusy = false;
/** The fault that is shown, as a function of the language. */
let fault = null;

function render() {
    byId("form").hidden = signedIn !== null;
    byId("signed-in").hidden = signedIn === null;
    byId("code-row").hidden = !isSetUp;
    byId("password").autocomplete = isSetUp ? "new-password" : "current-password";
    setText(byId("lead"), text.t(isSetUp ? "lead.setUp" : "lead"));
    setText(byId("password-hint"), isSetUp ? text.t("password.setUp") : "");
    setText(byId("enter"), text.t(isBusy ? "checking" : isSetUp ? "enter.setUp" : "enter"));
    byId("enter").setAttribute("aria-disabled", String(isBusy));
    const place = byId(signedIn ? "out-fault" : "fault");
    setText(place, fault?.() ?? "");
    place.hidden = fault === null;
    if (!signedIn) return;
    setText(byId("who"), text.t("signedIn", { name: clean(signedIn.account, 80), role: text.word("role", signedIn.role) }));
    byId("to-desk").hidden = signedIn.role !== "agent";
    byId("to-wallboard").hidden = !WATCHERS.has(signedIn.role);
}

/** A live region that keeps its words is not announced again: it is emptied first. */
function refuse(words, field) {
    fault = null;
    render();
    setTimeout(() => {
        fault = words;
        render();
        field?.focus();
        field?.select?.();
    }, 50);
}

async function learn() {
    let response;
    try {
        response = await fetch("/v1/session", { cache: "no-store" });
    } catch {
        return refuse(() => text.t("unreachable"));
    }
    const body = await response.json().catch(() => null);
    signedIn = response.ok && typeof body?.account === "string" ? body : null;
    isSetUp = !signedIn && body?.error?.setUp === true;
    device.set("signedIn", signedIn ? "yes" : null);
    document.body.dataset.state = signedIn ? "signed-in" : isSetUp ? "set-up" : "signed-out";
    render();
    if (!signedIn) byId(isSetUp ? "code" : "name").focus();
}

async function submit(event) {
    event.preventDefault();
    if (isBusy) return;
    const asked = { name: byId("name").value.trim(), password: byId("password").value };
    if (isSetUp) asked.code = byId("code").value.trim();
    for (const key of ["code", "name", "password"]) {
        if (key in asked && !asked[key]) return refuse(() => text.t(`missing.${key}`), byId(key));
    }
    isBusy = true;
    fault = null;
    render();
    let response;
    try {
        response = await fetch("/v1/session", {
            method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked), cache: "no-store",
        });
    } catch {
        isBusy = false;
        return refuse(() => text.t("unreachable"), byId("password"));
    }
    isBusy = false;
    const body = await response.json().catch(() => null);
    if (!response.ok) return refuse(() => refusalText(response.status, body?.error), byId("password"));
    byId("password").value = byId("code").value = "";
    // The desk asks for its session only where there may be one.
    device.set("signedIn", "yes");
    const asks = new URLSearchParams(location.search).get("to");
    if (PAGES.has(asks)) return location.replace(asks);
    signedIn = body;
    isSetUp = false;
    document.body.dataset.state = "signed-in";
    render();
    (byId("signed-in").querySelector("nav a:not([hidden])") ?? byId("sign-out")).focus();
}

function refusalText(status, error) {
    const until = instant(error?.until);
    const key = `refused.${error?.reason}`;
    const words = text.t(key, { time: until === null ? "" : text.timeOfDay(until, true) });
    return words === key ? text.t("refused.other", { status }) : words;
}

async function signOut(everywhere) {
    let response;
    try {
        response = await fetch(`/v1/session${everywhere ? "?all=true" : ""}`, {
            method: "DELETE", headers: { "X-CSRF-Token": signedIn.csrfToken ?? "" }, cache: "no-store",
        });
    } catch {
        return refuse(() => text.t("unreachable"), byId("sign-out"));
    }
    if (!response.ok && response.status !== 401) {
        return refuse(() => text.t("refused.other", { status: response.status }), byId("sign-out"));
    }
    await learn();
}

text.onChange(render);
text.apply();
byId("form").onsubmit = submit;
byId("sign-out").onclick = () => signOut(false);
byId("sign-out-all").onclick = () => signOut(true);
learn();
