// @ts-check
// The keypad, which is loaded with its dialog: what is pressed or typed is sent at
// once, and shown with what became of it.

import {find, findAll, get, message} from "../dom.js";
import {request, Unanswered} from "../request.js";
import {ToneQueue} from "../tone_queue.js";

/**
 * show adds a notice to the dialog, or to the page if that is closed.
 * @param {string} text
 * @param {HTMLElement} pad
 */
function show(text, pad) {
	const box = document.createElement("div"), p = document.createElement("p");
	box.className = "notice";
	box.setAttribute("role", "alert");
	p.textContent = text;
	box.append(p);
	const inside = find("#modal[open] #dialog-notices, .alone #dialog-notices");
	if (inside?.parentElement?.contains(pad)) inside.replaceChildren(box);
	else {
		p.textContent = `${pad.dataset.name} ${text}`;
		find("#notices")?.append(box);
	}
	document.dispatchEvent(new Event("notice:added"));
}

/** whyOff returns why nothing is to be sent, "" if it is. */
function whyOff() {
	if (!navigator.onLine) return message("unsent");
	return document.documentElement.hasAttribute("data-off") ? find("#connection p")?.textContent ?? "" : "";
}

/** @param {HTMLElement} pad */
function startKeypad(pad) {
	const display = get("output", pad), {address = "", id = ""} = pad.dataset;
	/** @type {HTMLElement[]} */
	const open = []; // the tones that are shown and have no outcome yet
	const ended = new AbortController();
	let reason = "";

	/** @param {string} sequence */
	async function send(sequence) {
		const no = pad.dataset.requests = String(Number(pad.dataset.requests ?? 0) + 1);
		const override = pad.closest(".dialog[data-override]") !== null; // of a colleague's claim
		const body = new URLSearchParams({sequence, action_id: `${id}-${no}`, ...override && {override: "true"}});
		try {
			const answer = await request(address, {method: "POST", headers: {Accept: "application/json"}, body, keepalive: true});
			if (answer.ok) return "sent";
			const error = (await answer.json()).error;
			reason = error.message;
			return /^outcome_/.test(error.code) ? "unknown" : "failed";
		} catch (e) {
			reason = e instanceof Unanswered ? e.message : "";
			return e instanceof Unanswered && !e.unknown ? "failed" : "unknown";
		}
	}

	const queue = new ToneQueue({send, changed: (tones, state) => {
		if (state === "waiting") {
			const tone = document.createElement("span");
			tone.textContent = tones;
			display.append(tone);
			display.scrollLeft = display.scrollWidth;
			open.push(tone);
		}
		const all = state === "waiting" ? open.slice(-1) : open.slice(0, tones.length);
		for (const tone of all) tone.dataset.state = state;
		if (state === "waiting" || state === "sending") return;
		open.splice(0, tones.length);
		if (state === "sent") return;
		const sentences = ["unknown", "failed"].map(state => {
			const tones = findAll(`[data-state=${state}]:not([data-told])`, display).map(e => e.textContent).join(" ");
			return tones && (pad.dataset[state] ?? "").replace("{n}", tones);
		});
		show([...sentences, reason].filter(Boolean).join(" "), pad);
	}});

	/** @param {string} tone */
	function press(tone) {
		for (const e of findAll("[data-state=failed], [data-state=unknown]", display)) e.dataset.told = "";
		const off = whyOff();
		if (off) show(off, pad);
		else queue.press(tone);
	}

	pad.hidden = false;
	for (const e of findAll("[data-unscripted]", pad.closest(".dialog") ?? document)) e.hidden = true;
	pad.addEventListener("click", e => {
		/** @type {HTMLElement | null} */
		const key = e.target instanceof Element ? e.target.closest("[data-tone-key]") : null;
		if (key) press(key.dataset.toneKey ?? "");
	}, {signal: ended.signal});
	const inUse = () => pad.isConnected && !find("dialog[open]:not(#modal)");
	document.addEventListener("keydown", e => {
		const tone = e.key.toUpperCase();
		if (!inUse() || e.ctrlKey || e.metaKey || e.altKey || e.repeat || !/^[0-9A-D#*]$/.test(tone)) return;
		e.preventDefault();
		press(tone);
	}, {signal: ended.signal});
	document.addEventListener("paste", e => {
		const tones = e.clipboardData?.getData("text").toUpperCase().replace(/[\s/().-]/g, "") ?? "";
		if (inUse() && /^[0-9A-D#*]{1,32}$/.test(tones)) [...tones].forEach(press);
	}, {signal: ended.signal});
	pad.closest("dialog")?.addEventListener("close", () => {
		ended.abort();
		queue.flush();
	}, {once: true});
	display.focus();
}

document.addEventListener("dialog:shown", e => {
	const pad = e.target instanceof Element ? find("[data-keypad]", e.target) : null;
	if (pad) startKeypad(pad);
});
const alone = find(".alone [data-keypad]");
if (alone) startKeypad(alone);
